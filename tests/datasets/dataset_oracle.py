"""What a point-in-time join is, by brute force: every row is looked at for every label. Slow, and nothing of ours.

Instants are exact: fractions of seconds since 1970. Questions and listings are only read, by their attributes.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

MATCHED, MISSING, DELETED, STALE, NO_KEY = range(5)

_BILLION, _DAY = 10**9, 86_400
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?Z")
_EPOCH = date(1970, 1, 1).toordinal()
_FIRST, _END = -62_135_596_800, 253_402_300_800
"""The seconds of the years 1 to 9999."""
_EPOCH_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Stored(NamedTuple):
    """A row as it lies in the offline store. The service's own times are in microseconds since 1970."""

    id: Any
    event: Any
    invoked: int | None = 0
    written: int | None = 0
    deleted: bool | None = False
    values: Mapping[str, Any] = MappingProxyType({})


class Label(NamedTuple):
    """What is looked for: an identifier for each of the question's keys, and the moment; `real` if it is a number."""

    keys: tuple[Any, ...]
    at: Fraction | None
    real: float | None = None


def instant(event):
    """The instant of an event time; None where it is none: of texts only ISO-8601 in UTC, with a literal T and Z."""
    if isinstance(event, float):
        is_within = math.isfinite(event) and _FIRST <= Fraction(event) < _END
        return Fraction(event) if is_within else None
    found = _ISO.fullmatch(event) if isinstance(event, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    if hour > 23 or minute > 59 or second > 59:
        return None
    try:
        days = date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None
    nanos = int((found[7] or "").ljust(9, "0"))
    return days * _DAY + hour * 3600 + minute * 60 + second + Fraction(nanos, _BILLION)


def moment(when):
    """The instant of a datetime with a zone."""
    gone = when - _EPOCH_TIME
    return gone.days * _DAY + gone.seconds + Fraction(gone.microseconds, 10**6)


def seconds(span):
    """A span of time as exact seconds."""
    return span.days * _DAY + span.seconds + Fraction(span.microseconds, 10**6)


def written_out(event):
    """An event time as answers have it: a text of fixed width with nine decimals, or the number."""
    return event if isinstance(event, float) else f"{event[:19]}.{event[20:-1].ljust(9, '0')}Z"


def is_readable(row):
    """It has an identifier and an instant."""
    return row.id is not None and instant(row.event) is not None


def unreadable(rows):
    """How many rows can never be chosen."""
    return sum(not is_readable(row) for row in rows)


# Labels


def answer(question, stores, labels):
    """The rows of the answer, as tuples in the order of its columns. `stores` are rows by a group's name."""
    return [_answered(question, stores, row, label) for row, label in enumerate(labels)]


def _answered(question, stores, row, label):
    facts, values = [], {}
    for join in question.joins:
        key = label.keys[question.keys.index(join.key)]
        status, chosen = _joined(question, join, stores[join.name], key, label.at)
        facts += [status, written_out(chosen.event) if chosen else None]
        for column in join.columns:
            values[column.name] = value(join, chosen, column) if chosen and status == MATCHED else None
    return (row, *facts, *(values[column.name] for column in question.columns))


def _joined(question, join, rows, key, at):
    """What becomes of one label in one join, and the row that is chosen."""
    if key is None or at is None:
        return NO_KEY, None
    found = [row for row in rows if row.id == key and _is_candidate(question, row, at)]
    if not found:
        return MISSING, None
    chosen = max(found, key=lambda row: newness(join, row))
    if chosen.deleted:
        return DELETED, chosen
    if join.max_age is not None and at - instant(chosen.event) > seconds(join.max_age):
        return STALE, chosen
    return MATCHED, chosen


def _is_candidate(question, row, at):
    if not is_readable(row) or not _is_there(question, row):
        return False
    event = instant(row.event)
    if not (event < at if question.strict else event <= at):
        return False
    return not question.known_at or _is_by(row.invoked, at)


def _is_there(asked, row):
    """Whether a row counts at all: written by `as_of`, and no tombstone where these are left out."""
    if asked.as_of is not None and not _is_by(row.written, moment(asked.as_of)):
        return False
    return not (asked.ignore_deletes and row.deleted)


def _is_by(micros, at):
    """Whether something happened by then; what is not known to have happened did not."""
    return micros is not None and Fraction(micros, 10**6) <= at


def newness(join, row):
    """What is the greatest of the row that is chosen."""
    content = tuple(_order(value(join, row, column)) for column in join.columns)
    return instant(row.event), _order(row.invoked), _order(row.written), bool(row.deleted), content


def value(join, row, column):
    """A feature of a row; its identifier and its event time, as they are written, are features too."""
    own = {join.record_id: row.id, join.event_time: row.event}
    return own.get(column.feature, row.values.get(column.feature))


def _order(value):
    """Nothing before anything, and what is no number after all numbers."""
    if value is None:
        return (0,)
    return (2,) if isinstance(value, float) and math.isnan(value) else (1, value)


# Without labels


def listed(listing, rows):
    """The rows of a snapshot or a history, as tuples in the order of its columns."""
    there = [row for row in rows if is_readable(row) and _is_there(listing, row)]
    if listing.known_at and listing.end is not None:
        there = [row for row in there if _is_by(row.invoked, moment(listing.end))]
    if listing.start is None:
        there = [row for row in there if listing.end is None or instant(row.event) <= moment(listing.end)]
        chosen = [row for row in _greatest(listing.join, there, lambda row: row.id) if not row.deleted]
    else:
        start, end = moment(listing.start), None if listing.end is None else moment(listing.end)
        there = [row for row in there if start <= instant(row.event) and (end is None or instant(row.event) < end)]
        chosen = _greatest(listing.join, there, lambda row: (row.id, instant(row.event)))
    chosen.sort(key=lambda row: (row.id.encode() if isinstance(row.id, str) else row.id, instant(row.event)))
    return [_row_of(listing, row) for row in chosen]


def _greatest(join, rows, key):
    found = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return [max(same, key=lambda row: newness(join, row)) for same in found.values()]


def _row_of(listing, row):
    join = listing.join
    found = (row.id, written_out(row.event), *(value(join, row, column) for column in join.columns))
    return found if listing.start is None else (*found, row.invoked, row.written, bool(row.deleted))


# Comparing


def same(one, other):
    """Equal in type and value; there is one NaN, and one zero."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if type(one) is not type(other):
        return False
    return one == other or (isinstance(one, float) and math.isnan(one) and math.isnan(other))


def differences(expected, found):
    """Where two lists of rows differ: place, what was expected, what was found."""
    both = [
        (place, want, have)
        for place, (want, have) in enumerate(zip(expected, found, strict=False))
        if not same(want, have)
    ]
    missing = [(place, want, None) for place, want in enumerate(expected) if place >= len(found)]
    return both + missing + [(place, None, have) for place, have in enumerate(found) if place >= len(expected)]
