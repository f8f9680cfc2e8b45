"""The newest row that each slot of labels sees, kept while rows pass in any order.

Rows compare by event time, then by when the service received them, then by when they were written; of equal ones a
tombstone is the greatest. Live rows that are equal in all of it are all kept, until their values decide.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reconciler.datasets.joining.slots import Seen
from reconciler.datasets.stored import NOTHING, Numbers

NO_ROW = -1
"""The id of a slot that sees no row."""


class Ties(NamedTuple):
    """Rows that are as new as the one that a slot has."""

    slots: Numbers
    ids: Numbers

    def at(self, slots: Numbers) -> Ties:
        """Those of some slots."""
        here = np.isin(self.slots, slots)
        return Ties(self.slots[here], self.ids[here])


class Newest:
    """By slot: `ids`, and what rows compare by. `nanos` is None where event times are doubles."""

    def __init__(self, slots: int, *, counts_seconds: bool) -> None:
        lowest = -np.inf if counts_seconds else NOTHING
        self.seconds = np.full(slots, lowest, np.float64 if counts_seconds else np.int64)
        self.nanos = None if counts_seconds else np.zeros(slots, np.int32)
        self.invoked = np.full(slots, NOTHING, np.int64)
        self.written = np.full(slots, NOTHING, np.int64)
        self.deleted = np.zeros(slots, np.bool_)
        self.ids = np.full(slots, NO_ROW, np.int64)
        self._ties: list[tuple[Numbers, Seen]] = []
        # What adding needs for a while, by slot.
        self._last, self._contested = np.zeros(slots, np.int32), np.zeros(slots, np.bool_)

    def add(self, slots: Numbers, rows: Seen, places: Numbers | None = None) -> None:
        """Rows, or those at some places, with the first slot that sees each of them."""
        seconds = rows.seconds if places is None else rows.seconds[places]
        hopeful = np.flatnonzero(seconds >= self.seconds[slots])
        slots, seconds = slots[hopeful], seconds[hopeful]
        before = self.seconds[slots]
        np.maximum.at(self.seconds, slots, seconds)
        latest = self.seconds[slots]
        ahead = seconds == latest
        # Whoever has a slot whose event time is exceeded now has it no longer.
        self.ids[slots[before < latest]] = NO_ROW
        # The few that are left are copied, and none before.
        left = hopeful[ahead]
        self._settle(slots[ahead], rows.at(left if places is None else places[left]))

    def _settle(self, slots: Numbers, rows: Seen) -> None:
        """Rows whose seconds are those of their slots. Most slots have one, and had none."""
        places = np.arange(len(slots), dtype=np.int32)
        self._last[slots] = places
        shared = slots[(self._last[slots] != places) | (self.ids[slots] != NO_ROW)]
        self._contested[shared] = True
        crowd = self._contested[slots]
        self._contested[shared] = False
        self._put(slots[~crowd], rows.at(np.flatnonzero(~crowd)))
        if crowd.any():
            self._contest(slots[crowd], rows.at(np.flatnonzero(crowd)))

    def _contest(self, slots: Numbers, rows: Seen) -> None:
        """Rows that share slots with one another, or with rows that have them."""
        held = np.unique(slots)
        held = held[self.ids[held] != NO_ROW]
        slots = np.concatenate([held, slots])
        rows = _joined(self._rows(held), rows)
        order = np.lexsort((rows.ids, rows.deleted, rows.written, rows.invoked, *_nanos(rows), slots))
        slots, rows = slots[order], rows.at(order)
        ends = np.append(slots[1:] != slots[:-1], True)
        best = np.flatnonzero(ends)
        winner = best[np.searchsorted(best, np.arange(len(slots)))]
        self._put(slots[best], rows.at(best))
        equal = ~ends & ~rows.deleted & _same(rows, winner)
        if equal.any():
            places = np.flatnonzero(equal)
            self._ties.append((slots[places], rows.at(places)))

    def _put(self, slots: Numbers, rows: Seen) -> None:
        if self.nanos is not None and rows.nanos is not None:
            self.nanos[slots] = rows.nanos
        self.invoked[slots], self.written[slots] = rows.invoked, rows.written
        self.deleted[slots], self.ids[slots] = rows.deleted, rows.ids

    def _rows(self, slots: Numbers) -> Seen:
        return Seen(
            slots,
            self.seconds[slots],
            None if self.nanos is None else self.nanos[slots],
            self.invoked[slots],
            self.written[slots],
            self.deleted[slots],
            self.ids[slots],
        )

    def shed(self) -> None:
        """Let go of everything but the event times: the rest has told which rows are chosen."""
        none = np.zeros(0, np.int64)
        self.invoked = self.written = none
        self._last, self._contested = none.astype(np.int32), none.astype(np.bool_)
        self._ties = []

    def settled(self, starts: Numbers, *, in_order: bool) -> Numbers:
        """For each slot the one whose row it sees: the greatest up to it among those of its key; -1 for none.

        `in_order` says that a row which becomes visible later has a later event time, as it is without `known_at`.
        """
        places = np.arange(len(self.ids))
        found = np.where(self.ids != NO_ROW, places, -1)
        begins = np.repeat(starts[:-1], np.diff(starts)) if len(starts) > 1 else np.zeros(0, np.int64)
        if in_order:
            last: Numbers = np.maximum.accumulate(found) if len(found) else found
            return np.where(last >= begins, last, -1)
        step, longest = 1, int(np.diff(starts).max(initial=0)) if len(starts) > 1 else 0
        while step < longest:
            here = np.flatnonzero(places - step >= begins)
            mine, other = found[here], found[here - step]
            found[here] = np.where(self._is_less(mine, other), other, mine)
            step *= 2
        return found

    def _is_less(self, mine: Numbers, other: Numbers) -> Numbers:
        """Whether the row of one slot is older than that of another; no row is older than any."""
        less, equal = np.zeros(len(mine), np.bool_), np.ones(len(mine), np.bool_)
        columns: list[Numbers] = [
            self.seconds,
            *([] if self.nanos is None else [self.nanos]),
            self.invoked,
            self.written,
        ]
        for column in columns:
            less |= equal & (column[mine] < column[other])
            equal &= column[mine] == column[other]
        less |= equal & (self.deleted[mine] < self.deleted[other])
        return ((mine < 0) & (other >= 0)) | ((mine >= 0) & (other >= 0) & less)

    def ties(self) -> Ties:
        """Rows that are as new as those that the slots have now, those themselves left out."""
        none = np.zeros(0, np.int64)
        slots, ids = [none], [none]
        for at, rows in self._ties:
            now = self._rows(at)
            same = (now.seconds == rows.seconds) & (now.invoked == rows.invoked) & (now.written == rows.written)
            same &= ~now.deleted & (now.ids != rows.ids)
            if now.nanos is not None and rows.nanos is not None:
                same &= now.nanos == rows.nanos
            slots.append(at[same])
            ids.append(rows.ids[same])
        return Ties(np.concatenate(slots), np.concatenate(ids))


def _nanos(rows: Seen) -> tuple[Numbers, ...]:
    return () if rows.nanos is None else (rows.nanos,)


def _joined(some: Seen, more: Seen) -> Seen:
    """Both, one after the other. Of the same group either both have nanoseconds or none."""
    columns = zip(some, more, strict=True)
    return Seen(*(None if a is None or b is None else np.concatenate([a, b]) for a, b in columns))  # type: ignore[arg-type]


def _same(rows: Seen, winner: Numbers) -> Numbers:
    same: Numbers = (rows.invoked == rows.invoked[winner]) & (rows.written == rows.written[winner])
    if rows.nanos is not None:
        same &= rows.nanos == rows.nanos[winner]
    same &= ~rows.deleted[winner]
    return same
