"""One snapshot in which data files take the place of others.

A manifest lists the files that went, too, with the least and greatest value of every column: among them may be the
very identifier that is to be forgotten. So they are listed without.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pyiceberg.manifest import DataFile, ManifestEntry
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _OverwriteFiles

if TYPE_CHECKING:
    from pyiceberg.table import Table


class _Overwrite(_OverwriteFiles):
    def _deleted_entries(self) -> list[ManifestEntry]:
        return [_without_bounds(entry) for entry in super()._deleted_entries()]


def overwrite(table: Table, pairs: Iterable[tuple[DataFile, DataFile | None]], purpose: str) -> None:
    """Commit it: each file, and what takes its place. `purpose` is kept in the summary of the snapshot."""
    with table.transaction() as transaction:
        properties = {"reconciler": purpose}
        made = _Overwrite(Operation.OVERWRITE, transaction, table.io, snapshot_properties=properties)
        with made:
            for old, new in pairs:
                made.delete_data_file(old)
                if new is not None:
                    made.append_data_file(new)


def _without_bounds(entry: ManifestEntry) -> ManifestEntry:
    file = entry.data_file
    bare = DataFile.from_args(
        content=file.content,
        file_path=file.file_path,
        file_format=file.file_format,
        partition=file.partition,
        record_count=file.record_count,
        file_size_in_bytes=file.file_size_in_bytes,
    )
    bare.spec_id = file.spec_id
    return ManifestEntry.from_args(
        status=entry.status,
        snapshot_id=entry.snapshot_id,
        sequence_number=entry.sequence_number,
        file_sequence_number=entry.file_sequence_number,
        data_file=bare,
    )
