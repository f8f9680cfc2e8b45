"""Datasets in this process, out of the offline stores' files.

Labels are joined by a stream of our own (`joining`): the group's rows pass once, in any order, and are never sorted;
only the chosen ones are read whole. Snapshots and histories, which do sort a group, are DuckDB's work, which spills to
disk. This is the only module of datasets that imports duckdb.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.datasets.epoch import second_of
from reconciler.datasets.inventory.files import Span, Where
from reconciler.datasets.inventory.plain import Plain
from reconciler.datasets.joining.gathering import Gathered, decided, gather
from reconciler.datasets.joining.listing import Rows, choosing_sql
from reconciler.datasets.joining.newest import Newest
from reconciler.datasets.joining.passing import THREADS, Pass, Passed, codes_of
from reconciler.datasets.joining.slots import ask
from reconciler.datasets.moments import Points, fixed_width, flat, oldest_instants, oldest_reals, points_of
from reconciler.datasets.progress import Progress, Tell, unheard
from reconciler.datasets.question import (
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
)
from reconciler.datasets.stored import Numbers
from reconciler.errors import ReconcilerError
from reconciler.records.offline.reading import Unreadable

BLOCK: Final = 65_536
"""Rows of a batch of an answer."""
JOINS: Final = 2
"""Joins at work at a time."""
MANY: Final = 4_000_000
"""Labels of so many take the memory of one join at a time."""
MEMORY: Final = "1GB"
"""What DuckDB takes before it spills."""


class _Stopped(Exception):
    """Another join has failed."""


class DuckDb:
    """Answers in this process. `where` says where offline stores are; `scratch` is a folder for what spills."""

    name = "duckdb"

    def __init__(self, where: Where, scratch: Path) -> None:
        self._where, self._scratch = where, scratch

    def answer(self, question: Question, moments: Moments, tell: Tell | None = None) -> Answer:
        """The features of every label; the files are read when the first batch is asked for."""
        facts, schema = Facts(), answer_schema(question)
        return Answer(schema, self._answered(question, moments, schema, facts, tell or unheard), facts)

    def _answered(
        self, question: Question, moments: Moments, schema: pa.Schema, facts: Facts, tell: Tell
    ) -> Iterator[pa.RecordBatch]:
        points = points_of(moments.table)
        found = self._all_joined(question, moments, points, facts, tell)
        outputs = {
            column.name: (n, k) for n, join in enumerate(question.joins) for k, column in enumerate(join.columns)
        }
        places = [outputs[column.name] for column in question.columns]

        def block(first: int) -> pa.RecordBatch:
            rows = slice(first, min(first + BLOCK, moments.table.num_rows))
            columns: list[Any] = [pa.array(np.arange(rows.start, rows.stop))]
            values = []
            for join in found:
                columns += [pa.array(join.statuses[rows]), join.events(rows)]
                values.append(join.values(rows))
            columns += [values[n][k] for n, k in places]
            return pa.RecordBatch.from_arrays(columns, schema=schema)

        yield from _ahead(block, range(0, moments.table.num_rows, BLOCK))

    def _all_joined(
        self, question: Question, moments: Moments, points: Points, facts: Facts, tell: Tell
    ) -> list[Joined]:
        """What every join finds. Two are at work at a time, as each has parts that only one processor works at."""
        stopped = Event()

        def told(progress: Progress) -> None:
            if stopped.is_set():
                raise _Stopped
            tell(progress)

        with ThreadPoolExecutor(JOINS if moments.table.num_rows < MANY else 1) as pool:
            tasks = [pool.submit(self._joined, question, join, moments, points, told) for join in question.joins]
            try:
                found = [task.result() for task in tasks]
            except BaseException:
                stopped.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        facts.rows = [passed.rows for _, passed in found]
        facts.unreadable = [passed.unreadable for _, passed in found]
        facts.newest_write = [passed.newest for _, passed in found]
        return [joined for joined, _ in found]

    def _joined(
        self, question: Question, join: Join, moments: Moments, points: Points, tell: Tell
    ) -> tuple[Joined, Passed]:
        identifiers = flat(moments.table[question.key_name(join)])
        keys = pc.unique(identifiers).drop_null()
        codes = codes_of(identifiers, keys)
        asking = ask(
            codes, points, counts_seconds=join.counts_seconds, strict=question.strict, known_at=question.known_at
        )
        inventory = self._where.inventory(join, Span(moments.latest, written_by=question.as_of))
        reading = Pass(question, join, inventory, keys, asking)
        reading.run(lambda rows: tell(Progress(f"reading {join.group}", rows)))
        newest = reading.newest
        settled = newest.settled(asking.starts, in_order=not question.known_at)
        seen = _distinct(settled[settled >= 0])
        ties = newest.ties().at(seen)
        wanted = _distinct(np.concatenate([newest.ids[seen], ties.ids]))
        tell(Progress(f"fetching {join.group}", 0, len(wanted)))
        gathered = gather(inventory, join, wanted, self._scratch, self._fetched)
        slots = np.full(moments.table.num_rows, -1, np.int64)
        slots[asking.labels] = settled[asking.slots]
        has_key = np.zeros(moments.table.num_rows, np.bool_)
        has_key[asking.labels] = True
        joined = Joined(
            join,
            newest,
            _places(seen, decided(newest, ties, gathered), gathered),
            gathered.table,
            slots,
            _statuses(join, newest, points, slots, has_key),
        )
        newest.shed()
        return joined, reading.passed

    def list(self, listing: Listing, tell: Tell | None = None) -> Listed:
        """A snapshot or a history; DuckDB sorts it, and spills what does not fit into memory."""
        facts, schema = Facts(), listed_schema(listing)
        return Listed(schema, self._listed(listing, schema, facts, tell or unheard), facts)

    def _listed(self, listing: Listing, schema: pa.Schema, facts: Facts, tell: Tell) -> Iterator[pa.RecordBatch]:
        span = Span(second_of(listing.end), second_of(listing.start), listing.as_of)
        rows = Rows(listing, self._where.inventory(listing.join, span))
        tell(Progress(f"reading {listing.join.group}", 0))
        sql, parameters = choosing_sql(listing)
        with self._connection() as connection:
            connection.register("rows", rows.reader)
            try:
                for batch in connection.sql(sql, params=parameters).to_arrow_reader(BLOCK):
                    yield _shaped(batch, schema)
            except (duckdb.Error, pa.ArrowException) as failed:
                if rows.failed is not None:
                    raise rows.failed from None
                raise _told(failed) from failed
            if rows.failed is not None:
                raise rows.failed
        facts.rows, facts.unreadable = [rows.passed.rows], [rows.passed.unreadable]
        facts.newest_write = [rows.passed.newest]

    def _fetched(self, plain: Plain, files: Numbers, places: Numbers) -> Iterator[pa.RecordBatch]:
        """The rows at some places: a join with the places, which DuckDB decodes files for on all cores."""
        wanted = pa.table({"file": files, "place": places, "number": np.arange(len(files))})
        quoted = ['"' + name.replace('"', '""') + '"' for name in plain.names]
        names = ", ".join(f"r.{name} AS v{n}" for n, name in enumerate(quoted))
        with self._connection() as connection:
            connection.register("wanted", wanted)
            paths = ", ".join("'" + path.replace("'", "''") + "'" for path in plain.paths)
            sql = (
                f"SELECT w.number, {names} FROM read_parquet([{paths}], hive_partitioning = false) r "  # noqa: S608
                "JOIN wanted w ON r.file_index = w.file AND r.file_row_number = w.place"
            )
            try:
                yield from connection.sql(sql).to_arrow_reader(BLOCK)
            except duckdb.Error as failed:
                raise _told(failed, str(Path(plain.paths[0]).parent)) from failed

    @contextmanager
    def _connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A database of its own, in memory as far as it goes. It reads and loads nothing but what it is given."""
        connection = duckdb.connect(
            config={
                "temp_directory": str(self._scratch),
                "memory_limit": MEMORY,
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        try:
            yield connection
        finally:
            connection.close()


class Joined:
    """What one join found for the labels: `slots` are those whose rows they see, -1 for none.

    `places` are the slots' rows of `features`.
    """

    def __init__(
        self, join: Join, newest: Newest, places: Numbers, features: pa.Table, slots: Numbers, statuses: Numbers
    ) -> None:
        self._join, self._newest, self._places, self._features, self._slots = join, newest, places, features, slots
        self.statuses = statuses

    def events(self, rows: slice) -> pa.Array:
        """The event times of the rows that labels see."""
        slots = self._slots[rows]
        sees, slots = slots >= 0, np.maximum(slots, 0)
        if not len(self._newest.ids):
            return pa.nulls(len(sees), pa.float64() if self._join.counts_seconds else pa.string())
        seconds = self._newest.seconds[slots]
        if self._newest.nanos is None:
            return pa.array(seconds, mask=~sees)
        return fixed_width(np.where(sees, seconds, 0), np.where(sees, self._newest.nanos[slots], 0), sees)

    def values(self, rows: slice) -> list[pa.Array]:
        """The features, by the join's columns; null but for labels that matched."""
        matched = self.statuses[rows] == Status.MATCHED
        if not matched.any():
            return [pa.nulls(len(matched), field.type) for field in self._features.schema]
        places = pa.array(self._places[np.maximum(self._slots[rows], 0)], mask=~matched)
        return [flat(column) for column in self._features.take(places).columns]


def _statuses(join: Join, newest: Newest, points: Points, slots: Numbers, has_key: Numbers) -> Numbers:
    """A `Status` for each label."""
    found = np.full(len(slots), Status.NO_KEY, np.int8)
    found[has_key] = Status.MISSING
    rows = np.flatnonzero(slots >= 0)
    at = slots[rows]
    found[rows] = Status.MATCHED
    if join.max_age is not None and len(rows):
        chosen = Points(*(None if column is None else column[rows] for column in points))  # type: ignore[arg-type]
        seconds = newest.seconds[at]
        if newest.nanos is None:
            stale = seconds < oldest_reals(chosen, join.max_age)
        else:
            oldest = oldest_instants(chosen, join.max_age)
            stale = (seconds < oldest.seconds) | ((seconds == oldest.seconds) & (newest.nanos[at] < oldest.nanos))
        found[rows[stale]] = Status.STALE
    found[rows[newest.deleted[at]]] = Status.DELETED
    return found


def _told(failed: Exception, where: str = "") -> ReconcilerError:
    """What a person is told of DuckDB's errors: that memory or the disk is full, or that a file is damaged."""
    if isinstance(failed, duckdb.OutOfMemoryException | duckdb.IOException) or not where:
        return ReconcilerError(f"DuckDB could not go on: {str(failed).splitlines()[0]}")
    return Unreadable(f"{where}: {failed}")


def _shaped(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Columns in the types that were promised: the service's times are numbers on their way."""
    columns = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _places(slots: Numbers, ids: Numbers, gathered: Gathered) -> Numbers:
    """For each of some slots the place of its row among those that were gathered."""
    found = np.zeros(len(ids), np.int64)
    # Looked up in their order, which is several times as fast as in any other.
    order = slots[np.argsort(ids[slots])]
    found[order] = gathered.places(ids[order])
    return found


def _distinct(numbers: Numbers) -> Numbers:
    """Sorted, each once; of a million, ten times as fast as numpy's own `unique`."""
    found = np.sort(numbers)
    return found[np.append(True, found[1:] != found[:-1])] if len(found) else found


def _ahead(make: Callable[[int], pa.RecordBatch], places: Iterable[int]) -> Iterator[pa.RecordBatch]:
    """Batches in their order, a few of them made while others are used."""
    with ThreadPoolExecutor(THREADS) as pool:
        waiting: deque[Future[pa.RecordBatch]] = deque()
        try:
            for place in places:
                waiting.append(pool.submit(make, place))
                if len(waiting) > THREADS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
