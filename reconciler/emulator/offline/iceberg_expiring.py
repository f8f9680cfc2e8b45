"""Old snapshots forgotten, and files that nothing refers to removed (Athena's VACUUM)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyiceberg.table.update import AssertTableUUID, RemoveSnapshotsUpdate

from reconciler.emulator.offline.iceberg_catalog import Catalog
from reconciler.emulator.offline.iceberg_snapshots import retried
from reconciler.emulator.s3 import objects

if TYPE_CHECKING:
    from pyiceberg.table import Table

    from reconciler.emulator.calls import Site


def expire(site: Site, named: tuple[str, str], older_than: float) -> int:
    """Heads of branches and tags stay. What was never referred to is left alone until it is as old: it may be being
    written by somebody else.
    """
    catalog = Catalog(site)
    before = _needed(catalog.load_table(named))
    retried(lambda: catalog.load_table(named), lambda table: _forget(table, older_than))
    table = catalog.load_table(named)
    needed = _needed(table)
    bucket, place = objects.split(table.location())
    removed = 0
    for found in list(objects.entries(site.store, bucket, f"{place.rstrip('/')}/")):
        uri = f"s3://{bucket}/{found.key}"
        if uri not in needed and (uri in before or found.modified < older_than):
            objects.remove(site, bucket, found.key)
            removed += 1
    return removed


def _forget(table: Table, older_than: float) -> None:
    heads = {ref.snapshot_id for ref in table.metadata.refs.values()}
    old = [
        snapshot.snapshot_id
        for snapshot in table.snapshots()
        if snapshot.timestamp_ms < older_than * 1000 and snapshot.snapshot_id not in heads
    ]
    if old:
        table.catalog.commit_table(
            table,
            (AssertTableUUID(uuid=table.metadata.table_uuid),),
            (RemoveSnapshotsUpdate.model_validate({"snapshot-ids": old}),),
        )


def _needed(table: Table) -> set[str]:
    """Every file that the metadata reaches: of all snapshots, and itself in its last versions."""
    metadata = table.metadata
    found = {table.metadata_location, *(entry.metadata_file for entry in metadata.metadata_log)}
    found |= {statistics.statistics_path for statistics in metadata.statistics}
    seen: set[str] = set()
    for snapshot in table.snapshots():
        found.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path in seen:
                continue
            seen.add(manifest.manifest_path)
            entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
            found |= {entry.data_file.file_path for entry in entries}
    return found | seen
