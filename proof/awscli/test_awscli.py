"""The AWS CLI as a person types it, a process per command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from groups import BUCKET, ROLE, TRUST, a_feature, a_group, a_record, as_dict

AWS = Path(sys.executable).with_name("aws")
RUNTIME = "sagemaker-featurestore-runtime"
AT = "2024-01-01T10:00:00Z"


def create(aws, name, *features, **more):
    return aws("sagemaker", "create-feature-group", "--cli-input-json", a_group(name, *features, **more))


@pytest.fixture(scope="module")
def weather(aws):
    """A group with two records; what describe-feature-group says of it."""
    create(aws, "weather", a_feature("temp", "Fractional"))
    for record_id, temp in (("JFK", "1.5"), ("LGA", "2.5")):
        record = a_record(id=record_id, at=AT, temp=temp)
        aws(RUNTIME, "put-record", "--feature-group-name", "weather", "--record", record)
    return aws("sagemaker", "describe-feature-group", "--feature-group-name", "weather")


def test_it_knows_who_it_is(aws):
    assert aws("sts", "get-caller-identity", "--query", "Account", "--output", "text").strip() == "000000000000"


def test_a_group_is_described_listed_changed_and_deleted(aws, refused):
    arn = create(aws, "passing")["FeatureGroupArn"]

    aws(
        *("sagemaker", "update-feature-group", "--feature-group-name", "passing"),
        *("--feature-additions", "FeatureName=wind,FeatureType=Integral"),
    )
    aws("sagemaker", "add-tags", "--resource-arn", arn, "--tags", "Key=team,Value=sky")
    described = aws("sagemaker", "describe-feature-group", "--feature-group-name", "passing")
    listed = aws("sagemaker", "list-feature-groups", "--name-contains", "passing")
    tags = aws("sagemaker", "list-tags", "--resource-arn", arn)
    aws("sagemaker", "delete-feature-group", "--feature-group-name", "passing")

    assert described["FeatureGroupArn"] == arn
    assert described["FeatureDefinitions"][-1] == a_feature("wind", "Integral")
    assert [group["FeatureGroupName"] for group in listed["FeatureGroupSummaries"]] == ["passing"]
    assert tags["Tags"] == [{"Key": "team", "Value": "sky"}]
    assert "ResourceNotFound" in refused("sagemaker", "describe-feature-group", "--feature-group-name", "passing")


def test_records_are_got_one_by_one_and_in_a_batch(aws, weather):
    one = aws(
        *(RUNTIME, "get-record", "--feature-group-name", weather["FeatureGroupArn"]),
        *("--record-identifier-value-as-string", "JFK"),
    )
    identifiers = [{"FeatureGroupName": "weather", "RecordIdentifiersValueAsString": ["JFK", "LGA", "EWR"]}]
    several = aws(RUNTIME, "batch-get-record", "--identifiers", identifiers)
    listed = aws(RUNTIME, "list-records", "--feature-group-name", "weather")

    assert as_dict(one["Record"]) == {"id": "JFK", "at": AT, "temp": "1.5"}
    assert {as_dict(found["Record"])["temp"] for found in several["Records"]} == {"1.5", "2.5"}
    assert sorted(listed["RecordIdentifiers"]) == ["JFK", "LGA"]


def test_records_are_written_in_a_batch_and_deleted(aws):
    create(aws, "batch")
    entries = [{"FeatureGroupName": "batch", "Record": a_record(id=f"r{number}", at=AT)} for number in range(3)]

    written = aws(RUNTIME, "batch-write-record", "--entries", entries)
    aws(
        *(RUNTIME, "delete-record", "--feature-group-name", "batch", "--record-identifier-value-as-string", "r1"),
        *("--event-time", "2024-01-01T11:00:00Z", "--deletion-mode", "HardDelete"),
    )

    assert written == {"Errors": [], "UnprocessedEntries": []}
    assert sorted(aws(RUNTIME, "list-records", "--feature-group-name", "batch")["RecordIdentifiers"]) == ["r0", "r2"]


def test_a_refusal_is_printed_as_aws_words_it(refused, weather):
    said = refused(RUNTIME, "put-record", "--feature-group-name", "weather", "--record", a_record(id="x", at="never"))

    assert "An error occurred (ValidationError) when calling the PutRecord operation" in said


def test_athena_answers_from_the_offline_store(aws, weather):
    table = weather["OfflineStoreConfig"]["DataCatalogConfig"]["TableName"]
    started = aws(
        *("athena", "start-query-execution", "--query-string", f"SELECT id, temp FROM {table} ORDER BY id"),
        *("--query-execution-context", "Database=sagemaker_featurestore,Catalog=AwsDataCatalog"),
        *("--result-configuration", f"OutputLocation=s3://{BUCKET}/results/"),
    )["QueryExecutionId"]

    found = aws("athena", "get-query-execution", "--query-execution-id", started)["QueryExecution"]
    results = aws("athena", "get-query-results", "--query-execution-id", started)["ResultSet"]

    assert found["Status"]["State"] == "SUCCEEDED"
    assert found["ResultConfiguration"]["OutputLocation"] == f"s3://{BUCKET}/results/{started}.csv"
    assert [[cell["VarCharValue"] for cell in row["Data"]] for row in results["Rows"]] == [
        ["id", "temp"],
        ["JFK", "1.5"],
        ["LGA", "2.5"],
    ]
    assert aws("s3", "cp", f"s3://{BUCKET}/results/{started}.csv", "-") == '"id","temp"\n"JFK","1.5"\n"LGA","2.5"\n'
    assert started in aws("athena", "list-query-executions")["QueryExecutionIds"]


def test_glue_shows_the_table(aws, weather):
    config = weather["OfflineStoreConfig"]["DataCatalogConfig"]

    of = ("--database-name", config["Database"])

    found = aws("glue", "get-table", *of, "--name", config["TableName"])["Table"]

    assert {"Name": "temp", "Type": "double"} in found["StorageDescriptor"]["Columns"]
    assert config["TableName"] in aws("glue", "get-tables", *of, "--query", "TableList[].Name")


def test_s3_copies_lists_syncs_and_removes(aws, folder):
    (folder / "sub").mkdir()
    (folder / "one.txt").write_text("one")
    (folder / "sub" / "two words.txt").write_text("two")
    for file in folder.rglob("*.txt"):
        os.utime(file, (1_700_000_000, 1_700_000_000))  # S3's times are in whole seconds: what is newer is sent again

    aws("s3", "sync", folder, f"s3://{BUCKET}/synced", "--only-show-errors")
    again = aws("s3", "sync", folder, f"s3://{BUCKET}/synced")
    listed = aws("s3", "ls", f"s3://{BUCKET}/synced/", "--recursive")
    aws("s3", "cp", f"s3://{BUCKET}/synced/", folder / "back", "--recursive", "--only-show-errors")
    aws("s3", "mv", f"s3://{BUCKET}/synced/one.txt", f"s3://{BUCKET}/moved.txt", "--only-show-errors")
    aws("s3", "rm", f"s3://{BUCKET}/synced", "--recursive", "--only-show-errors")

    assert again == ""
    assert [line.split(maxsplit=3)[2:] for line in listed.splitlines()] == [
        ["3", "synced/one.txt"],
        ["3", "synced/sub/two words.txt"],
    ]
    assert (folder / "back" / "sub" / "two words.txt").read_text() == "two"
    assert aws("s3", "cp", f"s3://{BUCKET}/moved.txt", "-") == "one"
    assert aws("s3api", "list-objects-v2", "--bucket", BUCKET, "--prefix", "synced").get("KeyCount", 0) == 0


def test_a_file_of_several_parts_goes_up_and_down_whole(aws, folder):
    body = bytes(range(256)) * 40_000
    (folder / "big.bin").write_bytes(body)

    aws("s3", "cp", folder / "big.bin", f"s3://{BUCKET}/big.bin", "--only-show-errors")
    aws("s3", "cp", f"s3://{BUCKET}/big.bin", folder / "came.bin", "--only-show-errors")

    assert (folder / "came.bin").read_bytes() == body


def test_the_files_of_the_offline_store_are_listed(aws, weather):
    where = weather["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]

    listed = aws("s3", "ls", f"{where}/", "--recursive")

    assert "/data/year=2024/month=01/day=01/hour=10/" in listed
    assert listed.rstrip().endswith(".parquet")


def test_a_role_is_looked_up(aws):
    aws("iam", "create-role", "--role-name", "feature-store", "--assume-role-policy-document", TRUST)

    assert aws("iam", "get-role", "--role-name", "feature-store")["Role"]["Arn"] == ROLE


def test_what_is_not_emulated_says_so(refused):
    assert "NotImplemented" in refused("sagemaker", "list-models")


def test_the_lines_that_the_server_prints_are_enough(weather):
    said = Path(os.environ["PROOF_SCRATCH"], "server-url.txt").read_text()
    exports = [line.strip() for line in said.splitlines() if line.strip().startswith("export ")]
    list_groups = f"{AWS} sagemaker list-feature-groups --query 'FeatureGroupSummaries[].FeatureGroupName'"

    script = "\n".join([*exports, list_groups])
    done = subprocess.run(["sh", "-c", script], env={"HOME": "/nowhere"}, capture_output=True, text=True, check=True)

    assert "weather" in json.loads(done.stdout)
