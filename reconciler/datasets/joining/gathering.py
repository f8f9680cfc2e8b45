"""The second pass over a group: the features of the rows that were chosen, and of no others."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.datasets.inventory.files import DataFile, Inventory
from reconciler.datasets.inventory.plain import Fetch, as_plain, check_all
from reconciler.datasets.inventory.reading import Columns, as_asked
from reconciler.datasets.joining.newest import Newest, Ties
from reconciler.datasets.joining.passing import PLACES, ROWS, workers
from reconciler.datasets.question import Join
from reconciler.datasets.stored import Numbers

IN_MEMORY: Final = 256 << 20
"""Bytes of the chosen rows of a group beyond which they lie in a file."""


class Gathered(NamedTuple):
    """Features of some rows: those of `ids[n]`, which are in order, are row `order[n]` of `table`; n itself without."""

    ids: Numbers
    table: pa.Table
    order: Numbers | None = None

    def places(self, ids: Numbers) -> Numbers:
        """Where rows are that are all there."""
        found = np.searchsorted(self.ids, ids)
        return found if self.order is None else self.order[found]


def gather(inventory: Inventory, join: Join, ids: Numbers, scratch: Path, fetch: Fetch) -> Gathered:
    """The features of rows by their ids, which are in order and each there once. `fetch` reads files that are plain."""
    columns = [column.feature for column in join.columns]
    unique = list(dict.fromkeys(columns))
    starts = np.searchsorted(ids, np.arange(len(inventory.files) + 1) << PLACES)
    numbers = np.flatnonzero(np.diff(starts))
    files = [inventory.files[number] for number in numbers.tolist()]
    kept = _Kept(inventory.schema(unique), scratch)
    plain = as_plain(inventory, files, unique) if files else None
    order = None
    if plain is not None:
        places = [np.zeros(0, np.int64)]
        sizes = np.diff(starts)[numbers]
        for batch in fetch(plain, np.repeat(np.arange(len(files)), sizes), ids & ((1 << PLACES) - 1)):
            places.append(batch.column(0).to_numpy())
            kept.add([as_asked(batch, Columns(tuple(batch.schema.names[1:])), kept.schema)])
        check_all(inventory, files)
        order = np.empty(len(ids), np.int64)
        order[np.concatenate(places)] = np.arange(len(ids))
    else:
        wanted = [
            (file, ids[starts[n] : starts[n + 1]] - (n << PLACES)) for n, file in zip(numbers, files, strict=True)
        ]
        with ThreadPoolExecutor(workers(inventory)) as pool:
            for batches in pool.map(lambda one: _rows_of(inventory, one[0], one[1], unique), wanted):
                kept.add(batches)
    table = kept.table().select(columns).rename_columns([f"value_{n}" for n in range(len(columns))])
    return Gathered(ids, table, order)


def _rows_of(inventory: Inventory, file: DataFile, places: Numbers, columns: Sequence[str]) -> list[pa.RecordBatch]:
    found, first = [], 0
    for batch in inventory.batches(file, columns, ROWS):
        here = places[np.searchsorted(places, first) : np.searchsorted(places, first + batch.num_rows)] - first
        first += batch.num_rows
        if len(here):
            found.append(batch.take(pa.array(here)))
    return found


class _Kept:
    """Batches in memory, or in a file where they are large."""

    def __init__(self, schema: pa.Schema, scratch: Path) -> None:
        self.schema, self._scratch = schema, scratch
        self._batches: list[pa.RecordBatch] = []
        self._bytes = 0
        self._path: Path | None = None
        self._stream: Any = None

    def add(self, batches: Sequence[pa.RecordBatch]) -> None:
        self._batches += batches
        self._bytes += sum(batch.nbytes for batch in batches)
        if self._bytes > IN_MEMORY:
            if self._stream is None:
                self._path = self._scratch / f"rows-{uuid.uuid4().hex}.arrow"
                self._stream = pa.ipc.new_file(str(self._path), self.schema)
            for batch in self._batches:
                self._stream.write_batch(batch)
            self._batches, self._bytes = [], 0

    def table(self) -> pa.Table:
        if self._stream is None:
            # Rows are taken by place, which is slow where there are many pieces.
            return pa.Table.from_batches(self._batches, self.schema).combine_chunks()
        for batch in self._batches:
            self._stream.write_batch(batch)
        self._stream.close()
        return pa.ipc.open_file(pa.memory_map(str(self._path))).read_all()


def decided(newest: Newest, ties: Ties, gathered: Gathered) -> Numbers:
    """The ids of the slots' rows, once ties are decided: by the greatest values, feature by feature."""
    ids = newest.ids.copy()
    if not len(ties.slots):
        return ids
    held = np.unique(ties.slots)
    slots, rows = np.concatenate([ties.slots, held]), np.concatenate([ties.ids, ids[held]])
    values = gathered.table.take(pa.array(gathered.places(rows)))
    # Sorted by slot and then by value, the last one of each slot is the greatest.
    order = np.lexsort((*(_ranks(column) for column in reversed(values.columns)), slots))
    slots, rows = slots[order], rows[order]
    last = np.flatnonzero(np.append(slots[1:] != slots[:-1], True))
    ids[slots[last]] = rows[last]
    return ids


def _ranks(column: pa.ChunkedArray) -> Numbers:
    """Numbers in the order of values: null before anything, not-a-number after all numbers, texts by their bytes."""
    ranks: Numbers = pc.rank(column, sort_keys="ascending", tiebreaker="dense").to_numpy()
    if not column.null_count:
        return ranks
    return np.where(column.is_null().to_numpy(), np.uint64(0), ranks)
