"""A source: rows that can be read again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import pyarrow as pa

from reconciler.records.sources.chunk import Chunk, Piece, gather

CHUNK_ROWS = 20_000
"""How many rows are checked, encoded, sent and acknowledged as one."""


@dataclass(frozen=True, slots=True)
class Source:
    """Rows to be ingested. Closing it removes what was spooled.

    `rows` is how many there are, where that is known before reading. `texts` says that every value is a text to be
    parsed, as in CSV. `schema` names the columns, with their types as far as they are known: sources of Python values
    (iterables, JSON Lines, object columns of pandas) find a type for each chunk.
    """

    name: str
    schema: pa.Schema
    pieces: Callable[[], Iterator[Piece]]
    rows: int | None = None
    texts: bool = False
    chunk_rows: int = CHUNK_ROWS
    closing: Callable[[], None] = lambda: None

    def chunks(self) -> Iterator[Chunk]:
        """All rows from the first, `chunk_rows` at a time; the same chunks whenever it is called.

        Raises `Invalid` where a file cannot be read any further, or has changed since the source was opened.
        """
        return gather(self.pieces(), self.chunk_rows)

    def close(self) -> None:
        """Remove what was spooled. The source cannot be read any more."""
        self.closing()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
