"""What a reviewer should know beside the changes: consequences that AWS does not announce."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.plan.changes import AddFeatures, Change, Create, Delete, UpdateThroughput, UpdateTtl
from reconciler.plan.plan import Note
from reconciler.state import Desired, Group, Live
from reconciler.state.limits import PARTITION_COLUMNS


def notes_of(name: str, changes: Sequence[Change], want: Desired | None, have: Live | None) -> list[Note]:
    """The notes on one group, as texts."""
    texts = [text for change in changes for text in _of_change(change, have)]
    if have:
        texts += _of_health(have)
    if want and have:
        texts += _of_acceptance(want, have)
    return [Note(name, text) for text in texts]


def _of_change(change: Change, have: Live | None) -> Iterator[str]:
    match change:
        case Delete(remains=remains) if remains:
            left = ", ".join(remains)
            yield f"AWS keeps the offline data of a deleted group: {left} stay, and cost, until removed by hand."
        case AddFeatures() if have and have.group.offline and not have.group.offline.create_table:
            yield "The Glue table is your own: AWS does not add the new columns to it; alter it by hand."
        case UpdateTtl():
            yield "The new lifetime counts for records written from now on; those already there keep theirs."
        case UpdateThroughput() if change.desired.mode == "OnDemand":
            yield "AWS allows a change to on-demand once in 24 hours."
        case Create(desired=group):
            yield from _of_creation(group)
        case _:
            pass


def _of_creation(group: Group) -> Iterator[str]:
    if group.online and group.online.storage_type == "InMemory":
        yield "AWS takes 10 to 15 minutes to make an in-memory store."
    partitions = [f.name for f in group.features if f.name.lower() in PARTITION_COLUMNS]
    if group.offline and group.offline.table_format == "Glue" and partitions:
        yield (
            f"{', '.join(partitions)} is also a partition column of the offline table: "
            "AWS's Spark connector refuses it, and queries cannot tell the two apart."
        )


def _of_health(have: Live) -> Iterator[str]:
    health = have.health
    if health.offline_status == "Blocked":
        why = health.blocked_reason.rstrip(".") or "AWS gives no reason"
        yield f"Its offline store is blocked, records do not reach S3: {why}."
    if health.update_status == "Failed":
        yield f"Its last update failed: {health.update_failure.rstrip('.') or 'AWS gives no reason'}."
    if have.is_moving:
        doing = "an update is in progress" if health.update_status == "InProgress" else f"it is {health.status}"
        yield f"AWS is at work on it ({doing}): apply waits for that first."


def _of_acceptance(want: Desired, have: Live) -> Iterator[str]:
    if want.keep_live:
        yield f"The spec accepts the live value of {', '.join(sorted(want.keep_live))}."
    kept = sorted(want.deprecated.keys() & {f.name for f in have.group.features})
    if kept:
        yield f"Deprecated, and kept because AWS cannot remove them: {', '.join(kept)}."


def note_on_descriptions(desired: Mapping[str, Desired], live: Mapping[str, Live]) -> list[Note]:
    """One note on all the descriptions that differ: AWS has no call that changes them."""
    names = [
        name
        for name, want in sorted(desired.items())
        if want.group.description and name in live and live[name].group.description != want.group.description
    ]
    if not names:
        return []
    count = "1 group has" if len(names) == 1 else f"{len(names)} groups have"
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return [
        Note("", f"{count} another description than the spec ({shown}): AWS cannot change it, and no harm is done.")
    ]
