"""The SageMaker SDK, version 2: groups and records."""

import pytest
from groups import BUCKET
from sagemaker.feature_store.feature_definition import FeatureDefinition, FeatureTypeEnum
from sagemaker.feature_store.feature_group import IngestionError
from sagemaker.feature_store.inputs import (
    DeletionModeEnum,
    FeatureParameter,
    FeatureValue,
    Filter,
    FilterOperatorEnum,
    Identifier,
    ResourceEnum,
    TableFormatEnum,
    TargetStoreEnum,
    TtlDuration,
)


def as_dict(record):
    return {value["FeatureName"]: value["ValueAsString"] for value in record or []}


def test_types_of_a_frame_become_types_of_features(make, frame):
    found = make("typed", frame).describe()

    assert {feature["FeatureName"]: feature["FeatureType"] for feature in found["FeatureDefinitions"]} == {
        "id": "String",
        "at": "String",
        "temp": "Fractional",
        "count": "Integral",
    }


def test_a_frame_is_ingested_row_by_row(make, frame):
    group = make("ingested", frame)

    manager = group.ingest(data_frame=frame, max_workers=1, wait=True)

    assert manager.failed_rows == []
    assert as_dict(group.get_record("r005")) == {"id": "r005", "at": frame["at"][5], "temp": "1.25", "count": "5"}
    assert as_dict(group.get_record("r005", feature_names=["count"])) == {"count": "5"}


def test_a_frame_is_ingested_by_several_threads_and_processes(make, frame, store):
    group = make("ingested-by-many", frame)

    group.ingest(data_frame=frame, max_workers=2, max_processes=2, wait=True)

    read = store.batch_get_record([Identifier(group.name, list(frame["id"]))])
    assert sorted(as_dict(found["Record"])["id"] for found in read["Records"]) == list(frame["id"])


def test_rows_that_fail_are_named(make, frame):
    group = make("partly-bad", frame)
    bad = frame.astype({"count": object})
    bad.loc[7, "count"] = "many"

    with pytest.raises(IngestionError) as failed:
        group.ingest(data_frame=bad, max_workers=1, wait=True)

    assert failed.value.failed_rows == [7]
    assert group.get_record("r007") is None
    assert as_dict(group.get_record("r008"))["count"] == "8"


def test_a_record_is_put_in_one_store_with_a_time_to_live_and_deleted(make, frame):
    group = make("by-hand", frame)
    record = [FeatureValue("id", "x"), FeatureValue("at", "2024-01-01T10:00:00Z")]

    group.put_record(
        record,
        target_stores=[TargetStoreEnum.ONLINE_STORE],
        ttl_duration=TtlDuration(unit="Weeks", value=5000),
    )
    found = as_dict(group.get_record("x"))
    group.delete_record("x", "2024-01-01T11:00:00Z", deletion_mode=DeletionModeEnum.HARD_DELETE)

    assert found["id"] == "x"
    assert group.get_record("x") is None


def test_a_group_is_listed_found_updated_and_deleted(make, frame, store):
    group = make("changing", frame, description="It changes.", tags=[{"Key": "team", "Value": "sky"}])

    group.update(feature_additions=[FeatureDefinition("wind", FeatureTypeEnum.INTEGRAL)])
    group.update_feature_metadata(
        "temp", description="Air.", parameter_additions=[FeatureParameter(key="unit", value="degF")]
    )
    listed = store.list_feature_groups(name_contains="changing")
    searched = store.search(
        resource=ResourceEnum.FEATURE_GROUP,
        filters=[Filter(name="FeatureGroupName", value="changing", operator=FilterOperatorEnum.EQUALS)],
    )
    metadata = group.describe_feature_metadata("temp")
    tags = group.list_tags()
    described = group.describe()
    group.delete()

    assert described["FeatureDefinitions"][-1]["FeatureName"] == "wind"
    assert described["Description"] == "It changes."
    assert (metadata["Description"], metadata["Parameters"]) == ("Air.", [{"Key": "unit", "Value": "degF"}])
    assert tags == [{"Key": "team", "Value": "sky"}]
    assert [one["FeatureGroupName"] for one in listed["FeatureGroupSummaries"]] == ["changing"]
    assert [one["FeatureGroup"]["FeatureGroupName"] for one in searched["Results"]] == ["changing"]
    assert store.list_feature_groups(name_contains="changing")["FeatureGroupSummaries"] == []


def test_an_iceberg_group_is_queried_like_any_other(make, frame):
    group = make("iced", frame, table_format=TableFormatEnum.ICEBERG)
    group.ingest(data_frame=frame, max_workers=1, wait=True)
    query = group.athena_query()

    query.run(f'SELECT count(*) AS n, sum("count") AS s FROM "{query.table_name}"', f"s3://{BUCKET}/results")
    query.wait()

    assert query.as_dataframe().to_dict("records") == [{"n": 60, "s": sum(range(60))}]


def test_the_default_bucket_is_made_in_the_account_that_sts_names(session):
    assert session.default_bucket() == "sagemaker-us-east-1-000000000000"
    assert session.account_id() == "000000000000"
