"""The moments of labels as what engines compare event times with: a threshold for each label, worked out beforehand.

An event is a candidate where `event <= at` (where `strict`: `event < at`), and is not stale where `event >= oldest`.
Both hold to the letter although texts count nanoseconds and numbers are doubles: a moment that the event's type cannot
hold is moved to the neighbour that changes no comparison. Whole columns at a time, and exact.
"""

from __future__ import annotations

import math
from datetime import timedelta
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa

from reconciler.datasets.question import NANOS, REAL, ROW, SECONDS, Question, arrow_type
from reconciler.records.checking import iso
from reconciler.records.checking.cells import Mask, as_numpy, validity
from reconciler.records.limits import FIRST_SECOND

Ints: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Reals: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

AT_TEXT, AT_REAL, AT_MICROS = "at_text", "at_real", "at_micros"
WIDTH = 30
"""Characters of an instant as `fixed_width` writes it."""

_BILLION, _MILLION = 1_000_000_000, 1_000_000
_SPLIT = 2.0**27 + 1
_PART = 1 << 20


def oldest_text_name(join: int) -> str:
    """The threshold of a join with a maximum age whose event times are texts."""
    return f"oldest_text_{join}"


def oldest_real_name(join: int) -> str:
    """The threshold of a join with a maximum age whose event times are numbers."""
    return f"oldest_real_{join}"


class Points(NamedTuple):
    """Moments as numbers: `seconds` since 1970 and `nanos`, rounded down; `real` where they were given as doubles.

    Where not `known`, there is no moment, and the numbers mean nothing.
    """

    seconds: Ints
    nanos: Ints
    known: Mask
    real: Reals | None = None


class Instants(NamedTuple):
    """Seconds since 1970, and nanoseconds from 0 to 999,999,999."""

    seconds: Ints
    nanos: Ints


def threshold_schema(question: Question) -> pa.Schema:
    """The columns of `thresholds`: only those that some join compares with."""
    found: list[tuple[str, Any]] = [(ROW, pa.int64())]
    found += [(f"key_{n}", arrow_type(key.type)) for n, key in enumerate(question.keys)]
    if any(not join.counts_seconds for join in question.joins):
        found.append((AT_TEXT, pa.string()))
    if any(join.counts_seconds for join in question.joins):
        found.append((AT_REAL, pa.float64()))
    if question.known_at:
        found.append((AT_MICROS, pa.int64()))
    for number, join in enumerate(question.joins):
        if join.max_age is not None:
            name = oldest_real_name(number) if join.counts_seconds else oldest_text_name(number)
            found.append((name, pa.float64() if join.counts_seconds else pa.string()))
    return pa.schema(found)


def thresholds(question: Question, moments: pa.Table) -> pa.Table:
    """What SQL compares with, a row for each label: `row`, `key_n`, and null thresholds where there is no moment.

    `at_text`: as `fixed_width`; of moments between two nanoseconds the earlier one, where `strict` the later.
    `at_real`: the greatest double at or before the moment, where `strict` the smallest at or after it.
    `at_micros` (only `known_at`): microseconds since 1970, rounded down; rows count that were received at or before it.
    `oldest_text_n`, `oldest_real_n` (only for joins with a maximum age): the first instant that is not too old; texts
    not before the year 1.
    """
    schema = threshold_schema(question)
    parts = moments.to_batches(max_chunksize=_PART)  # a column of texts holds two gigabytes
    return pa.Table.from_batches([_thresholds(question, part, schema) for part in parts], schema)


def _thresholds(question: Question, moments: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    points = points_of(moments)
    columns = [_threshold(name, question, points, moments) for name in schema.names]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _threshold(name: str, question: Question, points: Points, moments: pa.RecordBatch) -> Any:
    if name == AT_TEXT:
        return fixed_width(*at_instants(points, strict=question.strict), points.known)
    if name == AT_REAL:
        return _array(at_reals(points, strict=question.strict), points.known)
    if name == AT_MICROS:
        return _array(at_micros(points), points.known)
    for number, join in enumerate(question.joins):
        if join.max_age is not None and name == oldest_text_name(number):
            return fixed_width(*oldest_instants(points, join.max_age), points.known)
        if join.max_age is not None and name == oldest_real_name(number):
            return _array(oldest_reals(points, join.max_age), points.known)
    return moments[name]


def points_of(moments: pa.Table | pa.RecordBatch) -> Points:
    """The moments of a table or a batch as numbers."""
    seconds, nanos = (flat(moments[name]) for name in (SECONDS, NANOS))
    real = flat(moments[REAL]) if REAL in moments.schema.names else None
    return Points(
        as_numpy(seconds),
        as_numpy(nanos).astype(np.int64),
        validity(seconds),
        None if real is None else as_numpy(real, 0.0),
    )


def points_of_reals(reals: Reals, known: Mask) -> Points:
    """Doubles of seconds since 1970 as points. Those that are known lie within the years 1 to 9999."""
    real = np.where(known, reals, 0.0) + 0.0  # of -0.0 it makes 0.0
    whole = np.trunc(real)
    product, error = _product(real - whole, float(_BILLION))
    nanos = np.floor(product)
    nanos -= (nanos == product) & (error < 0)
    return Points(*_carried(whole.astype(np.int64), nanos.astype(np.int64)), known, real)


def at_instants(points: Points, *, strict: bool) -> Instants:
    """Thresholds for events that are texts: moments between two nanoseconds become one of them."""
    if points.real is None or not strict:
        return Instants(points.seconds, points.nanos)
    return _carried(points.seconds, points.nanos + _is_between(points))


def at_reals(points: Points, *, strict: bool) -> Reals:
    """Thresholds for events that are doubles: moments between two doubles become one of them."""
    if points.real is not None:
        return points.real
    return _least_real(points) if strict else _greatest_real(points)


def at_micros(points: Points) -> Ints:
    """Thresholds for the service's own times, in microseconds since 1970."""
    return points.seconds * _MILLION + points.nanos // 1000


def oldest_instants(points: Points, max_age: timedelta) -> Instants:
    """The first nanosecond that is not older than the maximum age, and not before the year 1."""
    days, micros = _parts(max_age)
    later = at_instants(points, strict=True)
    seconds, nanos = _carried(later.seconds - days, later.nanos - micros * 1000)
    early = seconds < FIRST_SECOND
    return Instants(np.where(early, FIRST_SECOND, seconds), np.where(early, 0, nanos))


def oldest_reals(points: Points, max_age: timedelta) -> Reals:
    """The smallest double that is not older than the maximum age."""
    age, micros = _parts(max_age)
    seconds, nanos = _carried(points.seconds - age, points.nanos - micros * 1000)
    if points.real is None:
        return _least_real(points._replace(seconds=seconds, nanos=nanos))
    if not micros:
        return _difference(points.real, float(age))
    found = _least_real(Points(seconds, nanos, points.known))
    for row in np.flatnonzero(_is_between(points) & points.known).tolist():
        found[row] = _least_of(Fraction(float(points.real[row])) - age - Fraction(micros, _MILLION))
    return found


def fixed_width(seconds: Any, nanos: Any, known: Mask | None = None) -> pa.Array:
    """Instants as texts of one width, `2024-01-01T00:00:00.000000000Z`, whose order is that of time.

    Takes integers of numpy or Arrow, of the years 1 to 9999; null where they are null or not `known`.
    """
    seconds, nanos = flat(seconds), flat(nanos)
    if isinstance(seconds, pa.Array):
        known = validity(seconds) & validity(nanos) & (True if known is None else known)
        seconds, nanos = as_numpy(seconds), as_numpy(nanos)
    nanos = nanos.astype(np.int64)
    if known is not None and not known.all():
        seconds, nanos = np.where(known, seconds, 0), np.where(known, nanos, 0)
    texts = iso.fixed(seconds, nanos)
    if known is None or known.all():
        return texts
    buffers = [pa.array(known).buffers()[1], *texts.buffers()[1:]]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers)


def of_fixed_width(texts: Any) -> tuple[pa.Array, pa.Array]:
    """Seconds (int64) and nanoseconds (int32) of what `fixed_width` wrote; null where there is none."""
    whole = flat(texts).cast(pa.string())
    found = iso.read(whole, validity(whole))
    return _array(found.seconds, found.ok), _array(found.nanos.astype(np.int32), found.ok)


def _greatest_real(points: Points) -> Reals:
    """The greatest doubles that are not after the instants."""
    found = _nearest(points)
    after = _compared(found, points) > 0
    return np.where(after, np.nextafter(found, -np.inf), found) + 0.0


def _least_real(points: Points) -> Reals:
    """The smallest doubles that are not before the instants."""
    found = _nearest(points)
    before = _compared(found, points) < 0
    return np.where(before, np.nextafter(found, np.inf), found) + 0.0


def _nearest(points: Points) -> Reals:
    """Doubles next to the instants. Both parts have the sign of the whole, so that nothing cancels."""
    whole, part = _toward_zero(points)
    found: Reals = whole + part / _BILLION
    return found


def _toward_zero(points: Points) -> tuple[Reals, Reals]:
    """Whole seconds, and nanoseconds of the same sign."""
    up = (points.seconds < 0) & (points.nanos > 0)
    part = np.where(up, points.nanos - _BILLION, points.nanos)
    return (points.seconds + up).astype(np.float64), part.astype(np.float64)


def _compared(reals: Reals, points: Points) -> Reals:
    """Below, at or above 0 where the doubles lie before, at or after the instants, to the letter.

    What a product is rounded to lies on the same side of a whole number as the product, or is that number.
    """
    whole, part = _toward_zero(points)
    truncated = np.trunc(reals)
    product, error = _product(reals - truncated, float(_BILLION))
    aim = part - (truncated - whole) * _BILLION
    return np.where(product == aim, error, product - aim)


def _is_between(points: Points) -> Mask:
    """Whether a moment given as a double lies between two nanoseconds."""
    if points.real is None:
        return np.zeros(len(points.seconds), np.bool_)
    product, error = _product(points.real - np.trunc(points.real), float(_BILLION))
    found: Mask = (np.floor(product) != product) | (error != 0)
    return found


def _product(reals: Reals, factor: float) -> tuple[Reals, Reals]:
    """The product as the sum of two doubles, exactly (Dekker), where it is no tiny fraction."""
    product = reals * factor
    high = reals * _SPLIT
    high = high - (high - reals)
    low = reals - high
    factor_high = factor * _SPLIT
    factor_high = factor_high - (factor_high - factor)
    factor_low = factor - factor_high
    error = low * factor_low - (((product - high * factor_high) - low * factor_high) - high * factor_low)
    return product, error


def _difference(reals: Reals, age: float) -> Reals:
    """The smallest doubles that are not before what is left of these without so many whole seconds."""
    found = reals - age
    taken = found - reals
    error = (reals - (found - taken)) - (age + taken)
    return np.where(error > 0, np.nextafter(found, np.inf), found)


def _least_of(exact: Fraction) -> float:
    found = float(exact)
    return math.nextafter(found, math.inf) if found < exact else found


def _parts(age: timedelta) -> tuple[int, int]:
    """Whole seconds, and microseconds."""
    return age.days * 86_400 + age.seconds, age.microseconds


def _carried(seconds: Ints, nanos: Ints) -> Instants:
    """With nanoseconds from 0 on."""
    more, rest = np.divmod(nanos, _BILLION)
    return Instants(seconds + more, rest)


def _array(numbers: Any, known: Mask) -> pa.Array:
    return pa.array(numbers, mask=None if known.all() else ~known)


def flat(column: Any) -> Any:
    """A column as one array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
