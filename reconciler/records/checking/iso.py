"""ISO-8601 instants, whole columns at a time: read into seconds and nanoseconds since 1970, and written from them.

Texts of one length are looked at as a matrix of bytes, a column of it for each position.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from reconciler.records.checking.buffers import Bytes, data, offsets, texts_of
from reconciler.records.checking.cells import Mask
from reconciler.records.limits import FIRST_SECOND, LAST_SECOND

Ints = np.ndarray[Any, np.dtype[np.signedinteger[Any]]]

_DIGITS = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18]
_DAY = 86_400
_LENGTHS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
_TWO = np.frombuffer("".join(f"{n:02}" for n in range(100)).encode(), np.uint8).reshape(100, 2)
_TENS = 10 ** np.arange(9, -1, -1, dtype=np.int64)
_SHORTEST, _LONGEST = 20, 19 + 10 + 6
_MILLION = 1_000_000
_SHAPE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)([.]\d+)?(Z|[+-]\d\d:?(?:\d\d)?)?)?",
    re.IGNORECASE | re.ASCII,
)


class Instants(NamedTuple):
    """Where `ok`: seconds since 1970 and nanoseconds. `aws` marks texts in a form that AWS documents, `canonical` the
    shortest of these: a literal T and Z, and 0, 3 or 9 decimals."""

    seconds: Ints
    nanos: Ints
    ok: Mask
    aws: Mask
    canonical: Mask


def read(texts: Any, wanted: Mask) -> Instants:
    """The instants of an Arrow array of texts, as far as they are wanted."""
    count = len(texts)
    found = Instants(
        np.zeros(count, np.int64), np.zeros(count, np.int64), *(np.zeros(count, np.bool_) for _ in range(3))
    )
    bounds, bytes_ = offsets(texts), data(texts)
    lengths = np.diff(bounds)
    usable = wanted & (lengths >= _SHORTEST) & (lengths <= _LONGEST)
    for length in np.flatnonzero(np.bincount(lengths[usable], minlength=1)).tolist():
        rows = np.flatnonzero(usable & (lengths == length))
        if len(rows) == count:
            return _read(bytes_[bounds[0] : bounds[-1]].reshape(count, length))
        matrix = bytes_[bounds[rows].astype(np.int64)[:, None] + np.arange(length)]
        for into, part in zip(found, _read(matrix), strict=True):
            into[rows] = part
    return found


def written(seconds: Ints, nanos: Ints) -> Any:
    """Instants as an Arrow array of canonical text."""
    decimals = np.where(nanos == 0, 0, np.where(nanos % _MILLION == 0, 3, 9))
    kinds = np.flatnonzero(np.bincount(decimals, minlength=1)).tolist()
    if len(kinds) < 2:
        return _written(seconds, nanos, kinds[0] if kinds else 0)
    groups = [np.flatnonzero(decimals == kind) for kind in kinds]
    parts = [_written(seconds[rows], nanos[rows], kind) for rows, kind in zip(groups, kinds, strict=True)]
    order = np.empty(len(seconds), np.int64)
    order[np.concatenate(groups)] = np.arange(len(seconds))
    return pa.concat_arrays(parts).take(pa.array(order))


def fixed(seconds: Ints, nanos: Ints) -> Any:
    """Instants as an Arrow array of text with nine decimals each."""
    return _written(seconds, nanos, 9)


def why(text: str) -> tuple[str, str]:
    """What keeps one text from being an instant, and what would help."""
    found = _SHAPE.fullmatch(text.strip())
    if found is None or text != text.strip():
        return "It is no ISO-8601 instant.", "Write it like 2013-01-01T05:00:00Z."
    year, _, _, hour, _, second, fraction, zone = found.groups()
    if hour is None:
        return "It is a date without a time of day.", f"Midnight in UTC is {text}T00:00:00Z."
    if zone is None:
        return "It has no time zone, so the instant is not known.", "Add Z for UTC, or an offset like +09:00."
    if second == "60":
        return "It is a leap second, which AWS does not take.", "Use second 59, or the next minute."
    if fraction and len(fraction) > 10:
        return "It has more than nine decimals, and AWS keeps nine.", "Round it to nanoseconds."
    if year == "0000":
        return "It is outside the years 0001 to 9999.", ""
    return "There is no such instant.", "Write it like 2013-01-01T05:00:00Z."


def _read(matrix: Bytes) -> Instants:
    """Of texts of one length, 20 to 35 characters."""
    digits = matrix - np.uint8(48)
    ok: Mask = np.all(digits[:, _DIGITS] < 10, axis=1)
    ok &= (matrix[:, 4] == 45) & (matrix[:, 7] == 45) & (matrix[:, 13] == 58) & (matrix[:, 16] == 58)
    between = matrix[:, 10]
    ok &= (between == 84) | (between == 116) | (between == 32)
    year = _number(digits, 0, 4)
    month, day, hour, minute, second = (_number(digits, at, 2) for at in (5, 8, 11, 14, 17))
    ok &= (year >= 1) & (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    leap: Mask = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    month = np.where(ok, month, 1)
    ok &= (day >= 1) & (day <= _LENGTHS[month]) & ((day < 29) | (month != 2) | leap)
    nanos, offset, has_tail, is_z, decimals = _tails(matrix, digits)
    ok &= has_tail
    seconds = _days(year, month, day).astype(np.int64) * _DAY
    seconds += hour * 3600 + minute * 60 + second - offset
    ok &= (seconds >= FIRST_SECOND) & (seconds <= LAST_SECOND)
    aws = ok & is_z & (between == 84) & ((decimals == 0) | (decimals == 3) | (decimals == 9))
    least = np.where(nanos == 0, 0, np.where(nanos % _MILLION == 0, 3, 9))
    return Instants(np.where(ok, seconds, 0), np.where(ok, nanos, 0), ok, aws, aws & (decimals == least))


def _tails(matrix: Bytes, digits: Bytes) -> tuple[Ints, Ints, Mask, Mask, Ints]:
    """What follows the seconds: nanoseconds, the offset in seconds, whether it is right, whether Z, the decimals."""
    count, length = matrix.shape
    nanos, offset, decimals = (np.zeros(count, np.int64) for _ in range(3))
    last = matrix[:, -1]
    capital: Mask = last == 90
    zulu: Mask = capital | (last == 122)
    ok = zulu & _fraction(matrix, digits, length - 1, nanos, decimals, zulu)
    for size in (6, 5, 3):
        at = length - size
        if at < 19 or zulu.all():
            continue
        sign = matrix[:, at]
        here = ~zulu & ~ok & ((sign == 43) | (sign == 45)) & (digits[:, at + 1 : at + 3] < 10).all(axis=1)
        if size > 3:
            here &= (digits[:, -2:] < 10).all(axis=1)
        if size == 6:
            here &= matrix[:, -3] == 58
        hours = _number(digits, at + 1, 2)
        minutes = _number(digits, length - 2, 2) if size > 3 else np.zeros(count, np.int64)
        here &= (hours < 24) & (minutes < 60)
        here &= _fraction(matrix, digits, at, nanos, decimals, here)
        offset = np.where(here, (hours * 3600 + minutes * 60) * np.where(sign == 45, -1, 1), offset)
        ok |= here
    return nanos, offset, ok, capital, decimals


def _fraction(matrix: Bytes, digits: Bytes, end: int, nanos: Ints, decimals: Ints, here: Mask) -> Mask:
    """Whether 19 to `end` is nothing or a point and one to nine digits; their value goes into `nanos`, where here."""
    if end == 19:
        return np.ones(len(matrix), np.bool_)
    size = end - 20
    if not 1 <= size <= 9:
        return np.zeros(len(matrix), np.bool_)
    ok: Mask = (matrix[:, 19] == 46) & (digits[:, 20:end] < 10).all(axis=1)
    into = ok & here
    if into.any():
        nanos[into] = _number(digits, 20, size)[into] * 10 ** (9 - size)
        decimals[into] = size
    return ok


def _number(digits: Bytes, at: int, size: int) -> Ints:
    """The number that is written there; nothing useful where there are no digits."""
    value = digits[:, at].astype(np.int32)
    for index in range(at + 1, at + size):
        value *= 10
        value += digits[:, index]
    return value


def _days(year: Ints, month: Ints, day: Ints) -> Ints:
    """Since 1970. A year is counted from March, so that the leap day is its last."""
    early = month <= 2
    year = year - early
    month = month + np.where(early, 9, -3)
    return year * 365 + year // 4 - year // 100 + year // 400 + (month * 153 + 2) // 5 + day - 719_469


def _date(days: Ints) -> tuple[Ints, Ints, Ints]:
    day = days + 719_468
    era, day = day // 146_097, day % 146_097
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= year * 365 + year // 4 - year // 100
    month = (day * 5 + 2) // 153
    day -= (month * 153 + 2) // 5 - 1
    late = month < 10
    return year + era * 400 + ~late, month + np.where(late, 3, -9), day


def _written(seconds: Ints, nanos: Ints, decimals: int) -> Any:
    width = 20 + (decimals + 1 if decimals else 0)
    matrix = np.empty((len(seconds), width), np.uint8)
    matrix[:] = np.frombuffer(b"0000-00-00T00:00:00.000000000"[: width - 1] + b"Z", np.uint8)
    days = seconds // _DAY
    matrix[:, :10] = _dates(days)
    matrix[:, 11:19] = _clock()[seconds - days * _DAY]
    for index in range(decimals):
        matrix[:, 20 + index] = nanos // _TENS[index + 1] % 10 + 48
    return texts_of(matrix)


def _dates(days: Ints) -> Bytes:
    """YYYY-MM-DD of each day. The days of a chunk are few as a rule: each is then written once."""
    first, last = (int(days.min()), int(days.max())) if len(days) else (0, 0)
    if last - first >= len(days):
        return _date_texts(days)
    written: Bytes = _date_texts(np.arange(first, last + 1))[days - first]
    return written


def _date_texts(days: Ints) -> Bytes:
    year, month, day = _date(days)
    texts = np.full((len(days), 10), ord("-"), np.uint8)
    for at, part in ((0, year // 100), (2, year % 100), (5, month), (8, day)):
        texts[:, at : at + 2] = _TWO[part]
    return texts


@cache
def _clock() -> Bytes:
    """HH:MM:SS of each second of a day."""
    rest = np.arange(_DAY)
    texts = np.full((_DAY, 8), ord(":"), np.uint8)
    for at, part in ((0, rest // 3600), (3, rest // 60 % 60), (6, rest % 60)):
        texts[:, at : at + 2] = _TWO[part]
    return texts
