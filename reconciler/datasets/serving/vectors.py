"""The vector that a model is served: the features of a training set, in its names, order and types, from the online
stores.

What would be null in a training set whose label is of this moment is null here: a record that is not there, deleted or
expired, one that is older than its join wants it, and one whose event time lies ahead of the moment: what was before it
is no longer online.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeAlias, overload

from reconciler.aws.runtime import Runtime
from reconciler.datasets.question import Join, Question, Status
from reconciler.datasets.serving.online import Instant, Row, Span, Value, instant, read_rows
from reconciler.errors import Fault, Invalid, Usage
from reconciler.records.target import Target
from reconciler.records.values import id_text

CLOCKS_DIFFER_S: Final = 5
"""Seconds that an event time may be ahead of this machine's clock and still count as now, where no moment is given."""

Keys: TypeAlias = Mapping[str, Any]
"""The columns of a label that identify records: `{"origin": "JFK", "tailnum": "N10156"}`. Others are passed over."""

Vector: TypeAlias = dict[str, Value]
"""Features by their names in the training set, in its order: int, float or str, None for null."""


class Served(NamedTuple):
    """A vector, and of each join what became of it, and the event time of the record as it is stored.

    Of what is not online the store does not say why: never written, deleted and expired are all `MISSING`, and so is a
    record whose event time lies ahead.
    """

    vector: Vector
    statuses: tuple[Status, ...]
    events: tuple[str | None, ...]


@overload
def vector(
    runtime: Runtime,
    question: Question,
    targets: Mapping[str, Target],
    keys: Mapping[str, Any],
    *,
    at: datetime | None = None,
) -> Vector: ...
@overload
def vector(
    runtime: Runtime,
    question: Question,
    targets: Mapping[str, Target],
    keys: Sequence[Mapping[str, Any]],
    *,
    at: datetime | None = None,
) -> list[Vector]: ...
def vector(
    runtime: Runtime,
    question: Question,
    targets: Mapping[str, Target],
    keys: Keys | Sequence[Keys],
    *,
    at: datetime | None = None,
) -> Vector | list[Vector]:
    """The vector of one label's keys, or of several in their order. All groups are read in one go.

    `targets` are by the groups' names in specs. `at` is the moment that ages count to, and after which no event time
    counts; now, unless given. Raises `Invalid` with every key that is missing or no identifier, `AwsFailed`, and
    `Unreadable` for a value that is not of its type.
    """
    found: Vector | list[Vector] = runtime.run(avector(runtime, question, targets, keys, at=at))
    return found


async def avector(
    runtime: Runtime,
    question: Question,
    targets: Mapping[str, Target],
    keys: Keys | Sequence[Keys],
    *,
    at: datetime | None = None,
) -> Any:
    """As `vector`, on the running event loop."""
    if isinstance(keys, Mapping):
        return (await aserved(runtime, question, targets, [keys], at=at))[0].vector
    return [one.vector for one in await aserved(runtime, question, targets, keys, at=at)]


def served(
    runtime: Runtime,
    question: Question,
    targets: Mapping[str, Target],
    keys: Sequence[Keys],
    *,
    at: datetime | None = None,
) -> list[Served]:
    """As `vector` of several, with what became of each join."""
    return runtime.run(aserved(runtime, question, targets, keys, at=at))


async def aserved(
    runtime: Runtime,
    question: Question,
    targets: Mapping[str, Target],
    keys: Sequence[Keys],
    *,
    at: datetime | None = None,
) -> list[Served]:
    """As `served`, on the running event loop."""
    spans = _spans(question, at)
    given = list(keys) if isinstance(keys, Iterable) and not isinstance(keys, str) else [keys]
    ids = _identifiers(question, targets, given)
    asked = [
        (join.group, text) for row in ids for join, text in zip(question.joins, row, strict=True) if text is not None
    ]
    rows = dict(zip(asked, await read_rows(runtime, targets, question.joins, asked), strict=True))
    names = [column.name for column in question.columns]
    return [_served(question, spans, names, rows, row) for row in ids]


def vector_table(
    runtime: Runtime,
    question: Question,
    targets: Mapping[str, Target],
    keys: Sequence[Keys],
    *,
    at: datetime | None = None,
) -> Any:
    """The vectors as a pyarrow Table: columns by name, order and type as in the training set, a row for each key."""
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only tables need it

    from reconciler.datasets.question import arrow_type  # noqa: PLC0415 - as above

    found = [one.vector for one in served(runtime, question, targets, keys, at=at)]
    columns = {c.name: pa.array([one[c.name] for one in found], arrow_type(c.type)) for c in question.columns}
    return pa.table(columns)


def vector_frame(
    runtime: Runtime,
    question: Question,
    targets: Mapping[str, Target],
    keys: Sequence[Keys],
    *,
    at: datetime | None = None,
) -> Any:
    """As `vector_table`, as a pandas DataFrame of the kinds of columns that a training set has."""
    from reconciler.datasets.results.shapes import as_pandas  # noqa: PLC0415 - heavy

    return as_pandas(vector_table(runtime, question, targets, keys, at=at), 0)


def _spans(question: Question, at: datetime | None) -> list[Span]:
    if at is not None and at.tzinfo is None:
        raise Usage(f"{at.isoformat()} could be anywhere: give it a zone, as in datetime.now(UTC).")
    later_s = 0 if at is not None else CLOCKS_DIFFER_S
    moment = at or datetime.now(UTC)
    return [Span.of(join, moment, later_s=later_s, strict=question.strict) for join in question.joins]


def _identifiers(question: Question, targets: Mapping[str, Target], keys: Sequence[Keys]) -> list[list[str | None]]:
    """By label and join, as AWS has them; None where the label has none. Raises `Invalid` with all that is wrong."""
    if not all(isinstance(given, Mapping) for given in keys):
        wanted = ", ".join(f"{key.column!r}: ..." for key in question.keys)
        raise Usage(f"Give the keys by column, as in {{{wanted}}}, or a list of such.")
    faults: list[Fault] = []
    found = []
    for number, given in enumerate(keys):
        place = f"keys {number}" if len(keys) > 1 else ""
        found.append([_identifier(join, targets[join.group], given, place, faults) for join in question.joins])
    if faults:
        raise Invalid(faults)
    return found


def _identifier(join: Join, target: Target, given: Keys, place: str, faults: list[Fault]) -> str | None:
    column = join.key.column
    if column not in given:
        reason, fix = "The key is missing.", f"It identifies records of {join.group}; None stands for none."
        faults.append(Fault(place, 0, "", column, "", f"{column}: {reason}", fix))
        return None
    value = given[column]
    if is_null(value):
        return None
    try:
        return id_text(target.contract, value)
    except Usage as wrong:
        faults.append(Fault(place, 0, "", column, repr(value)[:80], str(wrong), ""))
        return None


def is_null(value: Any) -> bool:
    """None, and what stands for it in frames: NaN, NaT and NA."""
    is_nan = isinstance(value, float) and math.isnan(value)
    return value is None or is_nan or type(value).__name__ in ("NaTType", "NAType")


def _served(
    question: Question,
    spans: Sequence[Span],
    names: Sequence[str],
    rows: Mapping[tuple[str, str], Row | None],
    ids: Sequence[str | None],
) -> Served:
    values: Vector = dict.fromkeys(names)
    statuses, events = [], []
    for join, span, record_id in zip(question.joins, spans, ids, strict=True):
        row = rows[join.group, record_id] if record_id is not None else None
        status = Status.NO_KEY if record_id is None else _status(span, row and instant(join, row.event))
        statuses.append(status)
        events.append(row.event if row is not None and status is not Status.MISSING else None)
        if row is not None and status is Status.MATCHED:
            values.update((column.name, row.value(join.group, column)) for column in join.columns)
    return Served(values, tuple(statuses), tuple(events))


def _status(span: Span, event: Instant | None) -> Status:
    if event is None or not span.is_reached_by(event):
        return Status.MISSING
    return Status.STALE if span.is_stale(event) else Status.MATCHED
