"""Labels and the answer to them, put together: the rows of the result, block by block, and what became of them.

Label columns pass through as they are; no engine sees them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import Any, Final, Literal, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.datasets.moments import Points, points_of
from reconciler.datasets.question import (
    ROW,
    Answer,
    Facts,
    Listed,
    Listing,
    Moments,
    Question,
    Status,
    answer_schema,
    arrow_type,
    listed_schema,
    status_name,
)
from reconciler.datasets.results.checksum import Checksum
from reconciler.datasets.results.picking import kept
from reconciler.datasets.results.report import JoinReport, Report
from reconciler.datasets.results.tally import Tally, nth
from reconciler.errors import ReconcilerError

BLOCK: Final = 65_536
"""Rows of a block. All but the last have as many, whatever the engine: files are the same, then, to the byte."""

TEXT_BYTES: Final = 1 << 30
"""Bytes of a column of texts in a block: a batch of Arrow holds no more than two gigabytes."""

Unmatched: TypeAlias = Literal["any", "all"]
"""Labels to leave out: those that some feature group has nothing for, or those that none has anything for."""

Notes: TypeAlias = Callable[[Facts], Iterable[str]]
"""What a reader of the report should know besides, once the facts are complete."""


class LabelRows(Protocol):
    """Labels that were read and checked."""

    @property
    def table(self) -> pa.Table:
        """Their columns as they came in; what does not fit into memory is mapped from a file."""

    @property
    def moments(self) -> Moments:
        """What engines see of them."""


class Assembly(Protocol):
    """Rows that come once, and their report, which is complete when all have come."""

    schema: pa.Schema
    facts: Facts

    def blocks(self) -> Generator[pa.RecordBatch]:
        """The rows of the result in blocks of `BLOCK`, the last one smaller."""

    def report(self) -> Report:
        """What became of them."""

    @property
    def labels_digest(self) -> str:
        """The checksum of the labels by their columns and content; nothing where there are none."""


class Labelled:
    """The answer to a question, and its labels."""

    def __init__(
        self,
        question: Question,
        labels: LabelRows,
        answer: Answer,
        *,
        dataset: str = "",
        engine: str = "",
        drop_unmatched: Unmatched | None = None,
        notes: Notes | None = None,
    ) -> None:
        self._question, self._labels, self._answer, self._notes = question, labels, answer, notes
        self._dataset, self._engine, self._drop = dataset, engine, drop_unmatched
        self._tally = Tally(question)
        self._checksum = Checksum(labels.table.schema)
        self._rows = 0
        self.schema = labelled_schema(question, labels.table.schema)
        self.facts = answer.facts

    def blocks(self) -> Generator[pa.RecordBatch]:
        """The rows of the result; raises `ReconcilerError` where the answer is not one row for each label."""
        for block in in_blocks(self._kept(), self.schema):
            self._rows += block.num_rows
            yield block

    def report(self) -> Report:
        """What became of the labels."""
        return Report(
            self._dataset,
            self._engine,
            len(self._labels.table),
            self._rows,
            len(self._labels.table) - self._rows,
            self._tally.reports(self.facts),
            **_costs(self.facts, self._notes),
        )

    @property
    def labels_digest(self) -> str:
        """The checksum of the labels."""
        return str(self._checksum)

    def _kept(self) -> Iterator[pa.RecordBatch]:
        for labels, answer in self._pairs():
            wanted = self._wanted(answer)
            columns = [*labels.columns, *answer.columns[len(answer.columns) - len(self._question.columns) :]]
            batch = pa.RecordBatch.from_arrays(columns, schema=self.schema)
            yield batch if wanted is None else kept(batch, wanted)

    def _pairs(self) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        """Blocks of labels, counted, with the answers to them."""
        moments = self._labels.moments.table
        wanted = answer_schema(self._question)
        answers = in_blocks(self._answers(), wanted)
        row, answer = 0, pa.RecordBatch.from_pylist([], wanted)
        with closing(answers):
            for block in self._label_blocks():
                labels = block
                while labels.num_rows:
                    answer = answer if answer.num_rows else next(answers, answer)
                    count = min(labels.num_rows, answer.num_rows or labels.num_rows)
                    some = answer.slice(0, count)
                    self._check(some, row, count)
                    self._tally.add(some, _points(moments, row, count))
                    yield labels.slice(0, count), some
                    labels, answer, row = labels.slice(count), answer.slice(count), row + count
            self._check(answer if answer.num_rows else next(answers, answer), row, 0)

    def _label_blocks(self) -> Iterator[pa.RecordBatch]:
        table = self._labels.table
        for labels in in_blocks(iter(table.to_batches()), table.schema):
            self._checksum.add(labels)
            yield labels

    def _answers(self) -> Generator[pa.RecordBatch]:
        """The engine's batches; it is told where nobody wants any more of them."""
        batches, wanted = self._answer.batches, answer_schema(self._question)
        try:
            for batch in batches:
                if not batch.schema.equals(wanted):
                    raise ReconcilerError(
                        f"The engine {self._engine} answered with columns that it was not asked for: "
                        f"{', '.join(f'{field.name} {field.type}' for field in batch.schema)}."
                    )
                yield batch
        finally:
            close = getattr(batches, "close", None)
            if close is not None:
                close()

    def _check(self, answer: pa.RecordBatch, row: int, count: int) -> None:
        """An answer has the rows from `row` on, and none else."""
        found = answer.column(ROW).to_numpy()
        if len(found) != count or not np.array_equal(found, np.arange(row, row + count)):
            raise ReconcilerError(
                f"The engine {self._engine} did not answer every label once and in order (rows {row:,} to "
                f"{row + count:,}). Nothing of its answer was used; please report this."
            )

    def _wanted(self, answer: pa.RecordBatch) -> Any:
        """The labels to keep, None for all."""
        if self._drop is None:
            return None
        matched = [answer.column(status_name(n)).to_numpy() == Status.MATCHED for n in range(len(self._question.joins))]
        return np.logical_and.reduce(matched) if self._drop == "any" else np.logical_or.reduce(matched)


class Listings:
    """A snapshot or a history, under the names of the group."""

    def __init__(
        self, listing: Listing, listed: Listed, *, dataset: str = "", engine: str = "", notes: Notes | None = None
    ) -> None:
        self._listing, self._listed, self._notes = listing, listed, notes
        self._dataset, self._engine = dataset, engine
        self._rows = self._deleted = 0
        self._nulls = [0] * len(listing.join.columns)
        self.schema = listing_schema(listing)
        self.facts = listed.facts

    labels_digest = ""

    def blocks(self) -> Generator[pa.RecordBatch]:
        """The rows, sorted by identifier and instant."""
        batches = (pa.RecordBatch.from_arrays(batch.columns, schema=self.schema) for batch in self._listed.batches)
        for block in in_blocks(batches, self.schema):
            self._rows += block.num_rows
            if self._listing.start is not None:
                self._deleted += block.column(block.num_columns - 1).true_count
            for number in range(len(self._nulls)):
                self._nulls[number] += block.column(2 + number).null_count
            yield block

    def report(self) -> Report:
        """How many rows there are, of how many."""
        join, facts = self._listing.join, self.facts
        counted = JoinReport(
            join.group,
            join.name,
            "",
            self._rows - self._deleted,
            deleted=self._deleted,
            rows_read=nth(facts.rows, 0),
            unreadable=nth(facts.unreadable, 0) or 0,
            newest_write=nth(facts.newest_write, 0),
            nulls={column.name: count for column, count in zip(join.columns, self._nulls, strict=True)},
        )
        return Report(self._dataset, self._engine, self._rows, self._rows, 0, (counted,), **_costs(facts, self._notes))


def labelled_schema(question: Question, labels: pa.Schema) -> pa.Schema:
    """Label columns as they are, then the features in their order."""
    features = [pa.field(column.name, arrow_type(column.type)) for column in question.columns]
    return pa.schema([*labels, *features], labels.metadata)


def listing_schema(listing: Listing) -> pa.Schema:
    """Identifier and event time under their own names, the features, and what the service says about a row.

    An event time that is a text is one of fixed width, in UTC, with nine decimals.
    """
    join, found = listing.join, listed_schema(listing)
    names = [join.record_id, join.event_time, *(column.name for column in join.columns)]
    return pa.schema(
        [field.with_name(name) for field, name in zip(found, [*names, *found.names[len(names) :]], strict=True)]
    )


def in_blocks(batches: Iterator[pa.RecordBatch], schema: pa.Schema, rows: int = BLOCK) -> Generator[pa.RecordBatch]:
    """The same rows in batches of so many each, the last one smaller; halves of one where its texts are too large."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        start = 0
        while count + batch.num_rows - start >= rows:
            end = start + rows - count
            yield from _joined(pa.Table.from_batches([*waiting, batch.slice(start, end - start)], schema))
            waiting, count, start = [], 0, end
        if start < batch.num_rows:
            waiting.append(batch.slice(start))
            count += batch.num_rows - start
    if waiting:
        yield from _joined(pa.Table.from_batches(waiting, schema))


def _joined(table: pa.Table) -> Iterator[pa.RecordBatch]:
    if len(table) > 1 and any(_text_bytes(column) > TEXT_BYTES for column in table.columns):
        half = len(table) // 2
        yield from _joined(table.slice(0, half))
        yield from _joined(table.slice(half))
    else:
        (batch,) = table.combine_chunks().to_batches()
        yield batch


def _text_bytes(column: pa.ChunkedArray) -> int:
    """What counts against the two gigabytes that a column of texts holds."""
    if not any(test(column.type) for test in (pa.types.is_string, pa.types.is_binary)):
        return 0
    return pc.sum(pc.binary_length(column)).as_py() or 0


def _points(moments: pa.Table, row: int, count: int) -> Points:
    return points_of(moments.slice(row, count))


def _costs(facts: Facts, notes: Notes | None) -> dict[str, Any]:
    return {
        "scanned_bytes": facts.scanned_bytes,
        "cost_usd": facts.cost_usd,
        "query_ids": tuple(facts.query_ids),
        "notes": (*facts.notes, *(notes(facts) if notes else ())),
    }
