"""Compaction: rows of small files, and of files with deletes, in new files without them (Athena's OPTIMIZE)."""

from __future__ import annotations

import tempfile
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
from pyarrow import parquet as arrow_parquet
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, schema_to_pyarrow
from pyiceberg.manifest import ManifestContent
from pyiceberg.table.snapshots import Operation

from reconciler.emulator import assumptions
from reconciler.emulator.offline import iceberg_files
from reconciler.emulator.offline.iceberg_catalog import Catalog
from reconciler.emulator.offline.iceberg_snapshots import Change, commit
from reconciler.emulator.s3 import objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from pyiceberg.manifest import DataFile
    from pyiceberg.table import FileScanTask, Table
    from pyiceberg.typedef import Record

    from reconciler.emulator.calls import Site

_TARGET_BYTES = 512 * 2**20
"""Iceberg's and Athena's default of write.target-file-size-bytes."""
_SMALL_BYTES = _TARGET_BYTES * 3 // 4
_GROUP_ROWS, _GROUP_BYTES = 100_000, 64 * 2**20


class _Partition(NamedTuple):
    spec_id: int
    values: Record


def rewrite(site: Site, named: tuple[str, str], where: str | None) -> int:
    """One snapshot that replaces files; answers how many data files went."""
    count = 0

    def plan(table: Table) -> Change | None:
        nonlocal count
        chosen = _chosen(table, where)
        count = sum(map(len, chosen.values()))
        if not count:
            return None
        change = Change(Operation.REPLACE)
        for partition, tasks in chosen.items():
            change.removed |= {task.file.file_path for task in tasks}
            for packed in _packed(tasks):
                made = _write(site, table, partition, packed)
                change.added += [made] if made else []
        change.removed |= _without_a_purpose(table, change.removed)
        return change

    catalog = Catalog(site)
    commit(lambda: catalog.load_table(named), plan)
    return count


def _chosen(table: Table, where: str | None) -> dict[_Partition, list[FileScanTask]]:
    """By partition, the files with deletes; and the small ones, where there is another one to go with."""
    found: dict[_Partition, list[FileScanTask]] = {}
    for task in table.scan(row_filter=where or AlwaysTrue()).plan_files():
        if task.delete_files or task.file.file_size_in_bytes < _SMALL_BYTES:
            found.setdefault(_Partition(task.file.spec_id, task.file.partition), []).append(task)
    return {
        partition: tasks
        for partition, tasks in found.items()
        if len(tasks) > 1 or any(task.delete_files for task in tasks)
    }


def _packed(tasks: list[FileScanTask]) -> Iterator[list[FileScanTask]]:
    """Into as few files as the target size allows."""
    packed: list[FileScanTask] = []
    size = 0
    for task in sorted(tasks, key=lambda task: task.file.file_path):
        if packed and size + task.file.file_size_in_bytes > _TARGET_BYTES:
            yield packed
            packed, size = [], 0
        packed.append(task)
        size += task.file.file_size_in_bytes
    yield packed


def _write(site: Site, table: Table, partition: _Partition, tasks: list[FileScanTask]) -> DataFile | None:
    """The rows that are left of some files, in one; None if none is left."""
    schema = schema_to_pyarrow(table.schema())
    uri = iceberg_files.place(table, partition.values, partition.spec_id, ".parquet")
    with tempfile.TemporaryFile(dir=objects.staging(site.store)) as file:
        with arrow_parquet.ParquetWriter(
            file, schema, compression=assumptions.OFFLINE_COMPRESSION, store_schema=False
        ) as writer:
            for rows in _row_groups(table, tasks, schema):
                writer.write_table(rows)
        size = file.tell()
        written = arrow_parquet.read_metadata(file)
        if written.num_rows == 0:
            return None
        _put(site, uri, file)
    return iceberg_files.of_data(table.metadata, uri, partition.values, partition.spec_id, written, size)


def _row_groups(table: Table, tasks: list[FileScanTask], schema: pa.Schema) -> Iterator[pa.Table]:
    """Rows, in pieces worth a row group each and no larger than memory should hold."""
    batches: list[pa.RecordBatch] = []
    scan = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
    for batch in chain.from_iterable(scan.to_record_batches([task]) for task in tasks):
        batches.append(batch)
        if sum(len(b) for b in batches) >= _GROUP_ROWS or sum(b.nbytes for b in batches) >= _GROUP_BYTES:
            yield pa.Table.from_batches(batches).cast(schema)
            batches = []
    if batches:
        yield pa.Table.from_batches(batches).cast(schema)


def _put(site: Site, uri: str, file: BinaryIO) -> None:
    file.seek(0)
    objects.write(site, *objects.split(uri), file)


def _without_a_purpose(table: Table, removed: set[str]) -> set[str]:
    """The delete files that are about removed files alone."""
    needed: set[str] = set()
    for task in table.scan().plan_files():
        if task.file.file_path not in removed:
            needed |= {deleted.file_path for deleted in task.delete_files}
    snapshot = table.current_snapshot()
    there = {
        entry.data_file.file_path
        for manifest in (snapshot.manifests(table.io) if snapshot else [])
        if manifest.content == ManifestContent.DELETES
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
    }
    return there - needed
