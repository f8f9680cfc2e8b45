"""What the executors of a cluster do for a dataset: read rows of offline stores, and work out moments of labels.

Functions from record batches to record batches, so that Spark is not needed to run them. Columns go by their place (c0,
c1, ...): names of features may have hyphens, and Spark knows no case.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from reconciler.datasets.inventory.files import DataFile, Inventory
from reconciler.datasets.stored import canonical
from reconciler.records.offline.holding import in_parallel

TASK_BYTES: Final = 128 * 1024 * 1024
"""Bytes of files that one task reads at most, unless a file is larger: as Spark does by itself."""
OPENING_BYTES: Final = 4 * 1024 * 1024
"""What opening a file costs, counted as so many bytes: as Spark does by itself."""
ROWS: Final = 64 * 1024
"""Rows of a batch: an executor's Python has little memory beside the JVM's."""
SMALL_BYTES: Final = 1024 * 1024
"""Files up to this size are read several at a time, for most of that is waiting for S3."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an executor that reads is told. No credentials are in it: each has its own.

    `inventory` is without its files; `tasks` has the files of each task, pickled one by one, for there may be very
    many of them and an executor looks only at its own. Where `is_canonical`, event times are as answers have them, and
    null where they cannot be read; else they are as they are stored.
    """

    inventory: Inventory
    columns: tuple[str, ...]
    tasks: tuple[bytes, ...]
    is_canonical: bool = False

    def files(self, task: int) -> tuple[DataFile, ...]:
        """The files that a task reads."""
        found: tuple[DataFile, ...] = pickle.loads(self.tasks[task])  # noqa: S301 - by our driver
        return found

    @property
    def schema(self) -> pa.Schema:
        """The columns that `read` gives."""
        fields = self.inventory.schema(self.columns)
        return pa.schema([field.with_name(place(n)) for n, field in enumerate(fields)])


def reading_of(inventory: Inventory, columns: Sequence[str], parallel: int, *, is_canonical: bool) -> Reading:
    """The files of an inventory, shared out to tasks of about the same size, for so many that run side by side."""
    tasks = tuple(pickle.dumps(files) for files in shared_out(inventory.files, parallel))
    return Reading(replace(inventory, files=()), tuple(columns), tasks, is_canonical)


def shared_out(files: Iterable[DataFile], parallel: int) -> list[tuple[DataFile, ...]]:
    """Files by tasks: at most `TASK_BYTES` for each, and fewer where otherwise some of the cluster would idle."""
    left = sorted(files, key=lambda file: (-file.size, file.uri))
    whole = sum(_cost(file) for file in left)
    most = min(TASK_BYTES, max(OPENING_BYTES, -(-whole // max(1, parallel))))
    tasks: list[tuple[DataFile, ...]] = []
    some: list[DataFile] = []
    cost = 0
    for file in left:
        if some and cost + _cost(file) > most:
            tasks.append(tuple(some))
            some, cost = [], 0
        some.append(file)
        cost += _cost(file)
    return [*tasks, tuple(some)] if some else tasks


def _cost(file: DataFile) -> int:
    return file.size + OPENING_BYTES


def place(index: int) -> str:
    """The name of a column by its place among those that were asked for."""
    return f"c{index}"


def read(batches: Iterable[pa.RecordBatch], reading: Reading) -> Iterator[pa.RecordBatch]:
    """The rows of the files of tasks, whose numbers are the first column that is given."""
    schema = reading.schema
    event = reading.columns.index(reading.inventory.event_time)
    for batch in batches:
        for task in batch.column(0).to_pylist():
            for rows in _rows(reading, reading.files(task)):
                columns = rows.columns
                if reading.is_canonical:
                    columns[event] = canonical(columns[event])
                yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _rows(reading: Reading, files: Sequence[DataFile]) -> Iterator[pa.RecordBatch]:
    inventory, columns = reading.inventory, reading.columns
    small = [file for file in files if file.size <= SMALL_BYTES]
    for batches in in_parallel(lambda file: list(inventory.batches(file, columns, ROWS)), small):
        yield from batches
    for file in files:
        if file.size > SMALL_BYTES:
            yield from inventory.batches(file, columns, ROWS)


def packed(table: pa.Table, rows: int) -> list[bytes]:
    """A table in pieces of so many rows, each an Arrow stream: how rows of this machine are sent to executors."""
    return [_packed(piece) for piece in table.to_batches(max_chunksize=rows)]


def unpack(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows of pieces, which are the first column that is given."""
    for batch in batches:
        for piece in batch.column(0):
            yield from unpacked(piece.as_buffer())


def pack(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Each batch as a piece: how rows come back to this machine without Spark's own conversion."""
    for batch in batches:
        yield pa.RecordBatch.from_arrays([pa.array([_packed(batch)], pa.binary())], names=["piece"])


def unpacked(piece: pa.Buffer | bytes) -> Iterator[pa.RecordBatch]:
    """The batches of a piece."""
    with pa.ipc.open_stream(piece) as stream:
        yield from stream


def _packed(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_batch(batch)
    found: bytes = sink.getvalue().to_pybytes()
    return found
