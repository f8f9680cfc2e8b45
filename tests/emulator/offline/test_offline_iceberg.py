"""Iceberg-format groups: a table any reader of Iceberg can open, from the group's creation on, and grow with."""

import json
import os
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from emulator_help import a_feature
from offline_help import a_row, a_tombstone
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.transforms import TruncateTransform
from pyiceberg.types import BooleanType, DoubleType, LongType, StringType, TimestampType, TimestamptzType

from reconciler.emulator.calls import Site
from reconciler.emulator.offline.flushing import flush
from reconciler.emulator.offline.iceberg_catalog import Catalog

FEATURES = (a_feature("Text"), a_feature("Whole", "Integral"), a_feature("Real", "Fractional"))
NAMED = {"Catalog": "AwsDataCatalog", "Database": "features", "TableName": "weather"}
ICEBERG = {"TableFormat": "Iceberg", "DataCatalogConfig": NAMED}
PLACE = r"prod/000000000000/sagemaker/eu-west-1/offline-store/weather-\d+"
DATA_FILE = rf"{PLACE}/data/[0-9A-Za-z]{{8}}/at_trunc=\d{{4}}-\d\d-\d\d/\d{{8}}T\d{{6}}Z_[0-9A-Za-z]{{16}}\.parquet"


@pytest.fixture
def parameters(glue):
    def of():
        return glue.get_table(DatabaseName="features", Name="weather")["Table"]["Parameters"]

    return of


def test_the_table_is_there_with_the_group(make, offline, parameters):
    group = make("weather", *FEATURES, offline=ICEBERG)

    table = offline.table()

    resolved = group["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    assert table.location() == resolved.removesuffix("/data")
    assert re.fullmatch(
        rf"s3://features/{PLACE}/metadata/00000-[0-9a-f-]{{36}}\.metadata\.json", table.metadata_location
    )
    assert parameters() == {"table_type": "ICEBERG", "metadata_location": table.metadata_location}
    assert table.format_version == 2
    assert [(field.field_id, field.name, type(field.field_type)) for field in table.schema().fields] == [
        (1, "id", StringType),
        (2, "at", StringType),
        (3, "Text", StringType),
        (4, "Whole", LongType),
        (5, "Real", DoubleType),
        (6, "write_time", TimestamptzType),
        (7, "api_invocation_time", TimestamptzType),
        (8, "is_deleted", BooleanType),
    ]
    (partition,) = table.spec().fields
    assert (partition.name, partition.source_id, partition.transform) == ("at_trunc", 2, TruncateTransform(10))
    assert table.current_snapshot() is None
    assert table.scan().to_arrow().num_rows == 0


def test_glue_describes_it_as_iceberg_s_catalogs_do(make, glue):
    make("weather", *FEATURES, offline=ICEBERG)

    found = glue.get_table(DatabaseName="features", Name="weather")["Table"]

    assert found["TableType"] == "EXTERNAL_TABLE"
    assert found["PartitionKeys"] == []
    assert [(column["Name"], column["Type"]) for column in found["StorageDescriptor"]["Columns"]][2:6] == [
        ("text", "string"),
        ("whole", "bigint"),
        ("real", "double"),
        ("write_time", "timestamp"),
    ]
    assert found["StorageDescriptor"]["Columns"][0]["Parameters"] == {
        "iceberg.field.current": "true",
        "iceberg.field.id": "1",
        "iceberg.field.optional": "true",
    }


def test_rows_are_a_snapshot_of_files_by_the_day(make, offline, parameters):
    make("weather", *FEATURES, offline=ICEBERG)
    empty = parameters()["metadata_location"]
    offline.put(
        a_row("a", "2024-02-03T23:59:59.999Z", Text="x", Whole="1"),
        a_row("b", "2024-02-03T00:00:00Z", Real="2.5"),
        a_tombstone("a", "2024-02-04T00:00:00Z"),
    )

    flushed = offline.flush()

    table = offline.table()
    assert flushed == 3
    assert all(re.fullmatch(DATA_FILE, key) for key in offline.files())
    assert table.inspect.partitions().sort_by("record_count").select(["partition", "record_count"]).to_pylist() == [
        {"partition": {"at_trunc": "2024-02-04"}, "record_count": 1},
        {"partition": {"at_trunc": "2024-02-03"}, "record_count": 2},
    ]
    (snapshot,) = table.snapshots()
    assert snapshot.summary.operation.value == "append"
    assert snapshot.summary["added-records"] == snapshot.summary["total-records"] == "3"
    assert parameters() == {
        "table_type": "ICEBERG",
        "metadata_location": table.metadata_location,
        "previous_metadata_location": empty,
    }
    rows = table.scan(row_filter="at >= '2024-02-04'").to_arrow().to_pylist()
    assert [(row["id"], row["Whole"], row["is_deleted"]) for row in rows] == [("a", None, True)]
    assert sorted(offline.scanned("id")) == ["a", "a", "b"]


def test_a_file_s_columns_carry_iceberg_s_ids(make, offline):
    make("weather", *FEATURES, offline=ICEBERG)
    offline.put(a_row())
    offline.flush()

    (path,) = offline.root.glob("**/*.parquet")

    ids = [int(field.metadata[b"PARQUET:field_id"]) for field in pq.read_schema(path)]
    assert ids == list(range(1, 9))


def test_manifests_say_what_is_in_the_files(make, offline):
    make("weather", *FEATURES, offline=ICEBERG)
    offline.put(a_row("a", Whole="1"), a_row("b", Whole="7"), a_row("c"))
    offline.flush()

    (file,) = offline.table().inspect.files().to_pylist()

    metrics = file["readable_metrics"]
    assert (file["record_count"], file["file_format"]) == (3, "PARQUET")
    assert metrics["Whole"]["lower_bound"] == 1
    assert metrics["Whole"]["upper_bound"] == 7
    assert metrics["Whole"]["null_value_count"] == 1
    assert file["file_size_in_bytes"] == next(offline.root.glob("**/*.parquet")).stat().st_size
    assert offline.table().scan(row_filter="Whole == 9").to_arrow().num_rows == 0
    assert len(list(offline.table().scan(row_filter="Whole == 9").plan_files())) == 0


def test_every_flush_is_a_snapshot_and_the_table_can_be_read_as_it_was(make, offline):
    make(offline=ICEBERG)
    for record_id in "abc":
        offline.put(a_row(record_id))
        offline.flush()

    table = offline.table()

    first, second, third = table.snapshots()
    assert [second.parent_snapshot_id, third.parent_snapshot_id] == [first.snapshot_id, second.snapshot_id]
    assert [snapshot.sequence_number for snapshot in table.snapshots()] == [1, 2, 3]
    assert table.scan(snapshot_id=second.snapshot_id).to_arrow()["id"].to_pylist() in (["a", "b"], ["b", "a"])


def test_snapshots_have_the_emulator_s_time(emulator, make, offline):
    make(offline=ICEBERG)
    emulator.freeze_clock()
    emulator.set_clock(4_000_000_000)
    offline.put(a_row())

    offline.flush()

    table = offline.table()
    assert table.current_snapshot().timestamp_ms == 4_000_000_000_000
    assert table.metadata.last_updated_ms == 4_000_000_000_000
    assert table.history()[-1].timestamp_ms == 4_000_000_000_000


def test_additions_evolve_the_schema_and_old_rows_have_nulls(make, offline, sagemaker, parameters):
    make(offline=ICEBERG)
    offline.put(a_row("a"))
    offline.flush()
    before = parameters()["metadata_location"]
    sagemaker.update_feature_group(
        FeatureGroupName="weather", FeatureAdditions=[a_feature("Wind", "Integral"), a_feature("x", "Fractional")]
    )

    evolved = offline.table()
    offline.put(a_row("b", Wind="3"))
    offline.flush()

    assert [(field.field_id, field.name) for field in evolved.schema().fields][-3:] == [
        (5, "is_deleted"),
        (6, "Wind"),
        (7, "x"),
    ]
    assert [evolved.metadata.last_column_id, evolved.metadata.current_schema_id] == [7, 1]
    assert evolved.metadata.metadata_log[-1].metadata_file == before
    assert sorted(zip(offline.scanned("id"), offline.scanned("Wind"), strict=True)) == [("a", None), ("b", 3)]


def test_additions_show_in_glue(make, glue, sagemaker):
    make(offline=ICEBERG)
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("Wind", "Integral")])

    found = glue.get_table(DatabaseName="features", Name="weather")["Table"]

    assert found["StorageDescriptor"]["Columns"][-1] == {
        "Name": "wind",
        "Type": "bigint",
        "Parameters": {
            "iceberg.field.current": "true",
            "iceberg.field.id": "6",
            "iceberg.field.optional": "true",
        },
    }
    assert found["VersionId"] == "1"
    assert set(found["Parameters"]) == {"table_type", "metadata_location", "previous_metadata_location"}


def test_a_commit_of_somebody_else_in_between_is_built_upon(make, offline, monkeypatch):
    """While our files are written, between our look at the table and our commit, pyiceberg sets a property of it."""
    make(offline=ICEBERG)
    offline.put(a_row("a"))
    stamp, others = os.utime, []

    def let_another_commit(*args, **more):
        if not others:
            others.append(True)
            with Catalog(offline.site).load_table(("features", "weather")).transaction() as transaction:
                transaction.set_properties({"write.target-file-size-bytes": "1048576"})
        stamp(*args, **more)

    monkeypatch.setattr(os, "utime", let_another_commit)

    flushed = offline.flush()

    table = offline.table()
    assert flushed == 1
    assert table.properties["write.target-file-size-bytes"] == "1048576"
    assert offline.scanned("id") == ["a"]
    assert len(offline.files()) == 1


def test_pyiceberg_s_own_glue_catalog_reads_and_writes_it(make, offline, glue):
    """Over the emulator's Glue API, with files written past it; what it commits is built upon."""
    make(offline=ICEBERG)
    for record_id in "ab":
        offline.put(a_row(record_id))
        offline.flush()
    catalog = GlueCatalog("glue", client=glue, **{"py-io-impl": "offline_help.FilesHere", "root": str(offline.root)})

    table = catalog.load_table(("features", "weather"))
    table.delete("id == 'a'")
    with table.transaction() as transaction:
        transaction.set_properties({"history.expire.min-snapshots-to-keep": "5"})
    offline.put(a_row("c"))
    offline.flush()

    assert sorted(table.refresh().scan().to_arrow()["id"].to_pylist()) == ["b", "c"]
    assert [snapshot.summary.operation.value for snapshot in table.snapshots()] == [
        "append",
        "append",
        "delete",
        "append",
    ]
    assert table.current_snapshot().summary["total-records"] == "2"
    assert table.properties["history.expire.min-snapshots-to-keep"] == "5"


def test_neither_manifests_nor_metadata_pile_up(make, offline):
    make(offline=ICEBERG)
    for n in range(103):
        offline.put(a_row(str(n)))
        offline.flush()

    table = offline.table()

    assert len(table.current_snapshot().manifests(table.io)) < 5
    assert sorted(map(int, offline.scanned("id"))) == list(range(103))
    assert table.metadata.last_sequence_number == 103
    assert len(table.metadata.metadata_log) == 100
    assert len(offline.files("**/*.metadata.json")) == 101


def test_an_address_is_the_location_s_bucket_and_prefix(make, offline):
    uri = "https://features.s3.eu-west-1.amazonaws.com/prod"
    make(offline={"TableFormat": "Iceberg", "S3StorageConfig": {"S3Uri": uri}})
    offline.put(a_row())

    offline.flush()

    assert offline.table().location().startswith("s3://features/prod/000000000000/")
    assert offline.scanned("id") == ["a"]


def test_timestamps_can_be_assumed_to_have_no_zone(make, offline, monkeypatch):
    monkeypatch.setattr("reconciler.emulator.assumptions.ICEBERG_TIMESTAMPS_HAVE_A_ZONE", False)
    monkeypatch.setattr("reconciler.emulator.assumptions.OFFLINE_TIMESTAMP_UNIT", "ms")
    make(offline=ICEBERG)
    offline.put(a_row())

    offline.flush()

    assert offline.scanned("write_time")[0].tzinfo is None
    assert isinstance(offline.table().schema().find_type("write_time"), TimestampType)


@pytest.mark.parametrize("name", ["v7.metadata.json", "00041-own.metadata.json"])
def test_a_table_registered_under_another_name_of_its_metadata_goes_on(make, offline, glue, sagemaker, name):
    make(offline=ICEBERG)
    table = glue.get_table(DatabaseName="features", Name="weather")["Table"]
    before = offline.root / table["Parameters"]["metadata_location"].removeprefix("s3://")
    before.rename(before.with_name(name))
    table["Parameters"]["metadata_location"] = f"s3://{before.with_name(name).relative_to(offline.root)}"
    given = {key: table[key] for key in ("Name", "TableType", "Parameters", "StorageDescriptor")}
    glue.update_table(DatabaseName="features", TableInput=given)
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("x", "Integral")])
    offline.put(a_row(x="1"))

    flushed = offline.flush()

    assert flushed == 1
    assert offline.scanned("x") == [1]


@pytest.fixture
def status(sagemaker):
    def of():
        return sagemaker.describe_feature_group(FeatureGroupName="weather")["OfflineStoreStatus"]

    return of


def test_rows_wait_while_the_table_is_dropped_and_come_when_it_is_back(make, offline, glue, status):
    make(offline=ICEBERG)
    table = glue.get_table(DatabaseName="features", Name="weather")["Table"]
    kept = {name: table[name] for name in ("Name", "TableType", "Parameters", "StorageDescriptor")}
    glue.delete_table(DatabaseName="features", Name="weather")
    offline.put(a_row())

    flushed, said = offline.flush(), status()
    glue.create_table(DatabaseName="features", TableInput=kept)
    after = offline.flush()

    assert (flushed, after) == (0, 1)
    assert "features.weather is not an Iceberg table, or not there any more" in said["BlockedReason"]
    assert status() == {"Status": "Active"}
    assert offline.scanned("id") == ["a"]


def test_rows_are_not_written_to_another_table_of_the_name(make, offline, glue, status):
    make(offline=ICEBERG)
    make("plane", offline={"TableFormat": "Iceberg"})
    other = offline.group("plane").doc["OfflineStoreConfig"]["DataCatalogConfig"]
    found = glue.get_table(DatabaseName=other["Database"], Name=other["TableName"])["Table"]
    glue.delete_table(DatabaseName="features", Name="weather")
    copied = {name: found[name] for name in ("TableType", "Parameters", "StorageDescriptor")}
    glue.create_table(DatabaseName="features", TableInput={"Name": "weather", **copied})
    offline.put(a_row())

    offline.flush()

    assert "has its data elsewhere" in status()["BlockedReason"]
    assert offline.files() == []


def test_rows_wait_while_a_column_is_missing(make, offline, status):
    make("weather", *FEATURES, offline=ICEBERG)
    with Catalog(offline.site).load_table(("features", "weather")).update_schema(True) as update:
        update.delete_column("Whole")
    offline.put(a_row(Whole="1"))

    flushed = offline.flush()

    assert flushed == 0
    assert "no column Whole" in status()["BlockedReason"]


def test_rows_of_a_group_and_table_that_are_both_gone_are_let_go(make, offline, glue, sagemaker):
    make(offline=ICEBERG)
    offline.put(a_row())
    glue.delete_table(DatabaseName="features", Name="weather")
    sagemaker.delete_feature_group(FeatureGroupName="weather")

    offline.flush()

    assert offline.waiting() == 0


def test_rows_of_a_deleted_group_are_in_its_table(make, offline, glue, sagemaker):
    make(offline=ICEBERG)
    offline.put(a_row())
    sagemaker.delete_feature_group(FeatureGroupName="weather")

    offline.flush()

    location = glue.get_table(DatabaseName="features", Name="weather")["Table"]["Parameters"]["metadata_location"]
    metadata = json.loads((offline.root / Path(location.removeprefix("s3://"))).read_text())
    assert metadata["snapshots"][0]["summary"]["total-records"] == "1"


def test_a_table_whose_files_could_not_lie_anywhere_fails_with_its_group(make, offline):
    group = make(offline={"TableFormat": "Iceberg", "S3StorageConfig": {"S3Uri": "s3://features/a//.."}})

    assert group["FeatureGroupStatus"] == "CreateFailed"
    assert "could not be written" in group["FailureReason"]


@pytest.mark.parametrize("table_format", ["Iceberg", "Glue"])
def test_whoever_flushes_writes_the_groups_of_every_account_and_region(make, offline, table_format):
    make(offline={"TableFormat": table_format})
    offline.put(a_row())
    settings = offline.emulator.settings._replace(account="999999999999")

    assert flush(Site(offline.emulator.store, "us-east-1", settings)) == 1
    assert offline.scanned("id") == ["a"]


@pytest.mark.parametrize("table_format", ["Iceberg", "Glue"])
def test_a_reset_in_the_middle_of_a_flush_leaves_nothing_behind(emulator, make, offline, monkeypatch, table_format):
    make(offline={"TableFormat": table_format})
    offline.put(a_row())
    unlink, done = os.unlink, []

    def reset_as_soon_as_a_file_lies_there(path, **more):
        if offline.files() and not done:
            done.append(True)
            emulator.store.clear()
        unlink(path, **more)

    monkeypatch.setattr(os, "unlink", reset_as_soon_as_a_file_lies_there)

    assert offline.flush() == 0
    assert done
    assert offline.files() == []


def test_metadata_that_names_python_to_say_where_files_go_runs_none(make, offline):
    make("weather", offline=ICEBERG)
    table = Catalog(offline.site).load_table(("features", "weather"))

    with table.transaction() as change:
        change.set_properties({"write.py-location-provider.impl": "builtins.exec"})
    offline.put(a_row())
    offline.flush()

    assert offline.scanned("id") == ["a"]
