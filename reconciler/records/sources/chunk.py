"""Chunks: a fixed number of rows in columns, and where each of them stands in what the user gave."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self, TypeAlias

import numpy as np
import pyarrow as pa

from reconciler.records.faults import RowFault
from reconciler.records.sources.batches import one_batch

Lines: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table or a file without lines, counted from 0: `row 17`, `part-3.parquet row 17`."""

    label: str
    first: int

    def __call__(self, row: int) -> str:
        """The place of a row of the piece."""
        return f"{self.label} row {self.first + row}".lstrip()

    def skip(self, rows: int) -> Rows:
        """The same places without the first rows."""
        return Rows(self.label, self.first + rows)


@dataclass(frozen=True, slots=True, eq=False)
class FileLines:
    """Rows of a text file by the line they begin in, counted from 1: `weather.csv:18`."""

    label: str
    lines: Lines

    def __call__(self, row: int) -> str:
        """The place of a row of the piece."""
        return f"{self.label}:{self.lines[row]}"

    def skip(self, rows: int) -> FileLines:
        """The same places without the first rows."""
        return FileLines(self.label, self.lines[rows:])


class Finder(Protocol):
    """Where rows stand: a row of the piece to its place."""

    def __call__(self, row: int, /) -> str: ...

    def skip(self, rows: int, /) -> Self: ...


class Piece(NamedTuple):
    """Some rows as they were read. `faults` count rows from the first of the piece."""

    batch: pa.RecordBatch
    places: Finder
    faults: tuple[RowFault, ...] = ()

    def part(self, first: int, rows: int) -> Piece:
        """Some of its rows."""
        faults = tuple(f._replace(row=f.row - first) for f in self.faults if first <= f.row < first + rows)
        return Piece(self.batch.slice(first, rows), self.places.skip(first), faults)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the rows of a chunk stand, over all the pieces it is made of."""

    starts: Sequence[int]
    places: Sequence[Finder]

    def __call__(self, row: int) -> str:
        """`weather.csv:18` for a row of the chunk."""
        piece = bisect_right(self.starts, row) - 1
        return self.places[piece](row - self.starts[piece])


class Chunk(NamedTuple):
    """The next rows of a source. `first_row` counts over the whole input, `place` takes a row of this chunk.

    Rows that could not be read (a ragged line, broken JSON) are rows of `batch` like any other, with nulls where
    nothing could be had, and `faults` says what is wrong with them: `row` counts within the chunk, `place` is filled
    in, `feature` is empty where the row as a whole is at fault. A caller adds `faults` to those of the check, less
    what the nulls cause: `[*chunk.faults, *unnamed(chunk, checked.faults)]`.
    """

    number: int
    first_row: int
    batch: pa.RecordBatch
    place: Callable[[int], str]
    faults: tuple[RowFault, ...] = ()


def unnamed(chunk: Chunk, faults: Iterable[RowFault]) -> list[RowFault]:
    """The faults of a check, rows counted within the chunk, that the source has not named already."""
    if not chunk.faults:
        return list(faults)
    named = {(fault.row, fault.feature) for fault in chunk.faults}
    return [fault for fault in faults if not {(fault.row, ""), (fault.row, fault.feature)} & named]


def gather(pieces: Iterable[Piece], chunk_rows: int) -> Iterator[Chunk]:
    """Chunks of exactly so many rows, but for the last, out of pieces of any size. No rows, no chunks."""
    number, waiting, rows = 0, list[Piece](), 0
    for piece in pieces:
        taken, size = 0, piece.batch.num_rows
        while rows + size - taken >= chunk_rows:
            part = piece.part(taken, chunk_rows - rows)
            yield _chunk(number, number * chunk_rows, [*waiting, part])
            taken += chunk_rows - rows
            number, waiting, rows = number + 1, [], 0
        if taken < size:
            waiting.append(piece.part(taken, size - taken))
            rows += size - taken
    if waiting:
        yield _chunk(number, number * chunk_rows, waiting)


def _chunk(number: int, first_row: int, pieces: list[Piece]) -> Chunk:
    starts, faults, row = [], list[RowFault](), 0
    for piece in pieces:
        starts.append(row)
        faults += [f._replace(row=f.row + row, place=f.place or piece.places(f.row)) for f in piece.faults]
        row += piece.batch.num_rows
    place = Places(starts, [piece.places for piece in pieces])
    return Chunk(number, first_row, one_batch([piece.batch for piece in pieces]), place, tuple(faults))
