"""A change in words: the one line, the details under it, the counts. Every rendering says the same thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from reconciler.plan import Change, Plan
from reconciler.plan.changes import (
    AddFeatures,
    Adopt,
    Create,
    Delete,
    Metadata,
    RecreateFailed,
    UpdateMetadata,
    UpdateStorageType,
    UpdateTags,
    UpdateThroughput,
    UpdateTtl,
)
from reconciler.render.counts import count
from reconciler.rules import Refusal
from reconciler.state import Feature, Group, Throughput
from reconciler.state.words import ttl_duration


def in_order(plan: Plan) -> list[Change]:
    """The changes as they are read: what destroys first, otherwise as they are made."""
    return sorted(plan.changes, key=lambda change: not change.is_destructive)


def headline(change: Change) -> str:
    """What a change comes to, in a few words."""
    match change:
        case Create(desired=group):
            return f"{count(len(group.features), 'feature')}, {stores(group)}"
        case RecreateFailed(desired=group):
            return f"{count(len(group.features), 'feature')}, {stores(group)}; its creation failed"
        case Adopt(protected=protected):
            return "take ownership" + (", protect it" if protected else "")
        case AddFeatures(features=features):
            return f"add {count(len(features), 'feature')} in place"
        case UpdateTtl():
            return f"lifetime {lifetime(change.live)} -> {lifetime(change.desired)}"
        case UpdateStorageType():
            return f"storage type {change.live} -> {change.desired}, for good"
        case UpdateThroughput():
            return f"throughput {throughput(change.live)} -> {throughput(change.desired)}"
        case UpdateMetadata(features=features):
            return f"describe {count(len(features), 'feature')}"
        case UpdateTags(added=added, removed=removed):
            return ", ".join(_tag_counts(len(added), len(removed)))
        case Delete(reason=reason):
            return reason


def made_now(plan: Plan) -> set[str]:
    """The groups that the plan makes: what describes their features needs no details of its own."""
    return {change.group for change in plan.changes if isinstance(change, Create | RecreateFailed)}


def details(change: Change, made: Collection[str] = ()) -> Iterator[str]:
    """The lines under a change; `made` are the groups that the same plan makes."""
    if isinstance(change, UpdateMetadata) and change.group in made:
        return
    match change:
        case Create(desired=group) | RecreateFailed(desired=group):
            if isinstance(change, RecreateFailed):
                yield f"failed because: {change.failure or 'AWS gives no reason'}"
            yield f"record identifier {group.record_id}, event time {group.event_time}"
            yield ", ".join(f"{f.name} {kind(f)}" for f in group.features)
        case AddFeatures(features=features):
            yield from (f"+ {f.name}  {kind(f)}" for f in features)
        case UpdateMetadata(features=features):
            yield from (line for f in features for line in _metadata(f))
        case UpdateTags():
            yield from (f"{k}: {_tag(change.live.get(k))} -> {_tag(v)}" for k, v in change.added.items())
            yield from (f"{k}: {_tag(change.live[k])} -> (none)" for k in change.removed)
        case Delete(remains=remains):
            yield from (f"stays behind: {what}" for what in remains)
        case _:
            return


def _metadata(metadata: Metadata) -> Iterator[str]:
    name = metadata.feature
    if metadata.about != metadata.live_about:
        was = f"{metadata.live_about!r} -> " if metadata.live_about else ""
        yield f"{name}: {was}{metadata.about!r}"
    for key, value in metadata.added.items():
        was = f"{metadata.live_parameters[key]} -> " if key in metadata.live_parameters else ""
        yield f"{name}: {key} = {was}{value}"
    for key in metadata.removed:
        yield f"{name}: {key} = {metadata.live_parameters[key]} -> (none)"


def _tag_counts(added: int, removed: int) -> Iterator[str]:
    if added:
        yield f"set {count(added, 'tag')}"
    if removed:
        yield f"remove {count(removed, 'tag')}"


def kind(feature: Feature) -> str:
    """A feature's type in one word or two: Integral, List of String, Vector[384]."""
    if feature.collection == "Vector":
        return f"Vector[{feature.dimension}]"
    return f"{feature.collection} of {feature.type}" if feature.collection else feature.type


def stores(group: Group) -> str:
    """Which stores a group has, and of what sort."""
    found = []
    if group.online:
        sort = [] if group.online.storage_type == "Standard" else [group.online.storage_type]
        if group.online.ttl_s:
            sort.append(f"for {lifetime(group.online.ttl_s)}")
        found.append("online" + (f" ({', '.join(sort)})" if sort else ""))
    if group.offline:
        found.append("offline" + (" (Iceberg)" if group.offline.table_format == "Iceberg" else ""))
    return " and ".join(found)


def lifetime(seconds: int | None) -> str:
    """A time to live as people say it; for ever where there is none."""
    if seconds is None:
        return "for ever"
    duration = ttl_duration(seconds)
    unit = str(duration["Unit"]).lower()
    return f"{duration['Value']} {unit if duration['Value'] != 1 else unit[:-1]}"


def throughput(value: Throughput) -> str:
    """A throughput mode, with its units where it has some."""
    if value.mode != "Provisioned":
        return "on demand"
    return f"provisioned ({value.read_units} read, {value.write_units} write)"


def shown(value: Any) -> str:
    """A live or desired value, short enough for a line."""
    if value is None:
        return "(none)"
    if isinstance(value, dict):
        said = {k: v for k, v in value.items() if v not in (None, "", {})}
        if {"name", "type"} <= said.keys():
            return kind(Feature(**{k: v for k, v in value.items() if k in Feature._fields}))
        return ", ".join(f"{k} {v}" for k, v in said.items())
    return str(value)


def subject(refusal: Refusal) -> str:
    """What a refusal is about: a group's field, a group, or the plan as a whole."""
    if not refusal.group:
        return "the whole plan"
    return f"{refusal.group}.{refusal.field}"


_VERBS = {"delete": "delete", "create": "create", "recreate_failed": "recreate", "adopt": "adopt"}


def summary(plan: Plan) -> str:
    """The counts of a plan, in groups: `1 to delete, 2 to create, 1 to update, 4 unchanged`."""
    per_verb: dict[str, set[str]] = {}
    for change in plan.changes:
        per_verb.setdefault(_VERBS.get(change.action, "update"), set()).add(change.group)
    # A group that is made and then described is one to create.
    made = per_verb.get("create", set()) | per_verb.get("recreate", set())
    per_verb["update"] = per_verb.get("update", set()) - made
    order = ("delete", "recreate", "create", "adopt", "update")
    counts = [f"{len(per_verb[verb])} to {verb}" for verb in order if per_verb.get(verb)]
    return ", ".join([*(counts or ["nothing to do"]), f"{len(plan.unchanged)} unchanged"])


def codes(plan: Plan) -> str:
    """How many refusals, of which codes: `2 refusals (FS102, FS203)`."""
    found = Counter(r.code for r in plan.refusals)
    return f"{count(len(plan.refusals), 'refusal')} ({', '.join(sorted(found))})"


def _tag(value: str | None) -> str:
    return "(none)" if value is None else value or '""'
