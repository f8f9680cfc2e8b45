"""Keys and moments out of columns of labels, as exact as they were given; what cannot be used is named."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from reconciler.contract import Column
from reconciler.datasets.labels.zones import localized
from reconciler.datasets.moments import Points, points_of_reals
from reconciler.datasets.question import Key, arrow_type
from reconciler.records.checking import iso
from reconciler.records.checking.cells import Cells, Mask, as_numpy, only
from reconciler.records.checking.numbers import read_float, read_int
from reconciler.records.checking.texts import decodable
from reconciler.records.limits import EXACT, FIRST_SECOND, INT_MAX, LAST_SECOND

Clock: TypeAlias = Literal["nothing", "timestamps", "texts", "numbers", "text numbers"]
"""How a column says when: texts of CSV may be numbers."""

_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_TOO_FINE = (("milliseconds", 10**3), ("microseconds", 10**6), ("nanoseconds", 10**9))
_OUTSIDE = "It is outside the years 0001 to 9999."
_NAIVE = r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?\z"
_NUMBER = r"\A[+-]?[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+)?\z"
_SAY_WHICH = "Or say which zone the labels are in: time_zone=..."


def read_key(given: pa.Array, key: Key, *, texts: bool) -> tuple[pa.Array, Cells]:
    """Identifiers in the type that they are compared in, null where there is none or it cannot be used.

    The column's type was looked at before. `texts` says that numbers are written as text, as in CSV.
    """
    cells = Cells(Column(key.column, key.column, "str"), plain(given))
    with np.errstate(all="ignore"):  # what is worked out of a value that was refused does not matter
        found = _key(cells, key.type, texts=texts)
    return only(found.cast(arrow_type(key.type)), cells.good), cells


def _key(cells: Cells, aws_type: str, *, texts: bool) -> pa.Array:
    given = cells.given
    if pt.is_null(given.type):
        return pa.nulls(len(given), arrow_type(aws_type))
    if aws_type == "String":
        return decodable(given, cells)
    if aws_type == "Integral" and pt.is_uint64(given.type):
        cells.refuse(as_numpy(given) > INT_MAX, "It is beyond 64 bits with a sign, as no identifier of the group is.")
        return only(given, cells.good)
    if aws_type == "Integral":
        return read_int(given, cells, texts=texts)
    _refuse_infinite(cells, "identifier")
    if pt.is_integer(given.type):
        wrong = _beyond(given)
        cells.refuse(wrong, "It is beyond 2^53, where a Fractional no longer says which whole number it was.")
        return only(given, cells.good).cast(pa.float64())
    found = read_float(only(given, cells.good), cells, texts=texts)
    return pa.array(as_numpy(found) + 0.0, mask=~cells.good)  # -0.0 is 0.0


def _refuse_infinite(cells: Cells, what: str) -> None:
    """NaN is no missing value here: Arrow and polars tell the two apart."""
    if pt.is_floating(cells.given.type):
        wrong = ~np.isfinite(as_numpy(cells.given.cast(pa.float64())))
        cells.refuse(wrong, f"It is no {what}.", "Leave it out (null) where there is none.")


def _beyond(whole: pa.Array) -> Mask:
    numbers = as_numpy(whole)
    wrong: Mask = numbers > EXACT
    return wrong if pt.is_unsigned_integer(whole.type) else wrong | (numbers < -EXACT)


class Told(NamedTuple):
    """Moments, and what was found wrong with them."""

    points: Points
    cells: Cells


def clock_of(given: pa.Array, *, texts: bool) -> Clock:
    """How a column says when, as its type or (of CSV) its first text tells."""
    given = plain(given)
    if len(given) == given.null_count:
        return "nothing"
    if pt.is_timestamp(given.type):
        return "timestamps"
    if not pt.is_string(given.type):
        return "numbers"
    first = given.drop_null()[0] if texts else None
    is_number = first is not None and pc.match_substring_regex(first, _NUMBER).as_py()
    return "text numbers" if is_number else "texts"


def read_moments(given: pa.Array, column: str, clock: Clock, zone: tzinfo | None) -> Told:
    """Instants of a column whose type was looked at before. `zone` is that of times without one."""
    cells = Cells(Column(column, column, "datetime"), plain(given))
    with np.errstate(all="ignore"):
        points = _moments(cells, clock, zone)
    good = cells.good
    real = None if points.real is None else np.where(good, points.real, 0.0)
    seconds, nanos = np.where(good, points.seconds, 0), np.where(good, points.nanos, 0)
    return Told(Points(seconds, nanos, good, real), cells)


def _moments(cells: Cells, clock: Clock, zone: tzinfo | None) -> Points:
    if clock == "timestamps":
        return _timestamps(cells, zone)
    if clock == "texts":
        return _texts(cells, zone)
    if clock in ("numbers", "text numbers"):
        return _numbers(cells, texts=clock == "text numbers")
    count = len(cells.given)
    return Points(np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.bool_))


def _timestamps(cells: Cells, zone: tzinfo | None) -> Points:
    factor = _UNITS[cells.given.type.unit]
    counts = as_numpy(cells.given.cast(pa.int64()))
    seconds = counts // factor
    cells.refuse((seconds < FIRST_SECOND) | (seconds > LAST_SECOND), _OUTSIDE)
    nanos = (counts - seconds * factor) * (10**9 // factor)
    if cells.given.type.tz is None and zone is not None:
        seconds = _localized(seconds, cells.good, cells, zone)
    return Points(seconds, nanos, cells.good)


def _texts(cells: Cells, zone: tzinfo | None) -> Points:
    texts = decodable(cells.given, cells)
    naive = as_numpy(pc.match_substring_regex(texts, _NAIVE), False) & cells.good
    if zone is not None and naive.any():
        marked = pc.if_else(pa.array(naive), pc.binary_join_element_wise(texts, "Z", ""), texts)
        found = iso.read(marked, cells.good)
    else:
        found = iso.read(texts, cells.good)
    _explain(cells, ~found.ok, naive if zone is not None else np.zeros(len(naive), np.bool_))
    seconds = found.seconds
    if zone is not None and naive.any():
        seconds = _localized(seconds, naive & cells.good, cells, zone)
    return Points(seconds, found.nanos, cells.good)


def _explain(cells: Cells, wrong: Mask, naive: Mask) -> None:
    """Why texts are no instants."""
    reasons = dict[str, tuple[str, list[int]]]()
    for row in np.flatnonzero(wrong & cells.good).tolist():
        text = cells.given[row].as_py()
        reason, fix = iso.why(text + "Z" if naive[row] else text)
        if "no time zone" in reason:
            fix = f"{fix} {_SAY_WHICH}"
        reasons.setdefault(reason, (fix, []))[1].append(row)
    for reason, (fix, rows) in reasons.items():
        cells.refuse_rows(rows, reason, fix)


def _localized(seconds: iso.Ints, here: Mask, cells: Cells, zone: tzinfo) -> iso.Ints:
    """Instants of the wall clock times among them."""
    rows = np.flatnonzero(here)
    local = localized(seconds[rows], zone)
    moved = seconds.copy()
    moved[rows] = local.seconds
    twice, never = np.zeros((2, len(seconds)), np.bool_)
    twice[rows], never[rows] = local.twice, local.never
    which = "Give it with its offset, as in 2013-11-03T01:30:00-04:00."
    cells.refuse(twice, f"The clocks of {zone} showed this time twice.", which)
    cells.refuse(never, f"The clocks of {zone} skipped this time.", which)
    cells.refuse((moved < FIRST_SECOND) | (moved > LAST_SECOND), _OUTSIDE)
    return moved


def _numbers(cells: Cells, *, texts: bool) -> Points:
    _refuse_dates(cells, texts=texts)
    _refuse_infinite(cells, "instant")
    given = only(cells.given, cells.good)
    if pt.is_integer(given.type):
        given = given.cast(pa.float64(), safe=False)
    numbers = as_numpy(read_float(given, cells, texts=texts))
    size = np.abs(numbers)
    for unit, factor in _TOO_FINE:
        wrong = (size >= LAST_SECOND + 1) & (size / factor <= LAST_SECOND)
        reason = f"It looks like {unit}, and times are in seconds since 1970: as seconds it is after the year 9999."
        cells.refuse(wrong, reason, f"Divide it by {factor:,}, or convert it to timestamps with a zone.")
    cells.refuse((numbers < FIRST_SECOND) | (numbers >= LAST_SECOND + 1), _OUTSIDE)
    return points_of_reals(numbers, cells.good)


def _refuse_dates(cells: Cells, *, texts: bool) -> None:
    """Whole numbers such as 20130101 are dates: as seconds they were all of August and September 1970."""
    given = cells.given
    if texts:
        given = pc.if_else(pc.match_substring_regex(given, r"\A[0-9]{8}\z"), given, "0").cast(pa.int64())
    if not pt.is_integer(given.type):
        return
    numbers = as_numpy(given).astype(np.int64)
    years, months, days = numbers // 10_000, numbers // 100 % 100, numbers % 100
    is_date = (years >= 1900) & (years <= 2100) & (months >= 1) & (months <= 12) & (days >= 1) & (days <= 31)
    fix = "Convert it to timestamps with a zone."
    cells.refuse(is_date, "It looks like a date written as a number, and times are in seconds since 1970.", fix)


def plain(given: Any) -> pa.Array:
    """The column as one array, texts as `string` and codes as what they stand for."""
    if isinstance(given, pa.ChunkedArray):
        given = given.combine_chunks()
    if pt.is_dictionary(given.type):
        given = given.dictionary_decode()
    is_text = pt.is_large_string(given.type) or pt.is_string_view(given.type)
    return given.cast(pa.string()) if is_text else given
