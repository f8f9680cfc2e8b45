"""Failures on request: what AWS does on a bad day, made to happen on a good one, deterministically."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator import assumptions
from reconciler.emulator.errors import AwsError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from reconciler.emulator.store import Store

# Kinds, and the operation each belongs to when it belongs to one.
KINDS: dict[str, str] = {
    "latency": "*",
    "throttled": "*",
    "internal_failure": "*",
    "service_unavailable": "*",
    "dropped_before_effect": "*",
    "dropped_after_effect": "*",
    "access_denied": "*",
    "expired_token": "*",
    "ignored_write": "*",
    "create_fails": "CreateFeatureGroup",
    "role_not_propagated": "CreateFeatureGroup",
    "bucket_not_propagated": "CreateFeatureGroup",
    "update_fails": "UpdateFeatureGroup",
    "delete_fails": "DeleteFeatureGroup",
    "stale_reads": "writes",
}
# After one of these, with stale_reads, DescribeFeatureGroup goes on answering as before it.
_WRITES = frozenset({"CreateFeatureGroup", "UpdateFeatureGroup", "DeleteFeatureGroup"})
_REASONS = {
    "create_fails": "Creation failed on request.",
    "update_fails": "The update failed on request.",
    "delete_fails": "Deletion failed on request.",
}


class Fault(NamedTuple):
    """One thing that goes wrong: where (operation, group), how often (times, probability), and how."""

    kind: str
    operation: str = "*"
    group: str | None = None
    times: int | None = None
    """How many calls it hits; None is all of them."""
    probability: float = 1.0
    seed: int = 0
    seconds: float = 0.0
    """Of latency; or for how long reads are stale after a write."""
    reads: int | None = None
    """How many reads are stale after a write."""
    reason: str = ""
    """The FailureReason of a create, update or delete that fails."""

    def hits(self, operation: str, group: str | None) -> bool:
        """Whether a call is one this fault is about."""
        mine = KINDS[self.kind]
        fits = operation in _WRITES if mine == "writes" else mine in {"*", operation}
        if not fits or self.operation not in {"*", operation}:
            return False
        return self.group is None or (group is not None and self.group.lower() == group.lower())


class Faults:
    """The faults of one directory, kept in its store so that every process sees them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, kind: str, **details: Any) -> int:
        """Add one; answers its number. Details are the fields of `Fault`."""
        fault = _valid(kind, details)
        with self._store.writing() as db:
            made = db.execute(
                "INSERT INTO faults (fault, seen, left) VALUES (?, 0, ?)", (json.dumps(fault._asdict()), fault.times)
            )
        return int(made.lastrowid or 0)

    def remove(self, number: int) -> None:
        with self._store.writing() as db:
            db.execute("DELETE FROM faults WHERE id = ?", (number,))

    def clear(self) -> None:
        """A good day again; reads that were stale are fresh."""
        with self._store.writing() as db:
            db.execute("DELETE FROM faults")
            db.execute("DELETE FROM stale")

    def all(self) -> dict[int, Fault]:
        with self._store.reading() as db:
            rows = db.execute("SELECT id, fault FROM faults ORDER BY id").fetchall()
        return {number: Fault(**json.loads(fault)) for number, fault in rows}

    def draw(self, operation: str, group: str | None) -> tuple[Fault, ...]:
        """The faults that hit this call; each counts the calls it was about and those it hit."""
        with self._store.reading() as db:
            if db.execute("SELECT 1 FROM faults LIMIT 1").fetchone() is None:
                return ()
        with self._store.writing() as db:
            return tuple(_drawn(db, operation, group))


def _valid(kind: str, details: dict[str, Any]) -> Fault:
    if kind not in KINDS:
        raise ValueError(f"there is no fault {kind!r}; there are: {', '.join(KINDS)}")
    unknown = set(details) - set(Fault._fields)
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}; it has: {', '.join(Fault._fields)}")
    return Fault(kind, **{"reason": _REASONS.get(kind, ""), **details})


def _drawn(db: sqlite3.Connection, operation: str, group: str | None) -> Iterable[Fault]:
    for number, text, seen, left in db.execute("SELECT id, fault, seen, left FROM faults ORDER BY id").fetchall():
        fault = Fault(**json.loads(text))
        if left == 0 or not fault.hits(operation, group):
            continue
        hit = _chance(fault.seed, seen) < fault.probability
        still = left - 1 if hit and left is not None else left
        db.execute("UPDATE faults SET seen = seen + 1, left = ? WHERE id = ?", (still, number))
        if hit:
            yield fault


def _chance(seed: int, count: int) -> float:
    """A number in [0, 1) that looks random and depends on nothing else (the finisher of splitmix64)."""
    mask = 2**64 - 1
    mixed = (seed * 0x9E3779B97F4A7C15 + (count + 1) * 0xD1342543DE82EF95) & mask
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & mask
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
    return ((mixed ^ (mixed >> 31)) >> 11) / 2**53


def refusal(kind: str, *, service: str, operation: str, resource: str, user: str) -> AwsError | None:
    """The error reply a fault stands for, when it stands for one."""
    made: Callable[[], AwsError] | None = {
        "throttled": lambda: AwsError("Throttling" if service == "sts" else "ThrottlingException", "Rate exceeded"),
        "internal_failure": lambda: AwsError("InternalFailure", "The request processing has failed.", 500),
        "service_unavailable": lambda: AwsError("ServiceUnavailable", "The service is unavailable.", 503),
        "access_denied": lambda: assumptions.access_denied(user, f"{service}:{operation}", resource),
        "expired_token": lambda: AwsError(
            *(("ExpiredToken", _EXPIRED, 403) if service == "sts" else ("ExpiredTokenException", _EXPIRED, 400))
        ),
    }.get(kind)
    return made() if made else None


_EXPIRED = "The security token included in the request is expired"
