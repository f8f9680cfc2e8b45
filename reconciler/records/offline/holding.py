"""Which objects hold rows of some record identifiers? The identifiers are all that is read of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from reconciler.aws.objects import Objects
from reconciler.errors import AwsFailed
from reconciler.records.offline.looking import THREADS
from reconciler.records.offline.reading import Unreadable, named, open_parquet, readable

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

T = TypeVar("T")


class Wanted:
    """The record identifiers of an erasure, by the column they are in. They are compared as text."""

    def __init__(self, column: str, ids: Iterable[str]) -> None:
        self.column = column
        self.ids = tuple(dict.fromkeys(ids))

    @cached_property
    def _texts(self) -> pa.Array:
        import pyarrow as pa  # noqa: PLC0415 - heavy

        return pa.array(self.ids, pa.string())

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The identifiers that are whole numbers."""
        return tuple(int(text) for text in self.ids if text.removeprefix("-").isdecimal())

    def among(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """Which values are wanted: a mask without nulls."""
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.compute as pc  # noqa: PLC0415

        return pc.is_in(values.cast(pa.string()), value_set=self._texts, skip_nulls=True)

    def may_be_within(self, least: Any, greatest: Any) -> bool:
        """Whether one may be between two values of the column's own type; where they are not known, it may."""
        if isinstance(least, bytes):  # cut short, maybe, and within a character
            return any(least <= text.encode() <= greatest for text in self.ids)
        if isinstance(least, str):
            return any(least <= text <= greatest for text in self.ids)
        if isinstance(least, int):
            return any(least <= number <= greatest for number in self.numbers)
        return True


class Held(NamedTuple):
    """An object, and how many wanted rows it holds; or why nobody could say."""

    uri: str
    rows: int = 0
    unreadable: str = ""
    version: str = ""


def held_in(objects: Objects, wanted: Wanted, uri: str, version: str = "") -> Held:
    """What one Parquet object holds. An object that is gone holds nothing."""
    try:
        with open_parquet(objects, uri, version) as file:
            return Held(uri, _count(file, uri, wanted), version=version)
    except FileNotFoundError:
        return Held(uri, version=version)
    except Unreadable as unreadable:
        return Held(uri, unreadable=str(unreadable), version=version)
    except AwsFailed as failed:
        return Held(uri, unreadable=f"{failed.code}: {failed.message}", version=version)


def held(objects: Objects, wanted: Wanted, uris: Iterable[str]) -> Iterator[Held]:
    """Those of the objects that hold something, or may."""
    found = in_parallel(lambda uri: held_in(objects, wanted, uri), uris)
    return (one for one in found if one.rows or one.unreadable)


def in_parallel(do: Callable[[Any], T], things: Iterable[Any]) -> Iterator[T]:
    """What is done with each, in order, several at a time; only so many are taken ahead."""
    from collections import deque  # noqa: PLC0415

    with ThreadPoolExecutor(THREADS) as pool:
        waiting: deque[Any] = deque()
        for thing in things:
            waiting.append(pool.submit(do, thing))
            if len(waiting) > 2 * THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _count(file: ParquetFile, uri: str, wanted: Wanted) -> int:
    import pyarrow.compute as pc  # noqa: PLC0415

    column = named(file, uri, [wanted.column])[0]
    groups = candidates(file, column, wanted)
    if not groups:
        return 0
    with readable(uri):
        ids = file.read_row_groups(groups, columns=[column], use_threads=False)[column]
    return int(pc.sum(wanted.among(ids)).as_py() or 0)


def candidates(file: ParquetFile, column: str, wanted: Wanted) -> Sequence[int]:
    """The row groups that may hold some, as far as Parquet's own statistics can say."""
    place = file.schema_arrow.names.index(column)
    metadata = file.metadata
    return [number for number in range(metadata.num_row_groups) if _may_hold(metadata, number, place, wanted)]


def _may_hold(metadata: Any, number: int, place: int, wanted: Wanted) -> bool:
    statistics = metadata.row_group(number).column(place).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return wanted.may_be_within(statistics.min, statistics.max)
