"""Iceberg tables kept in order: rows deleted, files compacted, snapshots expired; pyiceberg's own scan is the judge."""

import pyarrow.parquet as pq
import pytest
from emulator_help import a_feature
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from offline_help import Offline, a_row
from pyiceberg.exceptions import NoSuchTableError

from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.offline import iceberg
from reconciler.emulator.offline.iceberg_snapshots import ChangedMeanwhile

NAMED = ("features", "weather")
CATALOG = {"Catalog": "AwsDataCatalog", "Database": "features", "TableName": "weather"}
ICEBERG = {"TableFormat": "Iceberg", "DataCatalogConfig": CATALOG}


def day(number):
    return f"2024-02-{number:02}T00:00:00Z"


@pytest.fixture
def filled(make, offline):
    """Three flushes, two days: a1 b1 | c1 d2 | e2."""
    make("weather", a_feature("x", "Integral"), offline=ICEBERG)
    for request in (("a1", "b1"), ("c1", "d2"), ("e2",)):
        offline.put(*(a_row(name, day(int(name[1])), x=str(ord(name[0]))) for name in request))
        offline.flush()
    return offline


def where(offline, *names):
    """Positions of records, by file."""
    found = {}
    for file in iceberg.scan_files(offline.site, iceberg.load(offline.site, *NAMED)):
        ids = pq.read_table(file.path, partitioning=None)["id"].to_pylist()
        found[file.uri] = [ids.index(name) for name in names if name in ids]
    return found


def delete(offline, *names):
    return iceberg.delete_rows(offline.site, *NAMED, where(offline, *names))


def test_the_files_of_a_snapshot_are_listed(filled):
    table = iceberg.load(filled.site, *NAMED)
    first = table.snapshots()[0].snapshot_id

    files = iceberg.scan_files(filled.site, table)
    at_first = iceberg.scan_files(filled.site, table, first)

    assert sorted(pq.read_table(file.path, partitioning=None).num_rows for file in files) == [1, 1, 1, 2]
    assert all(file.path.endswith(file.uri.removeprefix("s3://")) and file.deletes == [] for file in files)
    assert [pq.read_table(file.path, partitioning=None).num_rows for file in at_first] == [2]


def test_a_table_without_data_has_no_files(make, offline):
    make(offline=ICEBERG)

    assert iceberg.scan_files(offline.site, iceberg.load(offline.site, *NAMED)) == []


def test_what_is_no_iceberg_table_cannot_be_loaded(make, offline):
    make(offline={"DataCatalogConfig": CATALOG})

    with pytest.raises(NoSuchTableError, match=r"no Iceberg table features\.weather"):
        iceberg.load(offline.site, *NAMED)


def test_deleted_rows_are_gone_and_the_data_files_are_not(filled):
    before = filled.files()

    count = delete(filled, "a1", "d2", "e2")

    assert count == 3
    assert sorted(filled.scanned("id")) == ["b1", "c1"]
    assert set(before) < set(filled.files())
    files = iceberg.scan_files(filled.site, iceberg.load(filled.site, *NAMED))
    assert sorted(len(file.deletes) for file in files) == [0, 1, 1, 1]


def test_a_deletion_is_one_snapshot_with_position_delete_files(filled):
    delete(filled, "a1", "d2")

    table = filled.table()
    summary = table.current_snapshot().summary
    assert len(table.snapshots()) == 4
    assert summary.operation.value == "delete"
    assert [summary["added-position-deletes"], summary["total-position-deletes"]] == ["2", "2"]
    assert [summary["added-delete-files"], summary["total-data-files"]] == ["2", "4"]
    assert summary["total-records"] == "5"
    manifests = table.inspect.manifests().to_pylist()
    assert max((found["content"], found["added_delete_files_count"]) for found in manifests) == (1, 2)
    assert {row["spec_id"] for row in table.inspect.delete_files().to_pylist()} == {0}


def test_a_position_delete_file_is_as_the_specification_has_it(filled):
    positions = where(filled, "b1")
    delete(filled, "b1")

    (path,) = filled.root.glob("**/*-deletes.parquet")

    found = pq.read_table(path, partitioning=None)
    (file,) = (uri for uri, rows in positions.items() if rows)
    assert [(field.name, field.metadata[b"PARQUET:field_id"]) for field in found.schema] == [
        ("file_path", b"2147483546"),
        ("pos", b"2147483545"),
    ]
    assert found.to_pylist() == [{"file_path": file, "pos": positions[file][0]}]
    assert path.parent.name == "at_trunc=2024-02-01"


def test_rows_deleted_twice_are_gone_all_the_same(filled):
    gone = where(filled, "a1")

    for _ in range(2):
        iceberg.delete_rows(filled.site, *NAMED, gone)

    assert sorted(filled.scanned("id")) == ["b1", "c1", "d2", "e2"]


def test_rows_that_come_after_a_deletion_are_there(filled):
    delete(filled, "a1", "b1", "c1", "d2", "e2")

    filled.put(a_row("a1", day(1)))
    filled.flush()

    assert filled.scanned("id") == ["a1"]


def test_nothing_to_delete_is_no_snapshot(filled):
    assert iceberg.delete_rows(filled.site, *NAMED, {"s3://features/nothing": []}) == 0
    assert len(filled.table().snapshots()) == 3


def test_rows_of_a_file_that_has_gone_meanwhile_are_not_deleted(filled):
    gone = where(filled, "a1")
    iceberg.rewrite(filled.site, *NAMED)

    with pytest.raises(ChangedMeanwhile):
        iceberg.delete_rows(filled.site, *NAMED, gone)

    assert len(filled.scanned("id")) == 5


def test_compaction_makes_one_file_of_the_small_ones_of_a_day(filled):
    count = iceberg.rewrite(filled.site, *NAMED)

    table = filled.table()
    summary = table.current_snapshot().summary
    assert count == 4
    assert sorted(row["record_count"] for row in table.inspect.files().to_pylist()) == [2, 3]
    assert summary.operation.value == "replace"
    assert [summary["added-records"], summary["deleted-records"], summary["total-records"]] == ["5", "5", "5"]
    assert [summary["added-data-files"], summary["deleted-data-files"]] == ["2", "4"]
    assert sorted(filled.scanned("id")) == ["a1", "b1", "c1", "d2", "e2"]
    assert sorted(filled.scanned("x")) == [97, 98, 99, 100, 101]


def test_compaction_leaves_deleted_rows_and_their_delete_files_behind(filled):
    delete(filled, "a1", "e2")

    iceberg.rewrite(filled.site, *NAMED)

    table = filled.table()
    assert sorted(filled.scanned("id")) == ["b1", "c1", "d2"]
    assert table.inspect.delete_files().num_rows == 0
    assert table.current_snapshot().summary["total-delete-files"] == "0"
    assert table.current_snapshot().summary["total-position-deletes"] == "0"


def test_a_partition_of_deleted_rows_only_has_no_file_after_it(filled):
    delete(filled, "d2", "e2")

    iceberg.rewrite(filled.site, *NAMED)

    assert [row["partition"]["at_trunc"] for row in filled.table().inspect.files().to_pylist()] == ["2024-02-01"]


def test_compaction_of_what_is_compact_is_no_snapshot(filled):
    iceberg.rewrite(filled.site, *NAMED)

    assert iceberg.rewrite(filled.site, *NAMED) == 0
    assert len(filled.table().snapshots()) == 4


def test_compaction_may_be_of_some_days_only(filled):
    count = iceberg.rewrite(filled.site, *NAMED, where="at < '2024-02-02'")

    assert count == 2
    assert sorted(row["record_count"] for row in filled.table().inspect.files().to_pylist()) == [1, 1, 3]


def test_files_from_before_an_addition_are_compacted_with_its_column(filled, sagemaker):
    sagemaker.update_feature_group(FeatureGroupName="weather", FeatureAdditions=[a_feature("Wind", "Fractional")])
    filled.put(a_row("f1", day(1), Wind="2.5"))
    filled.flush()

    iceberg.rewrite(filled.site, *NAMED)

    assert dict(zip(filled.scanned("id"), filled.scanned("Wind"), strict=True)) == {
        **dict.fromkeys(("a1", "b1", "c1", "d2", "e2")),
        "f1": 2.5,
    }
    (path,) = filled.root.glob("**/at_trunc=2024-02-01/*-*.parquet")
    assert [int(field.metadata[b"PARQUET:field_id"]) for field in pq.read_schema(path)] == list(range(1, 8))


def test_expiry_forgets_old_snapshots_and_removes_what_only_they_needed(emulator, filled):
    delete(filled, "a1")
    iceberg.rewrite(filled.site, *NAMED)
    emulator.advance_clock(3600)

    removed = iceberg.expire(filled.site, *NAMED, filled.site.now() - 60)

    table = filled.table()
    assert len(table.snapshots()) == 1
    assert removed > 0
    assert sorted(filled.scanned("id")) == ["b1", "c1", "d2", "e2"]
    assert sorted(f"s3://features/{key}" for key in filled.files()) == sorted(
        row["file_path"] for row in table.inspect.files().to_pylist()
    )


def test_expiry_keeps_what_is_young(emulator, filled):
    iceberg.rewrite(filled.site, *NAMED)
    emulator.advance_clock(60)

    removed = iceberg.expire(filled.site, *NAMED, filled.site.now() - 3600)

    assert removed == 0
    assert len(filled.table().snapshots()) == 4
    first = filled.table().snapshots()[0].snapshot_id
    assert filled.table().scan(snapshot_id=first).to_arrow().num_rows == 2


def test_expiry_removes_orphans_when_they_are_old(emulator, filled):
    from reconciler.emulator.s3 import objects

    place = filled.table().location().removeprefix("s3://features/")
    for name in ("data/orphan.parquet", "metadata/orphan.avro"):
        objects.write(filled.site, "features", f"{place}/{name}", b"")

    young = iceberg.expire(filled.site, *NAMED, filled.site.now() - 60)
    emulator.advance_clock(3600)
    old = iceberg.expire(filled.site, *NAMED, filled.site.now() - 60)

    assert (young, old) == (0, 2 + 2)  # the two snapshots that were forgotten were lists of manifests that stay
    assert sorted(filled.scanned("id")) == ["a1", "b1", "c1", "d2", "e2"]


def test_a_table_without_snapshots_can_be_kept_too(make, offline):
    make(offline=ICEBERG)

    assert iceberg.rewrite(offline.site, *NAMED) == 0
    assert iceberg.expire(offline.site, *NAMED, offline.site.now() + 1) == 0
    assert offline.table().scan().to_arrow().num_rows == 0


class Upkeep(RuleBasedStateMachine):
    """Any order of writing, deleting, compacting and expiring leaves the rows that were written and not deleted."""

    folder = None

    def __init__(self):
        super().__init__()
        self.emulator = open_emulator(self.folder.mktemp("upkeep"))
        self.offline = Offline(self.emulator)
        self.offline.create(
            {
                "FeatureGroupName": "weather",
                "RecordIdentifierFeatureName": "id",
                "EventTimeFeatureName": "at",
                "FeatureDefinitions": [a_feature("id"), a_feature("at")],
                "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://features"}, **ICEBERG},
                "RoleArn": "arn:aws:iam::000000000000:role/feature-store",
            }
        )
        self.wanted = []
        self.count = 0

    def teardown(self):
        self.emulator.close()

    @rule(days=st.lists(st.integers(1, 3), min_size=1, max_size=4))
    def write(self, days):
        rows = []
        for number in days:
            self.count += 1
            rows.append(a_row(str(self.count), day(number)))
            self.wanted.append(str(self.count))
        self.offline.put(*rows)
        self.offline.flush()

    @precondition(lambda self: self.wanted)
    @rule(data=st.data())
    def delete(self, data):
        gone = data.draw(st.sets(st.sampled_from(self.wanted), min_size=1, max_size=3))
        assert delete(self.offline, *gone) == len(gone)
        self.wanted = [name for name in self.wanted if name not in gone]

    @rule()
    def compact(self):
        iceberg.rewrite(self.offline.site, *NAMED)

    @rule()
    def expire(self):
        self.emulator.advance_clock(10)
        iceberg.expire(self.offline.site, *NAMED, self.offline.site.now() - 5)

    @invariant()
    def the_rows_are_those_that_were_written_and_not_deleted(self):
        assert sorted(self.offline.scanned("id")) == sorted(self.wanted)
        snapshot = self.offline.table().current_snapshot()
        if snapshot is not None:
            summary = snapshot.summary
            assert int(summary["total-records"]) - int(summary["total-position-deletes"]) == len(self.wanted)


def test_any_order_of_upkeep_leaves_the_right_rows(tmp_path_factory):
    from hypothesis.stateful import run_state_machine_as_test

    Upkeep.folder = tmp_path_factory
    run_state_machine_as_test(Upkeep, settings=settings(stateful_step_count=12))
