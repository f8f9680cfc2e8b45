"""The check of a dataset: the records to compare, and the engine that says what they should be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.datasets.building import Asking, home_of
from reconciler.datasets.engines import engine_of
from reconciler.datasets.inventory.readiness import open_places
from reconciler.datasets.labels.reading import read_labels
from reconciler.datasets.question import Moments
from reconciler.datasets.skew.check import Patience, check
from reconciler.datasets.skew.report import SkewReport
from reconciler.records.scratch import scratch_folder
from reconciler.records.target import Target

if TYPE_CHECKING:
    from reconciler.aws.runtime import Runtime


def check_skew(
    runtime: Runtime,
    asking: Asking,
    targets: Mapping[str, Target],
    *,
    labels: Any,
    sample: int | None,
    seed: int,
    wait: timedelta,
) -> SkewReport:
    """Compare the records that labels name, or `sample` ones of each group, or all where it is None.

    What is at odds is looked at again, for so long as `wait` says.
    """
    question = asking.question
    open_places(asking.environment, asking.root, question)
    with scratch_folder(home_of(asking.root)) as scratch:
        engine = engine_of(asking.engine, asking.environment, asking.root, scratch)
        return check(
            runtime,
            engine,
            question,
            targets,
            dataset=asking.dataset.name,
            sample=sample,
            seed=seed,
            moments=None if labels is None else _moments(asking, labels, scratch),
            patience=Patience(wait),
            tell=asking.tell,
        )


def _moments(asking: Asking, labels: Any, scratch: Path) -> Moments:
    return read_labels(labels, asking.question, asking.time, time_zone=asking.time_zone, scratch=scratch).moments
