"""Records cut by event time: into hours for Glue, into days for Iceberg, with the latest second of each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

HOUR, DAY = 13, 10
"""So much of YYYY-MM-DDTHH:MM:SS names an hour or a day."""
_SECOND = 19
_FIRST, _LAST = -62_167_219_200, 253_402_300_799
"""The years 0000 to 9999 in epoch seconds."""
_CYCLE_S, _CYCLE_YEARS = 146_097 * 86_400, 400
"""After 400 years the calendar begins anew: Python knows no year 0."""


class Slice(NamedTuple):
    """Records of one hour or day."""

    key: str
    """YYYY-MM-DDTHH or YYYY-MM-DD."""
    latest: str
    """The latest event time as file names have it, YYYYMMDDTHHMMSSZ."""
    rows: pa.Table


def slices(table: pa.Table, event_time: str, size: int) -> Iterator[Slice]:
    """Sorted by event time, by the second; records of one second stay in their order."""
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.compute as pc  # noqa: PLC0415

    seconds = _seconds(table[event_time])
    order = pc.sort_indices(seconds)
    seconds, table = seconds.take(order), table.take(order).combine_chunks()
    keys = pc.utf8_slice_codeunits(seconds, 0, size)
    runs = pc.run_end_encode(keys)
    start = 0
    for key, end in zip(runs.values.to_pylist(), pa.array(runs.run_ends).to_pylist(), strict=True):
        latest = seconds[end - 1].as_py()
        yield Slice(key, latest.replace("-", "").replace(":", "") + "Z", table.slice(start, end - start))
        start = end


def _seconds(event_times: pa.ChunkedArray) -> pa.Array:
    """YYYY-MM-DDTHH:MM:SS of each."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    if pa.types.is_string(event_times.type):
        return pc.utf8_slice_codeunits(event_times, 0, _SECOND).combine_chunks()
    whole = pc.floor(event_times)
    # A double next to the end of the year 9999 is the beginning of a year that there is not.
    whole = pc.max_element_wise(pc.min_element_wise(whole, float(_LAST)), float(_FIRST))
    encoded = pc.dictionary_encode(pc.cast(whole, pa.int64()).combine_chunks())
    return pa.array([_text(second) for second in encoded.dictionary.to_pylist()]).take(encoded.indices)


def _text(second: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second + (0 if second >= 0 else _CYCLE_S * 5))
    year = moment.year - (0 if second >= 0 else _CYCLE_YEARS * 5)
    return f"{year:04d}{moment:-%m-%dT%H:%M:%S}"
