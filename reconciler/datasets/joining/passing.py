"""The first pass over a group: what every row compares by, read file by file, several at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.datasets.epoch import micros_of, moment_of
from reconciler.datasets.inventory.files import DataFile, Inventory
from reconciler.datasets.joining.newest import Newest
from reconciler.datasets.joining.slots import Asking, Seen
from reconciler.datasets.question import Join, Question
from reconciler.datasets.stored import NOTHING, Numbers, instants, micros
from reconciler.records.checking.cells import as_numpy, validity
from reconciler.records.offline.place import INVOKED, IS_DELETED, WRITE_TIME

ROWS: Final = 256 * 1024
"""Rows of a batch."""
FILES_BYTES: Final = 32 << 20
"""Bytes of files whose rows are looked at together."""
PLACES: Final = 36
"""Bits of an id that count the rows of a file; those above them number the file."""
THREADS: Final = max(2, os.cpu_count() or 2)
WAITING: Final = 16
"""Files of S3 that are read at a time: that is mostly waiting."""


@dataclass(slots=True)
class Passed:
    """What the rows of a group were."""

    rows: int = 0
    unreadable: int = 0
    newest_write: int = NOTHING

    @property
    def newest(self) -> datetime | None:
        """When the newest row was written."""
        return None if self.newest_write == NOTHING else moment_of(self.newest_write)


class Pass:
    """Rows of one join on their way to the labels."""

    def __init__(self, question: Question, join: Join, inventory: Inventory, keys: pa.Array, asking: Asking) -> None:
        self._question, self._join, self._inventory = question, join, inventory
        self._keys, self._asking = keys, asking
        self._turn = Lock()
        self.newest = Newest(len(asking.events.values), counts_seconds=join.counts_seconds)
        self.passed = Passed()

    def run(self, tell: Callable[[int], None]) -> None:
        """Read every file; `tell` hears of the rows so far."""
        with ThreadPoolExecutor(workers(self._inventory)) as pool:
            tasks = [pool.submit(self._take, first, files, tell) for first, files in batches_of_files(self._inventory)]
            try:
                for task in tasks:
                    task.result()
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _take(self, first: int, files: Sequence[DataFile], tell: Callable[[int], None]) -> None:
        """Some files, whose rows are looked at together: each look costs something, however few they are."""
        some: list[tuple[int, pa.RecordBatch]] = []
        rows = 0
        columns = [self._join.record_id, self._join.event_time, INVOKED, WRITE_TIME, IS_DELETED]
        for number, file in enumerate(files, first):
            place = number << PLACES
            for batch in self._inventory.batches(file, columns, ROWS, encoded=self._join.event_time):
                some.append((place, batch))
                place += batch.num_rows
                rows += batch.num_rows
                if rows >= ROWS:
                    self._look_at(some, tell)
                    some, rows = [], 0
        if some:
            self._look_at(some, tell)

    def _look_at(self, some: Sequence[tuple[int, pa.RecordBatch]], tell: Callable[[int], None]) -> None:
        ids = np.concatenate([np.arange(first, first + batch.num_rows) for first, batch in some])
        columns = [_together(arrays) for arrays in zip(*(batch.columns for _, batch in some), strict=True)]
        slots, rows, places, unreadable, newest = self._looked_at(columns, ids)
        with self._turn:
            self.newest.add(slots, rows, places)
            self.passed.rows += len(ids)
            self.passed.unreadable += unreadable
            self.passed.newest_write = max(self.passed.newest_write, newest)
            tell(self.passed.rows)

    def _looked_at(self, columns: Sequence[pa.Array], ids: Numbers) -> tuple[Numbers, Seen, Numbers | None, int, int]:
        """First slots, and the rows that they see: those at places, or all; how many are unreadable; the newest."""
        identifiers, events, invoked, written, deleted = columns
        seconds, nanos, good = instants(events)
        good &= validity(identifiers)
        received, stored = micros(invoked), micros(written)
        newest = int(stored.max(initial=NOTHING))
        unreadable = len(good) - int(np.count_nonzero(good))
        gone = as_numpy(deleted, False)
        if self._question.ignore_deletes:
            good &= ~gone
        if self._question.known_at:
            good &= received != NOTHING
        if self._question.as_of is not None:
            good &= (stored <= micros_of(self._question.as_of)) & (stored != NOTHING)
        codes = codes_of(identifiers, self._keys)
        # Keys without a moment come after all others, or have no slots.
        kept = np.flatnonzero(good & (codes >= 0) & (codes < len(self._asking.starts) - 1))
        rows = Seen(codes, seconds, nanos, received, stored, gone, ids)
        rows = rows if len(kept) == len(ids) else rows.at(kept)
        slots, is_seen = self._asking.first_visible(rows)
        if is_seen.all():
            return slots, rows, None, unreadable, newest
        places = np.flatnonzero(is_seen)
        return slots[places], rows, places, unreadable, newest


def workers(inventory: Inventory) -> int:
    """How many files are read at a time."""
    is_far = any("://" in file.uri for file in inventory.files[:1])
    return min(WAITING if is_far else THREADS, max(1, len(inventory.files)))


def batches_of_files(inventory: Inventory) -> Iterator[tuple[int, Sequence[DataFile]]]:
    """Files that lie side by side, as many as make a good size together; and the number of the first."""
    files = inventory.files
    total = sum(file.size for file in files)
    most = min(FILES_BYTES, total // (4 * workers(inventory)))
    first, size = 0, 0
    for number, file in enumerate(files):
        size += file.size
        if size >= most or number == len(files) - 1:
            yield first, files[first : number + 1]
            first, size = number + 1, 0


def _together(arrays: Sequence[pa.Array]) -> pa.Array:
    """One array; of dictionaries with one dictionary, if all are such."""
    if len(arrays) == 1:
        return arrays[0]
    if len({array.type for array in arrays}) > 1:
        arrays = [array.cast(pa.string()) for array in arrays]
    return pa.chunked_array(arrays).unify_dictionaries().combine_chunks()


def codes_of(identifiers: pa.Array, keys: pa.Array) -> Numbers:
    """The places of identifiers among the keys; -1 where they are not asked for."""
    found: Numbers = as_numpy(pc.index_in(identifiers, value_set=keys), -1)
    return found
