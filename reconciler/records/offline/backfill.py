"""Rows straight into the files of the offline store: for histories, and whatever the online store need not have.

No record is put: nothing is paid for writes, and the online store is left alone. Rows are checked as for an ingest, put
in the order of their event time, written as files that nobody sees, and made visible together.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from reconciler.config import Environment
from reconciler.records.checking import Checked, FaultTable
from reconciler.records.checking import faults_file as unnamed_file
from reconciler.records.examining import Examined, Rules, dropped, examine
from reconciler.records.faults import Allowable, allowed
from reconciler.records.fingerprint import run_name
from reconciler.records.offline.backfilled import BackfillReport
from reconciler.records.offline.place import open_place
from reconciler.records.offline.runs import Attempt, form_schema, turn, written_once
from reconciler.records.offline.sorting import MEMORY, Sorter
from reconciler.records.progress import Pulse, Tell
from reconciler.records.readiness import OFFLINE, destination, fitted
from reconciler.records.scratch import scratch_folder
from reconciler.records.sources import Chunk, Source, open_source
from reconciler.records.target import Target

CHUNK_ROWS = 1 << 16
"""Rows that are checked at a time: nothing is sent by chunks here, so they may be larger than those of an ingest."""
THREADS = min(4, os.cpu_count() or 1)


def backfill(
    environment: Environment,
    root: Path,
    target: Target,
    data: Any,
    *,
    good_rows: bool = False,
    allow: Collection[Allowable] = (),
    dry_run: bool = False,
    faults_file: Path | None = None,
    tell: Tell | None = None,
    now: datetime | None = None,
    memory: int = MEMORY,
) -> BackfillReport:
    """Check every row of `data`, then write all of them into the offline store, so that all or none can be read.

    `data` is whatever `open_source` takes; it may be larger than memory. Rows at fault raise `RowsRefused` before a
    byte is written, unless `good_rows` leaves them out. A group's time to live is about its online store, so no row is
    expired here. `dry_run` only checks. The same input again is recognised and changes nothing. `memory` is how many
    bytes of rows are kept before they go to a folder under `.reconciler`.

    Raises `NoOffline` where the group has no offline store that takes rows, `Usage` and `Invalid` where the live group
    or its table do not fit the spec.
    """
    began = time.monotonic()
    place = open_place(environment, root, target.name)
    target = fitted(replace(target, live=place.live))
    destination(target, [OFFLINE], None)
    schema = form_schema(place)
    home = root / ".reconciler" / "backfill" / environment.name / target.name
    moment = now or datetime.now(UTC)
    with (
        turn(home),
        scratch_folder(home.parents[1]) as scratch,
        closing(Sorter(scratch, memory)) as sorter,
        open_source(data, target.contract, chunk_rows=CHUNK_ROWS, scratch=scratch) as source,
    ):
        rules = Rules(replace(target.contract, ttl_s=None), source.texts, moment, allowed(allow))
        with FaultTable(faults_file or unnamed_file(home)) as table:
            examined = _examine(source, rules, table, sorter, tell)
        table.check(target.contract.group, examined.rows, good_rows=good_rows)
        report = _counted(target, environment, examined, rules, table)
        if not dry_run:
            attempt = Attempt(place, home, scratch, schema, moment)
            report = written_once(
                place, home, report, lambda report: attempt.write(sorter, report, _drop(examined, rules), tell)
            )
    return replace(report, seconds=time.monotonic() - began)


def _examine(source: Source, rules: Rules, table: FaultTable, sorter: Sorter, tell: Tell | None) -> Examined:
    """Read and check all of it once; the good rows go to the sorter at the same time."""

    def keep(chunk: Chunk, checked: Checked) -> None:
        rows = np.arange(chunk.first_row, chunk.first_row + checked.batch.num_rows)
        if checked.bad is None:
            sorter.add(checked.batch, checked.seconds, checked.nanos, rows)
        else:
            good = ~checked.bad
            kept = checked.batch.filter(pa.array(good))
            sorter.add(kept, checked.seconds[good], checked.nanos[good], rows[good])

    pulse = Pulse("checking", source.rows, tell)
    return examine(source, rules, table, pulse, keep=keep, threads=THREADS)


def _counted(
    target: Target, environment: Environment, examined: Examined, rules: Rules, table: FaultTable
) -> BackfillReport:
    """The report before anything is written."""
    drop = _drop(examined, rules)
    run = run_name(target, examined.digests, ["backfill", CHUNK_ROWS, sha256(drop.tobytes()).hexdigest()])
    return BackfillReport(
        target.contract.group,
        environment.name,
        run,
        examined.rows,
        refused=table.rows,
        dropped=dropped(examined, rules),
        faults=table.file,
    )


def _drop(examined: Examined, rules: Rules) -> Any:
    """The numbers of rows that are given twice and stay behind."""
    return examined.repeats.dropped if "duplicates" in rules.allow else examined.repeats.rows
