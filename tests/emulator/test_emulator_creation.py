"""What CreateFeatureGroup refuses, and in which words."""

import pytest
from emulator_help import ROLE, a_feature, a_group

INVALID = "ValidationException"


def test_a_creation_answers_with_the_arn(sagemaker):
    reply = sagemaker.create_feature_group(**a_group("weather"))

    assert reply["FeatureGroupArn"] == "arn:aws:sagemaker:eu-west-1:000000000000:feature-group/weather"


def test_all_violations_of_the_shapes_are_reported_at_once(lenient, refused):
    code, message = refused(
        lenient.create_feature_group,
        FeatureGroupName="-weather",
        EventTimeFeatureName="at",
        FeatureDefinitions=[{"FeatureName": "x" * 65, "FeatureType": "Integer"}],
    )

    assert code == INVALID
    assert message == (
        "5 validation errors detected: "
        "Value '-weather' at 'featureGroupName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9]([_-]*[a-zA-Z0-9]){0,63}; "
        "Value null at 'recordIdentifierFeatureName' failed to satisfy constraint: Member must not be null; "
        f"Value '{'x' * 65}' at 'featureDefinitions.1.member.featureName' failed to satisfy constraint: "
        "Member must have length less than or equal to 64; "
        f"Value '{'x' * 65}' at 'featureDefinitions.1.member.featureName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,63}; "
        "Value 'Integer' at 'featureDefinitions.1.member.featureType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [Integral, Fractional, String]"
    )


@pytest.mark.parametrize(
    ("change", "where", "constraint"),
    [
        ({"FeatureGroupName": "weather_"}, "featureGroupName", "regular expression"),
        ({"FeatureGroupName": "a" * 65}, "featureGroupName", "length less than or equal to 64"),
        ({"FeatureDefinitions": []}, "featureDefinitions", "length greater than or equal to 1"),
        ({"FeatureDefinitions": [a_feature(f"f{n}") for n in range(2501)]}, "featureDefinitions", "equal to 2500"),
        ({"Description": "x" * 129}, "description", "length less than or equal to 128"),
        ({"RoleArn": "arn:aws:iam::1:role/too-few-digits"}, "roleArn", "regular expression"),
        ({"RoleArn": "role"}, "roleArn", "length greater than or equal to 20"),
        ({"Tags": [{"Key": f"k{n}", "Value": ""} for n in range(51)]}, "tags", "equal to 50"),
        ({"Tags": [{"Key": "", "Value": ""}]}, "tags.1.member.key", "equal to 1"),
        ({"Tags": [{"Key": "a", "Value": "x" * 257}]}, "tags.1.member.value", "equal to 256"),
        ({"Tags": [{"Key": "a*", "Value": ""}]}, "tags.1.member.key", "regular expression"),
        ({"Tags": [{"Key": "a", "Value": "{}"}]}, "tags.1.member.value", "regular expression"),
        ({"Tags": [{"Key": "a"}]}, "tags.1.member.value", "not be null"),
        ({"OnlineStoreConfig": {"StorageType": "Fast"}}, "onlineStoreConfig.storageType", "Standard_V2, InMemory"),
        (
            {"OnlineStoreConfig": {"TtlDuration": {"Unit": "Months", "Value": 0}}},
            "onlineStoreConfig.ttlDuration.value",
            "greater than or equal to 1",
        ),
        (
            {"OnlineStoreConfig": {"SecurityConfig": {"KmsKeyId": "key with spaces"}}},
            "onlineStoreConfig.securityConfig.kmsKeyId",
            "regular expression",
        ),
        (
            {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "features/prod"}}},
            "offlineStoreConfig.s3StorageConfig.s3Uri",
            "regular expression",
        ),
        ({"OfflineStoreConfig": {}}, "offlineStoreConfig.s3StorageConfig", "not be null"),
        ({"ThroughputConfig": {"ThroughputMode": "ON_DEMAND"}}, "throughputConfig.throughputMode", "OnDemand"),
        (
            {"ThroughputConfig": {"ThroughputMode": "Provisioned", "ProvisionedReadCapacityUnits": 10_000_001}},
            "throughputConfig.provisionedReadCapacityUnits",
            "10000000",
        ),
        (
            {
                "FeatureDefinitions": [
                    a_feature("v", "Fractional", CollectionConfig={"VectorConfig": {"Dimension": 8193}})
                ]
            },
            "featureDefinitions.1.member.collectionConfig.vectorConfig.dimension",
            "8192",
        ),
    ],
)
def test_what_boto3_lets_through_is_refused(lenient, refused, change, where, constraint):
    code, message = refused(lenient.create_feature_group, **{**a_group(), **change})

    assert code == INVALID
    assert f"at '{where}' failed to satisfy constraint" in message
    assert constraint in message


@pytest.mark.parametrize("key", ["team", "Équipe", "チーム", "a b", "a_.:/=+-@9", "x" * 128])
def test_tags_may_be_letters_digits_and_spaces_of_any_script(make, sagemaker, key):
    group = make(Tags=[{"Key": key, "Value": key}])

    tags = sagemaker.list_tags(ResourceArn=group["FeatureGroupArn"])["Tags"]

    assert tags == [{"Key": key, "Value": key}]


@pytest.mark.parametrize(
    ("definitions", "words"),
    [
        ([a_feature("id"), a_feature("at"), a_feature("is_deleted")], "reserved"),
        ([a_feature("id"), a_feature("at"), a_feature("write_time")], "reserved"),
        ([a_feature("id"), a_feature("at"), a_feature("api_invocation_time")], "reserved"),
        ([a_feature("id"), a_feature("at"), a_feature("x"), a_feature("x")], "duplicate"),
        ([a_feature("id"), a_feature("at"), a_feature("x"), a_feature("X")], "duplicate"),
        ([a_feature("at")], "RecordIdentifierFeatureName id must be one of"),
        ([a_feature("id")], "EventTimeFeatureName at must be one of"),
        ([a_feature("id"), a_feature("at", "Integral")], "EventTimeFeatureName must be String or Fractional"),
        ([a_feature("id", "Fractional"), a_feature("at")], "RecordIdentifierFeatureName must be String or Integral"),
    ],
)
def test_features_must_fit_together(sagemaker, refused, definitions, words):
    code, message = refused(sagemaker.create_feature_group, **{**a_group(), "FeatureDefinitions": definitions})

    assert code == INVALID
    assert message.startswith("Validation Error: ")
    assert words in message


BOTH_OFF = (
    "Validation Error: OnlineStore and OfflineStore cannot be both disabled. "
    "Please enable at least one of them and retry the request."
)


@pytest.mark.parametrize("more", [{}, {"OnlineStoreConfig": {"EnableOnlineStore": False}}, {"OnlineStoreConfig": {}}])
def test_a_group_needs_a_store(sagemaker, refused, more):
    assert refused(sagemaker.create_feature_group, **a_group(online=False, **more)) == (INVALID, BOTH_OFF)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (a_group(online={"StorageType": "InMemory"}, offline={}), "not supported with the InMemory"),
        (a_group(online=False, offline={}, OnlineStoreConfig={"TtlDuration": {"Unit": "Days", "Value": 1}}), "need"),
        (a_group(online=False, offline={}, OnlineStoreConfig={"StorageType": "InMemory"}), "need Enable"),
        (a_group(online={"TtlDuration": {"Unit": "Days"}}), "both Unit and Value"),
        ({k: v for k, v in a_group(offline={}).items() if k != "RoleArn"}, "RoleArn is required"),
        (a_group(offline={"TableFormat": "Iceberg", "DisableGlueTableCreation": True}), "Iceberg"),
        (
            a_group(offline={"TableFormat": "Iceberg"})
            | {"FeatureDefinitions": [a_feature("id"), a_feature("at", "Fractional")]},
            "needs an EventTimeFeatureName of feature type String",
        ),
        (
            a_group(offline={"DataCatalogConfig": {"Catalog": "Mine", "Database": "features", "TableName": "weather"}}),
            "must be AwsDataCatalog",
        ),
        (
            a_group(
                offline={
                    "DataCatalogConfig": {"Catalog": "AwsDataCatalog", "Database": "Features", "TableName": "weather"}
                }
            ),
            "DataCatalogConfig.Database Features must start with",
        ),
        (
            a_group(
                offline={"DataCatalogConfig": {"Catalog": "AwsDataCatalog", "Database": "f", "TableName": "t" * 253}}
            ),
            "at most 252 characters",
        ),
    ],
)
def test_stores_must_fit_together(sagemaker, refused, request_, words):
    code, message = refused(sagemaker.create_feature_group, **request_)

    assert code == INVALID
    assert words in message


VECTOR = {"CollectionType": "Vector", "CollectionConfig": {"VectorConfig": {"Dimension": 3}}}


@pytest.mark.parametrize(
    ("features", "online", "words"),
    [
        ([a_feature("l", CollectionType="List")], True, "only supported with the InMemory"),
        ([a_feature("l", CollectionType="Set")], {"StorageType": "Standard_V2"}, "only supported with the InMemory"),
        ([a_feature("v", "Integral", **VECTOR)], {"StorageType": "InMemory"}, "must be of feature type Fractional"),
        ([a_feature("v", "Fractional", CollectionType="Vector")], {"StorageType": "InMemory"}, "Dimension"),
        (
            [a_feature("v", "Fractional", **VECTOR), a_feature("w", "Fractional", **VECTOR)],
            {"StorageType": "InMemory"},
            "only one feature",
        ),
        (
            [a_feature("l", CollectionType="List", CollectionConfig={"VectorConfig": {"Dimension": 3}})],
            {"StorageType": "InMemory"},
            "only allowed with the CollectionType Vector",
        ),
    ],
)
def test_collections_have_rules(sagemaker, refused, features, online, words):
    code, message = refused(sagemaker.create_feature_group, **a_group("w", *features, online=online))

    assert code == INVALID
    assert words in message


def test_an_in_memory_group_may_hold_collections_and_one_vector(make):
    features = [
        a_feature("l", CollectionType="List"),
        a_feature("s", "Integral", CollectionType="Set"),
        a_feature("v", "Fractional", **VECTOR),
    ]

    group = make("w", *features, online={"StorageType": "InMemory"})

    assert group["FeatureDefinitions"][2:] == features


def test_a_record_identifier_is_no_collection(sagemaker, refused):
    definitions = [a_feature("id", CollectionType="List"), a_feature("at")]
    request = {**a_group(online={"StorageType": "InMemory"}), "FeatureDefinitions": definitions}

    code, message = refused(sagemaker.create_feature_group, **request)

    assert (code, "can't be a collection" in message) == (INVALID, True)


PROVISIONED = {
    "ThroughputMode": "Provisioned",
    "ProvisionedReadCapacityUnits": 10,
    "ProvisionedWriteCapacityUnits": 5,
}


@pytest.mark.parametrize(
    ("online", "throughput", "words"),
    [
        ({"StorageType": "InMemory"}, PROVISIONED, "not supported with StorageType InMemory"),
        ({"StorageType": "Standard_V2"}, PROVISIONED, "not supported with StorageType Standard_V2"),
        (True, {"ThroughputMode": "Provisioned"}, "needs provisioned capacity units"),
        (True, {**PROVISIONED, "ProvisionedReadCapacityUnits": 40_001}, "can't exceed 40000"),
        (True, {**PROVISIONED, "ThroughputMode": "OnDemand"}, "not allowed with the ThroughputMode OnDemand"),
    ],
)
def test_throughput_has_rules(sagemaker, refused, online, throughput, words):
    code, message = refused(sagemaker.create_feature_group, **a_group(online=online, ThroughputConfig=throughput))

    assert code == INVALID
    assert words in message


def test_an_offline_only_group_may_have_provisioned_writes(make):
    throughput = {"ThroughputMode": "Provisioned", "ProvisionedWriteCapacityUnits": 5}

    group = make(online=False, offline={}, ThroughputConfig=throughput)

    assert group["ThroughputConfig"] == throughput


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ([{"Key": "aws:stack", "Value": ""}], "reserved for system use"),
        ([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], "unique"),
    ],
)
def test_tags_have_rules(sagemaker, refused, tags, words):
    code, message = refused(sagemaker.create_feature_group, **a_group(Tags=tags))

    assert code == INVALID
    assert words in message


@pytest.mark.parametrize("name", ["weather", "Weather"])
def test_a_name_is_taken_once_whatever_its_case(make, sagemaker, refused, name):
    make("weather")

    code, message = refused(sagemaker.create_feature_group, **a_group(name))

    assert code == "ResourceInUse"
    assert message == (
        f"Resource Already Exists: FeatureGroup with name {name} already exists. Choose a different name.\n"
        f"Info: Feature Group '{name}' already exists."
    )


class TestLimits:
    @pytest.fixture
    def settings(self):
        return {"create_s": 10, "max_groups": 6}

    def test_four_groups_are_created_at_once(self, sagemaker, emulator, refused):
        for number in range(4):
            sagemaker.create_feature_group(**a_group(f"g{number}"))

        code, message = refused(sagemaker.create_feature_group, **a_group("g4"))
        emulator.advance_clock(10)
        sagemaker.create_feature_group(**a_group("g4"))

        assert code == "ResourceLimitExceeded"
        assert message == (
            "The account-level service limit 'Maximum number of feature group creation workflows executing in "
            "parallel' is 4 FeatureGroups, with current utilization of 4 FeatureGroups and a request delta of 1 "
            "FeatureGroups. Please use AWS Service Quotas to request an increase for this quota. If AWS Service "
            "Quotas is not available, contact AWS support to request an increase for this quota."
        )

    def test_an_account_holds_so_many_groups(self, sagemaker, emulator, refused):
        for number in range(6):
            sagemaker.create_feature_group(**a_group(f"g{number}"))
            emulator.advance_clock(10)

        code, message = refused(sagemaker.create_feature_group, **a_group("g6"))

        assert code == "ResourceLimitExceeded"
        assert "is 6 FeatureGroups" in message
        assert "executing in parallel" not in message


def test_a_group_may_have_2500_features(make):
    features = [a_feature(f"feature_{number}", "Fractional") for number in range(2498)]

    group = make("wide", *features)

    assert len(group["FeatureDefinitions"]) == 2500


def test_nulls_are_as_good_as_absent(lenient):
    lenient.create_feature_group(**a_group(Description=None))

    group = lenient.describe_feature_group(FeatureGroupName="weather")

    assert "Description" not in group
    assert ROLE not in group.values()


@pytest.mark.parametrize("uri", ["s3://Not_A_Bucket/prod", "s3://ab", "s3://1.2.3.4/x"])
def test_an_offline_store_in_what_cannot_be_a_bucket_is_refused(sagemaker, refused, uri):
    code, message = refused(sagemaker.create_feature_group, **a_group(offline={"S3StorageConfig": {"S3Uri": uri}}))

    assert code == INVALID
    assert "Invalid S3Uri provided" in message


def test_the_bucket_of_an_offline_store_comes_with_the_group(make, s3):
    make("weather", offline={"DisableGlueTableCreation": True})

    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["features"]
    assert s3.get_bucket_location(Bucket="features")["LocationConstraint"] == "eu-west-1"
