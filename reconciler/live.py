"""The live store as values. Reads only.

The search index carries tags and the metadata of features a hundred at a time, but it lags behind; a describe is
the truth, and costs a call a group. So: every group that matters is described, tags and metadata come from the
index, and where the index does not say what the spec wants, the truth is asked before anything is planned on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import ParamSpec, TypeVar

from reconciler.aws import FeatureStore
from reconciler.aws.errors import MISSING, Reply, is_denied
from reconciler.errors import AwsFailed
from reconciler.state import Feature, Group, Live, Registry
from reconciler.state.model import REGISTRY_TAG
from reconciler.state.words import is_foreign_tag, live_from_reply, own_tags, tag_map, with_tags

THREADS = 48

P = ParamSpec("P")
T = TypeVar("T")
Metadata = Mapping[str, Feature]


@dataclass(frozen=True, slots=True)
class Index:
    """What the search index says: groups by name, their tags, and features with metadata by group."""

    groups: Mapping[str, Reply]
    tags: Mapping[str, Mapping[str, str]]
    metadata: Mapping[str, Metadata]


class Reader:
    """Reads groups in parallel. The index is asked for at once, while the caller is still busy elsewhere."""

    def __init__(self, store: FeatureStore, ignore_tags: Iterable[str] = ()) -> None:
        self._store = store
        self._ignore = tuple(ignore_tags)
        self._pool = ThreadPoolExecutor(THREADS)
        self._groups = self._pool.submit(self._search_groups)
        self._metadata = self._pool.submit(self._search_metadata)

    def close(self) -> None:
        """Let go of the threads; what was asked and not yet begun is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def read(self, desired: Registry, owner: str) -> dict[str, Live]:
        """Every group that the registry names and every one that carries the owner's tag."""
        wanted = {name: self._later(name) for name in desired.groups.keys() | desired.retired.keys()}
        index = Index(*self._groups.result(), self._metadata.result())
        owned = {name for name, tags in index.tags.items() if tags.get(REGISTRY_TAG) == owner}
        wanted |= {name: self._later(name) for name in owned - wanted.keys()}
        found = {name: reply for name, future in wanted.items() if (reply := future.result()) is not None}
        expected = {name: want.group for name, want in desired.groups.items()}
        return self._complete(found, index, expected)

    def read_all(self) -> dict[str, Live]:
        """Every group of the account and region, to be looked at: tags and metadata as the index has them."""
        index = Index(*self._groups.result(), self._metadata.result())
        replies = zip(index.groups, self._pool.map(self._store.describe, index.groups), strict=True)
        return {
            name: _indexed(live_from_reply(reply, index.tags[name], self._ignore), index.metadata.get(name, {}))
            for name, reply in replies
            if reply is not None
        }

    def _later(self, name: str) -> Future[Reply | None]:
        return self._pool.submit(self._store.describe, name)

    def _complete(self, found: Mapping[str, Reply], index: Index, expected: Mapping[str, Group]) -> dict[str, Live]:
        """The described groups with their tags and metadata, those from the truth where the index surprises."""

        def tagged(name: str) -> Live | None:
            live = live_from_reply(found[name])
            tags = self._unless_gone(self._tags, live, index.tags.get(name), expected.get(name))
            return None if tags is None else with_tags(live, tags, self._ignore)

        groups = zip(found, self._pool.map(tagged, found), strict=True)
        live = {name: _indexed(group, index.metadata.get(name, {})) for name, group in groups if group is not None}
        return self._corrected(live, expected)

    def _corrected(self, live: dict[str, Live], expected: Mapping[str, Group]) -> dict[str, Live]:
        """The groups with the truth about every feature that the index does not describe as its spec does."""
        doubts = [
            (name, feature)
            for name in live.keys() & expected.keys()
            for feature in _described_otherwise(live[name].group, expected[name])
        ]
        replies = self._pool.map(lambda doubt: self._unless_gone(self._store.metadata, *doubt), doubts)
        truths: dict[str, dict[str, Reply]] = {}
        gone = set[str]()
        for (name, feature), reply in zip(doubts, replies, strict=True):
            truths.setdefault(name, {})[feature] = reply or {}
            if reply is None:
                gone.add(name)
        corrected = live | {name: _with_replies(live[name], metadata) for name, metadata in truths.items()}
        return {name: group for name, group in corrected.items() if name not in gone or self._store.describe(name)}

    def _unless_gone(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What a call says of a group; None if the group was deleted since it was described."""
        try:
            return read(*args, **kwargs)
        except AwsFailed as failed:
            if failed.code != MISSING:
                raise
            return None

    def _tags(self, live: Live, indexed: Mapping[str, str] | None, want: Group | None) -> Mapping[str, str]:
        if indexed is not None and want is not None:
            ours = {key: value for key, value in indexed.items() if not is_foreign_tag(key, self._ignore)}
            if ours == own_tags(want):
                return indexed
        return tag_map(self._store.tags(live.arn))

    def _search_groups(self) -> tuple[dict[str, Reply], dict[str, Mapping[str, str]]]:
        try:
            groups = {reply["FeatureGroupName"]: reply for reply in self._store.search_groups()}
        except AwsFailed as failed:
            if not is_denied(failed):
                raise
            return self._list_groups()
        return groups, {name: tag_map(reply.get("Tags", ())) for name, reply in groups.items()}

    def _list_groups(self) -> tuple[dict[str, Reply], dict[str, Mapping[str, str]]]:
        """The slow way, for credentials that may not search: a call for the tags of every group."""
        groups = {reply["FeatureGroupName"]: reply for reply in self._store.list_groups()}
        arns = (reply["FeatureGroupArn"] for reply in groups.values())
        tags = self._pool.map(lambda arn: tag_map(self._unless_gone(self._store.tags, arn) or ()), arns)
        return groups, dict(zip(groups, tags, strict=True))

    def _search_metadata(self) -> dict[str, Metadata]:
        found: dict[str, dict[str, Feature]] = {}
        try:
            for reply in self._store.search_metadata():
                blank = Feature(reply["FeatureName"], reply.get("FeatureType", ""))
                found.setdefault(reply["FeatureGroupName"], {})[blank.name] = with_metadata(blank, reply)
        except AwsFailed as failed:
            if not is_denied(failed):
                raise
        return dict(found)


def _indexed(live: Live, metadata: Metadata) -> Live:
    """The group with the metadata of its features as the index has it."""
    if not metadata:
        return live
    features = (
        f._replace(about=metadata[f.name].about, parameters=metadata[f.name].parameters) if f.name in metadata else f
        for f in live.group.features
    )
    return replace(live, group=replace(live.group, features=tuple(features)))


def _described_otherwise(have: Group, want: Group) -> list[str]:
    wanted = {f.name: f for f in want.features}
    return [
        f.name
        for f in have.features
        if f.name in wanted and (f.about, f.parameters) != (wanted[f.name].about, wanted[f.name].parameters)
    ]


def _with_replies(live: Live, metadata: Mapping[str, Reply]) -> Live:
    features = (with_metadata(f, metadata[f.name]) if f.name in metadata else f for f in live.group.features)
    return replace(live, group=replace(live.group, features=tuple(features)))


def read_one(store: FeatureStore, name: str) -> Live | None:
    """One group by the truth alone: what it is and its tags, without the metadata of its features."""
    reply = store.describe(name)
    if reply is None:
        return None
    return live_from_reply(reply, tag_map(store.tags(reply["FeatureGroupArn"])))


def read_whole(store: FeatureStore, name: str) -> Live | None:
    """One group with everything there is to know of it."""
    live = read_one(store, name)
    if live is None:
        return None
    try:
        metadata = {reply["FeatureName"]: reply for reply in store.search_metadata(name)}
    except AwsFailed as failed:
        if not is_denied(failed):
            raise
        metadata = {f.name: store.metadata(name, f.name) for f in live.group.features}
    return _with_replies(live, metadata)


def with_metadata(feature: Feature, reply: Reply) -> Feature:
    """The feature with the description and parameters of a DescribeFeatureMetadata reply or a search result."""
    parameters = {p["Key"]: p["Value"] for p in reply.get("Parameters", ())}
    return feature._replace(about=reply.get("Description") or "", parameters=parameters)
