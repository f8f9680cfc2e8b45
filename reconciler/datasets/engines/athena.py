"""Questions answered by Athena: one query for each, from labels in Parquet to an answer in Parquet.

UNVERIFIED: Athena reads the timestamps of tables in Glue's format in whole milliseconds, rounded. That is all that
Feature Store writes; rows of writers that are more exact may be told apart, or kept by `as_of`, another way than by
engines that read the files.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from reconciler.aws.athena import STATEMENT_MAXIMUM, Athena, Finished, QueryFailed
from reconciler.aws.objects import Objects, split
from reconciler.aws.tables import Tables
from reconciler.config import Environment
from reconciler.datasets.engines.athena_partitions import Hour, check_seen, hours_of
from reconciler.datasets.engines.athena_rows import downloaded
from reconciler.datasets.engines.athena_run import Reach, Run, begun, sweep
from reconciler.datasets.engines.athena_sorting import by_keys
from reconciler.datasets.engines.athena_tables import Table, tables_of
from reconciler.datasets.engines.counting import no_facts, without_counts, written
from reconciler.datasets.engines.ordering import as_schema, by_row
from reconciler.datasets.epoch import at_second
from reconciler.datasets.inventory.readiness import open_places
from reconciler.datasets.moments import AT_REAL, AT_TEXT, threshold_schema, thresholds
from reconciler.datasets.progress import Progress, Tell, unheard
from reconciler.datasets.question import (
    Answer,
    Facts,
    Listed,
    Listing,
    Moments,
    Question,
    answer_schema,
    listed_schema,
)
from reconciler.datasets.sql import TRINO, Span, answer_sql, listing_sql
from reconciler.datasets.sql.dialects import BEFORE_ALL
from reconciler.datasets.sql.listings import COUNTS, TIMES
from reconciler.errors import Usage
from reconciler.records.offline.place import IS_DELETED, Place
from reconciler.records.scratch import scratch_folder

LABELS_AT_ONCE = 1_000_000
"""Labels of one file."""
TERABYTE = 10**12
"""UNVERIFIED: whether Athena's terabyte is this one or 2**40 bytes; this makes a query dearer, not cheaper."""
LEAST_BYTES = 10_000_000
"""What a query is charged for at least. UNVERIFIED: from memory, 10 MB."""
PLACEHOLDER = "reconciler_tmp_00000000t000000z_0000000000000000"
"""Stands for the labels' table where no run is meant; as long as the name of one."""
_TRIES = 2
_CHANGED = "Something else wrote or removed files below the run's folder on S3."


class AthenaEngine:
    """Athena, over the tables of the Data Catalog. `root` is the project's folder."""

    name = "athena"

    def __init__(self, environment: Environment, root: Path, *, sleep: Callable[[float], object] = time.sleep) -> None:
        self._environment, self._root, self._sleep = environment, root, sleep

    def answer(self, question: Question, moments: Moments, tell: Tell | None = None) -> Answer:
        """The features of every label. The query runs once batches are read; nothing of it stays on AWS."""
        places, tables = self._tables_of(question)
        sources = [table.source for table in tables]
        facts, schema, rows = no_facts(len(question.joins)), answer_schema(question), moments.table.num_rows
        reach = self._reach(places[0])

        def write(run: Run) -> str:
            self._check_seen(run, hours_of(question.joins, places, tables, at_second(moments.latest)))
            location = f"{run.folder}labels/"
            latest = _upload(reach.objects, question, moments, location, _kms_key(places[0]), tell or unheard)
            run.table(location, [(field.name, _hive(field.type)) for field in threshold_schema(question)])
            spans = [Span(latest=latest.get(AT_REAL if join.counts_seconds else AT_TEXT)) for join in question.joins]
            return answer_sql(question, sources, _relation(reach.database, run.name), TRINO, spans)

        def batches() -> Iterator[pa.RecordBatch]:
            if rows:
                with scratch_folder(self._home) as folder:
                    found = without_counts(self._asked(reach, write, facts, folder, tell or unheard), facts)
                    yield from by_row((as_schema(batch, schema) for batch in found), schema, rows, folder, _CHANGED)

        _check_size(answer_sql(question, sources, _relation(reach.database, PLACEHOLDER), TRINO))
        return Answer(schema, batches(), facts)

    def list(self, listing: Listing, tell: Tell | None = None) -> Listed:
        """A snapshot or a history. The query runs once batches are read; nothing of it stays on AWS."""
        places, tables = self._tables_of(Question((listing.join,)))
        facts, schema = Facts(), listed_schema(listing)
        reach = self._reach(places[0])
        statement = listing_sql(listing, tables[0].source, TRINO)

        def write(run: Run) -> str:
            self._check_seen(run, hours_of([listing.join], places, tables, listing.end))
            return statement

        def batches() -> Iterator[pa.RecordBatch]:
            counts = _Listed(facts, listing)
            with scratch_folder(self._home) as folder:
                found = counts.taken(self._asked(reach, write, facts, folder, tell or unheard))
                yield from by_keys(found, schema, ("record_id", "event"), folder)

        _check_size(statement)
        return Listed(schema, batches(), facts)

    def statement(self, question: Question) -> str:
        """What `answer` would ask Athena; nothing is asked, made or uploaded."""
        places, tables = self._tables_of(question)
        sources = [table.source for table in tables]
        return answer_sql(question, sources, _relation(self._reach(places[0]).database, PLACEHOLDER), TRINO)

    def listing_statement(self, listing: Listing) -> str:
        """What `list` would ask Athena; nothing is asked."""
        _, tables = self._tables_of(Question((listing.join,)))
        return listing_sql(listing, tables[0].source, TRINO)

    def _tables_of(self, question: Question) -> tuple[Sequence[Place], Sequence[Table]]:
        """The offline stores and the tables, by join."""
        places = open_places(self._environment, self._root, question)
        return [places[join.name] for join in question.joins], tables_of(question.joins, places, self._tables)

    def _check_seen(self, run: Run, hours: Sequence[Hour]) -> None:
        athena, database = run.reach.athena, run.reach.database
        check_seen(hours, lambda query: athena.rows(query, database, sleep=self._sleep, started=run.started))

    def _reach(self, place: Place) -> Reach:
        """Where temporary things are made: as the environment says, else beside the first group's."""
        settings, table = self._environment.athena, place.live.table
        output = settings.output or f"s3://{split(place.data)[0]}/reconciler/athena/"
        output = f"{output.rstrip('/')}/"
        return Reach(
            self._environment,
            place.objects,
            self._tables,
            Athena(self._environment, self._root, output),
            settings.database or (table.database if table else ""),
            output,
            self._home / "athena",
        )

    @cached_property
    def _tables(self) -> Tables:
        return Tables(self._environment, self._root)

    @property
    def _home(self) -> Path:
        return self._root / ".reconciler"

    def _asked(
        self, reach: Reach, write: Callable[[Run], str], facts: Facts, folder: Path, tell: Tell
    ) -> Iterator[pa.RecordBatch]:
        """The rows that a statement gives, in no order. `write` makes what the statement needs, and the statement."""
        facts.notes += sweep(reach)
        with begun(reach, facts.notes) as run:
            answer = self._unloaded(run, write(run), facts, tell)
            yield from downloaded(reach.objects, reach.objects.list(answer), folder, tell)

    def _unloaded(self, run: Run, statement: str, facts: Facts, tell: Tell) -> str:
        """Run a statement; answers the folder of its rows. What Athena itself calls worth another try has one."""
        for attempt in range(1, _TRIES + 1):
            folder = f"{run.folder}answer-{attempt}/"
            try:
                finished = run.reach.athena.run(
                    unload_sql(statement, folder),
                    run.reach.database,
                    sleep=self._sleep,
                    started=run.started,
                    watch=lambda state, scanned: tell(Progress("on Athena", scanned, None, "bytes", state.lower())),
                    output=run.folder,
                )
            except QueryFailed as failed:
                if not failed.retryable or attempt == _TRIES:
                    raise
                continue
            self._account_for(facts, finished)
            return folder
        raise AssertionError

    def _account_for(self, facts: Facts, finished: Finished) -> None:
        facts.query_ids.append(finished.id)
        facts.scanned_bytes = (facts.scanned_bytes or 0) + finished.scanned_bytes
        charged = max(finished.scanned_bytes, LEAST_BYTES) / TERABYTE
        facts.cost_usd = (facts.cost_usd or 0.0) + charged * self._environment.athena.usd_per_tb


def unload_sql(statement: str, folder: str) -> str:
    """A statement whose rows become Parquet files below a folder of S3 that is empty yet."""
    return f"UNLOAD (\n{statement}\n)\nTO {TRINO.text(folder)}\nWITH (format = 'PARQUET', compression = 'SNAPPY')"


def _check_size(statement: str) -> None:
    size = len(unload_sql(statement, "s3://" + "x" * 1024).encode())
    if size > STATEMENT_MAXIMUM:
        raise Usage(
            f"The question is a statement of {size:,} bytes, and Athena takes {STATEMENT_MAXIMUM:,}: "
            "ask for fewer features at a time, or use the duckdb or the spark engine."
        )


def _relation(database: str, table: str) -> str:
    return f"{TRINO.name(database)}.{TRINO.name(table)}"


def _kms_key(place: Place) -> str | None:
    return place.environment.athena.kms_key or place.kms_key


def _hive(kind: pa.DataType) -> str:
    return {pa.int64(): "bigint", pa.float64(): "double", pa.string(): "string"}[kind]


def _upload(
    objects: Objects, question: Question, moments: Moments, location: str, kms_key: str | None, tell: Tell
) -> dict[str, Any]:
    """The moments of labels, as what SQL compares with, in Parquet. Answers the latest of each kind."""
    rows = moments.table.num_rows
    latest: dict[str, Any] = {}
    for number, start in enumerate(range(0, rows, LABELS_AT_ONCE)):
        tell(Progress("uploading labels", start, rows))
        some = thresholds(question, moments.table.slice(start, LABELS_AT_ONCE))
        for name in {AT_TEXT, AT_REAL} & set(some.column_names):
            known = [moment for moment in (latest.get(name), pc.max(some[name]).as_py()) if moment is not None]
            latest[name] = max(known, default=None)
        sink = io.BytesIO()
        parquet.write_table(some, sink, compression="snappy")
        objects.put(f"{location}part-{number:05}.parquet", sink.getvalue(), kms_key=kms_key)
    tell(Progress("uploading labels", rows, rows))
    return latest


class _Listed:
    """The rows of a snapshot or a history; rows that only count are taken out."""

    def __init__(self, facts: Facts, listing: Listing) -> None:
        self._facts, self._listing, self._schema = facts, listing, listed_schema(listing)

    def taken(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        newest = BEFORE_ALL
        rows = unreadable = 0
        for batch in batches:
            read = batch.column(COUNTS[0])
            rows += pc.sum(read).as_py() or 0
            unreadable += pc.sum(read.filter(pc.is_null(batch.column("record_id")))).as_py() or 0
            newest = max(newest, pc.max(batch.column(COUNTS[1])).as_py() or newest)
            yield self._shaped(batch)
        self._facts.rows, self._facts.unreadable, self._facts.newest_write = [rows], [unreadable], [written(newest)]

    def _shaped(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        wanted = pc.is_valid(batch.column("event"))
        deleted = pc.equal(batch.column(IS_DELETED), 1)
        if self._listing.start is None:
            wanted = pc.and_kleene(wanted, pc.invert(deleted))
        columns = dict(zip(batch.schema.names, batch.columns, strict=True)) | {IS_DELETED: deleted}
        columns |= {name: columns[name].cast(pa.timestamp("us", "UTC")) for name in TIMES}
        arrays = [columns[field.name].cast(field.type) for field in self._schema]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema).filter(wanted)
