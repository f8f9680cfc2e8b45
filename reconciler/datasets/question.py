"""What is asked of an engine: a point-in-time join of labels with feature groups, as a value.

The semantics, for every engine, of one join and one label, with `at` the label's moment:

1. Candidates are the offline rows of the group whose record identifier equals the label's key and whose event time is
   at or before `at` (before it, where `strict`). With `as_of` only rows count that were written offline by then; with
   `known_at` only rows that the service had received by `at`. Rows whose identifier or event time cannot be read are
   never candidates; they are counted.
2. The newest of them is chosen: by event time, then by when the service received it (`api_invocation_time`), then by
   when it was written (`write_time`), nothing before anything. Of rows that are equal in all three a tombstone is
   chosen before any other; of several others the one whose values are the greatest, compared feature by feature in the
   join's order, null before anything. So the choice does not depend on the order of files.
3. No candidate: the features are null (`MISSING`). A tombstone: null (`DELETED`), unless `ignore_deletes`, where
   tombstones are no candidates. Older than the join's maximum age: null (`STALE`); exactly as old is not.
   Else the features are those of the row (`MATCHED`), null where it has none.
4. A label without a key or a moment keeps its row, with nulls (`NO_KEY`).

Instants are compared to the nanosecond over the years 0001 to 9999; event times that are numbers as the stored double.
A number outside of these years cannot be read.
The service's own times count in whole microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

    from reconciler.datasets.progress import Tell

ROW, SECONDS, NANOS, REAL = "row", "seconds", "nanos", "real"
"""Columns of `Moments.table`, beside `key_0`, `key_1`, ..."""


class Status(IntEnum):
    """What became of one label in one join."""

    MATCHED = 0
    MISSING = 1
    DELETED = 2
    STALE = 3
    NO_KEY = 4


class Output(NamedTuple):
    """One feature of the result: `name` there, `feature` on AWS, `type` Integral, Fractional or String."""

    name: str
    feature: str
    type: str


class Key(NamedTuple):
    """A column of the labels that holds identifiers, and the AWS type that they are compared in."""

    column: str
    type: str


@dataclass(frozen=True, slots=True)
class Join:
    """One feature group under one key of the labels.

    `group` is the name in specs, `name` the live group's. `columns` are the wanted features, in the order in which ties
    are broken; `max_age` is None for any.
    """

    group: str
    name: str
    key: Key
    record_id: str
    event_time: str
    event_time_type: str
    columns: tuple[Output, ...]
    max_age: timedelta | None = None

    @property
    def counts_seconds(self) -> bool:
        """The event time is a number: seconds since 1970."""
        return self.event_time_type == "Fractional"


@dataclass(frozen=True)
class Question:
    """Joins, and the options that hold for all of them. `outputs` are the features in the order of the result."""

    joins: tuple[Join, ...]
    outputs: tuple[str, ...] = ()
    strict: bool = False
    known_at: bool = False
    as_of: datetime | None = None
    ignore_deletes: bool = False

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The distinct keys, in the order in which joins name them: `key_0` and so on of `Moments`."""
        return tuple(dict.fromkeys(join.key for join in self.joins))

    def key_name(self, join: Join) -> str:
        """The column of `Moments` that a join looks into."""
        return f"key_{self.keys.index(join.key)}"

    @cached_property
    def columns(self) -> tuple[Output, ...]:
        """The features in the order of the result."""
        found = {column.name: column for join in self.joins for column in join.columns}
        return tuple(found[name] for name in (self.outputs or found))


@dataclass(frozen=True)
class Moments:
    """The labels as engines see them, as a table of Arrow.

    `row` int64, from 0 on in the order of the input; `key_n` string, int64 or double, null where there is none;
    `seconds` int64 since 1970 and `nanos` int32, both null where there is no moment; and, only where the moments were
    given as numbers, `real`: that very double. Labels of a Spark DataFrame never come this way.
    """

    table: pa.Table

    @property
    def latest(self) -> int | None:
        """The second that the last moment is in, since 1970; None without any."""
        import pyarrow.compute as pc  # noqa: PLC0415 - heavy

        found: int | None = pc.max(self.table[SECONDS]).as_py()
        return found


def status_name(join: int) -> str:
    """The column of an answer that says what became of a join: int8, a `Status`."""
    return f"status_{join}"


def event_name(join: int) -> str:
    """The column of an answer with the event time of the chosen row (of stale and deleted ones too), null without one.

    A text of fixed width in UTC with nine decimals, `2024-01-01T00:00:00.000000000Z`, or a double.
    """
    return f"event_{join}"


def value_name(output: int) -> str:
    """The column of an answer that holds a feature, by its place in `Question.columns`: int64, double or string."""
    return f"value_{output}"


@dataclass(slots=True)
class Facts:
    """What an engine found out besides: complete once its batches are read. Lists are by join.

    `rows` were read, `unreadable` ones had no readable identifier or event time. `newest_write` is when the newest row
    of the group was written offline, None where nobody looked or there is none. `scanned_bytes`, `cost_usd` and
    `query_ids` are Athena's.
    """

    rows: list[int | None] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    newest_write: list[datetime | None] = field(default_factory=list)
    scanned_bytes: int | None = None
    cost_usd: float | None = None
    query_ids: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Answer:
    """Batches with `row`, `status_n`, `event_n`, `value_n`: every label once, in the order of `row`."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    facts: Facts


class Listing(NamedTuple):
    """A question without labels. `join.key` and `join.max_age` are not looked at.

    A snapshot (`start` is None): of every identifier the newest row at `end` (None: of all), tombstones left out.
    A history: of every identifier and event time from `start` to before `end` the row that is chosen among its
    versions, tombstones included, with `api_invocation_time`, `write_time` and `is_deleted`.
    """

    join: Join
    start: datetime | None = None
    end: datetime | None = None
    as_of: datetime | None = None
    known_at: bool = False
    ignore_deletes: bool = False


class Listed(NamedTuple):
    """Rows by their identifier and event time: `record_id`, `event` (as `event_name`), `value_n` of the join's columns.

    A history has `api_invocation_time` and `write_time` (timestamp[us, UTC]) and `is_deleted` besides. Sorted by
    identifier (texts by their bytes), then by instant.
    """

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    facts: Facts


class Engine(Protocol):
    """Answers questions over the offline store of one environment."""

    name: str

    def answer(self, question: Question, moments: Moments, tell: Tell | None = None) -> Answer:
        """The features of every label."""

    def list(self, listing: Listing, tell: Tell | None = None) -> Listed:
        """A snapshot or a history."""


def answer_schema(question: Question) -> pa.Schema:
    """What the batches of an answer have."""
    import pyarrow as pa  # noqa: PLC0415 - heavy

    found: list[tuple[str, Any]] = [(ROW, pa.int64())]
    for number, join in enumerate(question.joins):
        found += [(status_name(number), pa.int8()), (event_name(number), _moment(join))]
    found += [(value_name(n), arrow_type(column.type)) for n, column in enumerate(question.columns)]
    return pa.schema(found)


def listed_schema(listing: Listing) -> pa.Schema:
    """What the batches of a snapshot or a history have."""
    import pyarrow as pa  # noqa: PLC0415

    join = listing.join
    found: list[tuple[str, Any]] = [("record_id", arrow_type(join.key.type)), ("event", _moment(join))]
    found += [(value_name(n), arrow_type(column.type)) for n, column in enumerate(join.columns)]
    if listing.start is not None:
        moment = pa.timestamp("us", "UTC")
        found += [("api_invocation_time", moment), ("write_time", moment), ("is_deleted", pa.bool_())]
    return pa.schema(found)


def arrow_type(aws_type: str) -> pa.DataType:
    """int64, double or string for what AWS calls Integral, Fractional or String."""
    import pyarrow as pa  # noqa: PLC0415

    return {"Integral": pa.int64(), "Fractional": pa.float64(), "String": pa.string()}[aws_type]


def _moment(join: Join) -> pa.DataType:
    return arrow_type("Fractional" if join.counts_seconds else "String")
