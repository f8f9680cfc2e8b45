"""Deleting records from the online store: softly, which leaves a marker there, or for good.

Both write a marker to the offline store, which keeps all that was there before it. A deletion has an event time, and
has to be later than the record: AWS answers an earlier soft one with success and deletes nothing, so what was deleted
is looked up afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from urllib.parse import quote

from reconciler.aws.runtime import Cut, Reply, Runtime
from reconciler.errors import AwsFailed, ReconcilerError
from reconciler.records.asking import Tries, side_by_side
from reconciler.records.batches import CONNECTIONS, read_many
from reconciler.records.pace import Pace
from reconciler.records.target import Target
from reconciler.records.values import id_text, moment_order, moment_text

Store: TypeAlias = Literal["OnlineStore", "OfflineStore"]

_SLAB: Final = 2_000
"""Records that are deleted, then looked up."""
_FLOOR: Final = 50.0
"""Deletions a second that are tried however much is refused; waits between attempts grow all the same."""
_PER_RECORD: Final = frozenset({"ValidationError", "ValidationException", "ConflictException", "400"})
"""Codes that speak of one record; any other speaks of all."""
_KEPT: Final = "RecordIsNewer"
_SEEN: Final = "StillSeen"
_LOOKS_S: Final = (0.1, 0.3, 1.0, 3.0)
"""UNVERIFIED: so long after a deletion a read may still see the record; AWS says nothing of how soon it is gone."""


class NotDeleted(NamedTuple):
    """A record that is still there, or of which that is not known: AWS's code and message, or ours.

    Two codes are ours: AWS said yes, and the record is there. `RecordIsNewer`: its event time is not earlier than the
    deletion's. `StillSeen`: it is, but reads go on finding the record.
    """

    record_id: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class DeletionReport:
    """What came of a deletion: `asked == deleted + len(failures)`; identifiers given twice count once.

    `deleted` counts those that were not there to begin with, too: AWS makes no difference.
    """

    group: str
    asked: int
    deleted: int
    failures: tuple[NotDeleted, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Nothing is left of what was to be deleted."""
        return not self.failures


class StillThere(ReconcilerError):
    """A record was not deleted, and the reason."""

    def __init__(self, group: str, failure: NotDeleted) -> None:
        self.group, self.failure = group, failure
        super().__init__(f"{group}: {failure.record_id!r} was not deleted: {failure.code}: {failure.message}")


def delete(
    runtime: Runtime,
    target: Target,
    record_id: Any,
    *,
    at: datetime | float | str,
    hard: bool = False,
    stores: Sequence[Store] | None = None,
) -> None:
    """Delete one record as of an event time; raises `StillThere` where it stays."""
    report = delete_many(runtime, target, [record_id], at=at, hard=hard, stores=stores)
    if report.failures:
        raise StillThere(report.group, report.failures[0])


def delete_many(
    runtime: Runtime,
    target: Target,
    ids: Iterable[Any],
    *,
    at: datetime | float | str,
    hard: bool = False,
    stores: Sequence[Store] | None = None,
    connections: int = CONNECTIONS,
    tell: Callable[[int], None] | None = None,
) -> DeletionReport:
    """Delete records as of one event time. `tell` hears how many are done so far.

    Raises `AwsFailed` where none can be deleted: access is denied, the group is not there, nobody answers.
    """
    moment = moment_text(target.contract.moment, at)
    deleting = _Deleting(runtime, target, moment, hard=hard, stores=stores)
    # All of them are looked at before the first is deleted.
    texts = list(dict.fromkeys(id_text(target.contract, record_id) for record_id in ids))
    failures: list[NotDeleted] = []
    for begin in range(0, len(texts), _SLAB):
        slab = texts[begin : begin + _SLAB]
        failures += runtime.run(deleting.slab(slab, connections))
        if tell is not None:
            tell(begin + len(slab))
    return DeletionReport(target.contract.group, len(texts), len(texts) - len(failures), tuple(failures))


async def event_times(
    runtime: Runtime, target: Target, ids: Sequence[str], *, connections: int = CONNECTIONS
) -> dict[str, str]:
    """The event times, as AWS has them, of the records that are there, by identifier."""
    contract, name = target.contract, target.name
    keys, names = [(name, text) for text in ids], [contract.record_id, contract.event_time]
    read = await read_many(runtime, {name: target}, keys, features=names, connections=connections)
    times = {}
    for text, one in zip(ids, read, strict=True):
        if one is not None:
            values = {said["FeatureName"]: said.get("ValueAsString", "") for said in one["Record"]}
            times[text] = values.get(contract.event_time, "")
    return times


class _Deleting:
    """One deletion of many records."""

    def __init__(
        self, runtime: Runtime, target: Target, moment: str, *, hard: bool, stores: Sequence[Store] | None
    ) -> None:
        self._runtime, self._target, self._moment, self._hard = runtime, target, moment, hard
        self._is_online = target.contract.online and (stores is None or "OnlineStore" in stores)
        mode = "DeletionMode=HardDelete&" if hard else ""
        name, where = quote(target.name, safe=""), "".join(f"&TargetStores={store}" for store in stores or ())
        self._before = f"/FeatureGroup/{name}?{mode}EventTime={quote(moment, safe='')}&RecordIdentifierValueAsString="
        self._after = where
        self._done = 0

    async def slab(self, texts: Sequence[str], connections: int) -> list[NotDeleted]:
        """Delete these, and look which are still there."""
        pace, waiting = Pace(slowest=_FLOOR), iter(texts)
        failures: dict[str, NotDeleted] = {}

        async def work() -> None:
            for text in waiting:
                failure = await self._delete(text, pace)
                if failure is not None:
                    failures[text] = failure

        await side_by_side(min(connections, len(texts)), work)
        if self._is_online:
            await self._look(texts, failures, connections)
        return [failures[text] for text in texts if text in failures]

    async def _delete(self, text: str, pace: Pace) -> NotDeleted | None:
        target = f"{self._before}{quote(text, safe='')}{self._after}"
        tries, done = self._tries(), self._done
        while True:
            await pace.turn()
            outcome: Reply | Cut
            try:
                outcome = await self._runtime.call("DELETE", target)
            except Cut as cut:
                outcome = cut
            else:
                if outcome.is_ok:
                    pace.taken()
                    self._done += 1
                    return None
                if outcome.is_throttled:
                    pace.refused()
                    if done != self._done:  # others get through: so will this one
                        tries, done = self._tries(), self._done
            try:
                wait_s = await asyncio.to_thread(tries.next_in, outcome)
            except AwsFailed as failed:
                if failed.code not in _PER_RECORD or "find a FeatureGroup" in failed.message:
                    raise
                return NotDeleted(text, failed.code, failed.message)
            await asyncio.sleep(wait_s or 0.0)

    def _tries(self) -> Tries:
        return Tries(self._runtime, "DeleteRecord", self._target.name)

    async def _look(self, texts: Sequence[str], failures: dict[str, NotDeleted], connections: int) -> None:
        """Hold what AWS said against what is there."""
        waits = iter(_LOOKS_S)
        while texts:
            found = await event_times(self._runtime, self._target, texts, connections=connections)
            for text in texts:
                if text not in found:
                    # A hard deletion whose first answer was lost is refused the second time, though all is well.
                    failures.pop(text, None)
            stale = [text for text, since in found.items() if text not in failures and not self._is_kept(since)]
            for text in found.keys() - failures.keys() - set(stale):
                said = f"it is of {found[text]}, the deletion of {self._moment}: give a later time."
                failures[text] = NotDeleted(text, _KEPT, said)
            texts, wait_s = stale, next(waits, None)
            if wait_s is None:
                failures |= {text: NotDeleted(text, _SEEN, "reads still find it; look again.") for text in stale}
                return
            if stale:
                await asyncio.sleep(wait_s)

    def _is_kept(self, since: str) -> bool:
        """The record is not older than the deletion."""
        moment = self._target.contract.moment
        try:
            return moment_order(moment, since) >= moment_order(moment, self._moment)
        except ValueError:
            return True
