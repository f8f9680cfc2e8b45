"""The offline store's files straight from disk and over S3, for readers that know Parquet and nothing of AWS."""

import os
from pathlib import Path

import boto3
import duckdb
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from groups import BUCKET, a_feature, a_group, a_record
from pyarrow.fs import S3FileSystem

TIMES = ("2024-01-01T10:00:00Z", "2024-01-01T10:59:59.999Z", "2024-01-01T11:00:00Z", "2024-02-29T00:00:00Z")


@pytest.fixture(scope="module")
def folder():
    """Where a group's files lie, once somebody has looked at them through S3."""
    sagemaker, runtime, s3 = (boto3.client(name) for name in ("sagemaker", "sagemaker-featurestore-runtime", "s3"))
    s3.create_bucket(Bucket=BUCKET)
    sagemaker.create_feature_group(**a_group("plain", a_feature("temp", "Fractional"), a_feature("count", "Integral")))
    for number, at in enumerate(TIMES):
        runtime.put_record(FeatureGroupName="plain", Record=a_record(id=f"r{number}", at=at, temp=0.5, count=number))
    found = sagemaker.describe_feature_group(FeatureGroupName="plain")["OfflineStoreConfig"]
    bucket, _, key = found["S3StorageConfig"]["ResolvedOutputS3Uri"].removeprefix("s3://").partition("/")
    assert s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"]
    return Path(os.environ["PROOF_DATA"]) / "s3" / bucket / key


def test_duckdb_reads_them_from_disk(folder):
    files = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = true)"

    found = duckdb.sql(f'SELECT id, "at", "count", "hour" FROM {files} ORDER BY id').fetchall()

    assert [(record_id, at, count, int(hour)) for record_id, at, count, hour in found] == [
        ("r0", TIMES[0], 0, 10),
        ("r1", TIMES[1], 1, 10),
        ("r2", TIMES[2], 2, 11),
        ("r3", TIMES[3], 3, 0),
    ]


def test_pyarrow_reads_them_from_disk_with_their_types(folder):
    found = pa.dataset.dataset(folder, partitioning="hive").to_table()
    types = {field.name: field.type for field in found.schema}

    assert found.num_rows == len(TIMES)
    assert types["id"] == types["at"] == pa.string()
    assert (types["temp"], types["count"], types["is_deleted"]) == (pa.float64(), pa.int64(), pa.bool_())
    assert pa.types.is_timestamp(types["write_time"])
    assert pa.types.is_timestamp(types["api_invocation_time"])


def test_partitions_are_pruned(folder):
    dataset = pa.dataset.dataset(folder, partitioning="hive")
    hour = (pa.dataset.field("month") == 1) & (pa.dataset.field("hour") == 10)

    assert sorted(dataset.to_table(filter=hour)["id"].to_pylist()) == ["r0", "r1"]
    assert all("month=01/day=01/hour=10" in fragment.path for fragment in dataset.get_fragments(filter=hour))


def test_arrows_own_s3_reads_them_over_the_wire(folder):
    path = folder.relative_to(Path(os.environ["PROOF_DATA"]) / "s3")

    found = pa.dataset.dataset(str(path), filesystem=S3FileSystem(), partitioning="hive").to_table()

    assert sorted(found["id"].to_pylist()) == ["r0", "r1", "r2", "r3"]


def test_arrows_own_s3_writes_objects(folder):
    pq.write_table(pa.table({"n": [1, 2, 3]}), f"{BUCKET}/arrow/one.parquet", filesystem=S3FileSystem())

    assert pq.read_table(f"{BUCKET}/arrow/one.parquet", filesystem=S3FileSystem())["n"].to_pylist() == [1, 2, 3]
    assert boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="arrow/")["KeyCount"] == 1
