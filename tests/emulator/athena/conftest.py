import io

import pytest
from athena_help import Queries
from botocore.config import Config

pa = pytest.importorskip("pyarrow")


@pytest.fixture(scope="session")
def _athena(session, door):
    return door.attach(session.client("athena", config=Config(retries={"total_max_attempts": 1})))


@pytest.fixture
def athena(_athena, emulator):
    return _athena


@pytest.fixture
def queries(athena, s3, glue):
    """A database, a bucket for results, and a bucket for data."""
    for bucket in ("results", "data"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    glue.create_database(DatabaseInput={"Name": "shop"})
    return Queries(athena, s3)


@pytest.fixture
def parquet(s3):
    """Put rows into a Parquet file in the bucket `data`."""
    from pyarrow import parquet as files

    def put(key, rows, **types):
        schema = pa.schema(list(types.items())) if types else None
        body = io.BytesIO()
        files.write_table(pa.Table.from_pylist(rows, schema), body)
        s3.put_object(Bucket="data", Key=key, Body=body.getvalue())

    return put


@pytest.fixture
def orders(queries, parquet):
    """A table of three orders."""
    parquet(
        "orders/one.parquet",
        [
            {"id": 1, "item": "tea", "price": 2.5, "paid": True},
            {"id": 2, "item": "cake", "price": 10.0, "paid": False},
            {"id": 3, "item": None, "price": None, "paid": None},
        ],
    )
    queries.run(
        "CREATE EXTERNAL TABLE orders (id bigint, item string, price double, paid boolean) "
        "STORED AS PARQUET LOCATION 's3://data/orders/'"
    )
    return queries
