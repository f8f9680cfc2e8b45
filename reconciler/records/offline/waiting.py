"""Waiting until the rows of an ingest are readable offline, instead of guessing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from reconciler.config import Environment
from reconciler.errors import ReconcilerError
from reconciler.records.report import IngestReport
from reconciler.records.target import Target

LIMIT = timedelta(minutes=30)
"""How long is waited by default. AWS says that rows are offline within 15 minutes (developer guide, offline store)."""
SHOWN = 20
"""So many missing rows are named."""


class MissingRow(NamedTuple):
    """A row that was acknowledged and is not readable offline."""

    record_id: str
    event_time: str


class Waiting(NamedTuple):
    """How far it is, after a look."""

    rows: int
    found: int
    seconds: float


class RowsMissing(ReconcilerError):
    """The time was up before every row was readable offline. `rows` has the first that are missing, `count` says how
    many there are.
    """

    def __init__(self, group: str, rows: Sequence[MissingRow], count: int, total: int, waited: timedelta) -> None:
        self.group, self.rows, self.count, self.total = group, tuple(rows), count, total
        shown = "".join(f"\n  {row.record_id} at {row.event_time}" for row in rows)
        more = f"\n  and {count - len(rows):,} more" if count > len(rows) else ""
        super().__init__(
            f"{count:,} of {total:,} rows of {group} are not readable offline after {waited.total_seconds():,.0f} "
            f"seconds:{shown}{more}\nThey were acknowledged, so they are on their way: wait again, and look at the "
            "group's OfflineStoreStatus (`reconciler show`)."
        )


def wait_offline(
    environment: Environment,
    root: Path,
    target: Target,
    report: IngestReport,
    *,
    limit: timedelta = LIMIT,
    tell: Callable[[Waiting], None] | None = None,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Waiting:
    """Return when every row that this ingest has in the store is readable offline.

    Raises `NoOffline` at once where there is no offline store or it is blocked, and `RowsMissing` after `limit`.
    """
    raise NotImplementedError
