"""UpdateFeatureGroup: what can change, what cannot, and when."""

import pytest
from emulator_help import a_feature, a_group

INVALID = "ValidationException"
PROVISIONED = {
    "ThroughputMode": "Provisioned",
    "ProvisionedReadCapacityUnits": 10,
    "ProvisionedWriteCapacityUnits": 5,
}
DAY = {"Unit": "Days", "Value": 1}


@pytest.fixture
def update(sagemaker):
    def made(**change):
        sagemaker.update_feature_group(FeatureGroupName="weather", **change)
        return sagemaker.describe_feature_group(FeatureGroupName="weather")

    return made


def test_a_group_never_updated_has_no_last_update_status(make):
    assert "LastUpdateStatus" not in make()


def test_features_are_appended_in_order(make, update):
    make("weather", a_feature("b"))

    group = update(FeatureAdditions=[a_feature("d", "Integral"), a_feature("c", "Fractional")])

    assert [f["FeatureName"] for f in group["FeatureDefinitions"]] == ["id", "at", "b", "d", "c"]
    assert group["LastUpdateStatus"] == {"Status": "Successful"}


def test_an_update_by_arn_answers_with_the_arn(make, sagemaker):
    arn = make()["FeatureGroupArn"]

    reply = sagemaker.update_feature_group(FeatureGroupName=arn, FeatureAdditions=[a_feature("x")])

    assert reply["FeatureGroupArn"] == arn


def test_an_update_moves_the_time_of_modification(make, update):
    before = make()["LastModifiedTime"]

    assert update(FeatureAdditions=[a_feature("x")])["LastModifiedTime"] > before


@pytest.mark.parametrize("added", [[a_feature("at")], [a_feature("AT")], [a_feature("is_deleted")]])
def test_an_addition_needs_a_name_of_its_own(make, sagemaker, refused, added):
    make()

    code, _ = refused(sagemaker.update_feature_group, FeatureGroupName="weather", FeatureAdditions=added)

    assert code == INVALID


def test_at_most_100_features_are_added_at_once(make, sagemaker, refused):
    make()
    added = [a_feature(f"f{number}") for number in range(101)]

    code, message = refused(sagemaker.update_feature_group, FeatureGroupName="weather", FeatureAdditions=added)
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=added[:100])

    assert code == INVALID
    assert "length less than or equal to 100" in message


def test_at_most_2500_features_are_in_a_group(make, sagemaker, refused):
    make("weather", *(a_feature(f"f{number}") for number in range(2497)))

    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("last")])
    code, message = refused(
        sagemaker.update_feature_group, FeatureGroupName="weather", FeatureAdditions=[a_feature("more")]
    )

    assert code == "ResourceLimitExceeded"
    assert "2500" in message


def test_collections_are_added_in_memory_only(make, sagemaker, refused):
    make("weather")
    make("quick", online={"StorageType": "InMemory"})
    added = [a_feature("l", CollectionType="List")]

    sagemaker.update_feature_group(FeatureGroupName="quick", FeatureAdditions=added)
    code, _ = refused(sagemaker.update_feature_group, FeatureGroupName="weather", FeatureAdditions=added)

    assert code == INVALID


def test_a_second_vector_is_refused(make, sagemaker, refused):
    vector = {"CollectionType": "Vector", "CollectionConfig": {"VectorConfig": {"Dimension": 3}}}
    make("quick", a_feature("v", "Fractional", **vector), online={"StorageType": "InMemory"})

    code, _ = refused(
        sagemaker.update_feature_group,
        FeatureGroupName="quick",
        FeatureAdditions=[a_feature("w", "Fractional", **vector)],
    )

    assert code == INVALID


@pytest.mark.parametrize(
    "change",
    [
        {"FeatureAdditions": [a_feature("x")], "OnlineStoreConfig": {"TtlDuration": DAY}},
        {"FeatureAdditions": [a_feature("x")], "ThroughputConfig": PROVISIONED},
        {"OnlineStoreConfig": {"TtlDuration": DAY}, "ThroughputConfig": PROVISIONED},
        {"OnlineStoreConfig": {"TtlDuration": DAY, "StorageType": "Standard_V2"}},
        {"OnlineStoreConfig": {}},
        {},
    ],
)
def test_an_update_asks_for_one_kind_of_change(make, sagemaker, refused, change):
    make()

    code, _ = refused(sagemaker.update_feature_group, FeatureGroupName="weather", **change)

    assert code == INVALID


def test_a_ttl_is_set_changed_and_removed_by_nulls(make, lenient):
    make()
    seen = []
    for ttl in (DAY, {"Unit": "Weeks", "Value": 1}, {"Unit": None, "Value": None}):
        lenient.update_feature_group(FeatureGroupName="weather", OnlineStoreConfig={"TtlDuration": ttl})
        seen.append(lenient.describe_feature_group(FeatureGroupName="weather")["OnlineStoreConfig"].get("TtlDuration"))

    assert seen == [DAY, {"Unit": "Weeks", "Value": 1}, None]


@pytest.mark.parametrize("ttl", [{}, {"Unit": "Days"}, {"Value": 1}, {"Unit": None, "Value": 1}, {"Unit": None}])
def test_half_a_ttl_is_refused(make, lenient, refused, ttl):
    make()

    code, _ = refused(lenient.update_feature_group, FeatureGroupName="weather", OnlineStoreConfig={"TtlDuration": ttl})

    assert code == INVALID


@pytest.mark.parametrize("change", [{"TtlDuration": DAY}, {"StorageType": "Standard_V2"}])
def test_an_online_store_that_is_not_there_is_not_updated(make, sagemaker, refused, change):
    make(online=False, offline={})

    code, message = refused(sagemaker.update_feature_group, FeatureGroupName="weather", OnlineStoreConfig=change)

    assert code == INVALID
    assert "no OnlineStore" in message


def test_standard_becomes_standard_v2(make, update):
    make()

    assert update(OnlineStoreConfig={"StorageType": "Standard_V2"})["OnlineStoreConfig"] == {
        "EnableOnlineStore": True,
        "StorageType": "Standard_V2",
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Standard", "InMemory"),
        ("Standard", "Standard"),
        ("Standard_V2", "Standard"),
        ("Standard_V2", "Standard_V2"),
        ("InMemory", "Standard_V2"),
    ],
)
def test_no_other_storage_type_can_change(make, sagemaker, refused, before, after):
    make(online={"StorageType": before})

    code, message = refused(
        sagemaker.update_feature_group, FeatureGroupName="weather", OnlineStoreConfig={"StorageType": after}
    )

    assert (code, message) == (INVALID, f"Validation Error: StorageType can't be changed from {before} to {after}.")


def test_a_provisioned_group_does_not_become_standard_v2(make, sagemaker, refused):
    make(ThroughputConfig=PROVISIONED)

    code, _ = refused(
        sagemaker.update_feature_group, FeatureGroupName="weather", OnlineStoreConfig={"StorageType": "Standard_V2"}
    )

    assert code == INVALID


def test_throughput_changes_and_units_alone_may_change(make, update):
    make()

    first = update(ThroughputConfig=PROVISIONED)["ThroughputConfig"]
    second = update(ThroughputConfig={**PROVISIONED, "ProvisionedReadCapacityUnits": 20})["ThroughputConfig"]
    third = update(ThroughputConfig={"ThroughputMode": "OnDemand", "ProvisionedReadCapacityUnits": 0})[
        "ThroughputConfig"
    ]

    assert first == PROVISIONED
    assert second == {**PROVISIONED, "ProvisionedReadCapacityUnits": 20}
    assert third == {"ThroughputMode": "OnDemand"}


def test_throughput_goes_back_to_on_demand_once_a_day(make, update, sagemaker, emulator, refused):
    make(ThroughputConfig=PROVISIONED)
    on_demand = {"ThroughputMode": "OnDemand"}
    update(ThroughputConfig=on_demand)
    update(ThroughputConfig=PROVISIONED)

    code, message = refused(sagemaker.update_feature_group, FeatureGroupName="weather", ThroughputConfig=on_demand)
    emulator.advance_clock(24 * 3600)
    later = update(ThroughputConfig=on_demand)

    assert code == INVALID
    assert "once in 24 hours" in message
    assert later["ThroughputConfig"] == on_demand


def test_provisioned_throughput_is_refused_where_it_does_not_exist(make, sagemaker, refused):
    make(online={"StorageType": "InMemory"})

    code, _ = refused(sagemaker.update_feature_group, FeatureGroupName="weather", ThroughputConfig=PROVISIONED)

    assert code == INVALID


def test_a_missing_group_cannot_be_updated(sagemaker, refused):
    code, _ = refused(sagemaker.update_feature_group, FeatureGroupName="nothing", FeatureAdditions=[a_feature("x")])

    assert code == "ResourceNotFound"


class TestInProgress:
    @pytest.fixture
    def settings(self):
        return {"update_s": 60}

    def test_a_change_is_visible_when_it_is_done(self, make, update, sagemaker, emulator):
        make()

        during = update(FeatureAdditions=[a_feature("x")])
        metadata_during = sagemaker.search(Resource="FeatureMetadata")["TotalHits"]["Value"]
        emulator.advance_clock(60)
        after = sagemaker.describe_feature_group(FeatureGroupName="weather")

        assert during["LastUpdateStatus"] == {"Status": "InProgress"}
        assert during["FeatureGroupStatus"] == "Created"
        assert len(during["FeatureDefinitions"]) == metadata_during == 2
        assert after["LastUpdateStatus"] == {"Status": "Successful"}
        assert len(after["FeatureDefinitions"]) == 3
        assert after["LastModifiedTime"] > during["LastModifiedTime"]

    def test_one_update_runs_at_a_time(self, make, update, sagemaker, emulator, refused):
        make()
        update(FeatureAdditions=[a_feature("x")])

        code, message = refused(
            sagemaker.update_feature_group, FeatureGroupName="weather", OnlineStoreConfig={"TtlDuration": DAY}
        )
        emulator.advance_clock(60)
        update(OnlineStoreConfig={"TtlDuration": DAY})

        assert code == INVALID
        assert "another update is in progress" in message

    def test_a_group_may_be_deleted_during_an_update(self, make, update, sagemaker, emulator):
        make()
        update(FeatureAdditions=[a_feature("x")])

        sagemaker.delete_feature_group(FeatureGroupName="weather")
        emulator.advance_clock(60)

        assert sagemaker.list_feature_groups()["FeatureGroupSummaries"] == []


class TestWhileCreating:
    @pytest.fixture
    def settings(self):
        return {"create_s": 60}

    def test_a_group_being_created_is_neither_updated_nor_deleted(self, sagemaker, refused):
        sagemaker.create_feature_group(**a_group())

        update = refused(sagemaker.update_feature_group, FeatureGroupName="weather", FeatureAdditions=[a_feature("x")])
        delete = refused(sagemaker.delete_feature_group, FeatureGroupName="weather")
        describe = refused(
            sagemaker.update_feature_metadata, FeatureGroupName="weather", FeatureName="id", Description="x"
        )

        assert {code for code, _ in (update, delete, describe)} == {INVALID}
        assert all("Creating" in message for _, message in (update, delete, describe))
