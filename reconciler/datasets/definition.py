"""From names to a question: what a dataset asks for, held against the contracts of its feature groups. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from reconciler.contract import Contract
from reconciler.datasets.question import Join, Key, Output, Question
from reconciler.state import Dataset


def question_of(
    dataset: Dataset,
    contracts: Mapping[str, Contract],
    live_name: Callable[[str], str] = lambda group: group,
    *,
    as_of: datetime | None = None,
    ignore_deletes: bool = False,
) -> Question:
    """The question that a checked dataset is. `contracts` are by group, `live_name` puts on an environment's prefix."""
    by_join: dict[tuple[str, str], list[Output]] = {}
    for asked in dataset.features:
        column = contracts[asked.group].column(asked.feature)
        by_join.setdefault((asked.group, asked.key), []).append(Output(asked.output, asked.feature, column.aws_type))
    joins = tuple(
        Join(
            group=group,
            name=live_name(group),
            key=Key(key, contracts[group].key.aws_type),
            record_id=contracts[group].record_id,
            event_time=contracts[group].event_time,
            event_time_type=contracts[group].moment.aws_type,
            columns=tuple(outputs),
            max_age=dataset.max_ages.get((group, key)),
        )
        for (group, key), outputs in by_join.items()
    )
    return Question(
        joins,
        tuple(asked.output for asked in dataset.features),
        strict=dataset.strict,
        known_at=dataset.known_at,
        as_of=as_of,
        ignore_deletes=ignore_deletes,
    )
