"""Failures on request: what AWS does on a bad day, made to happen on a good one, deterministically."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from reconciler.emulator import clock

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from reconciler.emulator.store import Store

FLUSH = "Flush"
"""The operation that writes pending rows to files: nobody calls it over AWS's protocol, a full disk can hit it."""
_GROUP_WRITES = frozenset({"CreateFeatureGroup", "UpdateFeatureGroup", "DeleteFeatureGroup"})
_RECORD_WRITES = frozenset({"PutRecord", "DeleteRecord", "UpdateRecord", "BatchWriteRecord"})
_RECORD_READS = frozenset({"GetRecord", "BatchGetRecord", "ListRecords"})
_BATCHES = frozenset({"BatchGetRecord", "BatchWriteRecord"})
_STORING = (
    _GROUP_WRITES
    | _RECORD_WRITES
    | {"UpdateFeatureMetadata", "AddTags", "CreateDatabase", "UpdateDatabase", "CreateTable", "UpdateTable"}
    | {"CreatePartition", "UpdatePartition", "BatchCreatePartition", "BatchUpdatePartition"}
    | {"StartQueryExecution", "CreateNamedQuery", "CreateWorkGroup", "UpdateWorkGroup"}
    | {"CreateBucket", "PutObject", "CopyObject", "CreateMultipartUpload", "UploadPart", "UploadPartCopy"}
    | {"CompleteMultipartUpload", FLUSH}
)

# Kinds, and the operations each can hit: all of them, or those it is about.
KINDS: dict[str, str | frozenset[str]] = {
    "latency": "*",
    "throttled": "*",
    "internal_failure": "*",
    "service_unavailable": "*",
    "dropped_before_effect": "*",
    "dropped_after_effect": "*",
    "access_denied": "*",
    "expired_token": "*",
    "ignored_write": "*",
    "disk_full": _STORING,
    "create_fails": frozenset({"CreateFeatureGroup"}),
    "role_not_propagated": frozenset({"CreateFeatureGroup"}),
    "bucket_not_propagated": frozenset({"CreateFeatureGroup"}),
    "update_fails": frozenset({"UpdateFeatureGroup"}),
    "delete_fails": frozenset({"DeleteFeatureGroup"}),
    "stale_reads": _GROUP_WRITES,
    "group_not_found": _RECORD_WRITES | _RECORD_READS,
    "entries_fail": _BATCHES,
    "entries_unprocessed": _BATCHES,
    "offline_lag": _RECORD_WRITES,
    "out_of_order": _RECORD_WRITES,
}


class Fault(NamedTuple):
    """One thing that goes wrong: where (service, operation, group), how often (times, probability, rate), and how."""

    kind: str
    operation: str = "*"
    service: str | None = None
    """As the log names it: sagemaker, featurestore-runtime, glue, athena, s3, sts, ..."""
    group: str | None = None
    """The feature group; of S3, the bucket."""
    times: int | None = None
    """How many calls it hits; None is all of them."""
    probability: float = 1.0
    seed: int = 0
    seconds: float = 0.0
    """Of latency, lag or disorder; or for how long reads are stale, or a new group is not found."""
    distribution: str = "fixed"
    """Of the seconds: fixed; uniform (`spread` to either side); exponential (mean); lognormal (median)."""
    spread: float = 0.0
    """Of a uniform distribution in seconds, of a lognormal one as the deviation of the logarithm."""
    rate: float | None = None
    """Throttled: as many calls a second pass, of each operation, before the others are refused."""
    burst: float | None = None
    """Throttled: as many calls pass at once after a while without any; the rate, if left out, and at least 1."""
    share: float = 1.0
    """Of the entries of a batch: how many of them fail or stay unprocessed, 0 to 1."""
    reads: int | None = None
    """How many reads are stale after a write."""
    reason: str = ""
    """The FailureReason of a create, update or delete that fails; the ErrorCode of entries that fail."""
    nth: int = 0
    """Not set by hand: how many calls it was about before the one it hits."""

    def hits(self, service: str, operation: str, groups: Sequence[str]) -> bool:
        """Whether a call is one this fault is about."""
        mine = KINDS[self.kind]
        if (mine != "*" and operation not in mine) or self.operation not in {"*", operation}:
            return False
        if operation == FLUSH and self.kind != "disk_full":
            return False
        if self.service not in {None, service}:
            return False
        return self.group is None or self.group.lower() in {group.lower() for group in groups}

    def details(self) -> dict[str, Any]:
        """As it was added."""
        return {name: value for name, value in self._asdict().items() if name != "nth"}

    def chance(self, number: int = 0) -> float:
        """A number in [0, 1) for the so-many-th thing of the call that was hit, the same every time."""
        return chance(self.seed + 1 + number, self.nth)


class FaultNumber(int):
    """The number of a fault. As a context (`with emulator.faults.add(...)`) the fault goes when the block ends."""

    faults: Faults

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.faults.remove(self)


class Faults:
    """The faults of one directory, kept in its store so that every process sees them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, kind: str, **details: Any) -> FaultNumber:
        """Add one; answers its number. Details are the fields of `Fault`."""
        from reconciler.emulator.fault_checks import valid  # noqa: PLC0415 - start-up is counted

        fault = valid(kind, details)
        with self._store.writing() as db:
            made = db.execute(
                "INSERT INTO faults (fault, seen, left) VALUES (?, 0, ?)", (json.dumps(fault._asdict()), fault.times)
            )
        number = FaultNumber(made.lastrowid or 0)
        number.faults = self
        return number

    def remove(self, number: int) -> None:
        with self._store.writing() as db:
            db.execute("DELETE FROM faults WHERE id = ?", (int(number),))
            db.execute("DELETE FROM allowances WHERE fault = ?", (int(number),))

    def clear(self) -> None:
        """A good day again; reads that were stale are fresh."""
        with self._store.writing() as db:
            for table in ("faults", "allowances", "stale"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own

    def all(self) -> dict[int, Fault]:
        with self._store.reading() as db:
            rows = db.execute("SELECT id, fault FROM faults ORDER BY id").fetchall()
        return {number: _read(text) for number, text in rows}

    def count(self) -> int:
        """How many can still hit."""
        with self._store.reading() as db:
            return int(db.execute("SELECT count(*) FROM faults WHERE left IS NULL OR left > 0").fetchone()[0])

    def hits(self, number: int) -> int:
        """How many calls it has hit so far."""
        with self._store.reading() as db:
            row = db.execute("SELECT hits FROM faults WHERE id = ?", (int(number),)).fetchone()
        return int(row[0]) if row else 0

    def draw(self, service: str, operation: str, groups: Sequence[str] = ()) -> tuple[Fault, ...]:
        """The faults that hit this call; each counts the calls it was about and those it hit."""
        rows = self._store.find("SELECT fault FROM faults")
        # Nearly always there are none, and nothing is written down.
        if not rows or not any(_read(text).hits(service, operation, groups) for (text,) in rows):
            return ()
        with self._store.writing() as db:
            return tuple(_drawn(db, service, operation, groups))


@lru_cache(maxsize=256)
def _read(text: str) -> Fault:
    return Fault(**json.loads(text))


def _drawn(db: sqlite3.Connection, service: str, operation: str, groups: Sequence[str]) -> Iterable[Fault]:
    for number, text, seen, left in db.execute("SELECT id, fault, seen, left FROM faults ORDER BY id").fetchall():
        fault = _read(text)
        if left == 0 or not fault.hits(service, operation, groups):
            continue
        if operation == FLUSH and left is not None and fault.operation != FLUSH:
            continue  # how often there is a flush is not the user's to count, unless it is named
        hit = chance(fault.seed, seen) < fault.probability
        if hit and fault.rate is not None:
            hit = _is_over(db, number, fault, operation)
        still = left - 1 if hit and left is not None else left
        db.execute(
            "UPDATE faults SET seen = seen + 1, left = ?, hits = hits + ? WHERE id = ?", (still, int(hit), number)
        )
        if hit:
            yield fault._replace(seconds=_seconds(fault, seen), nth=seen)


def _is_over(db: sqlite3.Connection, number: int, fault: Fault, operation: str) -> bool:
    """Whether a call is beyond its rate: a bucket of tokens for each operation, filled by the emulator's clock."""
    rate = fault.rate or 0.0
    most = max(1.0, rate if fault.burst is None else fault.burst)
    now = clock.now(db)
    row = db.execute(
        "SELECT tokens, moment FROM allowances WHERE fault = ? AND operation = ?", (number, operation)
    ).fetchone()
    tokens, moment = row or (most, now)
    # The clock has milliseconds; what a float adds to them is no time that has passed.
    tokens = min(most, tokens + max(0.0, round(now - moment, 3)) * rate)
    is_over: bool = tokens < 1.0 - 1e-9
    left = tokens if is_over else tokens - 1.0
    db.execute("INSERT OR REPLACE INTO allowances VALUES (?, ?, ?, ?)", (number, operation, left, now))
    return is_over


def _seconds(fault: Fault, seen: int) -> float:
    """What was drawn of the distribution of its seconds; never negative."""
    if fault.distribution == "fixed":
        return fault.seconds
    from math import cos, exp, log, pi, sqrt  # noqa: PLC0415 - few processes come here

    first, second = chance(fault.seed ^ 0x5EC0, seen), chance(fault.seed ^ 0x5EC1, seen)
    if fault.distribution == "uniform":
        return max(0.0, fault.seconds + (2 * first - 1) * fault.spread)
    if fault.distribution == "exponential":
        return -fault.seconds * log(1 - first)
    return fault.seconds * exp(fault.spread * sqrt(-2 * log(1 - first)) * cos(2 * pi * second))


def chance(seed: int, count: int) -> float:
    """A number in [0, 1) that looks random and depends on nothing else (the finisher of splitmix64)."""
    mask = 2**64 - 1
    mixed = (seed * 0x9E3779B97F4A7C15 + (count + 1) * 0xD1342543DE82EF95) & mask
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & mask
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
    return ((mixed ^ (mixed >> 31)) >> 11) / 2**53
