"""Everything that is wrong with an input: counted, its first lines kept, all of it written to a file."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

from reconciler.records.faults import RowFault, RowsRefused

KEPT = 100
"""So many faults are kept to be shown; the file has all of them."""

_MOST_KINDS = 10_000


class Kind(NamedTuple):
    """Faults of one reason in one feature: how many, and the first of them."""

    first: RowFault
    number: int


def faults_file(folder: Path) -> Path:
    """Where the faults of an input go that nobody named a file for."""
    return folder / f"faults-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.csv"


class FaultTable:
    """The faults of an input, in the order they are added.

    The file is made with the first fault; without one there is none. Its columns are those of `RowFault`; `row` counts
    from 0, and is empty where a column is at fault as a whole.
    """

    def __init__(self, file: Path | None = None, keep: int = KEPT) -> None:
        self.kept: list[RowFault] = []
        self.count = 0
        self._file, self._keep = file, keep
        self._open: IO[str] | None = None
        self._writer: Any = None
        self._seen = bytearray()
        self._rows = 0
        self._columns = 0
        self._kinds: dict[tuple[str, str], RowFault] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def rows(self) -> int:
        """How many rows have a fault."""
        return self._rows

    @property
    def columns(self) -> int:
        """How many faults are about columns: such an input cannot be used at all, not even its good rows."""
        return self._columns

    @property
    def file(self) -> Path | None:
        """The file with every fault, if there is any."""
        return self._file if self.count else None

    def add(self, faults: Iterable[RowFault]) -> None:
        """Take faults whose rows count over the whole input: `checked.faults.at(chunk.first_row, chunk.place)`."""
        for fault in faults:
            self.count += 1
            self._count_row(fault.row)
            kind = (fault.feature, fault.reason)
            if kind in self._kinds or len(self._kinds) < _MOST_KINDS:
                self._kinds.setdefault(kind, fault)
                self._counts[kind] += 1
            if len(self.kept) < self._keep:
                self.kept.append(fault)
            if self._file is not None:
                self._write(fault)

    def kinds(self) -> list[Kind]:
        """The faults by feature and reason, the most frequent first."""
        return [Kind(self._kinds[kind], count) for kind, count in self._counts.most_common()]

    def check(self, group: str, total: int, *, good_rows: bool) -> None:
        """Raise `RowsRefused` for any fault; with `good_rows` only for one of a column, which spoils every row."""
        if self._columns or (self.count and not good_rows):
            raise self.refused(group, total)

    def refused(self, group: str, total: int) -> RowsRefused:
        """The error that says all of it. `total` is how many rows the input has."""
        self.close()
        file = str(self.file) if self.file else ""
        rows = total if self._columns else self._rows
        return RowsRefused(group, tuple(self.kept), self.count, rows, total, file)

    def close(self) -> None:
        """Close the file; nothing can be added any more."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _count_row(self, row: int) -> None:
        if row < 0:
            self._columns += 1
            return
        byte, bit = row >> 3, 1 << (row & 7)
        if byte >= len(self._seen):
            self._seen.extend(bytes(max(byte + 1 - len(self._seen), len(self._seen), 1024)))
        if not self._seen[byte] & bit:
            self._seen[byte] |= bit
            self._rows += 1

    def _write(self, fault: RowFault) -> None:
        if self._writer is None:
            assert self._file is not None  # noqa: S101 - for the type checker; add has asked
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._open = self._file.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            self._writer = csv.writer(self._open, lineterminator="\n")
            self._writer.writerow(RowFault._fields)
        self._writer.writerow(("" if fault.row < 0 else fault.row, *fault[1:]))
