"""Chunks handed out to lanes, and what comes back written down: the journal, the dead letters, the counts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from reconciler.records.encoding import texts_of
from reconciler.records.journal import KEYS, Acknowledged, Journal
from reconciler.records.lanes import AT_ONCE, Done, Job, Lane, Result, Stopped
from reconciler.records.report import FailedRow

if TYPE_CHECKING:
    from reconciler.contract import Contract
    from reconciler.records.dead_letter import DeadLetters
    from reconciler.records.sources import Chunk

_TELL_S = 0.25


class Parcel(NamedTuple):
    """The rows of a chunk that are to be sent: `rows` are their numbers within it, `batch` only those.

    `before` is what earlier runs made of the chunk; `refused` and `dropped` count the rows that stay behind.
    """

    chunk: Chunk
    batch: pa.RecordBatch
    rows: Any
    before: Acknowledged | None
    refused: int
    dropped: int


class Dispatch:
    """Hands parcels to lanes, each with a few at a time, and takes what comes back.

    `written` counts rows that were taken now. `tell` hears every now and then how many that are.
    """

    def __init__(
        self,
        contract: Contract,
        journal: Journal,
        letters: DeadLetters,
        lanes: Sequence[Lane],
        results: SimpleQueue[Result],
        tell: Callable[[int, str], None],
    ) -> None:
        self._contract, self._journal, self._letters = contract, journal, letters
        self._lanes, self._results, self._tell = lanes, results, tell
        self._out: dict[int, Parcel] = {}
        self._load = Counter[int](dict.fromkeys(range(len(lanes)), 0))
        self._told = 0.0
        self.written = 0

    def send(self, parcel: Parcel) -> None:
        """Hand out a parcel, as soon as a lane has room for it."""
        number = parcel.chunk.number
        if not parcel.batch.num_rows:
            self._journal.acknowledge(number, Acknowledged(0, parcel.refused, parcel.dropped), KEYS.empty_table())
            return
        while min(self._load.values()) >= AT_ONCE:
            self._take(self._next())
        lane = min(self._load, key=self._load.__getitem__)
        self._load[lane] += 1
        self._out[number] = parcel
        if number not in self._journal.begun:
            self._journal.begin(number)
        else:
            parcel = parcel._replace(before=_interrupted(parcel))
            self._out[number] = parcel
        self._lanes[lane].put(Job(number, parcel.batch))

    def finish(self) -> None:
        """Wait for everything that was handed out."""
        while self._out:
            self._take(self._next())

    def drain(self) -> None:
        """Take what has come back already: something went wrong, and what is through is through."""
        with suppress(Empty):
            while True:
                result = self._results.get_nowait()
                if isinstance(result, Done):
                    self._take(result)

    def _next(self) -> Result:
        """The next result, with a word on how things go while there is none."""
        while True:
            with suppress(Empty):
                return self._results.get(timeout=_TELL_S)
            self._report()

    def _report(self) -> None:
        now = time.monotonic()
        if now - self._told >= _TELL_S:
            self._told = now
            notes = (lane.note for lane in self._lanes)
            self._tell(sum(lane.taken for lane in self._lanes), next(filter(None, notes), ""))

    def _take(self, result: Result) -> None:
        if isinstance(result, Stopped):
            raise result.error
        parcel = self._out.pop(result.chunk)
        self._load[result.lane] -= 1
        if result.started is not None:
            self._journal.start(result.started)
        refused = np.array([one.row for one in result.refused], np.int64)
        self._bury(parcel, result)
        taken = np.delete(np.arange(parcel.batch.num_rows), refused)
        before = parcel.before or Acknowledged(0)
        came = Acknowledged(
            written=before.written + len(taken),
            refused=parcel.refused,
            dropped=parcel.dropped,
            repeated=min(before.repeated + result.repeated, parcel.chunk.batch.num_rows),
            failed=tuple(parcel.rows[refused].tolist()),
        )
        self._journal.acknowledge(result.chunk, came, self._keys(parcel, taken))
        self.written += len(taken)
        self._report()

    def _bury(self, parcel: Parcel, result: Done) -> None:
        """Write down the rows that AWS did not take."""
        for one in result.refused:
            row = int(parcel.rows[one.row])
            failed = FailedRow(parcel.chunk.first_row + row, parcel.chunk.place(row), one.code, one.message)
            self._letters.add([(failed, parcel.batch.slice(one.row, 1).to_pylist()[0])])

    def _keys(self, parcel: Parcel, taken: Any) -> pa.Table:
        batch = parcel.batch if len(taken) == parcel.batch.num_rows else parcel.batch.take(pa.array(taken))
        names = (self._contract.record_id, self._contract.event_time)
        rows = pa.array(parcel.rows[taken] + parcel.chunk.first_row, pa.int64())
        return pa.Table.from_arrays([rows, *(texts_of(batch.column(name)) for name in names)], schema=KEYS)


def _interrupted(parcel: Parcel) -> Acknowledged:
    """What is known of a chunk that was under way when its process died: any of its rows may have arrived."""
    before = parcel.before or Acknowledged(0)
    return before._replace(repeated=before.repeated + parcel.batch.num_rows)
