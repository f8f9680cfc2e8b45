"""The second reading of an input: its rows are sent, chunk by chunk, but for those that an earlier run has sent."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from reconciler.errors import ReconcilerError
from reconciler.records.dispatching import Dispatch, Parcel
from reconciler.records.examining import Examined, Rules, digest_of, staying
from reconciler.records.lanes import Lane, Result
from reconciler.records.progress import Pulse, Tell

if TYPE_CHECKING:
    from reconciler.records.dead_letter import DeadLetters
    from reconciler.records.journal import Acknowledged, Journal
    from reconciler.records.sources import Chunk, Source


class Sending:
    """One run: an input that was examined, and what the journal knows of it."""

    def __init__(
        self,
        source: Source,
        rules: Rules,
        examined: Examined,
        journal: Journal,
        letters: DeadLetters,
        tell: Tell | None,
    ) -> None:
        self._source, self._rules, self._examined = source, rules, examined
        self._journal, self._letters = journal, letters
        self._before = sum(chunk.written for chunk in journal.done.values())
        self._pulse = Pulse("sending", examined.rows, tell)

    def run(self, make_lanes: Callable[[SimpleQueue[Result]], list[Lane]]) -> tuple[int, int]:
        """Send what is left to send; answers how many rows were written now, and how many before."""
        if self._is_done:
            return 0, self._before
        results = SimpleQueue[Result]()
        lanes = make_lanes(results)
        dispatch = Dispatch(self._rules.contract, self._journal, self._letters, lanes, results, self._tell)
        try:
            self._send_all(dispatch)
        except BaseException:
            dispatch.drain()
            raise
        finally:
            for lane in lanes:
                lane.close()
            self._letters.close()
        self._pulse.end(self._examined.rows)
        return dispatch.written, self._before

    @property
    def _is_done(self) -> bool:
        done = self._journal.done
        return len(done) == len(self._examined.digests) and not any(chunk.failed for chunk in done.values())

    def _tell(self, taken: int, note: str) -> None:
        self._pulse(min(self._before + taken, self._examined.rows), note)

    def _send_all(self, dispatch: Dispatch) -> None:
        count = 0
        for chunk in self._source.chunks():
            count += 1
            before = self._journal.done.get(chunk.number)
            if before is None or before.failed:
                dispatch.send(self._parcel(chunk, before))
        if count != len(self._examined.digests):
            raise _changed()
        dispatch.finish()

    def _parcel(self, chunk: Chunk, before: Acknowledged | None) -> Parcel:
        """The rows of a chunk that are to be sent: the good ones, or those that AWS did not take the last time."""
        checked = self._rules.judge(chunk)
        digests = self._examined.digests
        if chunk.number >= len(digests) or digest_of(checked) != digests[chunk.number]:
            raise _changed()
        refused, dropped = staying(checked, self._examined.repeats, chunk.first_row, self._rules)
        if before is not None:
            rows = np.array(before.failed, np.int64)
        elif refused is None and dropped is None:
            return Parcel(chunk, checked.batch, np.arange(checked.batch.num_rows), None, 0, 0)
        else:
            rows = np.flatnonzero(~_either(refused, dropped, checked.batch.num_rows))
        return Parcel(chunk, checked.batch.take(pa.array(rows)), rows, before, _count(refused), _count(dropped))


def _either(one: Any, other: Any, count: int) -> Any:
    both = np.zeros(count, np.bool_)
    for mask in (one, other):
        if mask is not None:
            both |= mask
    return both


def _count(mask: Any) -> int:
    return 0 if mask is None else int(np.count_nonzero(mask))


def _changed() -> ReconcilerError:
    return ReconcilerError(
        "The rows changed between being checked and being sent: what was sent by then was checked. Run it again when "
        "nobody writes to them."
    )
