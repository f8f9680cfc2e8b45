"""The changes a plan is made of: a closed family of small values, one a call or a short run of calls.

Each knows its `action` (the word in the published JSON), where its spec stands, and `states`: what the group is
after each call that it takes. A run that was cut short has left the group in one of those states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import ClassVar, TypeAlias

from reconciler.state import Feature, Group, Source, Throughput
from reconciler.state.model import PROTECTED_TAG


@dataclass(frozen=True, slots=True)
class _Change:
    action: ClassVar[str]
    is_destructive: ClassVar[bool] = False

    group: str
    source: Source = field(kw_only=True, default=Source())


@dataclass(frozen=True, slots=True)
class Create(_Change):
    """Make a group that is not there. Its features' metadata follows as a change of its own."""

    action: ClassVar[str] = "create"
    desired: Group

    def states(self, have: Group | None) -> Iterator[Group | None]:
        del have
        yield made(self.desired)


@dataclass(frozen=True, slots=True)
class RecreateFailed(_Change):
    """Delete a group whose creation failed, which never held data, and make it again."""

    action: ClassVar[str] = "recreate_failed"
    desired: Group
    failure: str

    def states(self, have: Group | None) -> Iterator[Group | None]:
        del have
        yield None
        yield made(self.desired)


@dataclass(frozen=True, slots=True)
class Adopt(_Change):
    """Put the ownership tag, and the protection tag if it is wanted, on a group that nobody owns."""

    action: ClassVar[str] = "adopt"
    owner: str
    protected: bool

    def states(self, have: Group | None) -> Iterator[Group | None]:
        yield have and replace(have, owner=self.owner, protected=self.protected or bool(have.protected))


@dataclass(frozen=True, slots=True)
class AddFeatures(_Change):
    """Add up to 100 features in place. AWS never takes them back."""

    action: ClassVar[str] = "add_features"
    features: tuple[Feature, ...]

    def states(self, have: Group | None) -> Iterator[Group | None]:
        added = (f._replace(about="", parameters={}) for f in self.features)
        yield have and replace(have, features=tuple(sorted((*have.features, *added), key=attrgetter("name"))))


@dataclass(frozen=True, slots=True)
class UpdateTtl(_Change):
    """Change how long records live, in seconds; None is for ever. It counts for records written afterwards."""

    action: ClassVar[str] = "update_ttl"
    live: int | None
    desired: int | None

    def states(self, have: Group | None) -> Iterator[Group | None]:
        if have and have.online:
            yield replace(have, online=replace(have.online, ttl_s=self.desired))


@dataclass(frozen=True, slots=True)
class UpdateStorageType(_Change):
    """Migrate the online store from Standard to Standard_V2, which cannot be undone."""

    action: ClassVar[str] = "update_storage_type"
    live: str
    desired: str

    def states(self, have: Group | None) -> Iterator[Group | None]:
        if have and have.online:
            yield replace(have, online=replace(have.online, storage_type=self.desired))


@dataclass(frozen=True, slots=True)
class UpdateThroughput(_Change):
    """Change how capacity is paid for, or how much of it there is."""

    action: ClassVar[str] = "update_throughput"
    live: Throughput
    desired: Throughput

    def states(self, have: Group | None) -> Iterator[Group | None]:
        yield have and replace(have, throughput=self.desired)


@dataclass(frozen=True, slots=True)
class Metadata:
    """One feature's description and parameters, as they are and as they are to be."""

    feature: str
    live_about: str
    about: str
    live_parameters: Mapping[str, str]
    parameters: Mapping[str, str]

    @property
    def added(self) -> dict[str, str]:
        """Parameters to set, new or changed."""
        return {k: v for k, v in sorted(self.parameters.items()) if self.live_parameters.get(k) != v}

    @property
    def removed(self) -> list[str]:
        """Parameters to take away."""
        return sorted(self.live_parameters.keys() - self.parameters.keys())


@dataclass(frozen=True, slots=True)
class UpdateMetadata(_Change):
    """Set descriptions and parameters of features: one call a feature."""

    action: ClassVar[str] = "update_metadata"
    features: tuple[Metadata, ...]

    def states(self, have: Group | None) -> Iterator[Group | None]:
        if have is None:
            return
        place = {f.name: n for n, f in enumerate(have.features)}
        features = list(have.features)
        for wanted in self.features:
            if wanted.feature in place:
                n = place[wanted.feature]
                features[n] = features[n]._replace(about=wanted.about, parameters=wanted.parameters)
            yield replace(have, features=tuple(features))


@dataclass(frozen=True, slots=True)
class UpdateTags(_Change):
    """Set tags and take tags away; the protection tag is one of them."""

    action: ClassVar[str] = "update_tags"
    live: Mapping[str, str]
    added: Mapping[str, str]
    removed: tuple[str, ...]

    def states(self, have: Group | None) -> Iterator[Group | None]:
        for part in (dict.fromkeys(self.removed), {**self.added}):
            if have and part:
                have = _with_tags(have, part)
                yield have


@dataclass(frozen=True, slots=True)
class Delete(_Change):
    """Delete a retired group. `remains` names what AWS leaves behind: offline data and its table."""

    action: ClassVar[str] = "delete"
    is_destructive: ClassVar[bool] = True
    reason: str
    remains: tuple[str, ...] = ()

    def states(self, have: Group | None) -> Iterator[Group | None]:
        del have
        yield None


Change: TypeAlias = (
    Create
    | RecreateFailed
    | Adopt
    | AddFeatures
    | UpdateTtl
    | UpdateStorageType
    | UpdateThroughput
    | UpdateMetadata
    | UpdateTags
    | Delete
)


def made(group: Group) -> Group:
    """The group as CreateFeatureGroup makes it, features by name: their metadata needs other calls."""
    bare = (f._replace(about="", parameters={}) for f in group.features)
    return replace(group, features=tuple(sorted(bare, key=attrgetter("name"))))


def _with_tags(group: Group, tags: Mapping[str, str | None]) -> Group:
    protected = group.protected
    if PROTECTED_TAG in tags:
        protected = tags[PROTECTED_TAG] == "true"
    mine = {k: v for k, v in {**group.tags, **tags}.items() if v is not None and k != PROTECTED_TAG}
    return replace(group, tags=mine, protected=protected)
