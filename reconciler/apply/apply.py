"""A plan, carried out: groups side by side, the steps of one group in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from threading import BoundedSemaphore

from reconciler.apply.steps import Steps
from reconciler.apply.waiting import Interrupted, Patience, Watch, stopped_by_interrupt
from reconciler.aws import FeatureStore
from reconciler.errors import AwsFailed
from reconciler.plan import Change, Outcome, Plan
from reconciler.plan.changes import Adopt, Create, Delete, RecreateFailed
from reconciler.state.limits import CREATIONS_AT_ONCE

GROUPS_AT_ONCE = 16


class Stage(StrEnum):
    """Where a change is."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Progress:
    """One change came to a stage; `failure` says why where that is FAILED or STOPPED."""

    change: Change
    stage: Stage
    failure: AwsFailed | None = None


def apply(plan: Plan, store: FeatureStore, owner: str, patience: Patience, tell: Callable[[Progress], None]) -> Outcome:
    """Do everything the plan says; one group's failure does not stop the others.

    A blocked plan changes nothing. `tell` hears of each change as it begins and ends, from several threads.
    An interrupt lets the calls in flight end, and leaves the rest for the next run.
    """
    if plan.is_blocked:
        return Outcome((), (), plan.changes)
    watch = Watch(patience)
    run = _Run(Steps(store, watch, owner), watch, tell)
    futures: list[Future[None]] = []
    with stopped_by_interrupt(watch), ThreadPoolExecutor(GROUPS_AT_ONCE) as pool:
        try:
            for changes in plan.by_group().values():
                futures.append(pool.submit(run.group, changes))  # noqa: PERF401 - kept as they begin
            wait(futures)
        except KeyboardInterrupt:
            watch.stop()
    for future in futures:
        future.result()
    return run.outcome(plan.changes)


def wait_until_settled(names: Iterable[str], store: FeatureStore, patience: Patience) -> None:
    """Wait for creations, updates and deletions that are under way, before deciding anything."""
    watch = Watch(patience)
    steps = Steps(store, watch, "")
    with ThreadPoolExecutor(GROUPS_AT_ONCE) as pool:
        try:
            for future in [pool.submit(steps.settle, name) for name in names]:
                future.result()
        except BaseException:
            watch.stop()
            raise


class _Run:
    """One apply: what is done so far, by any thread."""

    def __init__(self, steps: Steps, watch: Watch, tell: Callable[[Progress], None]) -> None:
        self._steps, self._watch, self._tell = steps, watch, tell
        self._creations = BoundedSemaphore(CREATIONS_AT_ONCE)
        self._done: set[int] = set()
        self._failed: dict[int, AwsFailed] = {}

    def group(self, changes: tuple[Change, ...]) -> None:
        """The changes of one group in order; the first failure leaves the rest."""
        for n, change in enumerate(changes):
            if self._watch.is_stopped:
                return
            try:
                is_made = self._make(change, is_first=n == 0)
            except AwsFailed as failed:
                self._failed[id(change)] = failed
                stage = Stage.STOPPED if isinstance(failed, Interrupted) else Stage.FAILED
                self._tell(Progress(change, stage, failed))
                return
            if not is_made:
                return
            self._done.add(id(change))
            self._tell(Progress(change, Stage.DONE))

    def _make(self, change: Change, *, is_first: bool) -> bool:
        """Make one change; False where the run was stopped before it was begun."""
        if not isinstance(change, Create | RecreateFailed):
            self._tell(Progress(change, Stage.BEGUN))
            if is_first and not isinstance(change, Adopt | Delete):
                self._steps.check_ours(change.group)
            self._steps.make(change)
            return True
        with self._creations:
            if self._watch.is_stopped:
                return False
            self._tell(Progress(change, Stage.BEGUN))
            self._steps.make(change)
            return True

    def outcome(self, changes: tuple[Change, ...]) -> Outcome:
        return Outcome(
            tuple(c for c in changes if id(c) in self._done),
            tuple((c, self._failed[id(c)]) for c in changes if id(c) in self._failed),
            tuple(c for c in changes if id(c) not in self._done and id(c) not in self._failed),
        )
