"""What became of labels, counted while the answer passes: in memory that does not grow with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa

from reconciler.datasets.moments import Points, of_fixed_width
from reconciler.datasets.question import Facts, Join, Question, Status, event_name, status_name, value_name
from reconciler.datasets.results.report import QUANTILES, Ages, Bin, JoinReport

Reals: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Mask: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

EXACT: Final = 1_000_000
"""So many ages of a join are kept, to take their quantiles from; beyond that they come from the fine bins."""

_FINE, _BINS = 128, 16
"""Bins for each power of ten: those that are counted in, and those that are reported. Ages below a second share one."""

_DECADES = 12
"""10 ** 12 seconds are more than the years 1 to 9999."""


class Tally:
    """All joins of a question."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._joins = [JoinTally(join) for join in question.joins]
        self._nulls = [0] * len(question.columns)

    def add(self, answer: pa.RecordBatch, points: Points) -> None:
        """Rows of an answer, and the moments of their labels."""
        for number, join in enumerate(self._joins):
            join.add(answer.column(status_name(number)), answer.column(event_name(number)), points)
        for number in range(len(self._nulls)):
            self._nulls[number] += answer.column(value_name(number)).null_count

    def forget_ages(self) -> None:
        """Keep no age one by one any more: what is sent to another process is small, then."""
        for join in self._joins:
            join.ages.forget()

    def merge(self, other: Tally) -> None:
        """Add what another tally of the question has counted, whose ages were forgotten."""
        for join, same in zip(self._joins, other._joins, strict=True):
            join.merge(same)
        self._nulls = [mine + its for mine, its in zip(self._nulls, other._nulls, strict=True)]

    def reports(self, facts: Facts) -> tuple[JoinReport, ...]:
        """What was counted, with what the engine found out besides."""
        nulls = {column.name: count for column, count in zip(self._question.columns, self._nulls, strict=True)}
        return tuple(
            replace(
                tally.report(),
                nulls={column.name: nulls[column.name] for column in tally.join.columns},
                rows_read=nth(facts.rows, number),
                unreadable=nth(facts.unreadable, number) or 0,
                newest_write=nth(facts.newest_write, number),
            )
            for number, tally in enumerate(self._joins)
        )


class JoinTally:
    """One join: its labels by status, and the ages of what was found."""

    def __init__(self, join: Join) -> None:
        self.join = join
        self._counts = np.zeros(len(Status), np.int64)
        self.ages = AgeTally()

    def add(self, status: pa.Array, event: pa.Array, points: Points) -> None:
        """Rows of an answer, and the moments of their labels."""
        statuses = status.to_numpy(zero_copy_only=False)
        self._counts += np.bincount(statuses, minlength=len(Status))
        found = np.flatnonzero((statuses == Status.MATCHED) | (statuses == Status.STALE))
        if len(found):
            ages = ages_of(event.take(pa.array(found)), _some(points, found))
            self.ages.add(ages, statuses[found] == Status.STALE)

    def merge(self, other: JoinTally) -> None:
        """Add what another tally of the join has counted."""
        self._counts += other._counts
        self.ages.merge(other.ages)

    def report(self) -> JoinReport:
        """What was counted."""
        join = self.join
        count = self._counts.tolist()
        return JoinReport(
            join.group,
            join.name,
            join.key.column,
            matched=count[Status.MATCHED],
            missing=count[Status.MISSING],
            deleted=count[Status.DELETED],
            stale=count[Status.STALE],
            no_key=count[Status.NO_KEY],
            max_age=join.max_age.total_seconds() if join.max_age is not None else None,
            ages=self.ages.ages(),
        )


class AgeTally:
    """Ages in seconds: in fine bins of a logarithmic scale, and one by one as long as they are few."""

    def __init__(self) -> None:
        self._matched = np.zeros(_FINE * _DECADES + 1, np.int64)
        self._stale = np.zeros_like(self._matched)
        self._kept: list[Reals] = []
        self._least, self._most = np.inf, -np.inf
        self._has_forgotten = False

    def forget(self) -> None:
        """Keep no age one by one any more."""
        self._kept.clear()
        self._has_forgotten = True

    def merge(self, other: AgeTally) -> None:
        """Add what another has counted; quantiles come from the fine bins, then."""
        self.forget()
        self._matched += other._matched
        self._stale += other._stale
        self._least, self._most = min(self._least, other._least), max(self._most, other._most)

    def add(self, ages: Reals, stale: Mask) -> None:
        """Ages, and whether each is too high."""
        fine = _fine_bins(ages)
        self._stale += np.bincount(fine[stale], minlength=len(self._stale))
        matched = ages[~stale]
        if not len(matched):
            return
        self._matched += np.bincount(fine[~stale], minlength=len(self._matched))
        self._least = min(self._least, float(matched.min()))
        self._most = max(self._most, float(matched.max()))
        if self._is_exact:
            self._kept.append(matched)
        else:
            self._kept.clear()

    def ages(self) -> Ages:
        """What was added."""
        count = int(self._matched.sum())
        if not count:
            return Ages(0, None, None, {}, self._bins())
        return Ages(count, self._least, self._most, self._quantiles(count), self._bins(), self._is_exact)

    @property
    def _is_exact(self) -> bool:
        return not self._has_forgotten and int(self._matched.sum()) <= EXACT

    def _quantiles(self, count: int) -> dict[str, float]:
        """By the nearest rank: the age that so large a part of the labels does not exceed."""
        ranks = {name: max(int(np.ceil(part * count)) - 1, 0) for name, part in QUANTILES.items()}
        if self._is_exact:
            ages = np.concatenate(self._kept)
            ages.partition(sorted(set(ranks.values())))
            return {name: float(ages[rank]) for name, rank in ranks.items()}
        ends = np.cumsum(self._matched)
        found = {name: _middle(int(np.searchsorted(ends, rank, side="right"))) for name, rank in ranks.items()}
        return {name: float(np.clip(age, self._least, self._most)) for name, age in found.items()}

    def _bins(self) -> tuple[Bin, ...]:
        """The coarse bins from the first to the last that holds anything."""
        matched, stale = (self._coarse(counts) for counts in (self._matched, self._stale))
        full = np.flatnonzero(matched + stale)
        if not len(full):
            return ()
        return tuple(
            Bin(_edge(number), _edge(number + 1), int(matched[number]), int(stale[number]))
            for number in range(full[0], full[-1] + 1)
        )

    def _coarse(self, counts: Any) -> Any:
        return np.concatenate([counts[:1], counts[1:].reshape(-1, _FINE // _BINS).sum(axis=1)])


def ages_of(events: pa.Array, points: Points) -> Reals:
    """Seconds between events, as answers have them, and moments."""
    if pa.types.is_floating(events.type):
        real = events.to_numpy(zero_copy_only=False)
        whole = np.floor(real)
        exact = points.seconds - whole + (points.nanos / 1e9 - (real - whole))
        found: Reals = exact if points.real is None else points.real - real
    else:
        seconds, nanos = (part.to_numpy(zero_copy_only=False) for part in of_fixed_width(events))
        found = points.seconds - seconds + (points.nanos - nanos) / 1e9
    # Of a moment that was given as a double, what is below a nanosecond is not in its parts.
    return np.maximum(found, 0.0, out=found)


def nth(facts: Sequence[Any], number: int) -> Any:
    """What an engine found out about a join, None where it did not look."""
    return facts[number] if number < len(facts) else None


def _some(points: Points, rows: Any) -> Points:
    real = None if points.real is None else points.real[rows]
    return Points(points.seconds[rows], points.nanos[rows], points.known[rows], real)


def _fine_bins(ages: Reals) -> Any:
    """0 for ages below a second."""
    logs = np.log10(np.maximum(ages, 1.0))
    found = np.floor(logs * _FINE).astype(np.int64) + 1
    return np.where(ages < 1, 0, np.minimum(found, _FINE * _DECADES))


def _middle(fine: int) -> float:
    return 0.0 if fine == 0 else float(10 ** ((fine - 0.5) / _FINE))


def _edge(coarse: int) -> float:
    """Where a reported bin begins."""
    return 0.0 if coarse == 0 else float(f"{10 ** ((coarse - 1) / _BINS):.4g}")
