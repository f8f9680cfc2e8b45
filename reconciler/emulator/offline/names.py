"""The names of files: drawn from a seed, so that a flush done again names them alike."""

from __future__ import annotations

import hashlib
import string

_ALPHANUMERIC = string.digits + string.ascii_letters


def drawn(size: int, *parts: str) -> str:
    """So many alphanumeric characters, the same for the same parts."""
    number = int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest())
    text = ""
    for _ in range(size):
        number, digit = divmod(number, len(_ALPHANUMERIC))
        text += _ALPHANUMERIC[digit]
    return text


def glue(uri: str, seed: str, hour: str, latest: str) -> str:
    """In partitions by the hour (developer guide, offline store data format)."""
    year, month, rest = hour.split("-")
    day, _, hour_of_day = rest.partition("T")
    folder = f"year={year}/month={month}/day={day}/hour={hour_of_day}"
    return f"{uri}/{folder}/{latest}_{drawn(16, seed, hour)}.parquet"


def iceberg(uri: str, seed: str, event_time: str, day: str, latest: str) -> str:
    """Eight characters that spread load over S3, the day, and the name as for Glue (developer guide)."""
    return f"{uri}/{drawn(8, seed, day, 'spread')}/{event_time}_trunc={day}/{latest}_{drawn(16, seed, day)}.parquet"
