"""Names, folders, columns and sizes of the files."""

import re
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backfill_help import NOW, Weather
from hypothesis import given
from hypothesis import strategies as st
from test_backfill import run, some

from reconciler.aws.session import create_client
from reconciler.errors import AwsFailed
from reconciler.records.offline import files
from reconciler.records.offline import writing as offline_writing
from reconciler.records.offline.files import Form
from reconciler.records.offline.layout import TAG, Layout, schema_of
from reconciler.records.offline.sinks import FolderSink, S3Sink
from reconciler.records.offline.sorting import Sorted
from reconciler.records.offline.writing import write

GLUE = Layout("s3://b/p/data/", "id", "at", (("id", "String"), ("at", "String"), ("n", "Integral")), False, "run")
ICEBERG = Layout(*(GLUE.data, "id", "eventTime", GLUE.features, True, "run"))


@given(st.integers(-62_135_596_800, 253_402_300_799))
def test_a_file_lies_in_the_hour_of_its_event_time(second):
    moment = datetime(1970, 1, 1, tzinfo=UTC).timestamp() + second
    uri = GLUE.uri(second // 3600, 0, second)

    found = re.fullmatch(
        r"s3://b/p/data/year=(\d{4})/month=(\d\d)/day=(\d\d)/hour=(\d\d)/(\d{8})T(\d{6})Z_[0-9A-Za-z]{16}\.parquet", uri
    )
    assert found
    year, month, day, hour, date, time = found.groups()
    assert f"{year}{month}{day}" == date
    assert hour == time[:2]
    assert (year, month, day, hour) == GLUE.hour(second // 3600)
    assert np.datetime64(int(moment), "s") == np.datetime64(f"{year}-{month}-{day}T{hour}:{time[2:4]}:{time[4:]}", "s")


def test_a_file_of_iceberg_lies_below_a_folder_that_spreads_load():
    uri = ICEBERG.uri(15_706, 0, 15_706 * 86_400 + 61)

    assert re.fullmatch(
        r"s3://b/p/data/[0-9A-Za-z]{8}/eventTime_trunc=2013-01-01/20130101T000101Z_[0-9A-Za-z]{16}\.parquet", uri
    )


def test_names_are_of_the_run_the_partition_and_the_number():
    names = {GLUE.uri(key, number, 5).rpartition("/")[2] for key in range(50) for number in range(20)}

    assert len(names) == 1_000
    assert {name.split("_")[1][:TAG] for name in names} == {GLUE.tag}


def written(tmp_path, batches, totals=None):
    sink = FolderSink(tmp_path / "out", "s3://b/p/")
    staged = write(batches, Form(GLUE, schema_of(GLUE), NOW), sink, tmp_path, totals=totals)
    for file in staged:
        sink.reveal(file)
    return staged


def a_stream(rows, per_batch, second=1_356_998_400):
    for start in range(0, rows, per_batch):
        count = min(per_batch, rows - start)
        numbers = np.random.default_rng(start).integers(0, 1 << 62, count)
        texts = ["2013-01-01T00:00:00Z"] * count
        yield Sorted(
            pa.record_batch({"id": [str(n) for n in numbers], "at": texts, "n": numbers}),
            np.full(count, second, np.int64),
        )


def test_the_columns_are_the_features_and_the_services_own(tmp_path):
    (file,) = written(tmp_path, a_stream(10, 10))

    schema = pq.read_schema(tmp_path / "out" / file.uri.removeprefix("s3://b/p/"))
    assert {field.name: str(field.type) for field in schema} == {
        "id": "string",
        "at": "string",
        "n": "int64",
        "write_time": "timestamp[us, tz=UTC]",
        "api_invocation_time": "timestamp[us, tz=UTC]",
        "is_deleted": "bool",
    }
    assert schema.metadata is None


def test_a_partition_that_is_large_is_cut_into_files_of_one_size(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "FILE_BYTES", 200_000)
    monkeypatch.setattr(offline_writing, "GROUP_BYTES", 20_000)
    total = 50_000

    staged = written(tmp_path, a_stream(total, 500), {1_356_998_400 // 3600: total})

    assert sum(file.rows for file in staged) == total
    assert len(staged) > 3
    assert all(200_000 * 0.66 < file.size < 200_000 * 1.5 for file in staged)
    assert len({file.uri for file in staged}) == len(staged)


def test_without_knowing_the_total_files_are_closed_when_they_are_large_enough(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "FILE_BYTES", 200_000)
    monkeypatch.setattr(offline_writing, "GROUP_BYTES", 20_000)

    staged = written(tmp_path, a_stream(50_000, 500))

    assert all(200_000 <= file.size < 300_000 for file in staged[:-1])
    assert sum(file.rows for file in staged) == 50_000


def test_a_partition_of_several_batches_is_one_file(tmp_path):
    staged = written(tmp_path, a_stream(1_000, 10))

    assert [file.rows for file in staged] == [1_000]


def test_a_file_of_several_parts_is_put_together_again(either, tmp_path):
    body = np.random.default_rng(1).bytes(40 * 1024 * 1024)
    file = tmp_path / "large"
    file.write_bytes(body)
    either.objects._call("CreateBucket", "s3://data", Bucket="data")
    sink = S3Sink(either.objects)

    upload, parts = sink.stage(file, "s3://data/large")

    assert not file.exists()
    assert len(parts) == 3
    either.objects.complete("s3://data/large", upload, parts)
    assert either.objects.read("s3://data/large").body == body


KEYS = [{"Name": name, "Type": "string"} for name in ("year", "month", "day", "hour")]


def partitioned(place, target, **change):
    """Change the Glue table of a group."""
    glue = create_client("glue", place.environment, place.root)
    where = {"DatabaseName": target.live.table.database}
    table = glue.get_table(**where, Name=target.live.table.table)["Table"]
    kept = {key: table[key] for key in ("Name", "StorageDescriptor", "TableType", "Parameters") if key in table}
    glue.update_table(**where, TableInput=kept | change)
    return glue, where | {"TableName": target.live.table.table}


def test_partitions_of_a_table_that_has_some_are_made_known(place):
    target = place.make(Weather)
    glue, where = partitioned(place, target, PartitionKeys=KEYS)

    run(place, target, some())
    run(place, target, some(hours=4))

    found = glue.get_partitions(**where)["Partitions"]
    assert sorted(part["Values"] for part in found) == [["2013", "01", "01", f"{hour:02d}"] for hour in range(4)]
    assert all(part["StorageDescriptor"]["Location"].startswith(place.data(target)) for part in found)


def test_a_table_that_projects_its_partitions_is_left_alone(place):
    target = place.make(Weather)
    glue, where = partitioned(place, target, PartitionKeys=KEYS, Parameters={"projection.enabled": "true"})

    run(place, target, some())

    assert glue.get_partitions(**where)["Partitions"] == []


def test_a_table_with_other_partitions_is_named(place):
    target = place.make(Weather)
    partitioned(place, target, PartitionKeys=KEYS[:2])

    with pytest.raises(AwsFailed) as refused:
        run(place, target, some())

    assert refused.value.code == "OtherPartitions"
    assert list(place.objects.list(place.data(target).removesuffix("data/"))) == []
