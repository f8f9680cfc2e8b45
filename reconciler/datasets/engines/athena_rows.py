"""The files of an answer, read back and put in order, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc, parquet

from reconciler.aws.objects import Item, Objects
from reconciler.datasets.progress import Progress, Tell
from reconciler.datasets.question import ROW
from reconciler.errors import ReconcilerError
from reconciler.records.offline.holding import in_parallel
from reconciler.records.offline.reading import readable

BLOCK_ROWS = 250_000
"""Rows that are put in order at a time."""
_BATCH_ROWS = 64 * 1024
_FETCHED_BYTES = 8 * 1024 * 1024


def downloaded(objects: Objects, items: Iterable[Item], folder: Path, tell: Tell) -> Iterator[pa.RecordBatch]:
    """The rows of Parquet objects, which are fetched several at a time and lie in `folder` until they are read."""
    items = list(items)
    size, done = sum(item.size for item in items), 0
    tell(Progress("downloading", done, size, "bytes"))
    for item, path in zip(items, in_parallel(lambda item: _fetched(objects, item, folder), items), strict=True):
        with readable(item.uri), parquet.ParquetFile(path) as file:
            yield from file.iter_batches(_BATCH_ROWS, use_threads=False)
        path.unlink()
        done += item.size
        tell(Progress("downloading", done, size, "bytes"))


def _fetched(objects: Objects, item: Item, folder: Path) -> Path:
    path = folder / f"{uuid4().hex}.parquet"
    with path.open("wb") as file:
        for start in range(0, item.size, _FETCHED_BYTES):
            file.write(objects.read(item.uri, start, _FETCHED_BYTES, item.etag).body)
    return path


def as_schema(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of a schema, in its types."""
    return pa.RecordBatch.from_arrays([batch.column(f.name).cast(f.type) for f in schema], schema=schema)


def by_row(batches: Iterable[pa.RecordBatch], schema: pa.Schema, rows: int, folder: Path) -> Iterator[pa.RecordBatch]:
    """Batches in order of `row`, which has every number below `rows` once; ReconcilerError where it has not.

    What is more than one block goes through files in `folder`.
    """
    if rows <= BLOCK_ROWS:
        yield from _in_order(pa.Table.from_batches(batches, schema), 0, rows)
        return
    blocks = -(-rows // BLOCK_ROWS)
    _spread(batches, schema, blocks, folder)
    for block in range(blocks):
        path = folder / str(block)
        with pa.OSFile(str(path)) as source, ipc.open_stream(source) as reader:
            table = reader.read_all()
        path.unlink()
        first = block * BLOCK_ROWS
        yield from _in_order(table, first, min(first + BLOCK_ROWS, rows))


def _spread(batches: Iterable[pa.RecordBatch], schema: pa.Schema, blocks: int, folder: Path) -> None:
    """Each row into the file of its block."""
    writers = [ipc.new_stream(str(folder / str(block)), schema) for block in range(blocks)]
    try:
        for batch in batches:
            places = batch.column(ROW).to_numpy() // BLOCK_ROWS
            if len(places) and not 0 <= places.min() <= places.max() < blocks:
                raise _not_once()
            order = np.argsort(places, kind="stable")
            ordered = batch.take(pa.array(order))
            found, starts = np.unique(places[order], return_index=True)
            for block, start, end in zip(found, starts, [*starts[1:], len(order)], strict=True):
                writers[block].write_batch(ordered.slice(start, end - start))
    finally:
        for writer in writers:
            writer.close()


def _in_order(table: pa.Table, first: int, end: int) -> Iterator[pa.RecordBatch]:
    ordered = table.take(pc.sort_indices(table[ROW]))
    if not np.array_equal(ordered[ROW].to_numpy(), np.arange(first, end)):
        raise _not_once()
    yield from ordered.to_batches(_BATCH_ROWS)


def _not_once() -> ReconcilerError:
    return ReconcilerError(
        "Athena's answer does not have every label once: something else wrote or removed files below the run's folder "
        "on S3. Build the dataset again."
    )
