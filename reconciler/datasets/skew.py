"""Whether what a model is served is what it is trained on: the online store, held against the offline store.

What the online store should have of a record is the newest of its rows offline, whatever the moment. Rows take up to
15 minutes to get there, so a record that is newer online by a recent event time is waiting, and no skew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from reconciler.aws.runtime import Runtime
from reconciler.datasets.drawing import draw, named
from reconciler.datasets.online import Instant, Row, Span, Value, instant, read_rows
from reconciler.datasets.progress import Progress, Tell
from reconciler.datasets.question import (
    NANOS,
    ROW,
    SECONDS,
    Engine,
    Join,
    Key,
    Moments,
    Output,
    Question,
    Status,
    event_name,
    status_name,
    value_name,
)
from reconciler.datasets.skew_report import Example, FeatureSkew, Finding, GroupSkew, SkewReport, ValueExample
from reconciler.errors import Usage
from reconciler.records.decoding import Unreadable
from reconciler.records.limits import LAST_SECOND, LONGEST_ID
from reconciler.records.reading import check_online
from reconciler.records.target import Target

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE: Final = 1_000
"""Records that are drawn from each store, unless said otherwise."""

OFFLINE_WITHIN: Final = timedelta(minutes=15)
"""How long rows may be on their way. AWS says that they are offline within 15 minutes (developer guide)."""

SHOWN: Final = 5
"""Examples of each kind."""

_AT_ONCE: Final = 10_000


def check(
    runtime: Runtime,
    engine: Engine,
    question: Question,
    targets: Mapping[str, Target],
    *,
    dataset: str = "",
    sample: int | None = SAMPLE,
    seed: int = 0,
    moments: Moments | None = None,
    at: datetime | None = None,
    tell: Tell | None = None,
) -> SkewReport:
    """Compare the records of a question's groups. `targets` are by the groups' names in specs.

    `sample` records of each store are drawn at random by `seed`; None takes all. With `moments` the records are those
    that labels name. `at` is now, unless given: what is recent, and what has expired. Raises `Usage` for a group
    without an online store, and what the engine and the online store raise.
    """
    joins = list(_by_group(question))
    for join in joins:
        check_online(targets[join.group])
    if sample is not None and sample < 1:
        raise Usage(f"A sample of {sample} records shows nothing: give 1 or more.")
    now = at or datetime.now(UTC)
    found = []
    for join in joins:
        target = targets[join.group]
        if moments is None:
            drawn = draw(runtime, engine, join, target, sample=sample, seed=seed, tell=tell)
        else:
            drawn = named(runtime, question, join, target, moments)
        found.append(_Group(runtime, join, target, now, drawn.listed).check(engine, drawn.ids, tell))
    size = sample if moments is None else None
    return SkewReport(dataset, runtime.environment.name, engine.name, now, tuple(found), size, seed)


def _by_group(question: Question) -> Iterator[Join]:
    """One join for each group, with the features of all its joins, without an age."""
    joins: dict[str, Join] = {}
    for join in question.joins:
        known = joins.get(join.group)
        columns = {column.feature: column for column in (*(known.columns if known else ()), *join.columns)}
        named = tuple(Output(name, name, column.type) for name, column in columns.items())
        key = Key(join.record_id, join.key.type)
        joins[join.group] = replace(join, key=key, columns=named, max_age=None)
    return iter(joins.values())


@dataclass(slots=True)
class _Feature:
    """What was found of one feature so far."""

    column: Output
    compared: int = 0
    differ: int = 0
    null_online: int = 0
    null_offline: int = 0
    examples: list[ValueExample] = field(default_factory=list)

    def compare(self, record_id: str, online: Value, offline: Value) -> bool:
        """Whether the two are the same."""
        self.compared += 1
        if _is_same(online, offline):
            return True
        self.differ += 1
        self.null_online += online is None
        self.null_offline += offline is None
        if len(self.examples) < SHOWN:
            self.examples.append(ValueExample(record_id, online, offline))
        return False

    def as_value(self) -> FeatureSkew:
        """Done."""
        counts = (self.compared, self.differ, self.null_online, self.null_offline)
        return FeatureSkew(self.column.feature, self.column.type, *counts, tuple(self.examples))


class _Group:
    """The comparison of one group."""

    def __init__(self, runtime: Runtime, join: Join, target: Target, now: datetime, listed: frozenset[str]) -> None:
        self._runtime, self._join, self._target, self._listed = runtime, join, target, listed
        self._now = Span.of(join, now)
        self._recent = Span.of(join, now - OFFLINE_WITHIN)
        ttl_s = _ttl_s(target)
        self._expiry = Span.of(join, now - timedelta(seconds=ttl_s)) if ttl_s is not None else None
        self._features = [_Feature(column) for column in join.columns]
        self._counts: dict[Finding, int] = {}
        self._examples: list[Example] = []
        self._ahead = 0

    def check(self, engine: Engine, ids: pa.Array, tell: Tell | None) -> GroupSkew:
        """Ask both stores, the offline one first: a row that is written meanwhile is newer online, and so waiting."""
        question = Question((self._join,), tuple(column.name for column in self._join.columns))
        answer = engine.answer(question, Moments(_moments(ids)), tell)
        done = 0
        for batch in answer.batches:
            for start in range(0, batch.num_rows, _AT_ONCE):
                part = batch.slice(start, _AT_ONCE)
                self._compare([str(value) for value in ids.take(part.column(ROW)).to_pylist()], part)
                done += part.num_rows
                if tell:
                    tell(Progress(f"comparing {self._join.group}", done, len(ids), "records"))
        facts = answer.facts
        return GroupSkew(
            self._join.group,
            self._target.name,
            done,
            {finding: self._counts[finding] for finding in Finding if finding in self._counts},
            tuple(feature.as_value() for feature in self._features),
            tuple(self._examples),
            self._ahead,
            facts.newest_write[0] if facts.newest_write else None,
            facts.unreadable[0] if facts.unreadable else 0,
        )

    def _compare(self, texts: Sequence[str], offline: pa.RecordBatch) -> None:
        group = self._join.group
        asked = [(group, text) for text in texts if _is_identifier(text)]
        reading = read_rows(self._runtime, {group: self._target}, [self._join], asked)
        online = dict(zip((text for _, text in asked), self._runtime.run(reading), strict=True))
        statuses = offline.column(status_name(0)).to_pylist()
        events = offline.column(event_name(0)).to_pylist()
        columns = [offline.column(value_name(n)).to_pylist() for n in range(len(self._features))]
        for number, text in enumerate(texts):
            row, event = online.get(text), events[number]
            values = [column[number] for column in columns]
            finding, note = self._finding(text, row, Status(statuses[number]), event, values)
            self._counts[finding] = self._counts.get(finding, 0) + 1
            if finding.is_skew and sum(one.finding is finding for one in self._examples) < SHOWN:
                self._examples.append(Example(text, finding, row.event if row else None, event, note))

    def _finding(
        self, text: str, row: Row | None, status: Status, event: str | float | None, values: Sequence[Value]
    ) -> tuple[Finding, str]:
        there = None if event is None else instant(self._join, str(event))
        if row is None:
            return self._not_online(text, status, there), ""
        here = instant(self._join, row.event)
        if here is None:
            return Finding.UNREADABLE, f"its event time is {row.event!r}"
        self._ahead += not self._now.is_reached_by(here)
        if there is None or here > there:
            is_recent = not self._recent.is_reached_by(here)
            late = Finding.ONLY_ONLINE if there is None else Finding.ONLINE_NEWER
            return (Finding.WAITING if is_recent else late), ""
        if status is Status.DELETED:
            return Finding.STILL_ONLINE, ""
        if here < there:
            return Finding.ONLINE_OLDER, ""
        return self._same_moment(row, values)

    def _not_online(self, text: str, status: Status, there: Instant | None) -> Finding:
        if status is Status.DELETED:
            return Finding.DELETED
        if there is None:
            return Finding.ABSENT
        if self._expiry is not None and self._expiry.is_reached_by(there):
            return Finding.EXPIRED
        return Finding.DELETE_WAITING if text in self._listed else Finding.ONLY_OFFLINE

    def _same_moment(self, row: Row, values: Sequence[Value]) -> tuple[Finding, str]:
        try:
            online = [row.value(self._join.group, feature.column) for feature in self._features]
        except Unreadable as wrong:
            return Finding.UNREADABLE, f"{wrong.feature} is {str(wrong.value)[:80]!r}"
        same = [
            feature.compare(row.record_id, here, there)
            for feature, here, there in zip(self._features, online, values, strict=True)
        ]
        if all(same):
            return Finding.SAME, ""
        names = (f.column.feature for f, is_same in zip(self._features, same, strict=True) if not is_same)
        return Finding.DIFFERS, ", ".join(names)


def _moments(ids: pa.Array) -> pa.Table:
    """The end of time, for every identifier."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    count = len(ids)
    return pa.table(
        {
            ROW: pa.array(np.arange(count, dtype=np.int64)),
            "key_0": ids,
            SECONDS: pa.array(np.full(count, LAST_SECOND, np.int64)),
            NANOS: pa.array(np.full(count, 999_999_999, np.int32)),
        }
    )


def _ttl_s(target: Target) -> int | None:
    """As the live group has it, where it was looked at."""
    if target.live is not None and target.live.group.online is not None:
        return target.live.group.online.ttl_s
    return target.contract.ttl_s


def _is_identifier(text: str) -> bool:
    """The online store may have it; what another has written offline need not."""
    return 1 <= len(text.encode()) <= LONGEST_ID


def _is_same(here: Value, there: Value) -> bool:
    """Equal; what is no number equals itself."""
    if isinstance(here, float) and isinstance(there, float) and here != here:  # noqa: PLR0124
        return there != there  # noqa: PLR0124
    return here == there
