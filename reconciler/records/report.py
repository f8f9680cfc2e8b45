"""What came of an ingest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.errors import Usage


class FailedRow(NamedTuple):
    """A row that AWS did not take, with its code and message. `row` counts from 0 over the whole input."""

    row: int
    place: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """Every row of the input, accounted for: `rows == written + before + refused + dropped + failed`, save a dry run.

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

    def as_json(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return document_of(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> IngestReport:
        """What `as_json` wrote; raises `Usage` for anything else."""
        try:
            given = dict(document)
            given["started"] = datetime.fromisoformat(given["started"]) if given["started"] else None
            given["failures"] = tuple(FailedRow(**row) for row in given["failures"])
            given["stores"] = tuple(given["stores"])
            for name in ("keys", "dead_letter", "faults"):
                given[name] = Path(given[name]) if given[name] else None
            return cls(**given)
        except (KeyError, TypeError, ValueError) as wrong:
            fix = "Write it with `reconciler records ingest --format json`."
            raise Usage(f"This is no report of an ingest ({type(wrong).__name__}: {wrong}). {fix}") from None


def document_of(report: Any) -> dict[str, Any]:
    """A report, which is a dataclass, as JSON has it."""
    return {field.name: _plain(getattr(report, field.name)) for field in fields(report)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "_asdict"):
        return {name: _plain(one) for name, one in value._asdict().items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value
