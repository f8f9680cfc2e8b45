"""An answer that comes in any order, put into that of its labels, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc

from reconciler.datasets.question import ROW
from reconciler.errors import ReconcilerError

BLOCK_ROWS = 250_000
"""Rows that are put in order at a time."""
_BATCH_ROWS = 64 * 1024


def as_schema(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of a schema, in its types."""
    return pa.RecordBatch.from_arrays([batch.column(f.name).cast(f.type) for f in schema], schema=schema)


def by_row(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, rows: int, folder: Path, why: str
) -> Iterator[pa.RecordBatch]:
    """Batches in order of `row`, which has every number below `rows` once; ReconcilerError where it has not.

    `why` says what then has happened. What is more than one block goes through files in `folder`.
    """
    if rows <= BLOCK_ROWS:
        yield from _in_order(pa.Table.from_batches(batches, schema), 0, rows, why)
        return
    blocks = -(-rows // BLOCK_ROWS)
    _spread(batches, schema, folder, blocks, why)
    for block in range(blocks):
        path = folder / str(block)
        with pa.OSFile(str(path)) as source, ipc.open_stream(source) as reader:
            table = reader.read_all()
        path.unlink()
        first = block * BLOCK_ROWS
        yield from _in_order(table, first, min(first + BLOCK_ROWS, rows), why)


def _spread(batches: Iterable[pa.RecordBatch], schema: pa.Schema, folder: Path, blocks: int, why: str) -> None:
    """Each row into the file of its block."""
    writers = [ipc.new_stream(str(folder / str(block)), schema) for block in range(blocks)]
    try:
        for batch in batches:
            places = batch.column(ROW).to_numpy() // BLOCK_ROWS
            if len(places) and not 0 <= places.min() <= places.max() < blocks:
                raise _not_once(why)
            order = np.argsort(places, kind="stable")
            ordered = batch.take(pa.array(order))
            found, starts = np.unique(places[order], return_index=True)
            for block, start, end in zip(found, starts, [*starts[1:], len(order)], strict=True):
                writers[block].write_batch(ordered.slice(start, end - start))
    finally:
        for writer in writers:
            writer.close()


def _in_order(table: pa.Table, first: int, end: int, why: str) -> Iterator[pa.RecordBatch]:
    ordered = table.take(pc.sort_indices(table[ROW]))
    if not np.array_equal(ordered[ROW].to_numpy(), np.arange(first, end)):
        raise _not_once(why)
    yield from ordered.to_batches(_BATCH_ROWS)


def _not_once(why: str) -> ReconcilerError:
    return ReconcilerError(f"The answer does not have every label once. {why} Build the dataset again.")
