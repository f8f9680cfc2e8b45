"""Rows into a feature group: all checked first, then sent, and all accounted for."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from reconciler.records.checking import FaultTable
from reconciler.records.checking import faults_file as unnamed_file
from reconciler.records.dead_letter import DeadLetters
from reconciler.records.encoding import Form
from reconciler.records.examining import Examined, Rules, dropped, examine
from reconciler.records.faults import Allowable, allowed
from reconciler.records.fingerprint import run_name
from reconciler.records.journal import Journal, open_journal
from reconciler.records.lanes import CONNECTIONS, Lane, OwnLane, Result, Settings
from reconciler.records.progress import Pulse, Tell
from reconciler.records.readiness import destination, fitted
from reconciler.records.report import IngestReport
from reconciler.records.scratch import scratch_folder
from reconciler.records.second_reading import Sending
from reconciler.records.sources import CHUNK_ROWS, open_source
from reconciler.records.target import Target
from reconciler.records.worker import ProcessLane

if TYPE_CHECKING:
    from reconciler.aws.runtime import Runtime
    from reconciler.contract import Contract

PATIENCE = timedelta(minutes=5)
"""How long an ingest goes on without a single row being taken before it gives up."""

CHUNK_VALUES = 2_000_000
"""How many values a chunk has at most."""


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
    began = time.monotonic()
    target = fitted(target)
    to = destination(target, stores, ttl)
    contract = replace(target.contract, ttl_s=to.lives_s)
    folder = runtime.root / ".reconciler" / "ingest" / runtime.environment.name / target.name
    with (
        scratch_folder(folder.parents[1]) as scratch,
        open_source(data, contract, chunk_rows=_chunk_rows(contract), scratch=scratch) as source,
    ):
        rules = Rules(contract, source.texts, now or datetime.now(UTC), allowed(allow))
        with FaultTable(faults_file or unnamed_file(folder)) as table:
            examined = examine(source, rules, table, Pulse("checking", source.rows, tell))
        table.check(contract.group, examined.rows, good_rows=good_rows)
        run = run_name(target, examined.digests, [to.stores, to.ttl_s, source.chunk_rows, _rows_digest(examined)])
        report = IngestReport(
            contract.group, runtime.environment.name, run, examined.rows, 0, stores=to.stores, faults=table.file
        )
        if dry_run:
            report = replace(report, refused=table.rows, dropped=dropped(examined, rules))
            return replace(report, seconds=time.monotonic() - began)
        settings = Settings(
            Form(contract, target.name, to.named, to.ttl_s), connections or CONNECTIONS, patience.total_seconds()
        )
        letters = DeadLetters(dead_letter or folder / run / "failed.jsonl")
        with closing(open_journal(folder / run, again=again)) as journal:
            sending = Sending(source, rules, examined, journal, letters, tell)
            written, before = sending.run(_lanes(runtime, settings, processes))
            report = _accounted(report, journal, letters, written=written, before=before)
    return replace(report, seconds=time.monotonic() - began)


def _chunk_rows(contract: Contract) -> int:
    """Fewer rows where there are many columns, so that a chunk of any group takes about as much memory."""
    return max(1, min(CHUNK_ROWS, CHUNK_VALUES // len(contract.columns)))


def _accounted(
    report: IngestReport, journal: Journal, letters: DeadLetters, *, written: int, before: int
) -> IngestReport:
    """The report with what the journal says of every chunk."""
    chunks = journal.done.values()
    return replace(
        report,
        written=written,
        before=before,
        refused=sum(chunk.refused for chunk in chunks),
        dropped=sum(chunk.dropped for chunk in chunks),
        failed=sum(len(chunk.failed) for chunk in chunks),
        repeated=sum(chunk.repeated for chunk in chunks),
        started=journal.started,
        keys=journal.folder,
        failures=tuple(letters.first),
        dead_letter=letters.path,
    )


def _lanes(runtime: Runtime, settings: Settings, processes: int) -> Callable[[SimpleQueue[Result]], list[Lane]]:
    """Makes the lanes: this process, or so many of their own."""

    def make(results: SimpleQueue[Result]) -> list[Lane]:
        if processes <= 1:
            return [OwnLane(0, runtime, settings, results)]
        place = (runtime.environment, runtime.root, settings, results)
        return [ProcessLane(number, *place) for number in range(processes)]

    return make


def _rows_digest(examined: Examined) -> str:
    """Rows that stay behind because they are given twice: another choice of them is another run."""
    repeats = examined.repeats
    return blake2b(repeats.rows.tobytes() + repeats.is_last.tobytes(), digest_size=16).hexdigest()
