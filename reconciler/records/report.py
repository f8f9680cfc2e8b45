"""What came of an ingest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple


class FailedRow(NamedTuple):
    """A row that AWS did not take, with its code and message. `row` counts from 0 over the whole input."""

    row: int
    place: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """Every row of the input, accounted for: `rows == written + before + refused + dropped + failed`.

    `written` were acknowledged now, `before` by an earlier run of the same input; `refused` did not fit the spec and
    were left out on request; `dropped` are the earlier ones of rows given twice, where that was allowed; `failed` are
    those that AWS did not take. `repeated` rows may be offline twice: the answer to their first try was lost.

    `started` is the server's clock when the first row was sent. `keys` is the folder that says which rows they were:
    `wait_offline` reads it. `failures` has the first of the failed rows; `dead_letter` is the file with all of them,
    and can be ingested again. `faults` is the file of the rows that were refused.
    """

    group: str
    environment: str
    run: str
    rows: int
    written: int
    before: int = 0
    refused: int = 0
    dropped: int = 0
    failed: int = 0
    repeated: int = 0
    started: datetime | None = None
    seconds: float = 0.0
    stores: tuple[str, ...] = ()
    keys: Path | None = None
    dead_letter: Path | None = None
    faults: Path | None = None
    failures: tuple[FailedRow, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Every row of the input is in the store, now or from before."""
        return self.failed == 0 and self.refused == 0
