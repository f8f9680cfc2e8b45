"""Rows in order of their keys, in bounded memory: shared out by samples of the keys until a share fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import pyarrow as pa
from pyarrow import ipc

BLOCK_ROWS = 250_000
"""Rows that are sorted at a time."""
_BATCH_ROWS = 64 * 1024
_SAMPLES = 64
"""Of each batch."""


class _Share(NamedTuple):
    """Rows in a file, and the keys by which they still have to be told apart."""

    path: Path
    rows: int
    keys: tuple[str, ...]


def by_keys(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, keys: Sequence[str], folder: Path
) -> Iterator[pa.RecordBatch]:
    """Batches in order of some columns, none of which has nulls; texts by their bytes. Files lie in `folder`."""
    path = folder / "rows"
    rows = _write(path, batches, schema)
    yield from _sorted(_Share(path, rows, tuple(keys)), schema, tuple(keys))


def _write(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> int:
    rows = 0
    with ipc.new_stream(str(path), schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _read(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(path)) as source, ipc.open_stream(source) as reader:
        yield from reader


def _sorted(share: _Share, schema: pa.Schema, keys: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    """The rows of a share in order; its file is gone then."""
    if share.rows <= BLOCK_ROWS or not share.keys:
        table = pa.Table.from_batches(_read(share.path), schema)
        share.path.unlink()
        yield from table.sort_by([(key, "ascending") for key in keys]).to_batches(_BATCH_ROWS)
        return
    for part in _shared_out(share, schema):
        yield from _sorted(part, schema, keys)


def _shared_out(share: _Share, schema: pa.Schema) -> list[_Share]:
    """A share in parts, one after the other: those between two samples, and those that are a sample.

    Of the latter the key says nothing more. Every part is smaller, or has a key less.
    """
    key, *others = share.keys
    samples = _samples(share, key)
    files = [share.path.with_name(uuid4().hex) for _ in range(2 * len(samples) + 1)]
    writers: dict[int, Any] = {}
    rows = [0] * len(files)
    try:
        for batch in _read(share.path):
            values = batch.column(key).to_numpy(zero_copy_only=False)
            parts = np.searchsorted(samples, values, "left") + np.searchsorted(samples, values, "right")
            order = np.argsort(parts, kind="stable")
            ordered = batch.take(pa.array(order))
            found, starts = np.unique(parts[order], return_index=True)
            for part, start, end in zip(found, starts, [*starts[1:], len(order)], strict=True):
                if part not in writers:
                    writers[part] = ipc.new_stream(str(files[part]), schema)
                writers[part].write_batch(ordered.slice(start, end - start))
                rows[part] += end - start
    finally:
        for writer in writers.values():
            writer.close()
    share.path.unlink()
    return [_Share(files[part], rows[part], tuple(others) if part % 2 else share.keys) for part in sorted(writers)]


def _samples(share: _Share, key: str) -> Any:
    """Some values of a key that cut a share into parts of about a block."""
    found = []
    for batch in _read(share.path):
        column = batch.column(key)
        found.append(
            column.take(pa.array(range(0, len(column), len(column) // _SAMPLES + 1))).to_numpy(zero_copy_only=False)
        )
    values = np.sort(np.concatenate(found))
    parts = -(-share.rows // BLOCK_ROWS)
    return np.unique(values[[len(values) * part // parts for part in range(1, parts)]])
