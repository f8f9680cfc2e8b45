"""Parquet files of one partition: rows in, as many files out as make a good size for Athena."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from reconciler.records.offline.layout import Layout, with_own_columns
from reconciler.records.offline.sinks import Staged

FILE_BYTES = 320 * 1024 * 1024
"""Bytes a file is meant to have: with more, a partition is cut into equal files of 213 to 480 MB."""
GROUP_BYTES = 128 * 1024 * 1024
"""Bytes of rows, in memory, that become one row group."""
COMPRESSION = "snappy"
"""UNVERIFIED: what the service's own files have; every reader of Parquet knows it."""

_SAMPLE = 4096
_REPEATS = 0.6
"""Where a sample has fewer distinct values than this share of it, a dictionary is worth its while."""


class Form(NamedTuple):
    """What every file of a run has in common; can be sent to another process.

    `schema` are the columns of the files, in the order of `schema_of(layout)`. For Iceberg it has the table's names,
    types and field ids.
    """

    layout: Layout
    schema: pa.Schema
    written: datetime


class Finished(NamedTuple):
    """A file that is written and lies in a folder of this machine; `file` is what it will be once it is staged."""

    path: Path
    file: Staged


class PartitionFiles:
    """The files of one partition, whose rows are added in the order of event time.

    `stage` is given each file when it is finished. `total` is how many rows will come, where that is known: then the
    files are of one size. `dictionaries` is shared by all partitions of a run.
    """

    def __init__(
        self,
        form: Form,
        key: int,
        stage: Callable[[Finished], None],
        scratch: Path,
        total: int | None,
        dictionaries: Dictionaries,
    ) -> None:
        self._form, self._key, self._stage, self._scratch, self._total = form, key, stage, scratch, total
        self._dictionaries = dictionaries
        self._writer: parquet.ParquetWriter | None = None
        self._path, self._rows, self._latest, self._number = Path(), 0, 0, 0
        self._rows_per_file: int | None = None

    def add(self, batches: Sequence[pa.RecordBatch], latest: int) -> None:
        """A row group of some rows; `latest` is the event time of the last one, in seconds since 1970."""
        table = pa.Table.from_batches(
            [with_own_columns(batch, self._form.layout, self._form.written) for batch in batches]
        )
        if not table.schema.equals(self._form.schema, check_metadata=True):
            table = table.rename_columns(self._form.schema.names).cast(self._form.schema)
        if self._writer is None:
            self._path = self._scratch / f"{uuid.uuid4().hex}.parquet"
            self._writer = _writer(self._path, self._form, self._dictionaries.of(table))
        self._writer.write_table(table, row_group_size=table.num_rows)
        self._rows += table.num_rows
        self._latest = latest
        if self._is_full():
            self.close()

    def close(self) -> None:
        """Finish the file that is being written, and have it staged."""
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        # Only the manifests of Iceberg describe files, and there may be very many of them.
        footer = parquet.read_metadata(self._path) if self._form.layout.is_iceberg else None
        size = self._path.stat().st_size
        uri = self._form.layout.uri(self._key, self._number, self._latest)
        self._stage(Finished(self._path, Staged(uri, self._key, self._rows, size, self._latest, footer=footer)))
        self._rows, self._number = 0, self._number + 1

    def drop(self) -> None:
        """Give up: nothing of the file that is being written is kept."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            self._path.unlink(missing_ok=True)

    def _is_full(self) -> bool:
        size = self._path.stat().st_size
        if self._total is None:
            return size >= FILE_BYTES
        if self._rows_per_file is None:
            files = max(1, round(self._total * size / self._rows / FILE_BYTES))
            self._rows_per_file = -(-self._total // files)
        return self._rows >= self._rows_per_file


class Dictionaries:
    """Which columns are worth a dictionary: found out from the first rows of a run, and again from many more."""

    def __init__(self) -> None:
        self._seen, self._columns = 0, list[str]()

    def of(self, rows: pa.Table) -> list[str]:
        """The columns, by their names."""
        if rows.num_rows > 4 * self._seen:
            # Two threads that find it out at once find out the same.
            self._columns = [name for name in rows.column_names if _repeats(rows.column(name))]
            self._seen = rows.num_rows
        return self._columns


def _writer(path: Path, form: Form, dictionary: list[str]) -> parquet.ParquetWriter:
    moments = [name for name, _ in form.layout.features].index(form.layout.event_time)
    return parquet.ParquetWriter(
        path,
        form.schema,
        compression=COMPRESSION,
        # Arrow's own copy of the schema is left out: readers have only what the service's files have.
        store_schema=False,
        use_dictionary=dictionary,
        sorting_columns=[parquet.SortingColumn(moments)],
    )


def _repeats(column: pa.ChunkedArray) -> bool:
    """Whether a dictionary of the values is worth its while. Boolean columns never have one."""
    if pa.types.is_boolean(column.type):
        return False
    if pa.types.is_timestamp(column.type):
        return True
    rows = len(column)
    some = column if rows <= _SAMPLE else column.take(pa.array(np.linspace(0, rows - 1, _SAMPLE).astype(np.int64)))
    return bool(pc.count_distinct(some).as_py() < _REPEATS * len(some))
