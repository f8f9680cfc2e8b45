"""The files of an Iceberg table over all its snapshots: what each of them is, and which snapshots need it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.errors import ReconcilerError
from reconciler.records.offline.holding import Wanted, in_parallel

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile, ManifestFile
    from pyiceberg.table import FileScanTask, Table


class NotSupported(ReconcilerError):
    """The table has something that this cannot read; what to do about it is said."""


class Filed(NamedTuple):
    """A data file, and the snapshots that it belongs to."""

    file: DataFile
    snapshots: frozenset[int]


def data_files(table: Table) -> dict[str, Filed]:
    """Every data file of every snapshot, by its address."""
    from pyiceberg.manifest import ManifestContent  # noqa: PLC0415 - heavy

    found: dict[str, Filed] = {}
    for manifest, snapshots, files in _manifests(table):
        if manifest.content != ManifestContent.DATA:
            continue
        for file in files:
            before = found.get(file.file_path)
            found[file.file_path] = Filed(file, snapshots | (before.snapshots if before else frozenset()))
    return found


def tasks(table: Table) -> dict[str, FileScanTask]:
    """The data files that are the table now, with the delete files that apply to each."""
    try:
        return {task.file.file_path: task for task in table.scan().plan_files()}
    except ValueError as error:
        raise NotSupported(
            f"{'.'.join(table.name())} has deletes of a kind that cannot be read here ({error}). "
            "Compact it with Athena's OPTIMIZE ... REWRITE DATA, and do this again."
        ) from error


def reachable(table: Table) -> set[str]:
    """Every file that the table's metadata leads to, and the metadata itself."""
    metadata = table.metadata
    found = {table.metadata_location, *(entry.metadata_file for entry in metadata.metadata_log)}
    found |= {statistics.statistics_path for statistics in metadata.statistics}
    found |= {statistics.statistics_path for statistics in metadata.partition_statistics}
    found |= {snapshot.manifest_list for snapshot in metadata.snapshots}
    for manifest, _, files in _manifests(table):
        found.add(manifest.manifest_path)
        found.update(file.file_path for file in files)
    return found


def may_hold(file: DataFile, field_id: int, kind: Any, wanted: Wanted) -> bool:
    """Whether a file may hold some, as far as the bounds in its manifest can say."""
    from pyiceberg.conversions import from_bytes  # noqa: PLC0415

    least, greatest = ((bounds or {}).get(field_id) for bounds in (file.lower_bounds, file.upper_bounds))
    if least is None or greatest is None:
        return True
    return wanted.may_be_within(from_bytes(kind, least), from_bytes(kind, greatest))


def _manifests(table: Table) -> Iterator[tuple[ManifestFile, frozenset[int], list[DataFile]]]:
    """Every manifest once, with the snapshots it belongs to and its live files."""
    owners: dict[str, tuple[ManifestFile, set[int]]] = {}
    for snapshot in table.metadata.snapshots:
        for manifest in snapshot.manifests(table.io):
            owners.setdefault(manifest.manifest_path, (manifest, set()))[1].add(snapshot.snapshot_id)

    def read(owned: tuple[ManifestFile, set[int]]) -> tuple[ManifestFile, frozenset[int], list[DataFile]]:
        manifest, snapshots = owned
        entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
        return manifest, frozenset(snapshots), [entry.data_file for entry in entries]

    return in_parallel(read, owners.values())
