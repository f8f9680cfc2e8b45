"""A plan: what is to change, what is refused, and a digest that stands for both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from reconciler.plan.changes import Change, Create, Delete, RecreateFailed
from reconciler.rules import Refusal
from reconciler.state import Feature, Group
from reconciler.state.codec import digest, feature_as_json, group_as_json

FORMAT_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Note:
    """Something a reviewer should know that is neither a change nor a refusal."""

    group: str
    text: str


@dataclass(frozen=True, slots=True)
class Sides:
    """The two sides of one planned group, aligned. None is absence.

    A group whose spec is gone and one that is retired are both absent, and not the same: only one was asked for.
    """

    desired: Group | None
    live: Group | None
    is_failed: bool = False
    is_retired: bool = False

    @property
    def desired_digest(self) -> str:
        return digest({"retired": True}) if self.is_retired else group_digest(self.desired)

    @property
    def live_digest(self) -> str:
        return group_digest(self.live, is_failed=self.is_failed)


@dataclass(frozen=True)
class Plan:
    """What apply would do, as a value.

    `sides` holds the planned groups, those with a change or a refusal: only they count in the digest, so that one
    merge does not void every other plan under review.
    """

    environment: str
    registry: str
    place: str
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...]
    notes: tuple[Note, ...]
    unchanged: tuple[str, ...]
    sides: Mapping[str, Sides] = field(default_factory=dict)

    @property
    def is_blocked(self) -> bool:
        """At least one refusal: apply does nothing at all."""
        return bool(self.refusals)

    @property
    def is_empty(self) -> bool:
        """Nothing to do and nothing refused."""
        return not self.changes and not self.refusals

    @cached_property
    def digest(self) -> str:
        """The name of this plan: it changes if and only if something that matters to a planned group does."""
        groups = {name: (self.sides[name].desired_digest, way) for name, way in self.ways.items()}
        return plan_digest(self.environment, self.place, groups)

    def by_group(self) -> dict[str, tuple[Change, ...]]:
        """The changes of each group that has any, in the order they are made."""
        found: dict[str, list[Change]] = {}
        for change in self.changes:
            found.setdefault(change.group, []).append(change)
        return {name: tuple(changes) for name, changes in found.items()}

    @cached_property
    def ways(self) -> Mapping[str, tuple[str, ...]]:
        """For each planned group its live digests along the planned steps: as it is now, and after each call.

        A creation or deletion that AWS gave up is on the way too: trying it again is what was approved.
        """
        changes = self.by_group()
        return {name: tuple(_way(sides, changes.get(name, ()))) for name, sides in sorted(self.sides.items())}


def _way(sides: Sides, changes: Sequence[Change]) -> Iterator[str]:
    digests, have = Digests(), sides.live
    yield digests.of(have, is_failed=sides.is_failed)
    for change in changes:
        before = have
        for state in change.states(have):
            have = state
            yield digests.of(state)
        if isinstance(change, Create | RecreateFailed | Delete):
            yield digests.of(have or before, is_failed=True)


def plan_digest(environment: str, place: str, groups: Mapping[str, tuple[str, Sequence[str]]]) -> str:
    """The digest of a plan whose groups have these digests: desired, and live along the way."""
    return digest({"environment": environment, "place": place, "groups": groups})


def group_digest(group: Group | None, *, is_failed: bool = False) -> str:
    """A digest of one side of one group, its features by name; its absence has one too, and so has its failure."""
    return Digests().of(group, is_failed=is_failed)


_RUN = 50


class Digests:
    """Digests of one group in several states.

    A group of 2,500 features is described in as many calls, each a state: what stays as it is, a feature or a run of
    them, is hashed once. What is known is known by identity, and held on to, so that nothing else takes its place.
    """

    def __init__(self) -> None:
        self._features: dict[int, tuple[Feature, str]] = {}
        self._runs: dict[tuple[int, ...], tuple[tuple[Feature, ...], str]] = {}

    def of(self, group: Group | None, *, is_failed: bool = False) -> str:
        """The digest of a state."""
        if group is None:
            return digest(None)
        runs = [group.features[n : n + _RUN] for n in range(0, len(group.features), _RUN)]
        features = [self._run(run) for run in runs]
        return digest({"group": group_as_json(replace(group, features=())), "features": features, "failed": is_failed})

    def _run(self, run: tuple[Feature, ...]) -> str:
        key = tuple(map(id, run))
        known = self._runs.get(key)
        if known is None:
            known = self._runs[key] = (run, digest([self._feature(feature) for feature in run]))
        return known[1]

    def _feature(self, feature: Feature) -> str:
        known = self._features.get(id(feature))
        if known is None:
            known = self._features[id(feature)] = (feature, digest(feature_as_json(feature)))
        return known[1]
