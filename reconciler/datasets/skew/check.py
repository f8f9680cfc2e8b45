"""Whether what a model is served is what it is trained on: the online store, held against the offline store.

What the online store should have of a record is the newest of its rows offline, whatever the moment. Rows take up to
15 minutes to get there, so a record that is newer online by a recent event time is waiting, and no skew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from reconciler.aws.runtime import Runtime
from reconciler.datasets.progress import Progress, Tell
from reconciler.datasets.question import (
    NANOS,
    ROW,
    SECONDS,
    Engine,
    Facts,
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
from reconciler.datasets.serving.online import Row, read_rows
from reconciler.datasets.skew.comparing import Comparison, Tally, Trained
from reconciler.datasets.skew.drawing import draw, named
from reconciler.datasets.skew.report import Finding, GroupSkew, SkewReport
from reconciler.errors import Usage
from reconciler.records.limits import LAST_SECOND, LONGEST_ID
from reconciler.records.reading import check_online
from reconciler.records.target import Target

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE: Final = 1_000
"""Records that are drawn from each store, unless said otherwise."""

_AT_ONCE: Final = 10_000
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _GROWTH = 5.0, 120.0, 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long records at odds are looked at again: rows of late events take their time to be offline."""

    limit: timedelta = timedelta(0)
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def pauses(self) -> Iterator[float]:
        """Seconds to sleep before each further look, until the time is up."""
        begun, pause = self.clock(), _FIRST_PAUSE_S
        while (left := self.limit.total_seconds() - (self.clock() - begun)) > 0:
            yield min(pause, left)
            pause = min(pause * _GROWTH, _LONGEST_PAUSE_S)


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
    patience: Patience = Patience(),
    tell: Tell | None = None,
) -> SkewReport:
    """Compare the records of a question's groups. `targets` are by the groups' names in specs.

    `sample` records of each store are drawn at random by `seed`; None takes all. With `moments` the records are those
    that labels name. `at` is now, unless given: what is recent, and what has expired. `patience` looks again at what is
    at odds. Raises `Usage` for a group without an online store, and what the engine and the online store raise.
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
        comparison = Comparison(join, now, _ttl_s(target), drawn.listed)
        found.append(_Checking(runtime, engine, join, target, comparison, tell).check(drawn.ids, patience))
    size = sample if moments is None else None
    return SkewReport(dataset, runtime.environment.name, engine.name, now, tuple(found), size, seed)


def _by_group(question: Question) -> Iterator[Join]:
    """One join for each group, with the features of all its joins, without an age."""
    joins: dict[str, Join] = {}
    for join in question.joins:
        known = joins.get(join.group)
        columns = {column.feature: column for column in (*(known.columns if known else ()), *join.columns)}
        outputs = tuple(Output(name, name, column.type) for name, column in columns.items())
        key = Key(join.record_id, join.key.type)
        joins[join.group] = replace(join, key=key, columns=outputs, max_age=None)
    return iter(joins.values())


class _Checking:
    """One group: what is settled, and what is at odds so far."""

    def __init__(
        self,
        runtime: Runtime,
        engine: Engine,
        join: Join,
        target: Target,
        comparison: Comparison,
        tell: Tell | None,
    ) -> None:
        self._runtime, self._engine, self._join, self._target = runtime, engine, join, target
        self._comparison, self._tell = comparison, tell
        self._question = Question((join,), tuple(column.name for column in join.columns))
        self._settled, self._odd = Tally(join.columns), Tally(join.columns)
        self._facts = Facts()

    def check(self, ids: pa.Array, patience: Patience) -> GroupSkew:
        """Look at records, and again at those that are at odds."""
        odd = self._look(ids)
        for pause_s in patience.pauses():
            if not len(odd):
                break
            patience.sleep(pause_s)
            odd = self._look(odd)
        settled, facts = self._settled, self._facts
        counts = settled.counts | self._odd.counts
        pairs = zip(settled.features, self._odd.features, strict=True)
        return GroupSkew(
            self._join.group,
            self._target.name,
            sum(counts.values()),
            {finding: counts[finding] for finding in Finding if finding in counts},
            tuple(feature.with_(odd_one) for feature, odd_one in pairs),
            tuple(self._odd.examples),
            settled.ahead + self._odd.ahead,
            facts.newest_write[0] if facts.newest_write else None,
            facts.unreadable[0] if facts.unreadable else 0,
        )

    def _look(self, ids: pa.Array) -> pa.Array:
        """Ask both stores, the offline one first: a row that is written meanwhile is newer online, and so waiting.

        Answers the identifiers that are at odds.
        """
        import pyarrow as pa  # noqa: PLC0415 - heavy

        self._odd = Tally(self._join.columns)
        odd: list[int] = []
        answer = self._engine.answer(self._question, Moments(_moments(ids)), self._tell)
        done = 0
        for batch in answer.batches:
            for start in range(0, batch.num_rows, _AT_ONCE):
                part = batch.slice(start, _AT_ONCE)
                odd += self._compare(ids.take(part.column(ROW)), part)
                done += part.num_rows
                if self._tell:
                    self._tell(Progress(f"comparing {self._join.group}", done, len(ids), "records"))
        self._facts = answer.facts
        return ids.take(pa.array(odd, pa.int64()))

    def _compare(self, ids: pa.Array, part: pa.RecordBatch) -> Iterator[int]:
        """Count what became of some records; answers the rows of those at odds."""
        texts = [str(value) for value in ids.to_pylist()]
        online = self._online(texts)
        columns = [part.column(value_name(n)).to_pylist() for n in range(len(self._join.columns))]
        own: list[list[Any]] = [part.column(name).to_pylist() for name in (ROW, status_name(0), event_name(0))]
        for number, (text, row, status, event) in enumerate(zip(texts, *own, strict=True)):
            trained = Trained(Status(status), event, [column[number] for column in columns])
            found = self._comparison.compare(text, online.get(text), trained)
            tally = self._odd if found.finding.is_skew else self._settled
            tally.add(found, online.get(text), trained)
            if found.finding.is_skew:
                yield row

    def _online(self, texts: list[str]) -> Mapping[str, Row | None]:
        """What is online. What none can have is not asked for, though another may have written it offline."""
        group = self._join.group
        asked = [text for text in texts if 1 <= len(text.encode()) <= LONGEST_ID]
        reading = read_rows(self._runtime, {group: self._target}, [self._join], [(group, text) for text in asked])
        return dict(zip(asked, self._runtime.run(reading), strict=True))


def _moments(ids: pa.Array) -> pa.Table:
    """The end of time, for every identifier."""
    import numpy as np  # noqa: PLC0415 - heavy
    import pyarrow as pa  # noqa: PLC0415 - heavy

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
