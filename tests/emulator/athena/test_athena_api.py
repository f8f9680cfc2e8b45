"""The API around queries: starting, listing, stopping, workgroups, catalogs, named queries."""

import json
import uuid
from pathlib import Path

import pytest
from athena_help import OUTPUT
from botocore.exceptions import ClientError

from reconciler.emulator.embedded import open_emulator


def of_athena(emulator, operation, body):
    reply = emulator.answer("POST", "/", {"X-Amz-Target": f"AmazonAthena.{operation}"}, json.dumps(body).encode())
    return reply.status, json.loads(reply.body)


def test_the_same_token_starts_one_query(queries):
    token = str(uuid.uuid4())
    first = queries.start("SELECT 1", ClientRequestToken=token)
    again = queries.start("SELECT 1", ClientRequestToken=token)

    assert first == again
    assert queries.refuse("SELECT 2", ClientRequestToken=token) == (
        "IDEMPOTENT_PARAMETER_MISMATCH",
        "Idempotent parameters do not match",
    )


def test_a_token_is_required(emulator, queries):
    status, error = of_athena(emulator, "StartQueryExecution", {"QueryString": "SELECT 1"})

    assert status == 400
    assert error["Message"] == "clientRequestToken is null or empty"
    assert error["AthenaErrorCode"] == "INVALID_INPUT"


def test_a_malformed_request_is_an_invalid_one(emulator):
    status, error = of_athena(emulator, "GetQueryExecution", {})

    assert (status, error["__type"], error["AthenaErrorCode"]) == (400, "InvalidRequestException", "INVALID_INPUT")
    assert "Value null at 'queryExecutionId' failed to satisfy constraint" in error["Message"]


@pytest.mark.parametrize(
    ("configuration", "code", "sentence"),
    [
        (
            {},
            "INVALID_INPUT",
            (
                "No output location provided. An output location is required either through the Workgroup result "
                "configuration setting or as an API input."
            ),
        ),
        ({"OutputLocation": "results/x"}, "INVALID_INPUT", "outputLocation is not a valid S3 path."),
        ({"OutputLocation": "s3://"}, "INVALID_INPUT", "outputLocation is not a valid S3 path."),
        ({"OutputLocation": "s3://nowhere/x"}, "INVALID_INPUT", "Unable to verify/create output bucket nowhere"),
        ({"OutputLocation": "s3://../x"}, "INVALID_INPUT", "Unable to verify/create output bucket .."),
    ],
)
def test_a_query_needs_a_place_for_its_result(queries, configuration, code, sentence):
    assert queries.refuse("SELECT 1", ResultConfiguration=configuration) == (code, sentence)


def test_encryption_and_owner_are_echoed(queries):
    asked = {
        "OutputLocation": OUTPUT,
        "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "arn:aws:kms:eu-west-1:1:key/1"},
        "ExpectedBucketOwner": "000000000000",
    }
    found = queries.run("SELECT 1", ResultConfiguration=asked)["ResultConfiguration"]

    assert {**found, "OutputLocation": OUTPUT} == asked


def test_the_catalog_is_shown_in_lower_case(queries):
    assert queries.run("SELECT 1")["QueryExecutionContext"] == {"Database": "shop", "Catalog": "awsdatacatalog"}


def test_a_failure_has_a_category_a_type_and_the_reason(queries):
    status = queries.get(queries.start("SELECT * FROM nothing"))["Status"]

    assert status["AthenaError"] == {
        "ErrorCategory": 2,
        "ErrorType": 1301,
        "Retryable": False,
        "ErrorMessage": status["StateChangeReason"],
    }


def test_queries_are_listed_latest_first_and_page_by_page(queries, athena):
    started = [queries.start(f"SELECT {number}") for number in range(5)]

    pages = list(athena.get_paginator("list_query_executions").paginate(PaginationConfig={"PageSize": 2}))

    assert [query for page in pages for query in page["QueryExecutionIds"]] == started[::-1]
    assert len(pages) == 3


def test_many_queries_are_looked_up_at_once(queries, athena):
    query = queries.start("SELECT 1")

    found = athena.batch_get_query_execution(QueryExecutionIds=[query, "nothing"])

    assert [one["QueryExecutionId"] for one in found["QueryExecutions"]] == [query]
    assert found["UnprocessedQueryExecutionIds"] == [
        {
            "QueryExecutionId": "nothing",
            "ErrorCode": "QUERY_EXECUTION_NOT_FOUND",
            "ErrorMessage": "QueryExecution nothing was not found",
        }
    ]


@pytest.mark.parametrize(
    "operation", ["get_query_execution", "get_query_results", "stop_query_execution", "get_query_runtime_statistics"]
)
def test_an_unknown_query_is_not_found(athena, emulator, refused, operation):
    assert refused(getattr(athena, operation), QueryExecutionId="nothing") == (
        "InvalidRequestException",
        "QueryExecution nothing was not found",
    )


def test_results_of_a_failed_query_are_refused(queries, athena, refused):
    query = queries.start("SELECT 1/0")

    assert refused(athena.get_query_results, QueryExecutionId=query) == (
        "InvalidRequestException",
        "Query did not finish successfully. Final query state: FAILED",
    )


def test_results_whose_file_was_removed_are_gone(queries, athena, s3, refused):
    query = queries.start("SELECT 1")
    s3.delete_object(Bucket="results", Key=f"athena/{query}.csv")

    assert refused(athena.get_query_results, QueryExecutionId=query)[1] == "Could not find results"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"MaxResults": 1001}, "MaxResults is more than maximum allowed length 1000"),
        ({"NextToken": "nonsense"}, "Malformed nextPageToken nonsense"),
        ({"NextToken": "5b2d315d"}, "Malformed nextPageToken 5b2d315d"),
    ],
)
def test_pages_nobody_gave_are_refused(queries, athena, refused, asked, sentence):
    query = queries.start("SELECT 1")

    assert refused(athena.get_query_results, QueryExecutionId=query, **asked) == ("InvalidRequestException", sentence)


def test_runtime_statistics_count_rows(orders):
    query = orders.start("SELECT * FROM orders")
    found = orders.athena.get_query_runtime_statistics(QueryExecutionId=query)["QueryRuntimeStatistics"]

    assert found["Rows"]["OutputRows"] == 3
    assert found["Rows"]["InputBytes"] > 0


def test_stopping_a_query_that_ended_changes_nothing(queries, athena):
    query = queries.start("SELECT 1")
    athena.stop_query_execution(QueryExecutionId=query)

    assert queries.get(query)["Status"]["State"] == "SUCCEEDED"


class TestSlowQueries:
    """The setting keeps a query running by the emulator's clock."""

    @pytest.fixture
    def settings(self):
        return {"query_s": 30.0}

    def test_a_query_runs_until_its_time(self, queries, athena, emulator, refused):
        query = queries.start("SELECT 1")

        assert queries.get(query)["Status"]["State"] == "RUNNING"
        assert refused(athena.get_query_results, QueryExecutionId=query)[1] == (
            "Query has not yet finished. Current state: RUNNING"
        )

        emulator.advance_clock(31)

        assert queries.get(query)["Status"]["State"] == "SUCCEEDED"
        assert athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]

    def test_a_query_that_still_runs_can_be_stopped(self, queries, athena, emulator, refused):
        query = queries.start("SELECT 1")
        athena.stop_query_execution(QueryExecutionId=query)
        emulator.advance_clock(31)

        status = queries.get(query)["Status"]
        assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Query cancelled by user")
        assert refused(athena.get_query_results, QueryExecutionId=query)[1] == "Could not find results"


def test_primary_is_there_and_asks_for_nothing(athena, emulator):
    found = athena.get_work_group(WorkGroup="primary")["WorkGroup"]

    assert found["State"] == "ENABLED"
    assert found["Configuration"]["EnforceWorkGroupConfiguration"] is False
    assert found["Configuration"]["ResultConfiguration"] == {}
    assert [group["Name"] for group in athena.list_work_groups()["WorkGroups"]] == ["primary"]


def test_a_workgroup_can_have_the_place_for_results(queries, athena):
    athena.update_work_group(
        WorkGroup="primary",
        ConfigurationUpdates={"ResultConfigurationUpdates": {"OutputLocation": "s3://results/mine/"}},
    )

    found = queries.run("SELECT 1", ResultConfiguration={})
    own = queries.run("SELECT 1")

    assert found["ResultConfiguration"]["OutputLocation"].startswith("s3://results/mine/")
    assert own["ResultConfiguration"]["OutputLocation"].startswith(OUTPUT)

    athena.update_work_group(
        WorkGroup="primary", ConfigurationUpdates={"ResultConfigurationUpdates": {"RemoveOutputLocation": True}}
    )
    assert queries.refuse("SELECT 1", ResultConfiguration={})[1].startswith("No output location provided.")


def test_a_workgroup_that_enforces_its_configuration_wins(queries, athena):
    encryption = {"EncryptionOption": "SSE_S3"}
    athena.create_work_group(
        Name="strict",
        Description="ours",
        Configuration={
            "ResultConfiguration": {"OutputLocation": "s3://results/strict", "EncryptionConfiguration": encryption},
            "EnforceWorkGroupConfiguration": True,
            "BytesScannedCutoffPerQuery": 10_000_000_000,
        },
        Tags=[{"Key": "team", "Value": "a"}],
    )

    found = queries.run("SELECT 1", WorkGroup="strict")

    assert found["WorkGroup"] == "strict"
    assert found["ResultConfiguration"] == {
        "OutputLocation": f"s3://results/strict/{found['QueryExecutionId']}.csv",
        "EncryptionConfiguration": encryption,
    }
    assert athena.list_query_executions(WorkGroup="strict")["QueryExecutionIds"] == [found["QueryExecutionId"]]


def test_workgroups_come_and_go(queries, athena, refused):
    athena.create_work_group(Name="b", Tags=[{"Key": "k", "Value": "v"}])
    athena.create_work_group(Name="a", Description="first")
    arn = "arn:aws:athena:eu-west-1:000000000000:workgroup/b"

    listed = athena.list_work_groups()["WorkGroups"]
    assert [(group["Name"], group["Description"]) for group in listed] == [("a", "first"), ("b", ""), ("primary", "")]
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    athena.tag_resource(ResourceARN=arn, Tags=[{"Key": "x", "Value": "y"}])
    athena.untag_resource(ResourceARN=arn, TagKeys=["k"])
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "x", "Value": "y"}]
    assert refused(athena.create_work_group, Name="a") == ("InvalidRequestException", "WorkGroup is already created")

    queries.run("SELECT 1", WorkGroup="b")
    assert refused(athena.delete_work_group, WorkGroup="b")[1] == "WorkGroup b is not empty"
    athena.delete_work_group(WorkGroup="b", RecursiveDeleteOption=True)
    assert queries.refuse("SELECT 1", WorkGroup="b") == ("INVALID_INPUT", "WorkGroup is not found.")
    assert refused(athena.get_work_group, WorkGroup="b") == ("InvalidRequestException", "WorkGroup is not found.")


def test_a_disabled_workgroup_runs_nothing(queries, athena):
    athena.create_work_group(Name="off")
    athena.update_work_group(WorkGroup="off", State="DISABLED")

    assert queries.refuse("SELECT 1", WorkGroup="off") == ("INVALID_INPUT", "WorkGroup off is disabled.")


def test_managed_results_have_no_place_and_are_read_over_the_api(queries, athena):
    athena.create_work_group(Name="managed", Configuration={"ManagedQueryResultsConfiguration": {"Enabled": True}})

    found = queries.run("SELECT 7 AS x", WorkGroup="managed", ResultConfiguration={})

    assert "ResultConfiguration" not in found
    assert queries.pages(found["QueryExecutionId"])[0]["ResultSet"]["Rows"][1]["Data"] == [{"VarCharValue": "7"}]
    assert queries.keys("results") == []


def test_the_catalogue_is_seen_through_athena_too(orders, athena, refused):
    assert athena.list_data_catalogs()["DataCatalogsSummary"] == [{"CatalogName": "AwsDataCatalog", "Type": "GLUE"}]
    assert athena.get_data_catalog(Name="AwsDataCatalog")["DataCatalog"]["Type"] == "GLUE"
    assert [found["Name"] for found in athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]] == ["shop"]
    assert athena.get_database(CatalogName="AwsDataCatalog", DatabaseName="shop")["Database"] == {"Name": "shop"}
    table = athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="shop", TableName="orders")
    assert [column["Name"] for column in table["TableMetadata"]["Columns"]] == ["id", "item", "price", "paid"]
    assert table["TableMetadata"]["Parameters"]["location"] == "s3://data/orders/"
    listed = athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="shop", Expression="ord.*")
    assert [found["Name"] for found in listed["TableMetadataList"]] == ["orders"]
    assert refused(athena.get_database, CatalogName="AwsDataCatalog", DatabaseName="nothing")[0] == "MetadataException"
    assert refused(athena.get_data_catalog, Name="other")[1] == "Catalog 'other' does not exist"


def test_queries_are_saved_under_a_name(queries, athena, refused):
    made = athena.create_named_query(Name="q", Database="shop", QueryString="SELECT 1", Description="one")
    query = made["NamedQueryId"]
    athena.update_named_query(NamedQueryId=query, Name="q2", QueryString="SELECT 2")

    found = athena.get_named_query(NamedQueryId=query)["NamedQuery"]
    assert (found["Name"], found["QueryString"], found["WorkGroup"]) == ("q2", "SELECT 2", "primary")
    assert athena.list_named_queries()["NamedQueryIds"] == [query]
    batch = athena.batch_get_named_query(NamedQueryIds=[query, "nothing"])
    assert len(batch["NamedQueries"]) == len(batch["UnprocessedNamedQueryIds"]) == 1

    athena.delete_named_query(NamedQueryId=query)

    assert refused(athena.get_named_query, NamedQueryId=query)[0] == "InvalidRequestException"


def test_everything_is_there_after_a_restart(orders, emulator, tmp_path, door):
    query = orders.start("SELECT * FROM orders ORDER BY id")
    orders.athena.create_work_group(Name="kept")
    emulator.close()
    door.emulator = again = open_emulator(tmp_path / "data")

    assert orders.get(query)["Status"]["State"] == "SUCCEEDED"
    assert len(orders.pages(query)[0]["ResultSet"]["Rows"]) == 4
    assert orders.athena.get_work_group(WorkGroup="kept")["WorkGroup"]["Name"] == "kept"
    again.close()


def test_a_query_whose_process_died_has_failed(queries, emulator):
    """What a killed process leaves: a row that runs, and a lock that nobody holds."""
    query = queries.start("SELECT 1")
    with emulator.store.writing() as db:
        db.execute(
            "UPDATE queries SET doc = json_set(doc, '$.execution.Status', json(?)) WHERE id = ?",
            (json.dumps({"State": "RUNNING", "SubmissionDateTime": 1.0}), query),
        )
    Path(emulator.store.directory, "athena", "running", query).touch()

    status = queries.get(query)["Status"]

    assert status["State"] == "FAILED"
    assert status["StateChangeReason"] == "The emulator ended while the query ran."
    assert status == queries.get(query)["Status"]


def test_a_full_disk_fails_the_query_and_not_the_emulator(queries, emulator, monkeypatch):
    """As the system reports it when the result is written."""
    from reconciler.emulator.s3 import objects

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(objects, "write", full)
        status = queries.get(queries.start("SELECT 1"))["Status"]

    assert (status["State"], status["AthenaError"]["ErrorCategory"], status["AthenaError"]["ErrorType"]) == (
        "FAILED",
        1,
        401,
    )
    assert queries.value("SELECT 1") == "1"


def test_a_missing_library_is_named(queries, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sqlglot", None)

    with pytest.raises(ClientError) as caught:
        queries.start("SELECT 1")

    assert caught.value.response["Error"]["Message"] == (
        "Athena needs the Python package sqlglot, which the extra emulator brings: pip install 'reconciler[emulator]'."
    )
