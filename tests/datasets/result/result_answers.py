"""Questions, labels and answers as values, for tests of what is made of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from reconciler.datasets.moments import fixed_width
from reconciler.datasets.question import (
    Answer,
    Facts,
    Join,
    Key,
    Moments,
    Output,
    Question,
    Status,
    answer_schema,
)
from reconciler.datasets.results.result import About, Result, labelled

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
ABOUT = About("departure-delay", "local", "duckdb", "at", ("labels.csv",))

WEATHER = Join(
    group="weather",
    name="dev-weather",
    key=Key("origin", "String"),
    record_id="airport",
    event_time="observed_at",
    event_time_type="String",
    columns=(
        Output("temp_f", "temp_f", "Fractional"),
        Output("gust", "gust", "Integral"),
        Output("sky", "sky", "String"),
    ),
    max_age=timedelta(hours=2),
)
PLANE = Join(
    group="plane",
    name="dev-plane",
    key=Key("tailnum", "String"),
    record_id="tailnum",
    event_time="updated",
    event_time_type="Fractional",
    columns=(Output("seats", "seats", "Integral"),),
)
QUESTION = Question((WEATHER, PLANE), ("temp_f", "gust", "seats", "sky"), as_of=NOON)


@dataclass
class Rows:
    """Labels as they are after reading."""

    table: pa.Table
    moments: Moments


def labels(table: pa.Table | dict, *, at: datetime = NOON, batch_rows: int = 1000) -> Rows:
    """Labels that all have one moment."""
    table = table if isinstance(table, pa.Table) else pa.table(table)
    count = len(table)
    seconds = int(at.timestamp())
    moments = pa.table(
        {
            "row": pa.array(range(count), pa.int64()),
            "seconds": pa.array([seconds] * count, pa.int64()),
            "nanos": pa.array([at.microsecond * 1000] * count, pa.int32()),
        }
    )
    return Rows(pa.Table.from_batches(table.to_batches(max_chunksize=batch_rows), table.schema), Moments(moments))


def seen(join: Join, seconds: float | None) -> str | float | None:
    """An event time so many seconds before noon, as answers have it."""
    if seconds is None:
        return None
    at = NOON.timestamp() - seconds
    if join.counts_seconds:
        return at
    whole = int(at // 1)
    return fixed_width(pa.array([whole]), pa.array([round((at - whole) * 1e9)]))[0].as_py()


def rows_of(question: Question, found: list[list[tuple]]) -> pa.RecordBatch:
    """An answer: for each label and join the status, the age in seconds and the values."""
    lines = []
    for row, joins in enumerate(found):
        line = {"row": row}
        for number, (join, (status, age, *values)) in enumerate(zip(question.joins, joins, strict=True)):
            line |= {f"status_{number}": int(status), f"event_{number}": seen(join, age)}
            for column, value in zip(join.columns, values or [None] * len(join.columns), strict=True):
                line[f"value_{[one.name for one in question.columns].index(column.name)}"] = value
        lines.append(line)
    return pa.RecordBatch.from_pylist(lines, schema=answer_schema(question))


def answer(question: Question, batch: pa.RecordBatch, facts: Facts | None = None, *, batch_rows: int = 700) -> Answer:
    """What an engine answers, in batches of its own."""
    batches = (batch.slice(start, batch_rows) for start in range(0, batch.num_rows, batch_rows))
    return Answer(batch.schema, batches, facts or Facts())


def a_result(rows: Rows, found: list[list[tuple]], scratch, *, question: Question = QUESTION, **options) -> Result:
    """A result whose engine answers so, as often as it is asked."""
    batch = rows_of(question, found)
    return labelled(question, rows, lambda: answer(question, batch), ABOUT, scratch=scratch, **options)


GOOD = (Status.MATCHED, 600.0, 71.6, 12, "clear")
"""Weather ten minutes old."""
SEATS = (Status.MATCHED, 86_400.0, 180)
NO_WEATHER, NO_PLANE = (Status.MISSING, None), (Status.MISSING, None)
