"""Rows into a feature group: all checked first, then sent, and all accounted for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.records.faults import Allowable
from reconciler.records.progress import Tell
from reconciler.records.report import IngestReport
from reconciler.records.target import Target

if TYPE_CHECKING:
    from reconciler.aws.runtime import Runtime

PATIENCE = timedelta(minutes=5)
"""How long an ingest goes on without a single row being taken before it gives up."""


def ingest(
    runtime: Runtime,
    target: Target,
    data: Any,
    *,
    good_rows: bool = False,
    allow: Collection[Allowable] = (),
    stores: Collection[str] | None = None,
    ttl: timedelta | None = None,
    processes: int = 1,
    connections: int | None = None,
    again: bool = False,
    dry_run: bool = False,
    faults_file: Path | None = None,
    dead_letter: Path | None = None,
    tell: Tell | None = None,
    now: datetime | None = None,
    patience: timedelta = PATIENCE,
) -> IngestReport:
    """Check every row of `data`, then write them all; nothing leaves before all of it is checked.

    `data` is whatever `open_source` takes. `target.live` is the group as it is now. Rows at fault raise `RowsRefused`,
    unless `good_rows` leaves them out; `allow` names faults that are none. `stores` are OnlineStore, OfflineStore or
    both (default: all of the group); `ttl` is the records' own time to live. Rows that an earlier run of the same input
    has written are not sent, unless `again`. `dry_run` only checks. Faults go to `faults_file` and rows that AWS does
    not take to `dead_letter`; without a name, to files under `.reconciler`.

    Raises `RowsRefused`, `Usage` for what does not go together, `AwsFailed` where the service takes no row for
    `patience`; what was written by then is kept in the journal, and the same call sends the rest.
    """
    raise NotImplementedError
