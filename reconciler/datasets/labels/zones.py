"""Local times as instants, a column at a time, by the rules of Python's zoneinfo.

Arrow's own conversion is not used: after 2037 it knows no summer time.
"""

from __future__ import annotations

import difflib
from datetime import datetime, timedelta, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from reconciler.errors import Usage
from reconciler.records.checking.cells import Mask
from reconciler.records.checking.iso import Ints

_DAY = 86_400
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local times are counted from it


class Local(NamedTuple):
    """`seconds` since 1970 in UTC. Where `twice` there are two such instants, where `never` none."""

    seconds: Ints
    twice: Mask
    never: Mask


def zone_of(given: str | tzinfo) -> tzinfo:
    """The zone, also by its IANA name, or from pytz. Raises `Usage` for a name that is none."""
    if isinstance(given, tzinfo) and not isinstance(getattr(given, "zone", None), str):
        return given
    name = given if isinstance(given, str) else str(getattr(given, "zone", given))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        close = difflib.get_close_matches(name, sorted(available_timezones()), 1)
        hint = f"Did you mean {close[0]}?" if close else "Name it as in America/New_York."
        raise Usage(f"There is no time zone {name!r}. {hint}") from None


def localized(seconds: Ints, zone: tzinfo) -> Local:
    """Instants of wall clock times, given as seconds since 1970 of the same clock.

    Within a day the offset is looked for only if it differs between the day's beginning and end: no zone changes its
    clock twice within three days.
    """
    days, places = np.unique(seconds // _DAY, return_inverse=True)
    begins = np.array([_offsets(int(day) * _DAY, zone) for day in days.tolist()], np.int64).reshape(-1, 2)
    ends = np.array([_offsets(int(day) * _DAY + _DAY - 1, zone) for day in days.tolist()], np.int64).reshape(-1, 2)
    first, second = (begins[:, fold][places] for fold in (0, 1))
    moving = ((begins != ends).any(axis=1) | (begins[:, 0] != begins[:, 1]))[places]
    if moving.any():
        times, again = np.unique(seconds[moving], return_inverse=True)
        found = np.array([_offsets(int(time), zone) for time in times.tolist()], np.int64).reshape(-1, 2)
        first[moving], second[moving] = found[again, 0], found[again, 1]
    return Local(seconds - first, first > second, first < second)


def _offsets(seconds: int, zone: tzinfo) -> tuple[int, int]:
    """The offsets of a wall clock time in seconds: the first time it is shown, and the second (PEP 495)."""
    time = _EPOCH + timedelta(seconds=seconds)
    return _whole(zone.utcoffset(time)), _whole(zone.utcoffset(time.replace(fold=1)))


def _whole(offset: timedelta | None) -> int:
    if offset is None:
        raise Usage("The time zone does not say how far it is from UTC.")
    return offset.days * _DAY + offset.seconds


def seconds_of(when: datetime) -> tuple[int, int]:
    """Seconds since 1970 and nanoseconds of a datetime with a zone; without one, of the wall clock.

    Of pandas' Timestamps the nanoseconds count.
    """
    gone = when.replace(tzinfo=None) - _EPOCH - (when.utcoffset() or timedelta())
    nanos: Any = getattr(when, "nanosecond", 0)
    return gone.days * _DAY + gone.seconds, gone.microseconds * 1000 + int(nanos)
