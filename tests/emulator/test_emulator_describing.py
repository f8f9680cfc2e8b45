"""What DescribeFeatureGroup says, in particular what it fills in and what it leaves out."""

import datetime as dt

import pytest
from emulator_help import KEYS, ROLE, a_feature, a_group

ENCRYPTED = "arn:aws:kms:eu-west-1:000000000000:key/1"


def test_a_minimal_group_shows_what_was_sent_and_what_aws_fills_in(make):
    group = make("weather")
    del group["ResponseMetadata"], group["CreationTime"], group["LastModifiedTime"]

    assert group == {
        "FeatureGroupArn": "arn:aws:sagemaker:eu-west-1:000000000000:feature-group/weather",
        "FeatureGroupName": "weather",
        "RecordIdentifierFeatureName": "id",
        "EventTimeFeatureName": "at",
        "FeatureDefinitions": list(KEYS),
        "OnlineStoreConfig": {"EnableOnlineStore": True},
        "ThroughputConfig": {"ThroughputMode": "OnDemand"},
        "FeatureGroupStatus": "Created",
        "OnlineStoreTotalSizeBytes": 0,
    }


def test_an_offline_store_is_resolved_and_named_by_the_second_of_creation(make):
    group = make("My-Weather", offline={"S3StorageConfig": {"S3Uri": "s3://features/prod/", "KmsKeyId": ENCRYPTED}})
    second = int(group["CreationTime"].timestamp())

    assert group["OfflineStoreConfig"] == {
        "S3StorageConfig": {
            "S3Uri": "s3://features/prod/",
            "KmsKeyId": ENCRYPTED,
            "ResolvedOutputS3Uri": (
                f"s3://features/prod/000000000000/sagemaker/eu-west-1/offline-store/My-Weather-{second}/data"
            ),
        },
        "DisableGlueTableCreation": False,
        "DataCatalogConfig": {
            "TableName": f"my_weather_{second}",
            "Catalog": "AwsDataCatalog",
            "Database": "sagemaker_featurestore",
        },
    }
    assert group["OfflineStoreStatus"] == {"Status": "Active"}
    assert group["RoleArn"] == ROLE


def test_an_offline_only_group_has_no_online_size(make):
    group = make(online=False, offline={})

    assert "OnlineStoreConfig" not in group
    assert "OnlineStoreTotalSizeBytes" not in group


def test_everything_a_user_sets_comes_back(make):
    online = {
        "StorageType": "InMemory",
        "TtlDuration": {"Unit": "Days", "Value": 7},
        "SecurityConfig": {"KmsKeyId": ENCRYPTED},
    }
    vector = {"CollectionType": "Vector", "CollectionConfig": {"VectorConfig": {"Dimension": 3}}}

    group = make("w", a_feature("v", "Fractional", **vector), online=online, Description="Hourly weather.")

    assert group["OnlineStoreConfig"] == {"EnableOnlineStore": True, **online}
    assert group["FeatureDefinitions"][2] == a_feature("v", "Fractional", **vector)
    assert group["Description"] == "Hourly weather."


@pytest.mark.parametrize("table_format", ["Glue", "Iceberg", "Default"])
def test_a_table_format_comes_back_as_it_was_sent(make, table_format):
    assert make(offline={"TableFormat": table_format})["OfflineStoreConfig"]["TableFormat"] == table_format


def test_tags_are_not_described(make):
    assert "Tags" not in make(Tags=[{"Key": "team", "Value": "ops"}])


def test_an_explicit_provisioned_throughput_comes_back(make):
    throughput = {
        "ThroughputMode": "Provisioned",
        "ProvisionedReadCapacityUnits": 10,
        "ProvisionedWriteCapacityUnits": 5,
    }

    assert make(ThroughputConfig=throughput)["ThroughputConfig"] == throughput


def test_a_group_is_found_by_its_arn_in_any_case(make, sagemaker):
    group = make("Weather")

    by_arn = sagemaker.describe_feature_group(FeatureGroupName=group["FeatureGroupArn"])
    by_capitals = sagemaker.describe_feature_group(
        FeatureGroupName=group["FeatureGroupArn"].replace("weather", "WEATHER")
    )

    assert by_arn["FeatureGroupName"] == by_capitals["FeatureGroupName"] == "Weather"


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "arn:aws:sagemaker:eu-west-1:000000000000:feature-group/nothing",
        "arn:aws:sagemaker:us-east-1:000000000000:feature-group/weather",
        "arn:aws:sagemaker:eu-west-1:123456789012:feature-group/weather",
    ],
)
def test_a_missing_group_is_a_400_resource_not_found(make, sagemaker, name):
    make("weather")

    with pytest.raises(sagemaker.exceptions.ResourceNotFound) as caught:
        sagemaker.describe_feature_group(FeatureGroupName=name)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert name in caught.value.response["Error"]["Message"]


def test_delete_takes_no_arn(make, lenient, refused):
    group = make()

    code, message = refused(lenient.delete_feature_group, FeatureGroupName=group["FeatureGroupArn"])

    assert code == "ValidationException"
    assert "at 'featureGroupName'" in message


def test_regions_do_not_see_each_other(make, session, door, sagemaker):
    make("weather")
    tokyo = door.attach(session.client("sagemaker", region_name="ap-northeast-1"))

    tokyo.create_feature_group(**a_group("weather"))
    arns = [
        client.list_feature_groups()["FeatureGroupSummaries"][0]["FeatureGroupArn"] for client in (sagemaker, tokyo)
    ]

    assert [arn.split(":")[3] for arn in arns] == ["eu-west-1", "ap-northeast-1"]


def test_times_are_aware_and_close_to_now(make):
    group = make()

    assert abs(group["CreationTime"] - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)
    assert group["LastModifiedTime"] >= group["CreationTime"]


def test_a_next_token_nobody_gave_out_is_refused(make, sagemaker, refused):
    make()

    code, _ = refused(sagemaker.describe_feature_group, FeatureGroupName="weather", NextToken="zz")

    assert code == "ValidationException"
