"""Instants out of timestamps, texts and seconds since 1970."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.records.checking import iso
from reconciler.records.checking.cells import Cells, as_numpy
from reconciler.records.checking.numbers import named, read_float
from reconciler.records.limits import FIRST_SECOND, LAST_SECOND

_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_TOO_FINE = (("milliseconds", 10**3), ("microseconds", 10**6), ("nanoseconds", 10**9))
_DENSE = 2.0**33
_OUTSIDE = "It is outside the years 0001 to 9999."
_NAIVE = "It has no time zone, so the instant is not known."
_LOCALISE = 'Say which: frame["..."].dt.tz_localize("UTC"), or timestamps with a zone in Parquet.'


def read_datetime(given: Any, cells: Cells) -> Any:
    """Canonical ISO-8601 in UTC; `cells.seconds` and `cells.nanos` are the same as numbers."""
    type_ = given.type
    if pa.types.is_string(type_):
        found = _texts(given, cells)
        if found.canonical[cells.good].all():
            return given
        return iso.written(cells.seconds, cells.nanos)
    if pa.types.is_timestamp(type_):
        if type_.tz is None:
            return cells.refuse_all(_NAIVE, _LOCALISE)
        _timestamps(given, cells)
        return iso.written(cells.seconds, cells.nanos)
    if pa.types.is_date(type_):
        return cells.refuse_all("It is a date without a time of day.", "Midnight in UTC stands for the day.")
    fix = "Convert it to timestamps with a zone: pandas.to_datetime(..., unit=..., utc=True)."
    return cells.refuse_all(f"It is {named(type_)}, and the feature takes an instant.", fix)


def read_event_text(given: Any, cells: Cells) -> Any:
    """An event time that the spec calls a text: kept as it is, where AWS documents the form."""
    if not pa.types.is_string(given.type):
        return read_datetime(given, cells)
    found = _texts(given, cells)
    if found.aws[cells.good].all():
        return given
    return pc.if_else(pa.array(found.aws), given, iso.written(cells.seconds, cells.nanos))


def read_unix(given: Any, cells: Cells, *, texts: bool, is_time: bool = False) -> Any:
    """float64: seconds since 1970. Of event times the instants are kept, too."""
    type_ = given.type
    if pa.types.is_timestamp(type_):
        return _seconds_of_timestamps(given, cells)
    values = read_float(given, cells, texts=texts)
    numbers = as_numpy(values)
    size = np.abs(numbers)
    for unit, factor in _TOO_FINE:
        wrong = (size >= LAST_SECOND + 1) & (size / factor <= LAST_SECOND)
        reason = f"It looks like {unit}, and Unix time is in seconds: as seconds it is after the year 9999."
        cells.refuse(wrong, reason, f"Divide it by {factor:,}.")
    cells.refuse((numbers < FIRST_SECOND) | (numbers >= LAST_SECOND + 1), _OUTSIDE)
    if is_time:
        cells.seconds, cells.nanos = split(np.where(cells.good, numbers, 0.0))
    return values


def split(numbers: Any) -> tuple[iso.Ints, iso.Ints]:
    """Seconds and nanoseconds of doubles, as their shortest decimal says: that is what AWS is sent."""
    whole = np.floor(numbers)
    rest = numbers - whole
    nanos = np.rint(rest * 1e6) * 1000
    # So far doubles are nearer to each other than millionths are: no other number of six decimals is the same double.
    dense = np.abs(numbers) < _DENSE
    done = dense & (whole + nanos / 1e9 == numbers)
    if not done.all():
        # Of today's seconds a double has seven decimals where six do not say it.
        finer = np.rint(rest * 1e7) * 100
        fits = ~done & dense & (numbers >= 1e9) & (whole + finer / 1e9 == numbers) & (finer < 1e9)
        nanos, done = np.where(fits, finer, nanos), done | fits
    seconds, nanos = whole.astype(np.int64), nanos.astype(np.int64)
    for row in np.flatnonzero(~done).tolist():
        count = int(Decimal(repr(float(numbers[row]))).scaleb(9).to_integral_value(ROUND_FLOOR))
        seconds[row], nanos[row] = divmod(count, 10**9)
    return seconds, nanos


def _texts(given: Any, cells: Cells) -> iso.Instants:
    found = iso.read(given, cells.good)
    reasons: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in np.flatnonzero(cells.good & ~found.ok).tolist():
        reasons[iso.why(given[row].as_py())].append(row)
    for (reason, fix), rows in reasons.items():
        cells.refuse_rows(rows, reason, fix)
    cells.seconds, cells.nanos = found.seconds, found.nanos
    return found


def _timestamps(given: Any, cells: Cells) -> None:
    factor = _UNITS[given.type.unit]
    counts = as_numpy(given.cast(pa.int64()))
    seconds = counts // factor
    cells.refuse((seconds < FIRST_SECOND) | (seconds > LAST_SECOND), _OUTSIDE)
    cells.seconds = np.where(cells.good, seconds, 0)
    cells.nanos = np.where(cells.good, (counts - seconds * factor) * (10**9 // factor), 0)


def _seconds_of_timestamps(given: Any, cells: Cells) -> Any:
    if given.type.tz is None:
        return cells.refuse_all(_NAIVE, _LOCALISE)
    _timestamps(given, cells)
    seconds, nanos = cells.seconds, cells.nanos
    values = seconds + nanos / 1e9
    again, decimals = split(values)
    wrong = (again != seconds) | (decimals != nanos)
    cells.refuse(wrong, "Seconds as a double cannot say it to the last digit.", "Round it to microseconds.")
    return pa.array(values)
