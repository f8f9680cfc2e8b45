"""What was written, in S3, in the Glue catalogue and through Athena."""

import pytest
from groups import BUCKET, a_feature, a_group, a_record

AT = "2024-01-01T10:00:00Z"


@pytest.fixture(scope="module")
def table(sagemaker, runtime, s3):
    """The table of a group with three records, one of them deleted since."""
    sagemaker.create_feature_group(
        **a_group("offline", a_feature("temp", "Fractional"), a_feature("count", "Integral"), a_feature("note"))
    )
    for record_id, temp, note in (("JFK", "1.5", 'say "hi", twice'), ("LGA", "-2e3", "é")):
        runtime.put_record(
            FeatureGroupName="offline",
            Record=a_record(id=record_id, at=AT, temp=temp, count=9007199254740993, note=note),
        )
    runtime.put_record(FeatureGroupName="offline", Record=a_record(id="EWR", at=AT))
    runtime.delete_record(
        FeatureGroupName="offline", RecordIdentifierValueAsString="EWR", EventTime="2024-01-01T11:00:00Z"
    )
    described = sagemaker.describe_feature_group(FeatureGroupName="offline")
    return described["OfflineStoreConfig"]


def test_athena_reads_what_was_put(query, table):
    name = table["DataCatalogConfig"]["TableName"]

    execution, rows = query(f'SELECT id, temp, count, note, is_deleted FROM "{name}" ORDER BY id, at')

    assert execution["Status"]["State"] == "SUCCEEDED"
    assert rows == [
        ("EWR", None, None, None, "false"),
        ("EWR", None, None, None, "true"),
        ("JFK", "1.5", "9007199254740993", 'say "hi", twice', "false"),
        ("LGA", "-2000.0", "9007199254740993", "é", "false"),
    ]


def test_a_query_leaves_its_result_where_it_says(query, table, s3):
    name = table["DataCatalogConfig"]["TableName"]

    execution, _ = query(f"SELECT id, note FROM {name} WHERE id = 'JFK'")

    location = execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://{BUCKET}/results/{execution['QueryExecutionId']}.csv"
    body = s3.get_object(Bucket=BUCKET, Key=location.removeprefix(f"s3://{BUCKET}/"))["Body"].read().decode()
    assert body == '"id","note"\n"JFK","say ""hi"", twice"\n'


def test_the_types_of_a_result_are_those_of_the_table(athena, query, table):
    execution, _ = query(f"SELECT * FROM {table['DataCatalogConfig']['TableName']} LIMIT 1")

    results = athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    columns = results["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    types = {column["Name"]: column["Type"] for column in columns}
    assert types["id"] == types["at"] == types["note"] == "varchar"
    assert (types["temp"], types["count"], types["is_deleted"]) == ("double", "bigint", "boolean")
    assert types["write_time"].startswith("timestamp")


def test_a_wrong_query_fails_as_a_query(query, table):
    execution, _ = query("SELECT nothing_of_that_name FROM " + table["DataCatalogConfig"]["TableName"])

    assert execution["Status"]["State"] == "FAILED"
    assert "nothing_of_that_name" in execution["Status"]["StateChangeReason"]
    assert execution["Status"]["AthenaError"]["ErrorCategory"] == 2


def test_the_catalogue_describes_the_table(glue, table):
    config = table["DataCatalogConfig"]
    found = glue.get_table(DatabaseName=config["Database"], Name=config["TableName"])["Table"]
    columns = {column["Name"]: column["Type"] for column in found["StorageDescriptor"]["Columns"]}

    assert (columns["temp"], columns["count"], columns["note"]) == ("double", "bigint", "string")
    assert found["StorageDescriptor"]["Location"] == table["S3StorageConfig"]["ResolvedOutputS3Uri"]


def test_the_files_are_objects_in_the_layout_of_aws(s3, table):
    bucket, _, prefix = table["S3StorageConfig"]["ResolvedOutputS3Uri"].removeprefix("s3://").partition("/")

    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=f"{prefix}/", PaginationConfig={"PageSize": 1}
    )
    keys = [found["Key"].removeprefix(f"{prefix}/") for page in pages for found in page.get("Contents", [])]

    assert keys
    assert {key.rpartition("/")[0] for key in keys} == {
        "year=2024/month=01/day=01/hour=10",
        "year=2024/month=01/day=01/hour=11",
    }
    body = s3.get_object(Bucket=bucket, Key=f"{prefix}/{keys[0]}", Range="bytes=0-3")["Body"].read()
    assert body == b"PAR1"


def test_features_that_were_added_are_columns(sagemaker, runtime, query):
    sagemaker.create_feature_group(**a_group("evolving"))
    name = sagemaker.describe_feature_group(FeatureGroupName="evolving")["OfflineStoreConfig"]["DataCatalogConfig"]
    runtime.put_record(FeatureGroupName="evolving", Record=a_record(id="old", at=AT))
    before = query(f"SELECT * FROM {name['TableName']}")[1]

    sagemaker.update_feature_group(FeatureGroupName="evolving", FeatureAdditions=[a_feature("wind", "Integral")])
    runtime.put_record(FeatureGroupName="evolving", Record=a_record(id="new", at=AT, wind=7))

    assert len(before) == 1
    assert query(f"SELECT id, wind FROM {name['TableName']} ORDER BY id")[1] == [("new", "7"), ("old", None)]


def test_an_iceberg_group_is_written_read_and_purged(sagemaker, runtime, query, s3):
    sagemaker.create_feature_group(**a_group("frozen", a_feature("temp", "Fractional"), table_format="Iceberg"))
    config = sagemaker.describe_feature_group(FeatureGroupName="frozen")["OfflineStoreConfig"]["DataCatalogConfig"]
    for record_id in ("a", "b", "c"):
        runtime.put_record(FeatureGroupName="frozen", Record=a_record(id=record_id, at=AT, temp=1))
    name = config["TableName"]

    before = query(f"SELECT id FROM {name} ORDER BY id")[1]
    deleted, _ = query(f"DELETE FROM {name} WHERE id = 'b'")
    after = query(f"SELECT id FROM {name} ORDER BY id")[1]
    compacted, _ = query(f"OPTIMIZE {name} REWRITE DATA USING BIN_PACK")

    assert before == [("a",), ("b",), ("c",)]
    assert deleted["Status"]["State"] == "SUCCEEDED"
    assert after == [("a",), ("c",)]
    assert compacted["Status"]["State"] == "SUCCEEDED"
    assert query(f"SELECT id FROM {name} ORDER BY id")[1] == after
