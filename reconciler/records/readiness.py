"""Whether a live group can take the rows of a contract, asked before any of them is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from reconciler.errors import Fault, Invalid, Usage
from reconciler.state import limits
from reconciler.state.words import ttl_duration

if TYPE_CHECKING:
    from reconciler.contract import Column, Contract
    from reconciler.records.target import Target
    from reconciler.state import Live

ONLINE, OFFLINE = "OnlineStore", "OfflineStore"


class Destination(NamedTuple):
    """Where rows go: `stores` are all that get them, `named` those that requests have to name, if not all do.

    `ttl_s` is what requests say, and `lives_s` how long a record lives online in the end; None is for good.
    """

    stores: tuple[str, ...]
    named: tuple[str, ...]
    ttl_s: int | None
    lives_s: int | None


def destination(target: Target, stores: Collection[str] | None, ttl: timedelta | None) -> Destination:
    """Where rows go, once the live group can take them.

    Raises `Usage` where there is no such group or store, `Invalid` where features are missing or of another type.
    """
    live = _usable(target)
    faults = list(_differences(target.contract, live))
    if faults:
        raise Invalid(faults)
    enabled = tuple(name for name, on in ((ONLINE, live.group.online), (OFFLINE, live.group.offline)) if on)
    wanted = enabled if stores is None else _known(stores)
    for name in wanted:
        if name not in enabled:
            raise Usage(f"{target.name} has no {name}: it has {' and '.join(enabled) or 'none'}.")
    ttl_s = _seconds(ttl) if ttl is not None else None
    if ttl_s is not None and ONLINE not in wanted:
        raise Usage("A time to live is about the online store, and these rows do not go there.")
    standing = live.group.online.ttl_s if live.group.online and ONLINE in wanted else None
    return Destination(wanted, wanted if wanted != enabled else (), ttl_s, ttl_s or standing)


def fitted(target: Target) -> Target:
    """The target as its live group has it: one that was made after a feature was deprecated has no such feature."""
    if target.live is None:
        return target
    live = {feature.name for feature in target.live.group.features}
    columns = tuple(
        column._replace(is_live=False, required=False, optional=True)
        if column.deprecated and column.name not in live
        else column
        for column in target.contract.columns
    )
    return replace(target, contract=replace(target.contract, columns=columns))


def _usable(target: Target) -> Live:
    if target.live is None:
        raise Usage(f"There is no feature group {target.name} here: run `reconciler apply` first.")
    status = target.live.health.status
    if status != "Created":
        wait = " Wait until it is Created." if target.live.is_moving else " See `reconciler plan`."
        raise Usage(f"{target.name} is {status}, and takes no rows.{wait}")
    return target.live


def _differences(contract: Contract, live: Live) -> Iterator[Fault]:
    """Features that the spec has and the live group has not, or has otherwise."""
    group = live.group
    for what, wanted, has in (
        ("record identifier", contract.record_id, group.record_id),
        ("event time", contract.event_time, group.event_time),
    ):
        if wanted != has:
            reason = f"The {what} is {has!r} on the live group."
            yield Fault(contract.file, contract.line, contract.group, wanted, "", reason, "See `reconciler plan`.")
    features = {feature.name: (feature.type, feature.collection) for feature in group.features}
    for column in (column for column in contract.columns if column.is_live):
        found = features.get(column.name)
        if found is None:
            reason = "The live group does not have this feature yet."
            yield _fault(contract, column, reason, "Run `reconciler apply` first.")
        elif found != (column.aws_type, column.collection):
            reason = f"The live feature is {_named(*found)}, the spec's {_named(column.aws_type, column.collection)}."
            yield _fault(contract, column, reason, "See `reconciler plan` for the way out.")


def _fault(contract: Contract, column: Column, reason: str, fix: str) -> Fault:
    return Fault(contract.file, column.line or contract.line, contract.group, column.name, "", reason, fix)


def _named(kind: str, collection: str | None) -> str:
    return f"{collection} of {kind}" if collection else kind


def _known(stores: Collection[str]) -> tuple[str, ...]:
    """The stores in AWS's order; one name may stand by itself."""
    names = {stores} if isinstance(stores, str) else set(stores)
    for name in sorted(names - {ONLINE, OFFLINE}):
        close = get_close_matches(str(name).capitalize(), (ONLINE, OFFLINE), 1, 0.3)
        hint = f"did you mean {close[0]}?" if close else f"there are {ONLINE} and {OFFLINE}."
        raise Usage(f"There is no store {name!r}: {hint}")
    if not names:
        raise Usage("No store is named: leave `stores` out for all that the group has.")
    return tuple(name for name in (ONLINE, OFFLINE) if name in names)


def _seconds(ttl: timedelta) -> int:
    seconds = ttl.total_seconds()
    if seconds < 1 or seconds != int(seconds):
        raise Usage(f"A time to live is whole seconds, from one on; {ttl} is not.")
    if int(ttl_duration(int(seconds))["Value"] or 0) > limits.TTL_VALUE:
        raise Usage(f"A time to live of {ttl} is more than AWS can say: name whole hours, days or weeks.")
    return int(seconds)
