"""A fault as it was asked for: what is misspelt or makes no sense is refused, with what would."""

from __future__ import annotations

from math import isfinite
from typing import Any

from reconciler.emulator.faults import KINDS, Fault
from reconciler.emulator.operations import NAMES, service

_DISTRIBUTIONS = ("fixed", "uniform", "exponential", "lognormal")
_REASONS = {
    "create_fails": "Creation failed on request.",
    "update_fails": "The update failed on request.",
    "delete_fails": "Deletion failed on request.",
    "entries_fail": "InternalFailure",
}
# Fields that mean something to a few kinds only.
_BELONG = {
    "seconds": {"latency", "stale_reads", "group_not_found", "offline_lag", "out_of_order"},
    "distribution": {"latency", "offline_lag"},
    "spread": {"latency", "offline_lag"},
    "rate": {"throttled"},
    "burst": {"throttled"},
    "share": {"entries_fail", "entries_unprocessed"},
    "reads": {"stale_reads"},
    "reason": set(_REASONS),
}
_TEXTS = ("operation", "service", "group", "distribution", "reason")
_WHOLE = ("times", "seed", "reads")
# boto3 calls it by another name than the paths, the log and this emulator.
_ALIASES = {"sagemaker-featurestore-runtime": "featurestore-runtime"}
_FIELDS = tuple(field for field in Fault._fields if field not in {"kind", "nth"})


def valid(kind: str, details: dict[str, Any]) -> Fault:
    """The fault; raises ValueError."""
    if kind not in KINDS:
        raise ValueError(f"there is no fault {kind!r}; there are: {', '.join(KINDS)}")
    unknown = set(details) - set(_FIELDS)
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}; it has: {', '.join(_FIELDS)}")
    given = {name: value for name, value in details.items() if value is not None}
    for name, value in given.items():
        _check_field(kind, name, value)
    fault = Fault(kind, **{"reason": _REASONS.get(kind, ""), **given})
    fault = fault._replace(service=_ALIASES.get(fault.service or "", fault.service))
    _check_place(fault)
    return fault


def _check_field(kind: str, name: str, value: Any) -> None:
    if kind not in _BELONG.get(name, KINDS):
        kinds = ", ".join(sorted(_BELONG[name]))
        raise ValueError(f"{kind} takes no {name}; {name} belongs to: {kinds}")
    if name in _TEXTS:
        fits, what = isinstance(value, str), "text"
    elif name in _WHOLE:
        fits, what = type(value) is int and (value >= 0 or name == "seed"), "a whole number, not negative"
    else:
        fits = type(value) in {int, float} and isfinite(value) and value >= 0
        what = "a number, not negative"
    if not fits:
        raise ValueError(f"{name} is {what}, not {value!r}")
    if name in {"probability", "share"} and value > 1:
        raise ValueError(f"{name} is between 0 and 1, not {value!r}")
    if name == "distribution" and value not in _DISTRIBUTIONS:
        raise ValueError(f"there is no distribution {value!r}; there are: {', '.join(_DISTRIBUTIONS)}")


def _check_place(fault: Fault) -> None:
    """A fault that can never hit is a misspelt one."""
    if fault.service is not None and fault.service not in NAMES:
        raise ValueError(f"there is no service {fault.service!r}; there are: {', '.join(NAMES)}")
    if fault.operation == "*":
        return
    mine = KINDS[fault.kind]
    if mine != "*" and fault.operation not in mine:
        raise ValueError(f"{fault.kind} never hits {fault.operation}; it hits: {', '.join(sorted(mine))}")
    # One service after the other: each is imported, and the first are those that faults are mostly about.
    of_faults: tuple[frozenset[str], ...] = tuple(mine for mine in KINDS.values() if isinstance(mine, frozenset))
    known = set() if fault.service else set().union(*of_faults)
    for name in [fault.service] if fault.service else NAMES:
        if fault.operation in known:
            return
        found = service(name)
        known.update(found.operations if found else ())
    if fault.operation not in known:
        from difflib import get_close_matches  # noqa: PLC0415 - only to be helpful

        near = get_close_matches(fault.operation, sorted(known), 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"{fault.service or 'the emulator'} has no operation {fault.operation!r}{hint}")
