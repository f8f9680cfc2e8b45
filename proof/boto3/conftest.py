import os
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from groups import BUCKET

_ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="session")
def client():
    """A client of a service, made once."""
    made = {}

    def of(service):
        if service not in made:
            made[service] = boto3.client(service, config=_ONCE)
        return made[service]

    return of


@pytest.fixture(scope="session")
def sagemaker(client):
    return client("sagemaker")


@pytest.fixture(scope="session")
def runtime(client):
    return client("sagemaker-featurestore-runtime")


@pytest.fixture(scope="session")
def s3(client):
    found = client("s3")
    found.create_bucket(Bucket=BUCKET)
    return found


@pytest.fixture(scope="session")
def athena(client, s3):
    return client("athena")


@pytest.fixture(scope="session")
def glue(client):
    return client("glue")


@pytest.fixture
def file(tmp_path):
    def made(content):
        path = tmp_path / "file"
        path.write_bytes(content)
        return path

    return made


@pytest.fixture(scope="session")
def data():
    """The directory of the emulator."""
    return Path(os.environ["PROOF_DATA"])


@pytest.fixture(scope="session")
def query(athena):
    """Run a statement to its end; answers the execution and its rows without the header."""

    def run(sql, database="sagemaker_featurestore"):
        started = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Catalog": "AwsDataCatalog", "Database": database},
            ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results"},
        )
        found = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
        if found["Status"]["State"] != "SUCCEEDED":
            return found, []
        pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=found["QueryExecutionId"])
        rows = [row for page in pages for row in page["ResultSet"]["Rows"]]
        return found, [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in rows[1:]]

    return run
