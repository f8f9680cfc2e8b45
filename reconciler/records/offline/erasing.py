"""Erasing records from both stores, their history included."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.aws import FeatureStore
from reconciler.aws.runtime import Runtime
from reconciler.config import Environment
from reconciler.errors import Usage
from reconciler.live import read_one
from reconciler.records.offline import leftovers
from reconciler.records.offline.erasure import ErasureReport, Proof
from reconciler.records.offline.forgetting import forget, online_records
from reconciler.records.offline.holding import Wanted
from reconciler.records.offline.keys import key_table
from reconciler.records.offline.place import Place, open_place
from reconciler.records.offline.proving import prove
from reconciler.records.offline.removal import Removed, holding, remove
from reconciler.records.offline.waiting import LIMIT, wait_for
from reconciler.records.target import Target
from reconciler.records.values import id_text
from reconciler.state import Live

SETTLE = timedelta(minutes=15)
"""Within this time a row is offline (developer guide, offline store).

UNVERIFIED: that no row ever takes longer.
"""
_ROUNDS = 3
_EPOCH = datetime(1970, 1, 2, tzinfo=UTC)


class _Patience(NamedTuple):
    """How waiting is done."""

    limit: timedelta
    settle: timedelta
    sleep: Callable[[float], object]
    clock: Callable[[], float]
    tell: Callable[[str], None]


def erase(
    environment: Environment,
    root: Path,
    target: Target,
    ids: Sequence[Any],
    *,
    runtime: Runtime | None = None,
    purge_versions: bool = False,
    proof: Proof | None = None,
    settle: timedelta | None = None,
    limit: timedelta = LIMIT,
    dry_run: bool = False,
    tell: Callable[[str], None] | None = None,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    now: datetime | None = None,
) -> ErasureReport:
    """Erase every row of these record identifiers, online and offline, and prove that none is left.

    `purge_versions` also removes old versions of S3 objects, and files and uploads without an owner, that hold some.
    `proof` None asks Athena where that is permitted, and scans otherwise. `settle` is how long is waited for rows that
    were written shortly before and may be on their way offline: by default 15 minutes, and not at all on an emulator.
    `dry_run` only says what holds rows now.

    Raises `NoOffline` while the offline store is blocked, and `RowsMissing` where the markers of the deletion are not
    offline within `limit`. What was done by then stays done, and the same call does the rest.
    """
    if isinstance(ids, str | bytes):
        raise Usage(f"Give a list of record identifiers, as in [{ids!r}].")  # each letter of it would be one
    texts = tuple(dict.fromkeys(id_text(target.contract, one) for one in ids))
    if not texts:
        raise Usage("Name at least one record identifier to erase.")
    if settle is None:
        settle = timedelta(0) if environment.is_local else SETTLE
    patience = _Patience(limit, settle, sleep, clock, tell or (lambda _: None))
    with _open(runtime, environment, root) as opened:
        return _erase(opened, target, texts, patience, proof, now, purge=purge_versions, dry_run=dry_run)


def _erase(
    runtime: Runtime,
    target: Target,
    ids: tuple[str, ...],
    patience: _Patience,
    proof: Proof | None,
    now: datetime | None,
    *,
    purge: bool,
    dry_run: bool,
) -> ErasureReport:
    environment, root = runtime.environment, runtime.root
    live = _live(environment, root, target)
    place = open_place(environment, root, target.name) if live.group.offline else None
    report = ErasureReport(target.contract.group, environment.name, len(ids), dry_run=dry_run)
    if dry_run:
        records = online_records(runtime, target, ids) if live.group.online else {}
        found = holding(place, Wanted(place.record_id, ids)) if place else Removed()
        return replace(
            report, online=len(records), left=found.rows, rewritten=len(found.rewritten), remaining=found.failed
        )
    begun = patience.clock()
    if live.group.online:
        patience.tell("deleting online")
        forgotten = forget(runtime, target, ids, now or datetime.now(UTC))
        report = replace(report, online=forgotten.records, remaining=forgotten.remaining)
        if place and forgotten.marks:
            patience.tell("waiting for the markers of the deletion offline")
            _wait(place, forgotten.marks, patience)
    if place is None:
        return report
    _settle(patience, begun)
    return _offline(place, ids, report, patience, proof, purge=purge)


def _offline(
    place: Place,
    ids: tuple[str, ...],
    report: ErasureReport,
    patience: _Patience,
    proof: Proof | None,
    *,
    purge: bool,
) -> ErasureReport:
    """Remove, prove, and remove what has arrived in between."""
    wanted = Wanted(place.record_id, ids)
    removed = Removed()
    with tempfile.TemporaryDirectory(prefix="reconciler-erase-") as scratch:
        for _ in range(_ROUNDS):
            patience.tell("removing offline")
            removed = removed.plus(remove(place, wanted, Path(scratch)))
            patience.tell("proving that no row is left")
            proven = prove(place, wanted, proof, patience.sleep)
            if not proven.left or removed.failed:
                break
    patience.tell("looking for old versions")
    left = leftovers.find(place, wanted, purge=purge)
    late = SETTLE - patience.settle
    return replace(
        report,
        rows=removed.rows,
        rewritten=len(removed.rewritten),
        removed=len(removed.removed),
        snapshots=removed.snapshots,
        purged=left.purged,
        left=proven.left,
        proof=proven.proof,
        query=proven.query,
        instead=proven.instead,
        remaining=(*report.remaining, *removed.failed, *left.remaining),
        late_until=datetime.now(UTC) + late if late > timedelta(0) and not place.environment.is_local else None,
    )


def _wait(place: Place, marks: Any, patience: _Patience) -> None:
    import pyarrow as pa  # noqa: PLC0415 - heavy

    time_type = pa.float64() if place.counts_seconds else pa.string()
    keys = key_table(pa.array(list(marks), pa.string()), pa.array(list(marks.values()), pa.string()).cast(time_type))
    # The markers have an event time of their own, so any row with these keys is one of them, whenever it came.
    wait_for(place, keys, _EPOCH, limit=patience.limit, sleep=patience.sleep, clock=patience.clock)


def _settle(patience: _Patience, begun: float) -> None:
    left = patience.settle.total_seconds() - (patience.clock() - begun)
    if left > 0:
        patience.tell(f"waiting {left:,.0f} seconds for rows that are on their way")
        patience.sleep(left)


def _live(environment: Environment, root: Path, target: Target) -> Live:
    live = target.live or read_one(FeatureStore(environment, root), target.name)
    if live is None:
        raise Usage(f"There is no feature group {target.name} in {environment.name}.")
    return live


@contextmanager
def _open(runtime: Runtime | None, environment: Environment, root: Path) -> Iterator[Runtime]:
    if runtime is not None:
        yield runtime
        return
    with Runtime(environment, root) as opened:
        yield opened
