"""Which group records go to: by name or ARN, in which status, with which stores; and what Describe says of them."""

import pytest
from emulator_help import a_feature, a_group
from runtime_help import T1, T2, a_marker, a_record, delete, get, pending, put

from reconciler.emulator.runtime import online as online_store

ARN = "arn:aws:sagemaker:eu-west-1:000000000000:feature-group/"
ABSENT = "Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name "


def calls(runtime, name):
    """Every operation that takes one group, asked about a group of this name."""
    named = {"FeatureGroupName": name}
    one = {**named, "RecordIdentifierValueAsString": "a"}
    return {
        "PutRecord": lambda: runtime.put_record(**named, Record=a_record()),
        "GetRecord": lambda: runtime.get_record(**one),
        "DeleteRecord": lambda: runtime.delete_record(**one, EventTime=T1),
        "UpdateRecord": lambda: runtime.update_record(**one, Features=a_record()),
        "ListRecords": lambda: runtime.list_records(**named),
        "BatchWriteRecord": lambda: runtime.batch_write_record(Entries=[{**named, "Record": a_record()}]),
    }


# ---- Names ----


@pytest.mark.parametrize("name", ["weather", f"{ARN}weather"])
def test_every_operation_takes_a_name_or_an_arn(make, runtime, name):
    make("weather", a_feature("sky"), online={"StorageType": "Standard_V2"}, offline={})
    one = {"FeatureGroupName": name, "RecordIdentifierValueAsString": "a"}
    runtime.put_record(FeatureGroupName=name, Record=a_record())
    runtime.batch_write_record(Entries=[{"FeatureGroupName": name, "Record": a_record("b")}])
    runtime.update_record(**one, Features=a_record(sky="clear"))
    found = get(runtime, group=name)
    batch = runtime.batch_get_record(
        Identifiers=[{"FeatureGroupName": name, "RecordIdentifiersValueAsString": ["a", "b"]}]
    )
    listed = runtime.list_records(FeatureGroupName=name)["RecordIdentifiers"]
    runtime.delete_record(**one, EventTime=T2)

    assert found == {"id": "a", "at": T1, "sky": "clear"}
    assert [record["FeatureGroupName"] for record in batch["Records"]] == [name, name]
    assert listed == ["a", "b"]
    assert get(runtime, group=name) is None


def test_a_name_is_exact_and_an_arn_knows_no_case(make, runtime, refused):
    make("Weather")
    put(runtime, group=f"{ARN}weather")

    assert get(runtime, group=f"{ARN}WEATHER") == get(runtime, group="Weather") == {"id": "a", "at": T1}
    assert refused(lambda: put(runtime, group="weather"))[0] == "ValidationError"


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        f"{ARN}nothing",
        "arn:aws:sagemaker:us-east-1:000000000000:feature-group/weather",
        "arn:aws:sagemaker:eu-west-1:111111111111:feature-group/weather",
    ],
)
def test_an_unknown_group_is_said_as_the_operation_models_it(weather, runtime, name):
    expected = {
        "PutRecord": ("ValidationError", 400),
        "DeleteRecord": ("ValidationError", 400),
        "GetRecord": ("ResourceNotFound", 404),
        "UpdateRecord": ("ResourceNotFound", 404),
        "ListRecords": ("ResourceNotFound", 404),
        "BatchWriteRecord": ("ResourceNotFound", 404),
    }
    found = {}
    for operation, call in calls(runtime, name).items():
        with pytest.raises(runtime.exceptions.ClientError) as caught:
            call()
        reply = caught.value.response
        found[operation] = (reply["Error"]["Code"], reply["ResponseMetadata"]["HTTPStatusCode"])
        assert reply["Error"]["Message"] == ABSENT + name

    assert found == expected


@pytest.mark.parametrize("name", ["", "-weather", "weather-", "we ather", "a/b", "x" * 65, f"{ARN}", "%", "..", "é"])
def test_a_name_that_cannot_be_one_is_invalid(weather, lenient_runtime, refused, name):
    for operation, call in calls(lenient_runtime, name).items():
        if not name and operation != "BatchWriteRecord":
            continue  # boto3 has no path for it
        code, message = refused(call)

        assert (code, "failed to satisfy constraint" in message) == ("ValidationError", True), operation


def test_groups_of_two_regions_have_records_of_their_own(weather, runtime, session, door):
    other = door.attach(session.client("sagemaker-featurestore-runtime", region_name="us-west-2"))
    control = door.attach(session.client("sagemaker", region_name="us-west-2"))
    control.create_feature_group(**a_group())
    put(runtime, sky="clear")

    assert get(other) is None
    assert get(runtime)["sky"] == "clear"


# ---- Status ----


@pytest.mark.parametrize("settings", [{"create_s": 60.0}])
def test_a_group_takes_no_records_before_it_is_created(sagemaker, runtime, emulator, refused):
    sagemaker.create_feature_group(**a_group())
    found = {
        operation: refused(call) for operation, call in calls(runtime, "weather").items() if "Batch" not in operation
    }
    written = runtime.batch_write_record(Entries=[{"FeatureGroupName": "weather", "Record": a_record()}])
    emulator.advance_clock(60)
    put(runtime)

    assert all(code == "ValidationError" and "its status is Creating" in message for code, message in found.values())
    assert written["Errors"][0]["ErrorCode"] == "ValidationError"
    assert get(runtime) == {"id": "a", "at": T1}


@pytest.mark.parametrize("settings", [{"delete_s": 60.0}])
def test_a_group_that_is_being_deleted_takes_and_gives_no_records(weather, sagemaker, runtime, refused):
    put(runtime)
    sagemaker.delete_feature_group(FeatureGroupName="weather")

    assert "its status is Deleting" in refused(lambda: put(runtime))[1]
    assert "its status is Deleting" in refused(lambda: get(runtime))[1]


def test_a_group_whose_creation_failed_takes_none_either(sagemaker, runtime, emulator, refused):
    emulator.faults.add("create_fails")
    sagemaker.create_feature_group(**a_group())

    assert refused(lambda: put(runtime)) == (
        "ValidationError",
        "Validation Error: FeatureGroup weather can't be used while its status is CreateFailed.",
    )


@pytest.mark.parametrize("settings", [{"update_s": 60.0}])
def test_records_go_on_while_a_group_is_updated_and_new_features_work_at_once(
    weather, sagemaker, runtime, emulator, refused
):
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("rain", "Integral")])
    put(runtime, sky="clear")
    before = refused(lambda: put(runtime, rain="1"))
    emulator.advance_clock(60)
    put(runtime, "b", rain="1")

    assert "rain is not defined" in before[1]
    assert get(runtime, "a") == {"id": "a", "at": T1, "sky": "clear"}
    assert get(runtime, "b", FeatureNames=["rain"]) == {"rain": "1"}


def test_a_blocked_offline_store_keeps_what_is_written(weather, runtime, emulator):
    emulator.block_offline_store("weather", "Access denied.", region="eu-west-1")
    put(runtime, sky="clear")
    runtime.put_record(FeatureGroupName="weather", Record=a_record("b"), TargetStores=["OfflineStore"])
    delete(runtime)

    assert get(runtime) is None
    assert [row["id"] for row in pending(emulator)] == ["a", "b", "a"]


# ---- Stores ----


def test_a_group_without_an_offline_store_has_no_rows(make, runtime, emulator):
    make()
    put(runtime)
    delete(runtime)

    assert get(runtime) is None
    assert pending(emulator) == []


def test_a_group_without_an_online_store_takes_records_and_gives_none(make, runtime, emulator, refused):
    make(online=False, offline={})
    put(runtime)
    delete(runtime)
    asked = {"FeatureGroupName": "weather", "RecordIdentifiersValueAsString": ["a"]}
    batch = runtime.batch_get_record(Identifiers=[asked])

    assert pending(emulator) == [{"id": "a", "at": T1}, a_marker()]
    for refusal in (
        refused(lambda: get(runtime)),
        refused(runtime.list_records, FeatureGroupName="weather"),
        (batch["Errors"][0]["ErrorCode"], batch["Errors"][0]["ErrorMessage"]),
    ):
        assert refusal == ("ValidationError", "Validation Error: FeatureGroup weather has no OnlineStore to read from.")


@pytest.mark.parametrize(
    ("stores", "online", "offline"),
    [
        (None, True, True),
        (["OnlineStore"], True, False),
        (["OfflineStore"], False, True),
        (["OfflineStore", "OnlineStore"], True, True),
        (["OnlineStore", "OnlineStore"], True, False),
    ],
)
def test_target_stores_say_where_a_record_goes(weather, runtime, emulator, stores, online, offline):
    options = {"TargetStores": stores} if stores else {}
    put(runtime, options=options)
    runtime.batch_write_record(Entries=[{"FeatureGroupName": "weather", "Record": a_record("b"), **options}])

    assert [get(runtime, record_id) is not None for record_id in "ab"] == [online, online]
    assert [row["id"] for row in pending(emulator)] == (["a", "b"] if offline else [])


@pytest.mark.parametrize(
    ("stores", "online", "offline"), [(["OnlineStore"], True, False), (["OfflineStore"], False, True)]
)
@pytest.mark.parametrize("mode", ["SoftDelete", "HardDelete"])
def test_target_stores_say_where_a_record_is_deleted(weather, runtime, emulator, stores, online, offline, mode):
    put(runtime)
    delete(runtime, TargetStores=stores, DeletionMode=mode)

    assert (get(runtime) is None) == online
    assert (pending(emulator)[1:] == [a_marker()]) == offline


def test_an_older_record_for_the_online_store_alone_goes_nowhere(weather, runtime, emulator):
    put(runtime, at=T2)
    put(runtime, at=T1, options={"TargetStores": ["OnlineStore"]})

    assert get(runtime)["at"] == T2
    assert len(pending(emulator)) == 1


@pytest.mark.parametrize(("online", "offline", "store"), [(True, None, "OfflineStore"), (False, {}, "OnlineStore")])
def test_a_store_that_is_not_enabled_is_refused(make, runtime, refused, online, offline, store):
    make(online=online, offline=offline)
    entry = {"FeatureGroupName": "weather", "Record": a_record(), "TargetStores": ["OnlineStore", "OfflineStore"]}
    batch = runtime.batch_write_record(Entries=[entry])
    found = [
        refused(lambda: put(runtime, options={"TargetStores": [store]})),
        refused(lambda: delete(runtime, TargetStores=[store])),
        (batch["Errors"][0]["ErrorCode"], batch["Errors"][0]["ErrorMessage"]),
    ]

    assert all(code == "ValidationError" and f"[{store}]" in message for code, message in found)
    assert batch["Errors"][0]["Entry"] == entry


# ---- Size, deletion ----


def size(sagemaker, name="weather"):
    return sagemaker.describe_feature_group(FeatureGroupName=name)["OnlineStoreTotalSizeBytes"]


def test_describe_says_how_much_the_online_store_holds(weather, sagemaker, runtime):
    sizes = [size(sagemaker)]
    put(runtime, "a", sky="clear")
    sizes.append(size(sagemaker))
    put(runtime, "b", sky="clear")
    sizes.append(size(sagemaker))
    put(runtime, "b", T2, sky="clear or not")
    sizes.append(size(sagemaker))
    put(runtime, "b", T1, sky="history")
    put(runtime, "c", options={"TargetStores": ["OfflineStore"]})
    unchanged = size(sagemaker)
    delete(runtime, "a")
    sizes.append(size(sagemaker))
    delete(runtime, "b", "2025-01-01T00:00:00Z", DeletionMode="HardDelete")
    delete(runtime, "a", "2025-01-01T00:00:00Z", DeletionMode="HardDelete")

    assert sizes[0] == 0
    assert sizes[2] == 2 * sizes[1]
    assert sizes[3] == sizes[2] + len(" or not") == unchanged
    assert sizes[4] == sizes[3] - len(',"sky":"clear"')
    assert size(sagemaker) == 0


def test_a_group_of_the_same_name_begins_without_records(weather, make, sagemaker, runtime, emulator):
    put(runtime, sky="clear")
    delete(runtime, "b")
    sagemaker.delete_feature_group(FeatureGroupName="weather")
    make()

    assert (count_records(emulator), size(sagemaker), get(runtime)) == (0, 0, None)
    assert runtime.list_records(FeatureGroupName="weather", IncludeSoftDeletedRecords=True)["RecordIdentifiers"] == []
    assert [row["id"] for row in pending(emulator)] == ["a", "b"]


def test_the_records_of_a_large_group_go_bit_by_bit(weather, sagemaker, runtime, emulator, monkeypatch):
    monkeypatch.setattr(online_store, "_DROPPED_AT_ONCE", 3)
    for number in range(10):
        put(runtime, str(number))
    sagemaker.delete_feature_group(FeatureGroupName="weather")
    left = [count_records(emulator)]
    for _ in range(3):
        emulator.flush()
        left.append(count_records(emulator))

    assert left == [7, 4, 1, 0]


def count_records(emulator):
    with emulator.store.reading() as db:
        return db.execute("SELECT count(*) FROM records").fetchone()[0]


def test_a_reset_forgets_records(weather, make, sagemaker, runtime, emulator):
    put(runtime)
    emulator.reset()
    make()

    assert (size(sagemaker), get(runtime), pending(emulator)) == (0, None, [])
