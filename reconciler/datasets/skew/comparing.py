"""One record in both stores: what became of it, and the counts of many such."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from reconciler.datasets.question import Join, Output, Status
from reconciler.datasets.serving.online import Instant, Row, Span, Value, instant
from reconciler.datasets.skew.report import Example, FeatureSkew, Finding, ValueExample
from reconciler.records.decoding import Unreadable

OFFLINE_WITHIN_S: Final = 15 * 60
"""Seconds that rows may be on their way. AWS says that they are offline within 15 minutes (developer guide)."""

SHOWN: Final = 5
"""Examples of each kind."""


class Trained(NamedTuple):
    """What the offline store has of a record: the newest row, with its event time and features."""

    status: Status
    event: str | float | None
    values: Sequence[Value]


class Compared(NamedTuple):
    """A record, what became of it, and why where its event times do not say so.

    `online` are its features where they were held against those offline. `is_ahead` says that its event time online is
    yet to come.
    """

    record_id: str
    finding: Finding
    note: str = ""
    online: Sequence[Value] | None = None
    is_ahead: bool = False


class Comparison:
    """Compares records of one group at one moment.

    `listed` are identifiers that the online store lists, softly deleted ones included; `ttl_s` is how long records live
    online.
    """

    def __init__(self, join: Join, now: datetime, ttl_s: int | None, listed: frozenset[str]) -> None:
        self._join, self._listed = join, listed
        self._now = Span.of(join, now)
        self._settled = Span.of(join, now, later_s=-OFFLINE_WITHIN_S)
        self._expired = None if ttl_s is None else Span.of(join, now, later_s=-ttl_s)

    def compare(self, record_id: str, row: Row | None, trained: Trained) -> Compared:
        """What became of one record."""
        there = None if trained.event is None else instant(self._join, str(trained.event))
        if row is None:
            return Compared(record_id, self._not_online(record_id, trained.status, there))
        here = instant(self._join, row.event)
        if here is None:
            return Compared(record_id, Finding.UNREADABLE, f"its event time is {row.event!r}")
        is_ahead = not self._now.is_reached_by(here)
        finding = self._by_time(here, there, trained.status)
        if finding is not None:
            return Compared(record_id, finding, is_ahead=is_ahead)
        return self._by_values(row, trained.values)._replace(is_ahead=is_ahead)

    def _not_online(self, record_id: str, status: Status, there: Instant | None) -> Finding:
        if status is Status.DELETED:
            return Finding.DELETED
        if there is None:
            return Finding.ABSENT
        if self._expired is not None and self._expired.is_reached_by(there):
            return Finding.EXPIRED
        return Finding.DELETE_WAITING if record_id in self._listed else Finding.ONLY_OFFLINE

    def _by_time(self, here: Instant, there: Instant | None, status: Status) -> Finding | None:
        """None where both stores have a row of the same moment."""
        if there is None or here > there:
            if not self._settled.is_reached_by(here):
                return Finding.WAITING
            return Finding.ONLY_ONLINE if there is None else Finding.ONLINE_NEWER
        if status is Status.DELETED:
            return Finding.STILL_ONLINE
        return Finding.ONLINE_OLDER if here < there else None

    def _by_values(self, row: Row, offline: Sequence[Value]) -> Compared:
        columns = self._join.columns
        try:
            online = [row.value(self._join.group, column) for column in columns]
        except Unreadable as wrong:
            note = f"{wrong.feature} is {str(wrong.value)[:80]!r}"
            return Compared(row.record_id, Finding.UNREADABLE, note)
        pairs = zip(columns, online, offline, strict=True)
        differ = [column.feature for column, here, there in pairs if not is_same(here, there)]
        finding = Finding.DIFFERS if differ else Finding.SAME
        return Compared(row.record_id, finding, ", ".join(differ), online)


@dataclass(slots=True)
class Feature:
    """What was found of one feature so far."""

    column: Output
    compared: int = 0
    differ: int = 0
    null_online: int = 0
    null_offline: int = 0
    examples: list[ValueExample] = field(default_factory=list)

    def add(self, record_id: str, online: Value, offline: Value) -> None:
        """One more value."""
        self.compared += 1
        if is_same(online, offline):
            return
        self.differ += 1
        self.null_online += online is None
        self.null_offline += offline is None
        if len(self.examples) < SHOWN:
            self.examples.append(ValueExample(record_id, online, offline))

    def with_(self, other: Feature) -> FeatureSkew:
        """Both together, done."""
        return FeatureSkew(
            self.column.feature,
            self.column.type,
            self.compared + other.compared,
            self.differ + other.differ,
            self.null_online + other.null_online,
            self.null_offline + other.null_offline,
            (*self.examples, *other.examples)[:SHOWN],
        )


class Tally:
    """Counts of what became of records."""

    def __init__(self, columns: Iterable[Output]) -> None:
        self.counts: dict[Finding, int] = {}
        self.features = [Feature(column) for column in columns]
        self.examples: list[Example] = []
        self.ahead = 0

    def add(self, found: Compared, row: Row | None, trained: Trained) -> None:
        """One more record."""
        finding = found.finding
        self.counts[finding] = self.counts.get(finding, 0) + 1
        self.ahead += found.is_ahead
        if finding.is_skew and sum(one.finding is finding for one in self.examples) < SHOWN:
            event = None if row is None else row.event
            self.examples.append(Example(found.record_id, finding, event, trained.event, found.note))
        if found.online is not None:
            for feature, here, there in zip(self.features, found.online, trained.values, strict=True):
                feature.add(found.record_id, here, there)


def is_same(here: Value, there: Value) -> bool:
    """Equal; what is no number equals itself."""
    if isinstance(here, float) and isinstance(there, float) and here != here:  # noqa: PLR0124
        return there != there  # noqa: PLR0124
    return here == there
