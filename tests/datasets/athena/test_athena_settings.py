"""The environment says where temporary things go and which workgroup pays; what a query scanned is told."""

from dataclasses import replace

import pytest
from athena_world import BUCKET, QUESTION, Aws, answer, lay
from dataset_stores import Stores

from reconciler.config import AthenaSettings
from reconciler.datasets.engines.athena import LEAST_BYTES, TERABYTE, AthenaEngine
from reconciler.errors import AwsFailed

KEY = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    return Stores(tmp_path_factory.mktemp("settings"))


@pytest.fixture
def aws(stores):
    lay(stores)
    return Aws(stores)


def an_engine(stores, **settings):
    environment = replace(stores.environment, athena=AthenaSettings(**settings))
    return AthenaEngine(environment, stores.root, sleep=lambda _: None)


def seen_while_it_runs(engine, aws):
    """Objects and tables during a query."""
    found = []

    def told(progress):
        if progress.stage == "on Athena":
            found.append(aws.state())

    list(answer(engine, tell=told).batches)
    return found[0]


def test_temporary_things_lie_beside_the_groups_unless_told_otherwise(stores, aws):
    before = aws.state()

    objects, tables = seen_while_it_runs(an_engine(stores), aws)

    assert all(key.startswith("reconciler/athena/") for key in objects - before[0])
    (table,) = tables - before[1]
    assert table.startswith("reconciler_tmp_")


def test_output_and_database_are_the_environments(stores, aws):
    before = aws.state()
    aws.glue.create_database(DatabaseInput={"Name": "scratch"})

    objects, tables = seen_while_it_runs(an_engine(stores, output=f"s3://{BUCKET}/tmp", database="scratch"), aws)

    assert all(key.startswith("tmp/") for key in objects - before[0])
    assert tables == before[1]
    assert aws.glue.get_tables(DatabaseName="scratch")["TableList"] == []
    assert aws.state() == before


def test_the_workgroup_is_the_environments(stores, aws):
    place = {"OutputLocation": f"s3://{BUCKET}/theirs/"}
    aws.athena.create_work_group(Name="science", Configuration={"ResultConfiguration": place})

    found = answer(an_engine(stores, workgroup="science"))
    list(found.batches)

    (query,) = found.facts.query_ids
    execution = aws.athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
    assert execution["WorkGroup"] == "science"
    assert execution["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{BUCKET}/theirs/")
    assert not any(key.startswith("theirs/") for key in aws.objects())


def test_a_workgroup_that_is_not_there_is_said(stores, aws):
    with pytest.raises(AwsFailed, match="StartQueryExecution failed"):
        list(answer(an_engine(stores, workgroup="nobodys")).batches)


def test_a_workgroup_may_manage_results_by_itself(stores, aws):
    managed = {"ManagedQueryResultsConfiguration": {"Enabled": True}}
    aws.athena.create_work_group(Name="managed", Configuration=managed)
    before = aws.state()

    assert sum(batch.num_rows for batch in answer(an_engine(stores, workgroup="managed")).batches) == 9
    assert aws.state() == before


def test_the_key_encrypts_labels_and_answer(stores, aws):
    keys = set()

    def told(progress):
        if progress.stage == "on Athena":
            for key in aws.objects():
                if "/labels/" in key:
                    keys.add(aws.s3.head_object(Bucket=BUCKET, Key=key)["SSEKMSKeyId"])

    found = answer(an_engine(stores, kms_key=KEY), tell=told)
    list(found.batches)

    (query,) = found.facts.query_ids
    execution = aws.athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
    assert keys == {KEY}
    assert execution["ResultConfiguration"]["EncryptionConfiguration"] == {
        "EncryptionOption": "SSE_KMS",
        "KmsKey": KEY,
    }


def test_what_was_scanned_and_what_it_costs_is_told(stores, aws):
    found = answer(an_engine(stores, usd_per_tb=8.0))
    list(found.batches)

    assert found.facts.scanned_bytes > 0
    assert found.facts.cost_usd == pytest.approx(LEAST_BYTES / TERABYTE * 8.0)


def test_a_statement_is_told_without_asking_athena(stores, aws):
    before = aws.state()

    statement = an_engine(stores).statement(QUESTION)

    assert statement.startswith("SELECT")
    assert '"reconciler_tmp_00000000t000000z_0000000000000000"' in statement
    assert aws.state() == before
    assert aws.queries() == []


def test_progress_tells_every_stage(stores, aws):
    told = []
    list(answer(an_engine(stores), tell=told.append).batches)

    assert list(dict.fromkeys(progress.stage for progress in told)) == ["uploading labels", "on Athena", "downloading"]
    assert told[-1].done == told[-1].total
