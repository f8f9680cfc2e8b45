"""Labels of a Spark DataFrame on its executors: checked, and made into what the statement compares with.

Functions from record batches to record batches, so that Spark is not needed to run them.
"""

from __future__ import annotations

import json
import pickle
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from reconciler.datasets.labels.faults import Example, Gathered, LabelFault, LabelsRefused
from reconciler.datasets.labels.times import MomentReader
from reconciler.datasets.moments import points_of, threshold_schema, thresholds
from reconciler.datasets.question import ROW, Question
from reconciler.datasets.results.tally import Tally

SUMMARY: Final = "summary"
IDENTITY: Final = pa.decimal128(38, 0)
"""What stands for the row of a label: a number that says what it asks for."""


class Summary(NamedTuple):
    """What was found of labels: their number, those at fault, those without a moment, and the span of the others.

    `earliest` and `latest` are in whole seconds since 1970, None where no label has a moment.
    """

    rows: int = 0
    bad: int = 0
    no_moment: int = 0
    earliest: int | None = None
    latest: int | None = None
    faults: tuple[LabelFault, ...] = ()

    def as_text(self) -> str:
        return json.dumps(self)

    @classmethod
    def of_text(cls, text: str) -> Summary:
        rows, bad, no_moment, earliest, latest, faults = json.loads(text)
        return cls(rows, bad, no_moment, earliest, latest, tuple(_fault(*fault) for fault in faults))


def added(summaries: Iterable[Summary]) -> Summary:
    """What was found in all partitions."""
    found, gathered = Summary(), Gathered()
    for one in summaries:
        found = Summary(
            found.rows + one.rows,
            found.bad + one.bad,
            found.no_moment + one.no_moment,
            _extreme(min, found.earliest, one.earliest),
            _extreme(max, found.latest, one.latest),
        )
        for fault in one.faults:
            gathered.add(fault.column, fault.reason, fault.fix, fault.examples, fault.rows)
    return found._replace(faults=gathered.faults)


def survey(batches: Iterable[pa.RecordBatch], reader: MomentReader, part: int) -> Iterator[pa.RecordBatch]:
    """Check the labels of a partition; one row, with the summary."""
    found, gathered = Summary(), Gathered()
    for batch in batches:
        points = points_of(_moments(batch, reader, gathered, found.rows, part))
        seconds = points.seconds[points.known]
        found = Summary(
            found.rows + batch.num_rows,
            gathered.rows,
            found.no_moment + len(points.known) - len(seconds),
            _extreme(min, found.earliest, int(seconds.min()) if len(seconds) else None),
            _extreme(max, found.latest, int(seconds.max()) if len(seconds) else None),
        )
    text = found._replace(faults=gathered.faults).as_text()
    yield pa.RecordBatch.from_arrays([pa.array([text])], names=[SUMMARY])


def compared_schema(question: Question) -> pa.Schema:
    """The columns of `compared`: those of `thresholds`, with the identity of a label for its row."""
    return pa.schema([pa.field(ROW, IDENTITY), *list(threshold_schema(question))[1:]])


def compared(
    batches: Iterable[pa.RecordBatch], question: Question, reader: MomentReader, part: int
) -> Iterator[pa.RecordBatch]:
    """What the statement compares with. The first column is passed on; raises `LabelsRefused` for labels at fault."""
    schema, rows = compared_schema(question), 0
    for batch in batches:
        gathered = Gathered()
        moments = _moments(batch, reader, gathered, rows, part)
        if gathered.faults:
            raise LabelsRefused(gathered.faults, gathered.rows, batch.num_rows)
        found = thresholds(question, pa.Table.from_batches([moments]))
        rows += batch.num_rows
        columns = [_whole(found.column(number)) for number in range(1, found.num_columns)]
        yield pa.RecordBatch.from_arrays([batch.column(0), *columns], schema=schema)


class Counted(NamedTuple):
    """Labels of a partition that were answered: how many, how many of them are kept, and what became of them."""

    labels: int
    kept: int
    tally: Tally


def tallied(
    batches: Iterable[pa.RecordBatch], question: Question, names: Sequence[str], reader: MomentReader
) -> Iterator[pa.RecordBatch]:
    """Count answered labels of a partition; one row, with `Counted`.

    The batches have the columns of an answer, whether the label is kept instead of its row, and the time of the labels
    if it is a column; `names` are those that they have here.
    """
    labels, kept, tally = 0, 0, Tally(question)
    for batch in batches:
        answer = in_utc(batch, names)
        moments = reader.read(answer, pa.array(np.arange(batch.num_rows))).moments
        tally.add(answer, points_of(moments))
        labels, kept = labels + batch.num_rows, kept + answer.column(ROW).true_count
    tally.forget_ages()
    told = zlib.compress(pickle.dumps(Counted(labels, kept, tally)))
    yield pa.RecordBatch.from_arrays([pa.array([told], pa.binary())], names=[SUMMARY])


def counted(question: Question, rows: Iterable[bytes]) -> Counted:
    """What was counted in all partitions."""
    labels, kept, tally = 0, 0, Tally(question)
    for row in rows:
        one: Counted = pickle.loads(zlib.decompress(row))  # noqa: S301 - by our executors
        labels, kept = labels + one.labels, kept + one.kept
        tally.merge(one.tally)
    return Counted(labels, kept, tally)


def in_utc(batch: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    """The columns under their names, and instants in UTC: Spark names them in its session's time zone, in words that
    not every library knows.
    """
    arrays = []
    for array in batch.columns:
        kind = array.type
        has_zone = pa.types.is_timestamp(kind) and kind.tz is not None
        arrays.append(array.view(pa.timestamp(kind.unit, "UTC")) if has_zone else array)
    return pa.RecordBatch.from_arrays(arrays, names=list(names))


def _moments(
    batch: pa.RecordBatch, reader: MomentReader, gathered: Gathered, first_row: int, part: int
) -> pa.RecordBatch:
    """Keys and moments; faults are gathered."""
    labels = in_utc(batch, batch.schema.names)
    read = reader.read(labels, pa.array(np.arange(first_row, first_row + batch.num_rows)))
    gathered.add_findings(read.findings, first_row, lambda row: f"partition {part} row {first_row + row}")
    return read.moments


def _whole(column: pa.ChunkedArray) -> pa.Array:
    found = column.combine_chunks()
    return pa.concat_arrays(found.chunks) if isinstance(found, pa.ChunkedArray) else found


def _fault(column: str, reason: str, fix: str, rows: int, examples: list[list[Any]]) -> LabelFault:
    return LabelFault(column, reason, fix, rows, tuple(Example(*example) for example in examples))


def _extreme(which: Any, one: int | None, other: int | None) -> int | None:
    found: int | None = which((number for number in (one, other) if number is not None), default=None)
    return found
