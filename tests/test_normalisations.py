"""AWS says one thing in several shapes. Each pair of replies here means the same, and has a dangerous neighbour."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from builders import KEY, OWNER, ROLE, S3, a_registry, a_spec, actions, codes, planned
from hypothesis import given
from hypothesis import strategies as st
from strategies import specs

from reconciler.state.limits import TTL_UNITS
from reconciler.state.words import create_request, live_from_reply, ttl_duration, ttl_seconds

RESOLVED = f"{S3}/000000000000/sagemaker/us-east-1/offline-store/weather-1700000000/data"
REPLY = {
    "FeatureGroupArn": "arn:aws:sagemaker:us-east-1:000000000000:feature-group/weather",
    "FeatureGroupName": "weather",
    "RecordIdentifierFeatureName": "origin",
    "EventTimeFeatureName": "observed_at",
    "FeatureDefinitions": [
        {"FeatureName": "origin", "FeatureType": "String"},
        {"FeatureName": "observed_at", "FeatureType": "String"},
        {"FeatureName": "temp_f", "FeatureType": "Fractional"},
    ],
    "CreationTime": 1_700_000_000.0,
    "FeatureGroupStatus": "Created",
    "OnlineStoreConfig": {"EnableOnlineStore": True},
    "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": S3, "ResolvedOutputS3Uri": RESOLVED}},
    "RoleArn": ROLE,
    "OfflineStoreStatus": {"Status": "Active"},
}
TAGS = {"reconciler:registry": OWNER, "team": "ops"}


def reply(**changed):
    """A Describe reply; a dotted path is written with double underscores, and None takes the member away."""
    made = deepcopy(REPLY)
    for path, value in changed.items():
        *parents, last = path.split("__")
        place = made
        for parent in parents:
            place = place.setdefault(parent, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    return made


def live(made, tags=TAGS, ignore=()):
    return live_from_reply(made, tags, ignore)


SPEC = a_spec(live(reply()).group)
OFFLINE, ONLINE = "OfflineStoreConfig", "OnlineStoreConfig"


def plan_of(made, spec=SPEC, **more):
    return planned([spec], [live(made, **more)])


SAME = {
    "1 the resolved prefix is made up by AWS": reply(
        OfflineStoreConfig__S3StorageConfig__ResolvedOutputS3Uri="s3://x/y"
    ),
    "1 the resolved prefix is absent": reply(OfflineStoreConfig__S3StorageConfig__ResolvedOutputS3Uri=None),
    "1 a slash at the end of the prefix": reply(OfflineStoreConfig__S3StorageConfig__S3Uri=f"{S3}/"),
    "2 table names that AWS made up": reply(
        OfflineStoreConfig__DataCatalogConfig={
            "Catalog": "AwsDataCatalog",
            "Database": "sagemaker_featurestore",
            "TableName": "weather_1700000000",
        }
    ),
    "2 table names of an older era": reply(
        OfflineStoreConfig__DataCatalogConfig={
            "Catalog": "AwsDataCatalog",
            "Database": "sagemaker_featurestore",
            "TableName": "weather-1700000000",
        }
    ),
    "3 the table is made where nothing is said": reply(OfflineStoreConfig__DisableGlueTableCreation=False),
    "4 the format Glue": reply(OfflineStoreConfig__TableFormat="Glue"),
    "4 the format Default": reply(OfflineStoreConfig__TableFormat="Default"),
    "5 on-demand throughput filled in": reply(ThroughputConfig={"ThroughputMode": "OnDemand"}),
    "5 on-demand throughput with units of nothing": reply(
        ThroughputConfig={
            "ThroughputMode": "OnDemand",
            "ProvisionedReadCapacityUnits": 0,
            "ProvisionedWriteCapacityUnits": 0,
        }
    ),
    "6 the standard storage type filled in": reply(OnlineStoreConfig__StorageType="Standard"),
    "8 a key block without a key": reply(OnlineStoreConfig__SecurityConfig={}),
    "10 features in another order": reply(FeatureDefinitions=REPLY["FeatureDefinitions"][::-1]),
    "11 an empty description": reply(Description=""),
    "12 a token that is no page": reply(NextToken=""),
    "14 an ARN with capitals": reply(FeatureGroupArn="arn:aws:sagemaker:us-east-1:000000000000:feature-group/Weather"),
    "15 a size": reply(OnlineStoreTotalSizeBytes=1 << 40),
    "15 a time": reply(LastModifiedTime=datetime(2026, 1, 1, tzinfo=UTC)),
    "15 a blocked offline store": reply(OfflineStoreStatus={"Status": "Blocked", "BlockedReason": "Denied."}),
    "15 an update that was made": reply(LastUpdateStatus={"Status": "Successful"}),
    "a status that nobody knows yet": reply(FeatureGroupStatus="Active"),
}


@pytest.mark.parametrize("made", SAME.values(), ids=SAME)
def test_shapes_that_mean_the_same_are_no_difference(made):
    assert plan_of(made).is_empty


@pytest.mark.parametrize("made", SAME.values(), ids=SAME)
def test_shapes_that_mean_the_same_leave_the_digest_of_a_change_alone(made):
    wanted = replace(SPEC, group=replace(SPEC.group, tags={"team": "data"}))

    assert plan_of(made, wanted).digest == plan_of(reply(), wanted).digest


DIFFERENT = {
    "1 another prefix": (reply(OfflineStoreConfig__S3StorageConfig__S3Uri=f"{S3}2"), "FS207"),
    "1 a prefix below": (reply(OfflineStoreConfig__S3StorageConfig__S3Uri=f"{S3}/x"), "FS207"),
    "3 no table is made": (reply(OfflineStoreConfig__DisableGlueTableCreation=True), "FS210"),
    "4 the format Iceberg": (reply(OfflineStoreConfig__TableFormat="Iceberg"), "FS209"),
    "5 provisioned throughput": (
        reply(ThroughputConfig={"ThroughputMode": "Provisioned", "ProvisionedReadCapacityUnits": 0}),
        "update_throughput",
    ),
    "6 another storage type": (reply(OnlineStoreConfig__StorageType="InMemory"), "FS206"),
    "6 a migrated storage type": (reply(OnlineStoreConfig__StorageType="Standard_V2"), "FS206"),
    "7 an online store switched off": (reply(OnlineStoreConfig={"EnableOnlineStore": False}), "FS203"),
    "7 no online store": (reply(OnlineStoreConfig=None), "FS203"),
    "7 no offline store": (reply(OfflineStoreConfig=None), "FS204"),
    "8 a key": (reply(OnlineStoreConfig__SecurityConfig={"KmsKeyId": KEY}), "FS205"),
    "8 a key of the offline store": (reply(OfflineStoreConfig__S3StorageConfig__KmsKeyId=KEY), "FS208"),
    "9 a lifetime": (reply(OnlineStoreConfig__TtlDuration={"Unit": "Days", "Value": 7}), "update_ttl"),
    "10 a feature that differs in case": (
        reply(
            FeatureDefinitions=[
                *REPLY["FeatureDefinitions"][:2],
                {"FeatureName": "Temp_f", "FeatureType": "Fractional"},
            ]
        ),
        "FS101",
    ),
    "11 a collection": (
        reply(
            FeatureDefinitions=[
                *REPLY["FeatureDefinitions"][:2],
                {"FeatureName": "temp_f", "FeatureType": "Fractional", "CollectionType": "List"},
            ]
        ),
        "FS103",
    ),
}


@pytest.mark.parametrize(("made", "expected"), DIFFERENT.values(), ids=DIFFERENT)
def test_their_dangerous_neighbours_are_differences(made, expected):
    plan = plan_of(made)

    assert expected in [*codes(plan), *(action for _, action in actions(plan))]


def test_an_online_store_that_is_off_has_two_shapes():
    offline_only = replace(SPEC, group=replace(SPEC.group, online=None))

    assert plan_of(reply(OnlineStoreConfig=None), offline_only).is_empty
    assert plan_of(reply(OnlineStoreConfig={"EnableOnlineStore": False}), offline_only).is_empty
    assert codes(plan_of(reply(), offline_only)) == ["FS203"]


def test_table_names_that_the_spec_gives_are_compared():
    named = reply(
        OfflineStoreConfig__DataCatalogConfig={"Catalog": "AwsDataCatalog", "Database": "a", "TableName": "b"}
    )
    other = reply(
        OfflineStoreConfig__DataCatalogConfig={"Catalog": "AwsDataCatalog", "Database": "a", "TableName": "c"}
    )
    spec = a_spec(live(named).group)

    assert plan_of(named, spec).is_empty
    assert codes(plan_of(other, spec)) == ["FS211"]
    assert codes(plan_of(reply(), spec)) == ["FS211"]


def test_a_week_is_seven_days():
    spec = a_spec(live(reply(OnlineStoreConfig__TtlDuration={"Unit": "Weeks", "Value": 1})).group)

    assert plan_of(reply(OnlineStoreConfig__TtlDuration={"Unit": "Days", "Value": 7}), spec).is_empty
    assert plan_of(reply(OnlineStoreConfig__TtlDuration={"Unit": "Seconds", "Value": 604_800}), spec).is_empty
    assert actions(plan_of(reply(OnlineStoreConfig__TtlDuration={"Unit": "Days", "Value": 8}), spec)) == [
        ("weather", "update_ttl")
    ]


@given(st.integers(1, 2**31 - 1))
def test_any_lifetime_survives_its_units(seconds):
    duration = ttl_duration(seconds)

    assert ttl_seconds(duration) == seconds
    assert duration["Value"] >= 1


@given(st.sampled_from(list(TTL_UNITS)), st.integers(1, 10_000))
def test_a_lifetime_is_sent_in_the_largest_unit_that_fits(unit, value):
    sent = ttl_duration(ttl_seconds({"Unit": unit, "Value": value}))

    assert TTL_UNITS[sent["Unit"]] >= TTL_UNITS[unit]


def test_provisioned_units_are_compared():
    config = {"ThroughputMode": "Provisioned", "ProvisionedReadCapacityUnits": 1, "ProvisionedWriteCapacityUnits": 2}
    spec = a_spec(live(reply(ThroughputConfig=config)).group)

    assert plan_of(reply(ThroughputConfig=config), spec).is_empty
    assert actions(plan_of(reply(ThroughputConfig=config | {"ProvisionedReadCapacityUnits": 3}), spec)) == [
        ("weather", "update_throughput")
    ]


@pytest.mark.parametrize("key", ["aws:cloudformation:stack-name", "aws:", "sagemaker:domain-arn"])
def test_tags_of_aws_are_no_difference_and_are_never_removed(key):
    assert plan_of(reply(), tags=TAGS | {key: "x"}).is_empty


@pytest.mark.parametrize("key", ["aws-cost", "AWS:x", "sagemaker", "auto:x"])
def test_tags_that_only_look_like_those_of_aws_are_a_difference(key):
    [change] = plan_of(reply(), tags=TAGS | {key: "x"}).changes

    assert change.removed == (key,)


@pytest.mark.parametrize(("ignored", "is_difference"), [(("auto:*",), False), (("auto:x",), False), (("auto",), True)])
def test_tags_that_the_environment_ignores_are_no_difference(ignored, is_difference):
    assert plan_of(reply(), tags=TAGS | {"auto:x": "1"}, ignore=ignored).is_empty is not is_difference


def test_a_role_that_nobody_asked_for_is_no_difference_and_another_one_is():
    silent = replace(SPEC, group=replace(SPEC.group, role_arn=None, offline=None))
    without = reply(OfflineStoreConfig=None)

    assert plan_of(without, silent).is_empty
    assert codes(plan_of(reply(RoleArn=f"{ROLE}-2"))) == ["FS212"]
    assert codes(plan_of(reply(RoleArn=None))) == ["FS212"]


def test_a_protection_tag_that_says_anything_but_true_protects_nothing():
    assert live(reply(), tags=TAGS | {"reconciler:protected": "no"}).group.protected is False
    assert live(reply(), tags=TAGS | {"reconciler:protected": "true"}).group.protected is True


@given(specs())
def test_what_is_asked_for_is_what_a_reply_of_the_same_members_says(spec):
    """The request's members are the reply's: what we send, AWS echoes."""
    group = replace(spec.group, owner=OWNER, protected=bool(spec.group.protected))
    bare = replace(group, features=tuple(f._replace(about="", parameters={}) for f in group.features))
    request = create_request(group)
    tags = {tag["Key"]: tag["Value"] for tag in request.pop("Tags")}

    echoed = live_from_reply(request | {"FeatureGroupStatus": "Created"}, tags)

    assert planned(a_registry(a_spec(bare)), [echoed]).is_empty
