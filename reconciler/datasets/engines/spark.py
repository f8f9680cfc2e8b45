"""Datasets on a Spark cluster: labels as a DataFrame, the result as a DataFrame, and no row through the driver.

The statement is the one that Athena gets, in Spark's words. What it reads are views: the rows of the groups, which
executors read out of the offline stores' files with this package (Iceberg's deletes included, and no jar needed), and
the labels as keys and thresholds, which executors work out as well.

A label is found again by what it asks for, its keys and its moment, and not by a number: a DataFrame that is worked out
twice gives its rows in another order. Labels that ask for the same are answered once. This is the only module of
datasets that imports pyspark.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyspark import StorageLevel, TaskContext
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as everywhere

from reconciler.datasets.engines import counting, executors, spark_labels
from reconciler.datasets.engines.ordering import as_schema, by_row
from reconciler.datasets.engines.spark_labels import Summary
from reconciler.datasets.engines.spark_tables import as_spark, check_labels, columns_of_table, kind_of, own_columns
from reconciler.datasets.epoch import second_of
from reconciler.datasets.inventory.files import InEnvironment, Span, Where
from reconciler.datasets.labels.columns import needed
from reconciler.datasets.labels.faults import LabelsRefused
from reconciler.datasets.labels.times import MomentReader
from reconciler.datasets.labels.zones import zone_of
from reconciler.datasets.moments import thresholds
from reconciler.datasets.progress import Tell
from reconciler.datasets.question import (
    ROW,
    Answer,
    Facts,
    Join,
    Listed,
    Listing,
    Moments,
    Question,
    Status,
    answer_schema,
    listed_schema,
    status_name,
    value_name,
)
from reconciler.datasets.results.assembling import Unmatched
from reconciler.datasets.results.report import Report
from reconciler.datasets.sql import FACTS, Source, answer_sql, listing_sql
from reconciler.datasets.sql import SPARK_ITSELF as SPARK
from reconciler.records.offline.spark import check_reach, shuffled, told

_OURS: Final = "reconciler_"
"""Names of columns that results do not have begin so."""
_LABEL: Final = f"{_OURS}label"
_CHANGED: Final = (
    "The labels were other ones when they were read again, so what was found belongs to none of them. "
    "Keep them before, as a table or with checkpoint()."
)
_LOST: Final = "Files of a group were changed while the cluster read them."
_PIECE_ROWS: Final = 64 * 1024


class Spark:
    """Answers on the executors of a session.

    `where` says where the offline stores are; `tables` are DataFrames, or names of tables that the session knows, by
    the names of groups in specs: the rows of these are taken from there. Executors need this package in the version of
    the driver, and credentials of their own. `scratch` is a folder for answers that come back to this machine.
    """

    name = "spark"

    def __init__(
        self,
        session: SparkSession,
        where: Where,
        *,
        tables: Mapping[str, DataFrame | str] | None = None,
        scratch: Path | None = None,
    ) -> None:
        if isinstance(where, InEnvironment):
            check_reach(where.environment, session)
        self._session, self._where, self._scratch = session, where, scratch
        self._tables = dict(tables or {})

    # Labels of the cluster

    def labelled(
        self,
        question: Question,
        labels: DataFrame,
        time: str | datetime,
        *,
        time_zone: str | tzinfo | None = None,
        drop_unmatched: Unmatched | None = None,
        check: bool = True,
    ) -> Labelled:
        """The features of every label of a DataFrame.

        One job looks at the keys and times of all labels first: raises `LabelsRefused` with all that is wrong, and
        learns which files are needed. Without `check` nothing runs before the result is used, every file is read, and
        what is wrong ends the job that comes upon it.
        """
        reader = MomentReader(question.keys, time, None if time_zone is None else zone_of(time_zone))
        check_labels(labels, question, reader)
        narrow = labels.select(*map(_column, needed(question, _name(time))))
        latest = self._survey(narrow, reader).latest if check else None
        asked = labels.withColumn(_LABEL, _identity(question, narrow, time))
        columns = [_column(name) for name in narrow.columns]
        # Distinct ones are brought together once, and all joins begin there.
        distinct = asked.where(_column(_LABEL).isNotNull()).select(_column(_LABEL), *columns).distinct()
        schema = spark_labels.compared_schema(question)
        compared = distinct.mapInArrow(partial(_compared, question=question, reader=reader), as_spark(schema))
        found = self._asked(question, compared, latest)
        return Labelled(question, reader, labels.columns, _answered(question, asked, found), found, drop_unmatched)

    def _survey(self, narrow: DataFrame, reader: MomentReader) -> Summary:
        with told():
            rows = narrow.mapInArrow(partial(_survey, reader=reader), f"{spark_labels.SUMMARY} string").collect()
        found = spark_labels.added(Summary.of_text(row[0]) for row in rows)
        if found.faults:
            raise LabelsRefused(found.faults, found.bad, found.rows)
        return found

    # Labels of this machine

    def answer(self, question: Question, moments: Moments, tell: Tell | None = None) -> Answer:
        """The features of every label; labels go to the executors and the answer comes back, in bounded memory."""
        del tell
        pieces = [(piece,) for piece in executors.packed(thresholds(question, moments.table), _PIECE_ROWS)]
        schema = spark_labels.compared_schema(question).set(0, pa.field(ROW, pa.int64()))
        sent = self._session.createDataFrame(pieces, "piece binary")
        found = self._asked(
            question,
            sent.mapInArrow(executors.unpack, as_spark(schema)),
            moments.latest,
        )
        facts = counting.no_facts(len(question.joins))
        wanted = answer_schema(question)
        batches = counting.without_counts(_from_executors(found), facts)
        return Answer(wanted, self._in_order(batches, wanted, moments.table.num_rows), facts)

    def _in_order(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, rows: int) -> Iterator[pa.RecordBatch]:
        with tempfile.TemporaryDirectory(prefix="reconciler-", dir=self._scratch) as folder:
            yield from by_row((as_schema(batch, schema) for batch in batches), schema, rows, Path(folder), _LOST)

    # No labels

    def list(self, listing: Listing, tell: Tell | None = None) -> Listed:
        """A snapshot or a history, read back in bounded memory."""
        del tell
        schema, facts = listed_schema(listing), counting.no_facts(1)
        return Listed(schema, self._listed_in_order(listing, schema, facts), facts)

    def listed(self, listing: Listing) -> DataFrame:
        """A snapshot or a history as a DataFrame, with the columns of `Listed` and in no order."""
        return _rows_of_listing(listing, self._listing(listing))

    def _listed_in_order(self, listing: Listing, schema: pa.Schema, facts: Facts) -> Iterator[pa.RecordBatch]:
        # Spark looks at all rows to see where to cut them for sorting, and is not to work them out twice.
        found = self._listing(listing).persist(StorageLevel.MEMORY_AND_DISK)
        try:
            with told():
                [counted] = found.agg(
                    F.sum("rows_read"),
                    F.sum(F.when(_column("record_id").isNull() | _column("event").isNull(), _column("rows_read"))),
                    F.max("newest_write"),
                ).collect()
            facts.rows[0], facts.unreadable[0] = counted[0] or 0, counted[1] or 0
            facts.newest_write[0] = counting.written(counted[2])
            ordered = _rows_of_listing(listing, found).orderBy("record_id", "event")
            for batch in _from_executors(ordered):
                yield as_schema(batch, schema)
        finally:
            found.unpersist()

    def _listing(self, listing: Listing) -> DataFrame:
        span = Span(second_of(listing.end), second_of(listing.start), listing.as_of)
        with self._views({"rows": self._rows_of(listing.join, span)}) as names:
            return self._session.sql(listing_sql(listing, self._source(listing.join, names["rows"]), SPARK))

    # The statement

    def _asked(self, question: Question, labels: DataFrame, latest: int | None) -> DataFrame:
        """The result of the statement over views of the labels and of each group's rows."""
        views = {"labels": labels}
        # A row that is too old makes a label stale: it is read as well, so that the label is not taken for missing.
        span = Span(latest, written_by=question.as_of)
        for number, join in enumerate(question.joins):
            views[str(number)] = self._rows_of(join, span)
        with self._views(views) as names:
            sources = [self._source(join, names[str(number)]) for number, join in enumerate(question.joins)]
            return self._session.sql(answer_sql(question, sources, SPARK.name(names["labels"]), SPARK))

    def _source(self, join: Join, view: str) -> Source:
        return Source(SPARK.name(view), is_canonical=self._is_canonical(join))

    def _is_canonical(self, join: Join) -> bool:
        """Executors have written event times as they are compared, unless they are wanted as they are stored."""
        return join.group not in self._tables and all(column.feature != join.event_time for column in join.columns)

    def _rows_of(self, join: Join, span: Span) -> DataFrame:
        """The rows of a group, by names in lower case: what the session thinks of case does not matter then."""
        columns = list(dict.fromkeys([*own_columns(join), *(column.feature for column in join.columns)]))
        given = self._tables.get(join.group)
        if given is not None:
            table = self._session.table(given) if isinstance(given, str) else given
            return table.selectExpr(*columns_of_table(table, join, columns))
        inventory, parallel = self._where.inventory(join, span), shuffled(self._session)
        reading = executors.reading_of(inventory, columns, parallel, is_canonical=self._is_canonical(join))
        tasks = len(reading.tasks)
        numbers = self._session.range(0, tasks, 1, max(1, tasks))
        found = numbers.mapInArrow(partial(executors.read, reading=reading), as_spark(reading.schema))
        return found.toDF(*(name.lower() for name in columns))

    @contextmanager
    def _views(self, frames: Mapping[str, DataFrame]) -> Iterator[dict[str, str]]:
        """Names of views, while a statement is read: what comes of it does not need them any more."""
        token = uuid.uuid4().hex
        names = {name: f"{_OURS}{token}_{name}" for name in frames}
        try:
            for name, frame in frames.items():
                frame.createOrReplaceTempView(names[name])
            yield names
        finally:
            for name in names.values():
                self._session.catalog.dropTempView(name)


class Labelled:
    """Labels and what was found for them, on the cluster. Nothing is worked out before it is used."""

    def __init__(
        self,
        question: Question,
        reader: MomentReader,
        labels: Sequence[str],
        answered: DataFrame,
        statement: DataFrame,
        drop: Unmatched | None,
    ) -> None:
        self._question, self._reader, self._labels = question, reader, tuple(labels)
        self._answered, self._statement, self._drop = answered, statement, drop

    @property
    def frame(self) -> DataFrame:
        """The columns of the labels as they were given, then the features. Spark keeps no order."""
        kept = self._answered if self._drop is None else self._answered.where(self._is_kept())
        features = [_ours(value_name(n)).alias(column.name) for n, column in enumerate(self._question.columns)]
        return kept.select(*map(_column, self._labels), *features)

    def report(self, dataset: str = "") -> Report:
        """What became of the labels: one job, which works everything out that is not cached and brings back counts."""
        question, time = self._question, self._reader.time
        kept = F.lit(True) if self._drop is None else self._is_kept()
        columns = [kept.alias(ROW), *(_ours(name) for name in answer_schema(question).names[1:])]
        columns += [_column(time)] if isinstance(time, str) else []
        names = [ROW, *answer_schema(question).names[1:]]
        if isinstance(time, str):
            # Columns of labels may have any name, those of answers too.
            names.append(f"{_OURS}time")
        reader = MomentReader((), names[-1] if isinstance(time, str) else time, self._reader.zone)
        told_of = partial(spark_labels.tallied, question=question, names=names, reader=reader)
        counts = self._statement.where(_column(ROW) < 0).select(ROW, *FACTS)
        with told():
            rows = self._answered.select(*columns).mapInArrow(told_of, f"{spark_labels.SUMMARY} binary").collect()
            found = spark_labels.counted(question, (bytes(row[0]) for row in rows))
            facts = counting.no_facts(len(question.joins))
            for row in counts.collect():
                counting.note(facts, *row)
        dropped = found.labels - found.kept
        return Report(dataset, Spark.name, found.labels, found.kept, dropped, found.tally.reports(facts))

    def _is_kept(self) -> Column:
        joins = range(len(self._question.joins))
        found = [_ours(status_name(number)) == Status.MATCHED.value for number in joins]
        whole = found[0]
        for one in found[1:]:
            whole = whole & one if self._drop == "any" else whole | one
        return whole


def _answered(question: Question, labels: DataFrame, found: DataFrame) -> DataFrame:
    """Every label with what was found for it; those that ask nothing have no identity and find nothing."""
    wanted = answer_schema(question)
    answers = found.where(_column(ROW) >= 0).select(*(_column(name).alias(f"{_OURS}{name}") for name in wanted.names))
    # Answers that are few Spark would send to all executors by way of the driver.
    joined = labels.join(answers.hint("merge"), _column(_LABEL) == _ours(ROW), "left")
    is_lost = _column(_LABEL).isNotNull() & _ours(ROW).isNull()
    columns = [_column(name) for name in labels.columns if name != _LABEL]
    for name in wanted.names[1:]:
        value = _ours(name)
        kind = kind_of(wanted.field(name).type)
        if name.startswith("status_"):
            value = F.coalesce(value, F.lit(Status.NO_KEY.value)).cast(kind)
        lost = F.raise_error(F.lit(_CHANGED)).cast(kind)
        columns.append(F.when(is_lost, lost).otherwise(value).alias(f"{_OURS}{name}"))
    return joined.select(*columns)


def _identity(question: Question, narrow: DataFrame, time: str | datetime) -> Column:
    """What a label asks for as a number of 120 bits, null where it asks nothing: without any key, or without a moment.

    Columns go into it with their lengths, so that no two labels are written alike.
    """
    texts = [_text(name, kind) for name, kind in narrow.dtypes]
    written = [F.coalesce(F.concat(F.length(text).cast("string"), F.lit(":"), text), F.lit("-")) for text in texts]
    digest = F.sha2(F.concat(*written), 256)
    halves = [F.lpad(F.conv(F.substring(digest, first, 15), 16, 10), 19, "0") for first in (1, 16)]
    number = F.concat(*halves).cast(kind_of(spark_labels.IDENTITY))
    has_key = F.coalesce(*(_column(key.column).cast("string") for key in question.keys)).isNotNull()
    return F.when(has_key & _column(time).isNotNull() if isinstance(time, str) else has_key, number)


def _text(name: str, kind: str) -> Column:
    """A value as a text that no other value has."""
    column = _column(name)
    return F.expr(f"unix_micros({SPARK.name(name)})").cast("string") if kind == "timestamp" else column.cast("string")


def _rows_of_listing(listing: Listing, found: DataFrame) -> DataFrame:
    rows = found.where(_column("event").isNotNull())
    if listing.start is None:
        rows = rows.where(_column("is_deleted") == 0)
    columns = []
    for field in listed_schema(listing):
        column = _column(field.name)
        if pa.types.is_timestamp(field.type):
            column = F.expr(f"timestamp_micros({SPARK.name(field.name)})")
        columns.append(column.cast(kind_of(field.type)).alias(field.name))
    return rows.select(*columns)


def _from_executors(frame: DataFrame) -> Iterator[pa.RecordBatch]:
    """The rows of a DataFrame on this machine, a partition at a time."""
    with told():
        for row in frame.mapInArrow(executors.pack, "piece binary").toLocalIterator(prefetchPartitions=True):
            yield from executors.unpacked(bytes(row[0]))


def _compared(batches: Iterator[pa.RecordBatch], question: Question, reader: MomentReader) -> Iterator[pa.RecordBatch]:
    return spark_labels.compared(batches, question, reader, _part())


def _survey(batches: Iterator[pa.RecordBatch], reader: MomentReader) -> Iterator[pa.RecordBatch]:
    return spark_labels.survey(batches, reader, _part())


def _part() -> int:
    """Which partition of the labels this executor is at."""
    context = TaskContext.get()
    return context.partitionId() if context is not None else 0


def _column(name: str) -> Column:
    return F.col(SPARK.name(name))


def _ours(name: str) -> Column:
    return _column(f"{_OURS}{name}")


def _name(time: str | datetime) -> str | None:
    return time if isinstance(time, str) else None


def session_here() -> SparkSession:
    """The session that runs in this process; a new one where none does."""
    return SparkSession.builder.getOrCreate()
