"""What came of a backfill."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.records.report import document_of


@dataclass(frozen=True, slots=True)
class BackfillReport:
    """Every row of the input, accounted for: `rows == written + before + refused + dropped`, but for a dry run.

    `written` are visible offline by this run, `before` by an earlier one of the same input; `refused` did not fit the
    spec and were left out on request; `dropped` are the earlier ones of rows given twice, where that was allowed.
    `files` and `size` (bytes) are what was written, in so many `partitions`; `snapshot` is that of an Iceberg table.
    `finished` names earlier runs that had been interrupted and were finished first. `faults` is the file of the rows
    that were refused.
    """

    group: str
    environment: str
    run: str
    rows: int
    written: int = 0
    before: int = 0
    refused: int = 0
    dropped: int = 0
    files: int = 0
    size: int = 0
    partitions: int = 0
    seconds: float = 0.0
    snapshot: int | None = None
    finished: tuple[str, ...] = ()
    faults: Path | None = None

    @property
    def left(self) -> int:
        """Rows that are to be in the store in the end."""
        return self.rows - self.refused - self.dropped

    @property
    def is_complete(self) -> bool:
        """Every row of the input is offline, now or from before."""
        return self.refused == 0

    def as_json(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return document_of(self)

    def __str__(self) -> str:
        told = [f"{self.written:,} rows written in {self.files:,} files of {self.partitions:,} partitions"]
        told += [f"{count:,} {what}" for count, what in self._others() if count]
        return f"{self.group}: {', '.join(told)}, in {self.seconds:,.1f} s"

    def _others(self) -> tuple[tuple[int, str], ...]:
        return (
            (self.before, "written before"),
            (self.refused, "refused"),
            (self.dropped, "given twice and dropped"),
            (len(self.finished), "earlier runs finished"),
        )
