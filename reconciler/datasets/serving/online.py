"""What the online store has of the joins of a question: texts as AWS gives them, and their values in training sets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, Final, NamedTuple, TypeAlias

from reconciler.aws.runtime import Runtime
from reconciler.datasets.question import Join, Output
from reconciler.records.batches import Found, read_many
from reconciler.records.decoding import Unreadable
from reconciler.records.limits import FIRST_SECOND, LAST_SECOND
from reconciler.records.target import Target

Value: TypeAlias = int | float | str | None
"""A feature by its AWS type, as the offline store holds it; None where there is none."""

Instant: TypeAlias = int | float
"""An event time: nanoseconds since 1970 of a text, or the stored double of a number, which counts seconds."""

_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
_BILLION: Final = 1_000_000_000
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - texts are cut to this form, and all are in UTC
_READERS: Final[Mapping[str, Callable[[str], Any]]] = {"Integral": int, "Fractional": float, "String": str}


class Row(NamedTuple):
    """A record that is online: its identifier, its event time as it is written there, and its features as texts."""

    record_id: str
    event: str
    features: Mapping[str, str]

    def value(self, group: str, column: Output) -> Value:
        """One feature; raises `Unreadable` where it is of another type."""
        text = self.features.get(column.feature)
        if text is None:
            return None
        try:
            value: Value = _READERS[column.type](text)
        except ValueError as failed:
            raise Unreadable(group, column.feature, self.record_id, text, column.type) from failed
        return value


class Span(NamedTuple):
    """From which event time up to which a row counts; `oldest` is None for any, `is_before` leaves the last one out."""

    latest: int | Fraction
    oldest: int | Fraction | None
    is_before: bool

    @classmethod
    def of(cls, join: Join, at: datetime, *, later_s: int = 0, strict: bool = False) -> Span:
        """The event times of a join that count at a moment, or so many seconds later."""
        unit = Fraction(1, _BILLION) if join.counts_seconds else 1
        moment = _nanoseconds(at)
        oldest = None if join.max_age is None else (moment - _length(join.max_age)) * unit
        return cls((moment + later_s * _BILLION) * unit, oldest, strict)

    def is_reached_by(self, event: Instant) -> bool:
        """The moment has come for a row of this event time."""
        return self.latest > event if self.is_before else self.latest >= event

    def is_stale(self, event: Instant) -> bool:
        """It is older than its join wants it."""
        return self.oldest is not None and self.oldest > event


def instant(join: Join, text: str) -> Instant | None:
    """An event time as it compares; None for a text that is none."""
    if join.counts_seconds:
        try:
            seconds = float(text)
        except ValueError:
            return None
        return seconds if FIRST_SECOND <= seconds < LAST_SECOND + 1 else None
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    try:
        whole = datetime.fromisoformat(found[1])
    except ValueError:
        return None
    return _nanoseconds(whole) + int((found[2] or "").ljust(9, "0"))


async def read_rows(
    runtime: Runtime, targets: Mapping[str, Target], joins: Iterable[Join], asked: Sequence[tuple[str, str]]
) -> list[Row | None]:
    """The records of pairs of a group, by its name in specs, and an identifier, in their order.

    Of each group those features are read that a join wants, and its event time.
    """
    wanted: dict[str, dict[str, None]] = {}
    times: dict[str, str] = {}
    for join in joins:
        name = targets[join.group].name
        names = wanted.setdefault(name, {join.record_id: None, join.event_time: None})
        names.update((column.feature, None) for column in join.columns)
        times[join.group] = join.event_time
    read = await read_many(
        runtime,
        {target.name: target for target in targets.values()},
        [(targets[group].name, record_id) for group, record_id in asked],
        features={name: list(names) for name, names in wanted.items()},
    )
    return [_row(found, times[group], record_id) for found, (group, record_id) in zip(read, asked, strict=True)]


def _row(found: Found | None, event_time: str, record_id: str) -> Row | None:
    """None also for a record without an event time: AWS takes none such."""
    if not found:
        return None
    texts = {one["FeatureName"]: one["ValueAsString"] for one in found["Record"] if "ValueAsString" in one}
    return Row(record_id, texts[event_time], texts) if event_time in texts else None


def _nanoseconds(at: datetime) -> int:
    return _length((at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at) - _EPOCH)


def _length(span: timedelta) -> int:
    """In nanoseconds."""
    return (span.days * 86_400 + span.seconds) * _BILLION + span.microseconds * 1_000
