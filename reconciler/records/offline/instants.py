"""Event times as instants: whole seconds since 1970 and nanoseconds, a column at a time.

The same instant may be written in several ways (`...:00Z`, `...:00.000Z`); as numbers there is only one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

SECONDS, NANOS = "seconds", "nanos"
_ISO = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$"
_HOUR_S, _DAY_S = 3600, 86_400


def instants(times: pa.Array | pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Seconds (int64) and nanoseconds (int32) of a column of ISO-8601 texts or of numbers; null where it is neither."""
    import pyarrow as pa  # noqa: PLC0415 - heavy

    column = times.combine_chunks() if isinstance(times, pa.ChunkedArray) else times
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return _of_numbers(column)
    return _of_texts(column.cast(pa.string()))


def _of_texts(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    fits = pc.match_substring_regex(texts, _ISO)
    texts = pc.if_else(fits, texts, pa.scalar(None, pa.string()))
    whole = pc.utf8_slice_codeunits(texts, 0, 19)
    seconds = pc.strptime(whole, format="%Y-%m-%dT%H:%M:%S", unit="s", error_is_null=True).cast(pa.int64())
    fraction = pc.utf8_rtrim(pc.utf8_slice_codeunits(texts, 20, 30), characters="Z")
    return seconds, pc.utf8_rpad(fraction, width=9, padding="0").cast(pa.int32())


def _of_numbers(numbers: pa.Array) -> tuple[pa.Array, pa.Array]:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    doubles = numbers.cast(pa.float64())
    doubles = pc.if_else(pc.is_finite(doubles), doubles, pa.scalar(None, pa.float64()))
    whole = pc.floor(doubles)
    nanos = pc.round(pc.multiply(pc.subtract(doubles, whole), 1e9))
    return whole.cast(pa.int64()), nanos.cast(pa.int32())


def hours(seconds: pa.Array) -> pa.Array:
    """The hour of each, counted from 1970."""
    return _floored(seconds, _HOUR_S)


def days(seconds: pa.Array) -> pa.Array:
    """The day of each, counted from 1970."""
    return _floored(seconds, _DAY_S)


def _floored(seconds: pa.Array, size: int) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415

    return pa.array(seconds.to_numpy(zero_copy_only=False) // size)


def hour_folder(hour: int) -> str:
    """year=YYYY/month=MM/day=DD/hour=HH/ of an hour counted from 1970."""
    text = _text(hour * _HOUR_S)
    return f"year={text[:4]}/month={text[5:7]}/day={text[8:10]}/hour={text[11:13]}/"


def day_text(day: int) -> str:
    """YYYY-MM-DD of a day counted from 1970."""
    return _text(day * _DAY_S)[:10]


def iso(seconds: int, nanos: int = 0) -> str:
    """ISO-8601 in UTC, as short as loses nothing."""
    fraction = f"{nanos:09d}".rstrip("0")
    return f"{_text(seconds)}{'.' if fraction else ''}{fraction}Z"


def _text(seconds: int) -> str:
    import numpy as np  # noqa: PLC0415 - Python's own calendar begins with the year 1

    return str(np.datetime64(seconds, "s"))
