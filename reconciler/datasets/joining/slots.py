"""The as-of join as a stream: which label sees which row first, and the newest row that each label sees.

The labels are sorted once, by key and moment; labels of the same key and moment share a slot. A row of the group
becomes visible at one slot of its key and stays so at those after it, so for each slot the greatest row is kept of
those that become visible there; when all rows have passed, a running maximum over the slots of each key tells what
each label sees. Rows may come in any order and are never sorted; memory is that of the labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from reconciler.datasets.moments import Points, at_instants, at_micros, at_reals
from reconciler.datasets.stored import Numbers

_BILLION = 1_000_000_000
_NARROW_S = 2_000_000_000
_SPAN_S = 9_000_000_000
"""Seconds that can be told in nanoseconds with 64 bits."""


class Seen(NamedTuple):
    """Rows of a group whose keys are asked for.

    `codes` are those of the keys. The event time is `seconds` and `nanos`, or a double and None; `invoked` and
    `written` are in microseconds since 1970. `ids` say where each row is; they are not negative.
    """

    codes: Numbers
    seconds: Numbers
    nanos: Numbers | None
    invoked: Numbers
    written: Numbers
    deleted: Numbers
    ids: Numbers

    def at(self, rows: Numbers) -> Seen:
        """Some of them."""
        return Seen(*(None if column is None else column[rows] for column in self))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Asking:
    """The labels of a question by one key: which slot each has, and what the slots see.

    `labels` are the places of those that have a key and a moment, in the order of their slots; `slots` are theirs.
    The slots of key number n are those from `starts[n]` to before `starts[n + 1]`.
    """

    labels: Numbers
    slots: Numbers
    starts: Numbers
    events: Limits
    received: Numbers | None

    def first_visible(self, rows: Seen) -> tuple[Numbers, Numbers]:
        """The first slot at which each row is visible, and whether there is one."""
        starts, ends = self.starts[rows.codes], self.starts[1:][rows.codes]
        found = _first(self.events.values, starts, ends, self.events.of(rows))
        if self.received is not None:
            found = np.maximum(found, _first(self.received, starts, ends, rows.invoked))
        return found, found < ends


class Limits(NamedTuple):
    """What event times are compared with, as one number for each slot: visible are rows up to it.

    `kind` says what is counted: doubles, whole seconds, nanoseconds after `first`, or nanoseconds of the seconds that
    labels have (`ranks`), as the years from 1 to 9999 have more nanoseconds than 64 bits can tell.
    """

    values: Numbers
    strict: bool
    kind: str
    first: int = 0
    last: int = 0
    ranks: Numbers | None = None

    def of(self, rows: Seen) -> Numbers:
        """The event times of rows as that number: the least limit that they are visible at."""
        if self.kind == "real":
            return np.nextafter(rows.seconds, np.inf) if self.strict else rows.seconds
        nanos = rows.nanos
        if self.kind == "seconds":
            later = 1 if self.strict else (0 if nanos is None else nanos > 0)
            return np.clip(rows.seconds - self.first + later, -1, self.last + 1).astype(np.int32)
        if self.ranks is None:
            # Clipped to a second before the first limit or after the last one, a row is where it was.
            seconds = np.clip(rows.seconds, self.first - 1, self.last + 1) - self.first
            return seconds * _BILLION + (0 if nanos is None else nanos) + self.strict
        rank = np.searchsorted(self.ranks, rows.seconds)
        is_second = self.ranks[np.minimum(rank, len(self.ranks) - 1)] == rows.seconds
        inner = self.strict + (0 if nanos is None else nanos.astype(np.int64))
        return rank * _BILLION + np.where(is_second, inner, 0)


def ask(codes: Numbers, points: Points, *, counts_seconds: bool, strict: bool, known_at: bool) -> Asking:
    """Labels by the codes of their keys (from 0 on; -1 without one) and by their moments."""
    labels = np.flatnonzero((codes >= 0) & points.known)
    points = Points(*(None if column is None else column[labels] for column in points))  # type: ignore[arg-type]
    codes = codes[labels]
    received = at_micros(points) if known_at else None
    if counts_seconds:
        times: tuple[Numbers, ...] = (at_reals(points, strict=strict),)
    else:
        times = at_instants(points, strict=strict)
    columns = (codes, *times, *(() if received is None else (received,)))
    order = _in_order(columns)
    columns = tuple(column[order] for column in columns)
    begins = np.zeros(len(order), np.bool_)
    begins[:1] = True
    for column in columns:
        begins[1:] |= column[1:] != column[:-1]
    slots = np.cumsum(begins, dtype=np.int32) - np.int32(1)
    heads = np.flatnonzero(begins)
    columns = tuple(column[heads] for column in columns)
    keys = int(codes.max()) + 1 if len(codes) else 0
    starts = np.searchsorted(columns[0], np.arange(keys + 1)).astype(np.int32)
    events = _limits(columns[1], None if counts_seconds else columns[2], strict=strict)
    return Asking(labels[order], slots, starts, events, columns[-1] if known_at else None)


def _in_order(columns: Sequence[Numbers]) -> Numbers:
    """The permutation that sorts by several columns; one number sorts faster than several, where they fit into one."""
    packed, size = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        if column.dtype.kind == "f" or not len(column):
            return np.lexsort(columns[::-1])
        first, last = int(column.min()), int(column.max())
        size *= last - first + 1
        if size >= 1 << 62:
            return np.lexsort(columns[::-1])
        packed = packed * (last - first + 1) + (column - first)
    return np.argsort(packed)


def _limits(whole: Numbers, nanos: Numbers | None, *, strict: bool) -> Limits:
    if nanos is None:
        return Limits(whole, strict, "real")
    if not nanos.any():
        return _of_seconds(whole, strict=strict)
    first, last = int(whole.min()), int(whole.max())
    if last - first < _SPAN_S:
        return Limits((whole - first) * _BILLION + nanos, strict, "nanos", first, last)
    ranks = np.unique(whole)
    return Limits(np.searchsorted(ranks, whole) * _BILLION + nanos, strict, "ranks", ranks=ranks)


def _of_seconds(whole: Numbers, *, strict: bool) -> Limits:
    """Whole seconds: after the first one, which 32 bits can tell, or by their rank where they span ages."""
    first, last = (int(whole.min()), int(whole.max())) if len(whole) else (0, 0)
    if last - first < _NARROW_S:
        return Limits((whole - first).astype(np.int32), strict, "seconds", first, last - first)
    ranks = np.unique(whole)
    return Limits(np.searchsorted(ranks, whole) * _BILLION, strict, "ranks", ranks=ranks)


def _first(limits: Numbers, starts: Numbers, ends: Numbers, values: Numbers) -> Numbers:
    """The first place from `starts` on, before `ends`, whose limit is at least the value; `ends` where there is none.

    All rows are searched in step: half the longest stretch at a time, with those alone whose stretch is that long.
    """
    found, sizes = starts.copy(), ends - starts
    longest = int(sizes.max(initial=0))
    step = 1 << (longest.bit_length() - 1) if longest else 0
    while step:
        rows = np.flatnonzero(sizes >= step) if step > 1 else slice(None)
        if isinstance(rows, slice) or 2 * len(rows) > len(sizes):
            probe = found + step
            ahead = np.take(limits, probe - 1, mode="clip") < values
            ahead &= probe <= ends
            np.copyto(found, probe, where=ahead)
        else:
            probe = found[rows] + step
            ahead = (np.take(limits, probe - 1, mode="clip") < values[rows]) & (probe <= ends[rows])
            found[rows[ahead]] = probe[ahead]
        step >>= 1
    return found
