"""The life of a feature group, as plain boto3 sees it."""

import pytest
from groups import a_feature, a_group


def test_a_group_is_created_described_and_listed(sagemaker):
    made = sagemaker.create_feature_group(**a_group("weather", a_feature("temp", "Fractional")), Description="Hourly.")
    found = sagemaker.describe_feature_group(FeatureGroupName="weather")

    assert made["FeatureGroupArn"] == found["FeatureGroupArn"]
    assert found["FeatureGroupStatus"] == "Created"
    assert found["Description"] == "Hourly."
    assert [feature["FeatureName"] for feature in found["FeatureDefinitions"]] == ["id", "at", "temp"]
    assert found["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"].endswith("/data")
    assert found["OfflineStoreConfig"]["DataCatalogConfig"]["Database"] == "sagemaker_featurestore"


def test_features_are_added_in_place(sagemaker):
    sagemaker.create_feature_group(**a_group("growing"))

    sagemaker.update_feature_group(FeatureGroupName="growing", FeatureAdditions=[a_feature("wind", "Integral")])

    found = sagemaker.describe_feature_group(FeatureGroupName="growing")
    assert found["FeatureDefinitions"][-1] == a_feature("wind", "Integral")
    assert found["LastUpdateStatus"]["Status"] == "Successful"


def test_a_feature_is_described_and_found_by_its_parameters(sagemaker):
    sagemaker.create_feature_group(**a_group("told", a_feature("temp", "Fractional")))
    sagemaker.update_feature_metadata(
        FeatureGroupName="told",
        FeatureName="temp",
        Description="Air temperature.",
        ParameterAdditions=[{"Key": "unit", "Value": "degF"}],
    )

    described = sagemaker.describe_feature_metadata(FeatureGroupName="told", FeatureName="temp")
    found = sagemaker.search(
        Resource="FeatureMetadata",
        SearchExpression={"Filters": [{"Name": "AllParameters", "Operator": "Contains", "Value": "degF"}]},
    )
    assert described["Description"] == "Air temperature."
    assert described["Parameters"] == [{"Key": "unit", "Value": "degF"}]
    assert "temp" in [result["FeatureMetadata"]["FeatureName"] for result in found["Results"]]


def test_tags_come_and_go(sagemaker):
    arn = sagemaker.create_feature_group(**a_group("tagged"), Tags=[{"Key": "team", "Value": "sky"}])["FeatureGroupArn"]

    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "tier", "Value": "gold"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])

    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "tier", "Value": "gold"}]


def test_paginators_walk_all_groups(sagemaker):
    for number in range(7):
        sagemaker.create_feature_group(**a_group(f"page-{number}"))

    listed = sagemaker.get_paginator("list_feature_groups").paginate(
        NameContains="page-", SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 3}
    )
    searched = sagemaker.get_paginator("search").paginate(
        Resource="FeatureGroup",
        SearchExpression={"Filters": [{"Name": "FeatureGroupName", "Operator": "Contains", "Value": "page-"}]},
        PaginationConfig={"PageSize": 2},
    )

    expected = [f"page-{number}" for number in range(7)]
    assert [group["FeatureGroupName"] for page in listed for group in page["FeatureGroupSummaries"]] == expected
    names = [result["FeatureGroup"]["FeatureGroupName"] for page in searched for result in page["Results"]]
    assert sorted(names) == expected


def test_a_deleted_group_is_gone_and_its_table_is_not(sagemaker, glue):
    sagemaker.create_feature_group(**a_group("short-lived"))
    found = sagemaker.describe_feature_group(FeatureGroupName="short-lived")
    table = found["OfflineStoreConfig"]["DataCatalogConfig"]

    sagemaker.delete_feature_group(FeatureGroupName="short-lived")

    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        sagemaker.describe_feature_group(FeatureGroupName="short-lived")
    assert (
        glue.get_table(DatabaseName=table["Database"], Name=table["TableName"])["Table"]["Name"] == table["TableName"]
    )
