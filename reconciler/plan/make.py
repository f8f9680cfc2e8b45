"""From a registry and the live store to a plan. Pure: the same values give the same plan."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.diff import Difference, align, by_name, diff, standing_alone
from reconciler.plan.changes import (
    AddFeatures,
    Adopt,
    Change,
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
from reconciler.plan.notes import note_on_descriptions, notes_of
from reconciler.plan.plan import Note, Plan, Sides
from reconciler.rules import brakes as size
from reconciler.rules import refusals as no
from reconciler.rules import uses as used
from reconciler.rules.refusals import Refusal
from reconciler.state import Desired, Group, Live, Registry, Retirement
from reconciler.state.limits import ADDITIONS_PER_CALL, STORAGE_MIGRATION
from reconciler.state.model import PROTECTED_TAG


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose plan it is: the owner, the environment's name, its account and region, its brakes.

    `prefix` is what the environment puts before the names of specs: what is to be pasted goes without it.
    """

    owner: str
    registry: str
    environment: str
    place: str
    limits: size.Limits
    prefix: str = ""


@dataclass(slots=True)
class _Found:
    """What planning one group came to."""

    changes: list[Change] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    sides: Sides | None = None


def make_plan(desired: Registry, live: Mapping[str, Live], scope: Scope, only: Collection[str] | None = None) -> Plan:
    """Everything that apply would do to bring `live` to `desired`, and everything it would refuse.

    `only` names the groups to look at. The brake on deletes counts those of the whole registry all the same: what is
    too much at once does not become less in portions.
    """
    owned = {name for name, group in live.items() if group.group.owner == scope.owner}
    if owned and not desired.groups and not desired.retired:
        return _empty_registry(live, owned, scope)
    names = sorted(desired.groups.keys() | desired.retired.keys() | owned)
    uses = used.uses_of(desired, scope.prefix)
    everything = {name: _plan_group(name, desired, live, scope, uses.get(name, ())) for name in names}
    found = {name: f for name, f in everything.items() if only is None or name in only}
    changes = [c for f in found.values() for c in f.changes]
    refusals = [r for f in found.values() for r in f.refusals]
    deleting = any(isinstance(c, Delete) for c in changes)
    deleted = {c.group for f in everything.values() for c in f.changes if deleting and isinstance(c, Delete)}
    updated = {c.group for c in changes if not isinstance(c, Create | RecreateFailed | Adopt | Delete)}
    created = {c.group for c in changes if isinstance(c, Create | RecreateFailed)}
    looked_at = {name: want for name, want in desired.groups.items() if name in found}
    notes = [n for f in found.values() for n in f.notes] + note_on_descriptions(looked_at, live)
    planned = {name: f.sides for name, f in found.items() if f.sides and (f.changes or f.refusals)}
    return Plan(
        scope.environment,
        scope.registry,
        scope.place,
        tuple(changes),
        (*size.brakes(deleted, updated - created, owned, scope.limits), *refusals),
        tuple(notes),
        tuple(name for name in found if name not in planned and name in live),
        planned,
    )


def _empty_registry(live: Mapping[str, Live], owned: set[str], scope: Scope) -> Plan:
    sides = {name: Sides(None, by_name(live[name].group), live[name].is_failed) for name in sorted(owned)}
    refusal = size.registry_is_empty(owned)
    return Plan(scope.environment, scope.registry, scope.place, (), (refusal,), (), (), sides)


def _plan_group(
    name: str, desired: Registry, live: Mapping[str, Live], scope: Scope, uses: Sequence[used.Use]
) -> _Found:
    have = live.get(name)
    if have and have.health.status == "Deleting":
        # As good as gone: apply waits for that before it does anything.
        have = None
    match desired.groups.get(name), desired.retired.get(name), have:
        case Desired() as want, _, None:
            found = _create(want)
            found.refusals += used.refuse_to_go_without(want, None, uses)
        case Desired() as want, _, Live():
            found = _change(want, have, scope)
            found.refusals += used.refuse_to_go_without(want, None if have.is_failed else have, uses)
            if still := used.deprecated_in_use(want, have, uses):
                found.notes.append(Note(name, still))
        case _, Retirement() as line, Live():
            found = _retire(line, have, scope)
        case _, Retirement() as line, None:
            found = _Found(notes=[Note(name, "It is gone already: the retire line can be removed.")])
            found.sides = Sides(None, None, is_retired=True)
        case _, _, Live():
            found = _Found(refusals=[no.spec_is_gone(have, scope.prefix, _new_name(have, desired, live))])
            found.sides = Sides(None, by_name(have.group), have.is_failed)
        case _:
            found = _Found()
    if uses and name in desired.retired and name not in desired.groups:
        found.changes.clear()
        found.refusals.append(used.refuse_to_retire(desired.retired[name], uses, scope.prefix))
    found.notes += notes_of(name, found.changes, desired.groups.get(name), live.get(name))
    return found


def _create(want: Desired) -> _Found:
    group = standing_alone(want)
    changes = [Create(group.name, group, source=want.source), *_first_metadata(group, want)]
    return _Found(changes, sides=Sides(by_name(group), None))


def _first_metadata(group: Group, want: Desired) -> list[Change]:
    said = tuple(Metadata(f.name, "", f.about, {}, f.parameters) for f in group.features if f.about or f.parameters)
    return [UpdateMetadata(group.name, said, source=want.source)] if said else []


def _change(want: Desired, have: Live, scope: Scope) -> _Found:
    desired, live = align(want, have)
    found = _Found(sides=Sides(desired, live, have.is_failed))
    if live.owner not in (None, scope.owner):
        found.refusals.append(no.foreign_owner(have, scope.owner, want.source))
        return found
    if have.is_failed:
        return _failed(want, have, scope, found)
    differences = diff(desired, live)
    found.refusals += no.refuse(differences, want, have, scope.prefix)
    if live.owner is None:
        if found.refusals:
            fields = [
                f"{d.key}'s {d.field.partition('.')[2]}" if d.key else d.field for d in _refused(differences, found)
            ]
            found.refusals.insert(0, no.not_adopted(have, fields, scope.owner, want.source))
            return found
        found.changes.append(Adopt(live.name, scope.owner, bool(desired.protected), source=want.source))
    found.changes += _updates(differences, desired, live, want)
    return found


def _refused(differences: Collection[Difference], found: _Found) -> list[Difference]:
    refused = {r.field for r in found.refusals}
    return [d for d in differences if (d.key or d.field) in refused]


def _failed(want: Desired, have: Live, scope: Scope, found: _Found) -> _Found:
    group = standing_alone(want)
    if have.health.status == "DeleteFailed":
        found.refusals.append(no.delete_failed(have, scope.prefix, want.source))
    elif have.group.owner is None:
        found.refusals.append(no.not_adopted(have, ["its status, CreateFailed"], scope.owner, want.source))
    else:
        found.sides = Sides(by_name(group), align(want, have)[1], is_failed=True)
        found.changes.append(RecreateFailed(group.name, group, have.health.failure, source=want.source))
        found.changes += _first_metadata(group, want)
    return found


def _retire(line: Retirement, have: Live, scope: Scope) -> _Found:
    found = _Found(sides=Sides(None, by_name(have.group), have.is_failed, is_retired=True))
    if have.group.owner is None:
        found.refusals.append(no.not_ours_to_retire(have, line.source))
    elif have.group.owner != scope.owner:
        found.refusals.append(no.foreign_owner(have, scope.owner, line.source))
    elif have.group.protected:
        found.refusals.append(no.protected(have, line.source))
    else:
        found.changes.append(Delete(line.name, line.reason, _remains(have), source=line.source))
    return found


def _remains(have: Live) -> tuple[str, ...]:
    table = f"Glue table {have.table.database}.{have.table.table}" if have.table else ""
    return tuple(part for part in (have.data_uri, table) if part)


def _updates(differences: Collection[Difference], desired: Group, live: Group, want: Desired) -> Iterator[Change]:
    """The in-place changes of one group, in the order they are made: one kind a call, as AWS wants it."""
    name, source = live.name, want.source
    by_field = {d.field: d for d in differences if not d.key}
    new = {d.key for d in differences if d.field == "features" and d.live is None}
    # In the order of the record: that is the order of the columns in the offline store.
    added = [f for f in want.group.features if f.name in new]
    for first in range(0, len(added), ADDITIONS_PER_CALL):
        yield AddFeatures(name, tuple(added[first : first + ADDITIONS_PER_CALL]), source=source)
    if ttl := by_field.get("online.ttl_s"):
        yield UpdateTtl(name, ttl.live, ttl.desired, source=source)
    # Standard_V2 has no provisioned throughput: that goes before the storage type does.
    if "throughput" in by_field:
        yield UpdateThroughput(name, live.throughput, desired.throughput, source=source)
    storage = by_field.get("online.storage_type")
    if storage and (storage.live, storage.desired) == STORAGE_MIGRATION:
        yield UpdateStorageType(name, storage.live, storage.desired, source=source)
    if metadata := tuple(_metadata(desired, live)):
        yield UpdateMetadata(name, metadata, source=source)
    if tags := _tags(desired, live, want):
        yield tags


def _metadata(desired: Group, live: Group) -> Iterator[Metadata]:
    have = {f.name: f for f in live.features}
    for feature in desired.features:
        now = have.get(feature.name, feature._replace(about="", parameters={}))
        if (now.about, now.parameters) != (feature.about, feature.parameters):
            yield Metadata(feature.name, now.about, feature.about, now.parameters, feature.parameters)


def _tags(desired: Group, live: Group, want: Desired) -> UpdateTags | None:
    have, wanted = dict(live.tags), dict(desired.tags)
    # Adoption sets protection with the ownership tag; what is left is switching it.
    if live.protected:
        have[PROTECTED_TAG] = "true"
    if desired.protected and (live.owner or live.protected):
        wanted[PROTECTED_TAG] = "true"
    added = {k: v for k, v in sorted(wanted.items()) if have.get(k) != v}
    removed = tuple(sorted(have.keys() - wanted.keys()))
    if not added and not removed:
        return None
    touched = {k: v for k, v in have.items() if k in added or k in removed}
    return UpdateTags(live.name, touched, added, removed, source=want.source)


def _new_name(gone: Live, desired: Registry, live: Mapping[str, Live]) -> str:
    """A wanted group that is not live yet and has the keys and most features of one whose spec is gone."""
    old = {f.name for f in gone.group.features}
    for name, want in sorted(desired.groups.items()):
        group = want.group
        keys_match = (group.record_id, group.event_time) == (gone.group.record_id, gone.group.event_time)
        if name not in live and keys_match and len(old & {f.name for f in group.features}) * 2 > len(old):
            return name
    return ""
