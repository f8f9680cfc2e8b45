"""A few columns of a Parquet object, read in ranges: names in any case, timestamps in any encoding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.aws.objects import Objects
from reconciler.aws.ranged import Ranged
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile


class Unreadable(ReconcilerError):
    """An object below the offline store is no Parquet file, or one without the columns that every row has."""


def open_parquet(objects: Objects, uri: str, version: str = "") -> ParquetFile:
    """The file; FileNotFoundError where it is gone, `Unreadable` where it is no Parquet."""
    return as_parquet(Ranged(objects, uri, version))


def as_parquet(source: Ranged) -> ParquetFile:
    """The file of an object that is open."""
    from pyarrow import parquet  # noqa: PLC0415 - heavy

    with readable(source.uri):
        return parquet.ParquetFile(source, pre_buffer=True)


@contextmanager
def readable(uri: str) -> Iterator[None]:
    """Raise `Unreadable` where what is read is damaged; that S3 does not give it stays what it is."""
    import pyarrow as pa  # noqa: PLC0415 - heavy

    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as error:
        raise Unreadable(f"{uri} lies among the group's files and cannot be read: {error}") from error


def named(file: ParquetFile, uri: str, columns: Sequence[str]) -> list[str]:
    """The columns by the names that this file has for them; Hive and Glue write them in lower case."""
    by_lower = {name.lower(): name for name in file.schema_arrow.names}
    missing = [name for name in columns if name.lower() not in by_lower]
    if missing:
        raise Unreadable(f"{uri} has no column {', '.join(missing)}, which every row of a feature group has.")
    return [by_lower[name.lower()] for name in columns]


def read_columns(objects: Objects, uri: str, columns: Sequence[str]) -> pa.Table:
    """These columns of an object, by the names they were asked for."""
    with open_parquet(objects, uri) as file, readable(uri):
        return file.read(named(file, uri, columns), use_threads=False).rename_columns(list(columns))


def microseconds(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """Timestamps in UTC, as microseconds since 1970, whatever unit they are in and whether they say so or not."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    whole = pc.cast(times, pa.timestamp("us", getattr(times.type, "tz", None)), safe=False)
    return whole.cast(pa.int64())


def named_in(rows: pa.Table, column: str) -> str:
    """The name that a table has for a column, in whatever case."""
    names: list[str] = rows.column_names
    return next(name for name in names if name.lower() == column.lower())
