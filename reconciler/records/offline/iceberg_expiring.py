"""Old snapshots of an Iceberg table forgotten, and the files that nothing leads to any more removed from S3."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from reconciler.records.offline.erasure import Remaining
from reconciler.records.offline.iceberg_files import reachable
from reconciler.records.offline.place import Place

_TRIES = 5


class Expired(NamedTuple):
    """The snapshots that are gone, the files that went with them, and the snapshots that something keeps."""

    snapshots: tuple[int, ...] = ()
    files: tuple[str, ...] = ()
    kept: tuple[Remaining, ...] = ()


def expire(place: Place, snapshots: Collection[int]) -> Expired:
    """Forget these snapshots but those that a branch or a tag keeps, and remove what only they needed."""
    table = place.table()
    keepers = {ref.snapshot_id: name for name, ref in table.metadata.refs.items()}
    there = {snapshot.snapshot_id for snapshot in table.metadata.snapshots}
    kept = tuple(
        _kept(".".join(table.name()), number, keepers[number])
        for number in sorted(there & set(snapshots) & set(keepers))
    )
    old = sorted((there & set(snapshots)) - set(keepers))
    if not old:
        return Expired(kept=kept)
    before = reachable(table)
    _forget(place, old)
    gone = sorted(before - reachable(place.table()))
    place.objects.delete(gone)
    return Expired(tuple(old), tuple(gone), kept)


def _forget(place: Place, old: Collection[int]) -> None:
    from pyiceberg.exceptions import CommitFailedException  # noqa: PLC0415 - heavy

    for tried in range(_TRIES):
        table = place.table()
        still = {snapshot.snapshot_id for snapshot in table.metadata.snapshots} & set(old)
        if not still:
            return
        try:
            table.maintenance.expire_snapshots().by_ids(sorted(still)).commit()
        except CommitFailedException:
            if tried == _TRIES - 1:
                raise
        else:
            return


def _kept(table: str, number: int, name: str) -> Remaining:
    return Remaining(
        "snapshot",
        f"{table} snapshot {number}",
        f"the branch or tag {name} keeps it",
        f"Drop {name} (in Spark: ALTER TABLE ... DROP TAG `{name}`, or DROP BRANCH), and erase again.",
    )
