"""The Glue database and table that come with a feature group, and STS."""

import pytest
from emulator_help import a_feature, a_group

DATABASE = "sagemaker_featurestore"


def catalog(table="weather", database="features"):
    return {"Catalog": "AwsDataCatalog", "Database": database, "TableName": table}


@pytest.fixture
def table(glue, sagemaker):
    """The table Describe names."""

    def of(name="weather"):
        group = sagemaker.describe_feature_group(FeatureGroupName=name)
        named = group["OfflineStoreConfig"]["DataCatalogConfig"]
        return glue.get_table(DatabaseName=named["Database"], Name=named["TableName"])["Table"]

    return of


def test_the_generated_table_is_parquet_with_the_features_and_the_bookkeeping(make, table):
    group = make("weather", a_feature("Temp", "Fractional"), a_feature("seats", "Integral"), offline={})
    found = table()

    assert found["DatabaseName"] == DATABASE
    assert found["TableType"] == "EXTERNAL_TABLE"
    assert [(column["Name"], column["Type"]) for column in found["StorageDescriptor"]["Columns"]] == [
        ("id", "string"),
        ("at", "string"),
        ("temp", "double"),
        ("seats", "bigint"),
        ("write_time", "timestamp"),
        ("api_invocation_time", "timestamp"),
        ("is_deleted", "boolean"),
    ]
    assert found["PartitionKeys"] == []
    assert (
        found["StorageDescriptor"]["Location"] == group["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    )
    assert found["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")


def test_an_iceberg_table_begins_at_the_parent_of_the_data(make, table):
    group = make(offline={"TableFormat": "Iceberg"})
    found = table()
    resolved = group["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]

    assert found["Parameters"]["table_type"] == "ICEBERG"
    assert found["Parameters"]["metadata_location"].startswith(resolved.removesuffix("/data") + "/metadata/")
    assert found["StorageDescriptor"]["Location"] == resolved.removesuffix("/data")
    assert found["PartitionKeys"] == []


def test_additions_become_columns_before_the_bookkeeping(make, sagemaker, table):
    make(offline={})
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("x", "Integral")])

    found = table()

    assert [column["Name"] for column in found["StorageDescriptor"]["Columns"]][:4] == ["id", "at", "x", "write_time"]
    assert found["VersionId"] == "1"


def test_given_names_are_taken_and_the_database_is_made(make, glue, table):
    group = make(offline={"DataCatalogConfig": catalog()})

    assert group["OfflineStoreConfig"]["DataCatalogConfig"] == catalog()
    assert table()["Name"] == "weather"
    assert glue.get_database(Name="features")["Database"]["Name"] == "features"


def test_a_table_that_is_there_already_makes_creation_fail(glue, sagemaker, make):
    glue.create_database(DatabaseInput={"Name": "features"})
    glue.create_table(DatabaseName="features", TableInput={"Name": "weather"})

    reply = sagemaker.create_feature_group(**a_group(offline={"DataCatalogConfig": catalog()}))
    group = sagemaker.describe_feature_group(FeatureGroupName="weather")

    assert reply["FeatureGroupArn"] == group["FeatureGroupArn"]
    assert group["FeatureGroupStatus"] == "CreateFailed"
    assert "features.weather already exists" in group["FailureReason"]


def test_a_user_s_own_table_need_not_exist_and_is_never_altered(glue, sagemaker, make):
    own = {"DisableGlueTableCreation": True, "DataCatalogConfig": catalog()}
    glue.create_database(DatabaseInput={"Name": "features"})
    glue.create_table(
        DatabaseName="features",
        TableInput={"Name": "weather", "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "string"}]}},
    )
    group = make(offline=own)
    make("other", offline={**own, "DataCatalogConfig": catalog("nothing")})
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("x")])

    columns = glue.get_table(DatabaseName="features", Name="weather")["Table"]["StorageDescriptor"]["Columns"]

    assert group["FeatureGroupStatus"] == "Created"
    assert group["OfflineStoreConfig"]["DataCatalogConfig"] == catalog()
    assert [column["Name"] for column in columns] == ["id"]


def test_without_table_creation_and_names_there_is_no_table(make, glue, refused):
    group = make(offline={"DisableGlueTableCreation": True})

    assert "DataCatalogConfig" not in group["OfflineStoreConfig"]
    assert refused(glue.get_tables, DatabaseName=DATABASE)[0] == "EntityNotFoundException"


def test_table_and_database_outlive_the_group(make, sagemaker, glue):
    make(offline={})
    sagemaker.delete_feature_group(FeatureGroupName="weather")

    assert len(glue.get_tables(DatabaseName=DATABASE)["TableList"]) == 1


def test_additions_go_on_when_a_user_dropped_the_table(make, sagemaker, glue, table):
    make(offline={})
    glue.delete_table(DatabaseName=DATABASE, Name=table()["Name"])

    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("x")])

    assert glue.get_tables(DatabaseName=DATABASE)["TableList"] == []


def test_databases_and_tables_are_paged_and_filtered(make, glue):
    for name in ("c", "a", "b"):
        make(name, offline={"DataCatalogConfig": catalog(name, f"db_{name}")})
        make(f"{name}2", offline={"DataCatalogConfig": catalog(f"{name}2", "db_a")})

    def names(operation, member, **asked):
        pages = glue.get_paginator(operation).paginate(**asked, PaginationConfig={"PageSize": 2})
        return [found["Name"] for page in pages for found in page[member]]

    assert names("get_databases", "DatabaseList") == ["db_a", "db_b", "db_c"]
    assert names("get_tables", "TableList", DatabaseName="db_a") == ["a", "a2", "b2", "c2"]
    assert names("get_tables", "TableList", DatabaseName="db_a", Expression="a.*") == ["a", "a2"]


def test_glue_names_are_lower_case_and_found_in_any(glue):
    glue.create_database(DatabaseInput={"Name": "Features"})
    glue.create_table(DatabaseName="FEATURES", TableInput={"Name": "Weather"})

    assert glue.get_table(DatabaseName="features", Name="WEATHER")["Table"]["Name"] == "weather"


@pytest.mark.parametrize(
    ("operation", "asked", "code"),
    [
        ("get_database", {"Name": "nothing"}, "EntityNotFoundException"),
        ("get_table", {"DatabaseName": "nothing", "Name": "x"}, "EntityNotFoundException"),
        ("get_table", {"DatabaseName": "features", "Name": "x"}, "EntityNotFoundException"),
        ("delete_table", {"DatabaseName": "features", "Name": "x"}, "EntityNotFoundException"),
        ("create_database", {"DatabaseInput": {"Name": "features"}}, "AlreadyExistsException"),
        ("create_table", {"DatabaseName": "features", "TableInput": {"Name": "weather"}}, "AlreadyExistsException"),
        ("get_tables", {"DatabaseName": "features", "Expression": "("}, "InvalidInputException"),
    ],
)
def test_glue_errors_have_glue_s_codes(glue, refused, operation, asked, code):
    glue.create_database(DatabaseInput={"Name": "features"})
    glue.create_table(DatabaseName="features", TableInput={"Name": "weather"})

    assert refused(getattr(glue, operation), **asked)[0] == code


def test_whoever_asks_is_in_the_account(sts):
    identity = sts.get_caller_identity()

    assert identity["Account"] == "000000000000"
    assert identity["Arn"] == "arn:aws:iam::000000000000:user/emulator"
    assert identity["UserId"]


class TestAnotherAccount:
    @pytest.fixture
    def settings(self):
        return {"account": "123456789012"}

    def test_the_account_is_a_setting(self, sts, make):
        assert sts.get_caller_identity()["Account"] == "123456789012"
        assert ":123456789012:" in make()["FeatureGroupArn"]
