"""Rows of a Spark DataFrame straight into the offline store, for more of them than one machine holds.

Two passes over the DataFrame, and no row through the driver:

1. Executors check every row. Only counts and the first faults come back, and for each partition of the store how many
   rows it will have and the sum of their digests. A fault refuses the whole before a byte is written.
2. Rows are brought together by partition of the store and sorted, and each task stages the files of its partitions, by
   the writer that one machine has too. What a task that failed, was killed or ran twice has staged is never seen: only
   the files of the tasks that Spark counts are told to the driver.

The driver holds counts and digests of both passes against each other, and commits all files together. This is the only
module that imports pyspark.
"""

from __future__ import annotations

import pickle
import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark import TaskContext
from pyspark.errors import PythonException
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - as everywhere

from reconciler.config import Environment
from reconciler.contract import Contract
from reconciler.errors import ReconcilerError, Usage
from reconciler.records.checking import FaultTable, check_columns
from reconciler.records.checking import faults_file as unnamed_file
from reconciler.records.faults import Allowable, RowFault, RowsRefused
from reconciler.records.fingerprint import run_name
from reconciler.records.offline import executors
from reconciler.records.offline.backfilled import BackfillReport
from reconciler.records.offline.committing import commit, throw_away
from reconciler.records.offline.executors import (
    DIGEST,
    KEPT,
    KEY,
    NANOS,
    PART,
    ROW,
    ROWS,
    SECONDS,
    STAGED,
    SUMMARY,
    Job,
    Summary,
    Writing,
    job_of,
    place,
)
from reconciler.records.offline.files import Form
from reconciler.records.offline.instants import iso
from reconciler.records.offline.layout import Layout, layout_of
from reconciler.records.offline.place import Place, open_place
from reconciler.records.offline.recording import Run
from reconciler.records.offline.runs import begun_file, form_schema, turn, with_files, written_once
from reconciler.records.offline.sinks import Staged
from reconciler.records.offline.surveying import Part, Survey, Written, added, check_same
from reconciler.records.progress import Pulse, Tell
from reconciler.records.readiness import OFFLINE, destination, fitted
from reconciler.records.target import Target

SHUFFLED = 200
"""Tasks that bring rows together, where the session does not say: Spark's own default."""
_NUMBER = "decimal(20,0)"
"""A 64-bit number in a type whose sums do not overflow."""


def backfill(
    environment: Environment,
    root: Path,
    target: Target,
    frame: DataFrame,
    *,
    good_rows: bool = False,
    allow: Collection[Allowable] = (),
    dry_run: bool = False,
    faults_file: Path | None = None,
    tell: Tell | None = None,
    now: datetime | None = None,
) -> BackfillReport:
    """Check every row of a DataFrame, then write them all as files of the offline store, visible together.

    As `backfill.backfill`, on the executors of the DataFrame's session. They need this package in the version of the
    driver, credentials of their own, and the classes whose constraints are Python code. Exact copies of a row are taken
    once where `allow` has "duplicates"; rows that share identifier and event time and differ are a fault in any case,
    since a DataFrame has no last row. Only the first faults are told, the others are counted.

    Raises `RowsRefused`, `Usage` for what does not go together, `RowsChanged` where the DataFrame gives other rows when
    it is read again.
    """
    began, now = time.monotonic(), now or datetime.now(UTC)
    check_reach(environment, frame.sparkSession)
    store = open_place(environment, root, target.name)
    target = fitted(replace(target, live=store.live))
    destination(target, [OFFLINE], None)
    schema = form_schema(store)
    contract = replace(target.contract, ttl_s=None)
    home = root / ".reconciler" / "backfill" / environment.name / target.name
    with turn(home), told():
        rows = Rows(frame, contract, job_of(contract, now, allow), layout_of(store.live, store.data, "").span_s)
        survey = rows.survey()
        Pulse("checking", survey.summary.rows, tell)(survey.summary.rows)
        refused = _refused(frame, contract, rows, survey, faults_file or unnamed_file(home))
        if refused is not None and (not good_rows or any(fault.row < 0 for fault in refused.faults)):
            raise refused
        report = _counted(target, environment, survey, refused)
        if not dry_run:
            attempt = _Attempt(store, home, schema, now)
            report = written_once(store, home, report, lambda report: attempt.write(rows, survey, report, tell))
    return replace(report, seconds=time.monotonic() - began)


def check_reach(environment: Environment, session: SparkSession) -> None:
    """The emulator within a process has its data on this machine."""
    master = session.conf.get("spark.master", "") or ""
    if environment.is_embedded and not master.startswith("local"):
        raise Usage(
            f"{environment.name} is the emulator in this process, which executors on other machines do not reach. Run "
            "`reconciler emulator serve` and name its address as the environment's endpoint."
        )


def _refused(frame: DataFrame, contract: Contract, rows: Rows, survey: Survey, faults_file: Path) -> RowsRefused | None:
    """What is wrong with the DataFrame, if anything is. The file has the faults that were told."""
    columns, _ = check_columns(pa.schema([(name, pa.null()) for name in frame.columns]), contract)
    found = survey.summary
    count = len(columns) + found.number + survey.refused
    if not count:
        return None
    with FaultTable(faults_file) as table:
        table.add([*columns, *found.faults, *(rows.doubled(KEPT) if survey.refused else ())])
    at_fault = found.rows if columns else found.bad + survey.refused
    return RowsRefused(contract.group, tuple(table.kept), count, at_fault, found.rows, str(table.file))


def _counted(target: Target, environment: Environment, survey: Survey, refused: RowsRefused | None) -> BackfillReport:
    """Every row accounted for, but for those that are still to be written. The run is named by what will be written."""
    digests = [f"{part.key} {part.rows} {part.digest}\n".encode() for part in survey.parts if part.rows]
    return BackfillReport(
        group=target.contract.group,
        environment=environment.name,
        run=run_name(target, digests, ["backfill", "unordered"]),
        rows=survey.summary.rows,
        refused=survey.summary.bad + survey.refused,
        dropped=survey.dropped,
        faults=Path(refused.file) if refused else None,
    )


class _Attempt(NamedTuple):
    """Writing a run's files and committing them."""

    store: Place
    home: Path
    schema: pa.Schema
    written: datetime

    def write(self, rows: Rows, survey: Survey, report: BackfillReport, tell: Tell | None) -> BackfillReport:
        """The report with what was written."""
        store, layout = self.store, layout_of(self.store.live, self.store.data, report.run)
        # Staged by the same run elsewhere, which was killed.
        throw_away(store, layout)
        begun = begun_file(self.home, report.run)
        begun.touch()
        pulse = Pulse("writing", report.left, tell)
        try:
            files = self._staged(rows, survey, layout)
        except BaseException:
            throw_away(store, layout)
            raise
        run = Run(report.run, store.name, sum(file.rows for file in files), self.written, files)
        snapshot = commit(store, run)
        # Tasks that Spark did not count, because it ran them twice or lost them, may have staged files too.
        throw_away(store, layout)
        begun.unlink()
        pulse(run.rows)
        return with_files(report, run, snapshot)

    def _staged(self, rows: Rows, survey: Survey, layout: Layout) -> tuple[Staged, ...]:
        """The files, once it is certain that they hold what was checked."""
        store, form = self.store, Form(layout, self.schema, self.written)
        writing = Writing(store.environment, store.root, store.kms_key, form, rows.names, survey.totals)
        written = rows.staged(survey, writing)
        check_same(survey, written)
        return tuple(one.staged for one in written)


class Rows:
    """The checked rows of a DataFrame, each time they are asked for: Spark reads and checks it anew."""

    def __init__(self, frame: DataFrame, contract: Contract, job: Job, span_s: int) -> None:
        self._contract, self._span_s = contract, span_s
        self._is_copy_allowed = "duplicates" in job.allow

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return executors.look(batches, job, _part())

        self._looked = frame.mapInArrow(run, _schema(executors.checked_columns(contract)))

    @property
    def names(self) -> tuple[str, ...]:
        """The features, in the order of the columns."""
        return tuple(column.name for column in self._contract.columns)

    @property
    def _features(self) -> list[str]:
        return [place(index) for index in range(len(self._contract.columns))]

    @property
    def _same(self) -> list[str]:
        """What two rows have in common if one is a duplicate of the other."""
        return [place(self.names.index(self._contract.record_id)), SECONDS, NANOS]

    def survey(self) -> Survey:
        """The first pass."""
        rows = self._grouped().groupBy(self._key().alias(KEY))
        found = rows.agg(
            F.sum(F.when(F.col("kept"), 1).otherwise(0)).alias(ROWS),
            F.sum(F.when(F.col("kept"), F.col(DIGEST)).otherwise(0)).alias(DIGEST),
            F.sum(F.when(F.col("kept"), 0).otherwise(F.col("times"))).alias("refused"),
            F.sum(F.when(F.col("kept"), F.col("times") - 1).otherwise(0)).alias("dropped"),
            F.collect_list(SUMMARY).alias(SUMMARY),
        ).collect()
        parts = [row for row in found if row[KEY] is not None]
        return Survey(
            added(Summary.of_text(text) for row in found for text in row[SUMMARY]),
            tuple(Part(row[KEY], row[ROWS], int(row[DIGEST])) for row in sorted(parts, key=lambda row: int(row[KEY]))),
            sum(row["refused"] for row in parts),
            sum(row["dropped"] for row in parts),
        )

    def doubled(self, most: int) -> list[RowFault]:
        """Some of the rows that have the identifier and event time of another one."""
        found = self._grouped().where(F.col(SUMMARY).isNull() & ~F.col("kept")).limit(most).collect()
        return [_doubled(row, self._contract) for row in found]

    def staged(self, survey: Survey, writing: Writing) -> list[Written]:
        """The second pass: rows brought together by partition of the store, written and staged."""
        tasks = min(len(survey.totals), shuffled(self._looked.sparkSession))
        rows = self._looked.where(F.col(SUMMARY).isNull())
        rows = rows.withColumn(KEY, self._key()).withColumn(DIGEST, self._digest()).repartition(tasks, KEY)
        if survey.refused or survey.dropped:
            rows = self._without_doubled(rows)
        rows = rows.sortWithinPartitions(KEY, SECONDS, NANOS, self._same[0], DIGEST)

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return executors.stage(batches, writing)

        found = rows.select(*self._features, SECONDS, DIGEST).mapInArrow(run, _schema(executors.WRITTEN)).collect()
        return [_one_written(row) for row in found]

    def _grouped(self) -> DataFrame:
        """Every identifier and event time once, with its rows' number and places; and every summary."""
        rows = self._looked.withColumn(DIGEST, self._digest()).withColumn("at", F.struct(PART, ROW))
        grouped = rows.groupBy(*self._same, SUMMARY).agg(
            F.count("*").alias("times"),
            F.min(DIGEST).cast(_NUMBER).alias(DIGEST),
            F.min("at").alias("first"),
            F.max("at").alias("last"),
            (F.min(DIGEST) == F.max(DIGEST)).alias("alike"),
        )
        return grouped.withColumn("kept", (F.col("times") == 1) | (F.col("alike") & F.lit(self._is_copy_allowed)))

    def _without_doubled(self, rows: DataFrame) -> DataFrame:
        """Rows are together by partition of the store already, so that this moves none."""
        same = Window.partitionBy(KEY, *self._same)
        numbered = rows.select(
            "*",
            F.count("*").over(same).alias("times"),
            (F.min(DIGEST).over(same) == F.max(DIGEST).over(same)).alias("alike"),
            F.row_number().over(same.orderBy(DIGEST)).alias("number"),
        )
        copies = F.col("alike") & F.lit(self._is_copy_allowed) & (F.col("number") == 1)
        return numbered.where((F.col("times") == 1) | copies)

    def _key(self) -> Column:
        return F.floor(F.col(SECONDS) / self._span_s)

    def _digest(self) -> Column:
        """Of a whole row. Spark's hash passes over nulls, so where they are is part of what it is given."""
        return F.xxhash64(*(column for name in self._features for column in (F.col(name), F.col(name).isNull())))


def _one_written(row: Any) -> Written:
    return Written(row[KEY], row[ROWS], int(row[DIGEST]), pickle.loads(row[STAGED]))  # noqa: S301 - by our executors


def shuffled(session: SparkSession) -> int:
    """Into how many tasks a session wants rows to be brought together."""
    said = str(session.conf.get("spark.sql.shuffle.partitions", ""))
    return int(said) if said.isdigit() else SHUFFLED


def _part() -> int:
    """Which partition of the input this executor is at."""
    context = TaskContext.get()
    return context.partitionId() if context is not None else 0


def _schema(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def _doubled(row: Any, contract: Contract) -> RowFault:
    first, last = (f"partition {row[at][PART]} row {row[at][ROW]}" for at in ("first", "last"))
    moment = iso(row[SECONDS], row[NANOS])
    reason = f"{row['times']} rows have this identifier and the event time {moment}: {first} and {last} do."
    fix = "Keep one of them."
    if row["alike"]:
        fix = 'Keep one of them, or allow "duplicates": they are the same in every column.'
    return RowFault(row["first"][ROW], first, contract.record_id, str(row[0]), reason, fix)


@contextmanager
def told() -> Iterator[None]:
    """What an executor could not do, as an error of ours: Spark hands on the text of its traceback."""
    try:
        yield
    except PythonException as failed:
        text = str(failed)
        missing = re.search(r"^ModuleNotFoundError: No module named '([\w.]+)'", text, re.MULTILINE)
        if missing:
            raise Usage(
                f"Spark's executors have no module {missing[1]}: install reconciler[data] in the Python that they run "
                "(PYSPARK_PYTHON, or spark.pyspark.python), in the version that the driver has."
            ) from failed
        own = re.search(r"^reconciler\.[\w.]+: (.+?)(\n\s*\n|\n\s+at |\Z)", text, re.MULTILINE | re.DOTALL)
        if own:
            raise ReconcilerError(f"On an executor of Spark: {own[1].strip()}") from failed
        raise
