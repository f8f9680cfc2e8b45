"""Rows out of data files: columns by the names and types of the group, whatever a file calls them and has them in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from reconciler.datasets.inventory.files import DataFile, Inventory
from reconciler.datasets.question import arrow_type
from reconciler.errors import ReconcilerError
from reconciler.records.offline.reading import Unreadable, readable

MICROS = pa.timestamp("us", "UTC")
_OWN = {"timestamp": MICROS, "boolean": pa.bool_()}
_FIELD_ID = b"PARQUET:field_id"
_ENCODED = pa.dictionary(pa.int32(), pa.string())


def schema_of(inventory: Inventory, columns: Sequence[str]) -> pa.Schema:
    """The types that batches have."""
    return pa.schema([(name, _type(inventory.types[name])) for name in columns])


class Changed(ReconcilerError):
    """A file is not, or no longer, what it was when the question was asked. It may be asked again."""


def open_file(inventory: Inventory, file: DataFile, encoded: str = "") -> parquet.ParquetFile:
    """The file; `Unreadable` where it is no Parquet, `Changed` where it is gone or another one than before.

    Texts of the column `encoded` are read as a dictionary where the file has one.
    """
    with _there(file):
        source = inventory.where.open(file.uri)
    check_stamp(inventory, file, getattr(source, "etag", None))
    # INT96 is what Spark writes by default; in nanoseconds it would end with the year 2262.
    settings: dict[str, Any] = {"pre_buffer": True, "coerce_int96_timestamp_unit": "us"}
    with readable(file.uri):
        if not encoded:
            return parquet.ParquetFile(source, **settings)
        footer = parquet.read_metadata(source)
        source.seek(0)
        return parquet.ParquetFile(
            source, metadata=footer, read_dictionary=_with_dictionary(footer, encoded), **settings
        )


def check_stamp(inventory: Inventory, file: DataFile, stamp: Any = None) -> None:
    """Raise `Changed` if a file is another one than it was; a file of this machine needs no stamp."""
    if stamp is None:
        with _there(file):
            found = Path(file.uri).stat()
        stamp = (found.st_size, found.st_mtime_ns)
    if inventory.stamps.setdefault(file.uri, stamp) != stamp:
        raise Changed(f"{file.uri} was written anew while it was being read. Do this again.")


@contextmanager
def _there(file: DataFile) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as gone:
        raise Changed(f"{file.uri} was removed while it was being read. Do this again.") from gone


def _with_dictionary(footer: parquet.FileMetaData, column: str) -> list[str]:
    """The column, if its first chunk has a dictionary."""
    if not footer.num_row_groups:
        return []
    group = footer.row_group(0)
    chunks = (group.column(number) for number in range(group.num_columns))
    found = (c for c in chunks if c.has_dictionary_page and c.physical_type == "BYTE_ARRAY")
    return [chunk.path_in_schema for chunk in found if chunk.path_in_schema.lower() == column.lower()]


class Columns(NamedTuple):
    """What a file calls some columns: None for those that it does not have."""

    names: tuple[str | None, ...]

    @property
    def there(self) -> list[str]:
        return list(dict.fromkeys(name for name in self.names if name is not None))


def columns_in(inventory: Inventory, file: DataFile, schema: pa.Schema, columns: Sequence[str]) -> Columns:
    """The columns by their names in a file, in any case; by their ids in Iceberg. `Unreadable` without the key ones."""
    by_id = {int(f.metadata[_FIELD_ID]): f.name for f in schema if f.metadata and _FIELD_ID in f.metadata}
    by_name = {name.lower(): name for name in schema.names}

    def name_of(column: str) -> str | None:
        number = inventory.field_ids.get(column)
        return by_id.get(number) if by_id and number is not None else by_name.get(column.lower())

    found = Columns(tuple(name_of(column) for column in columns))
    missing = [c for c, name in zip(columns, found.names, strict=True) if name is None and c in _needed(inventory)]
    if missing:
        raise Unreadable(f"{file.uri} has no column {', '.join(missing)}, which every row of a feature group has.")
    return found


def read_file(
    inventory: Inventory, file: DataFile, columns: Sequence[str], rows: int, *, encoded: str = ""
) -> Iterator[pa.RecordBatch]:
    """The rows of a file that are not hidden."""
    hidden = hidden_rows(inventory, file)
    first = 0
    with open_file(inventory, file, encoded) as opened, readable(file.uri):
        found = columns_in(inventory, file, opened.schema_arrow, columns)
        schema = schema_of(inventory, columns)
        # Without a column there would be no rows: those of the identifier are counted.
        wanted = found.there or columns_in(inventory, file, opened.schema_arrow, [inventory.record_id]).there
        for batch in opened.iter_batches(rows, columns=wanted, use_threads=False):
            shaped = as_asked(batch, found, schema, encoded)
            kept = without(shaped, hidden, first)
            first += batch.num_rows
            if kept.num_rows:
                yield kept


def as_asked(batch: Any, found: Columns, schema: pa.Schema, encoded: str = "") -> pa.RecordBatch:
    """The columns of a batch in the types of a schema; the column `encoded` may stay a dictionary of texts."""
    arrays = [
        pa.nulls(batch.num_rows, field.type)
        if name is None
        else _as(batch.column(name), field.type, stays=field.name == encoded)
        for name, field in zip(found.names, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=schema.names)


def without(batch: pa.RecordBatch, hidden: Any, first: int) -> pa.RecordBatch:
    """The rows of a batch whose places, counted from `first` on, are not hidden."""
    here = hidden[np.searchsorted(hidden, first) : np.searchsorted(hidden, first + batch.num_rows)]
    if not len(here):
        return batch
    keep = np.ones(batch.num_rows, np.bool_)
    keep[here - first] = False
    return batch.filter(pa.array(keep))


def hidden_rows(inventory: Inventory, file: DataFile) -> Any:
    """Places of the rows of a file that Iceberg's deletes hide, in order."""
    if not file.deletes:
        return np.zeros(0, np.int64)
    from reconciler.datasets.inventory.iceberg import deleted_positions  # noqa: PLC0415 - imports pyiceberg

    return deleted_positions(inventory, file)


def _needed(inventory: Inventory) -> tuple[str, str]:
    return inventory.record_id, inventory.event_time


def _type(aws_type: str) -> pa.DataType:
    return _OWN.get(aws_type) or arrow_type(aws_type)


def _as(column: Any, kind: pa.DataType, *, stays: bool) -> Any:
    if column.type == kind or (stays and column.type == _ENCODED and kind == pa.string()):
        return column
    if kind == MICROS:
        # Timestamps without a zone are in UTC as well; parts of microseconds are cut off.
        return column.cast(pa.timestamp("us", getattr(column.type, "tz", None)), safe=False).cast(MICROS)
    return column.cast(kind)
