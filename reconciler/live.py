"""The live store as values. Reads only.

The search index carries tags and the metadata of features a hundred at a time, but it lags behind; a describe is
the truth, and costs a call a group. So: every group that matters is described, tags and metadata come from the
index, and where the index does not say what the spec wants, the truth is asked before anything is planned on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from reconciler.aws import FeatureStore
from reconciler.aws.errors import MISSING, Reply, is_denied
from reconciler.errors import AwsFailed
from reconciler.state import Feature, Group, Live, Registry
from reconciler.state.model import REGISTRY_TAG
from reconciler.state.words import is_foreign_tag, live_from_reply, own_tags, tag_map, with_tags

THREADS = 48

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

        def whole(name: str) -> Live | None:
            live, want = live_from_reply(found[name]), expected.get(name)
            try:
                live = with_tags(live, self._tags(live, index.tags.get(name), want), self._ignore)
                return self._with_metadata(live, index.metadata.get(name, {}), want)
            except AwsFailed as failed:
                # It was deleted between its description and this.
                if failed.code == MISSING and self._store.describe(name) is None:
                    return None
                raise

        groups = zip(found, self._pool.map(whole, found), strict=True)
        return {name: live for name, live in groups if live is not None}

    def _tags(self, live: Live, indexed: Mapping[str, str] | None, want: Group | None) -> Mapping[str, str]:
        if indexed is not None and want is not None:
            ours = {key: value for key, value in indexed.items() if not is_foreign_tag(key, self._ignore)}
            if ours == own_tags(want):
                return indexed
        return tag_map(self._store.tags(live.arn))

    def _with_metadata(self, live: Live, indexed: Metadata, want: Group | None) -> Live:
        if want is None:
            return _indexed(live, indexed)
        wanted = {f.name: f for f in want.features if f.about or f.parameters}
        doubtful = wanted.keys() | indexed.keys()
        if not doubtful:
            return live
        features = tuple(
            self._described(live.group.name, f, indexed.get(f.name), wanted.get(f.name)) if f.name in doubtful else f
            for f in live.group.features
        )
        return replace(live, group=replace(live.group, features=features))

    def _described(self, group: str, feature: Feature, indexed: Feature | None, wanted: Feature | None) -> Feature:
        said = indexed or feature
        if wanted and (said.about, said.parameters) == (wanted.about, wanted.parameters):
            return feature._replace(about=said.about, parameters=said.parameters)
        return with_metadata(feature, self._store.metadata(group, feature.name))

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
        return groups, dict(zip(groups, self._pool.map(self._tags_if_there, arns), strict=True))

    def _tags_if_there(self, arn: str) -> Mapping[str, str]:
        try:
            return tag_map(self._store.tags(arn))
        except AwsFailed as failed:
            if failed.code != MISSING:
                raise
            return {}  # it was deleted since it was listed

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
    features = tuple(with_metadata(f, metadata.get(f.name, {})) for f in live.group.features)
    return replace(live, group=replace(live.group, features=features))


def with_metadata(feature: Feature, reply: Reply) -> Feature:
    """The feature with the description and parameters of a DescribeFeatureMetadata reply or a search result."""
    parameters = {p["Key"]: p["Value"] for p in reply.get("Parameters", ())}
    return feature._replace(about=reply.get("Description") or "", parameters=parameters)
