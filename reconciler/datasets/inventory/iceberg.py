"""The files of an Iceberg table's current snapshot, pruned by what its manifests know of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet
from pyiceberg.manifest import FileFormat

from reconciler.datasets.inventory.files import DataFile, Inventory, Span
from reconciler.records.limits import FIRST_SECOND, LAST_SECOND
from reconciler.records.offline.iceberg_files import NotSupported, tasks
from reconciler.records.offline.instants import iso
from reconciler.records.offline.place import WRITE_TIME
from reconciler.records.offline.reading import readable

if TYPE_CHECKING:
    from pyiceberg import manifest
    from pyiceberg.table import Table

_PUFFIN = ".puffin"
"""How the names of files with deletion vectors end (Iceberg's Puffin spec)."""
_READ = (FileFormat.PARQUET, FileFormat.PUFFIN)
_DATE = 10
_SECOND = 19
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - bounds of timestamps are numbers


def with_table(
    inventory: Inventory, table: Table, span: Span, located: Callable[[str], str] = lambda address: address
) -> Inventory:
    """The inventory with the files of the table as it is now. `located` says where a file is that the table names.

    `NotSupported` where its deletes are of a kind that cannot be read here.
    """
    ids = {field.name.lower(): field.field_id for field in table.schema().fields}
    field_ids = {name: ids[name.lower()] for name in inventory.types if name.lower() in ids}
    found, skipped = [], 0
    for address, task in sorted(tasks(table).items()):
        if not _may_be_within(task.file, field_ids, inventory.event_time, span):
            skipped += 1
            continue
        others = [f.file_path for f in task.delete_files if f.file_format not in _READ]
        if others or task.file.file_format != FileFormat.PARQUET:
            raise NotSupported(
                f"{others[0] if others else address} is no Parquet file, and no others are read here. "
                "Compact the table with Athena's OPTIMIZE ... REWRITE DATA, and do this again."
            )
        deletes = tuple(sorted(located(delete.file_path) for delete in task.delete_files))
        file = task.file
        found.append(DataFile(located(address), file.file_size_in_bytes, file.record_count, deletes, address))
    return replace(inventory, files=tuple(found), skipped=skipped, is_iceberg=True, field_ids=field_ids)


def _may_be_within(file: manifest.DataFile, ids: Mapping[str, int], event_time: str, span: Span) -> bool:
    least, greatest = _bounds(file, ids.get(event_time))
    # Bounds may be cut short; texts of a second are told apart by what follows it, which is not compared here.
    if span.latest is not None and least is not None:
        least = least[:_SECOND].decode(errors="replace")
        if len(least) >= _DATE and least > _text(span.latest)[: len(least)]:
            return False
    if span.earliest is not None and greatest is not None and greatest < _text(span.earliest).encode():
        return False
    first_written, _ = _bounds(file, ids.get(WRITE_TIME))
    if span.written_by is None or first_written is None or len(first_written) != 8:
        return True
    written = _EPOCH + timedelta(microseconds=int.from_bytes(first_written, "little", signed=True))
    return written <= span.written_by.replace(tzinfo=None) - (span.written_by.utcoffset() or timedelta())


def _text(seconds: int) -> str:
    """The second of an instant; what lies beyond the years there are would not sort as text."""
    return iso(min(max(seconds, FIRST_SECOND), LAST_SECOND))[:_SECOND]


def _bounds(file: manifest.DataFile, field_id: int | None) -> tuple[Any, Any]:
    lower, upper = file.lower_bounds or {}, file.upper_bounds or {}
    return (None, None) if field_id is None else (lower.get(field_id), upper.get(field_id))


def deleted_positions(inventory: Inventory, file: DataFile) -> Any:
    """Places of the rows that delete files hide in a data file, in order."""
    found = [np.zeros(0, np.int64)]
    for uri in file.deletes:
        read = _in_vectors if uri.endswith(_PUFFIN) else _in_deletes
        with readable(uri):
            found += read(inventory, uri, file.address or file.uri)
    return np.unique(np.concatenate(found))


def _in_deletes(inventory: Inventory, uri: str, address: str) -> Iterator[Any]:
    with parquet.ParquetFile(inventory.where.open(uri)) as opened:
        for batch in opened.iter_batches(columns=["file_path", "pos"]):
            here = pc.equal(batch["file_path"].cast(pa.string()), pa.scalar(address))
            yield batch["pos"].cast(pa.int64()).filter(here).to_numpy(zero_copy_only=False)


def _in_vectors(inventory: Inventory, uri: str, address: str) -> Iterator[Any]:
    from pyiceberg.table.deletion_vector import deletion_vectors_from_puffin_file  # noqa: PLC0415 - heavy
    from pyiceberg.table.puffin import PuffinFile  # noqa: PLC0415

    with inventory.where.open(uri) as opened:
        vectors = deletion_vectors_from_puffin_file(PuffinFile(opened.read()))
    for vector in vectors:
        if vector.referenced_data_file == address:
            yield vector.to_vector().to_numpy()
