"""A snapshot of a table that adds and removes files of any content: what pyiceberg's own appends do not do."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.manifest import (
    DataFile,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    ManifestWriter,
    ManifestWriterV2,
    write_manifest_list,
)
from pyiceberg.table.refs import MAIN_BRANCH, SnapshotRefType
from pyiceberg.table.snapshots import Operation, Snapshot, SnapshotSummaryCollector, Summary, update_snapshot_summaries
from pyiceberg.table.update import AddSnapshotUpdate, AssertRefSnapshotId, AssertTableUUID, SetSnapshotRefUpdate

from reconciler.emulator.offline.iceberg_catalog import places_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyiceberg.avro.codecs import AvroCompressionCodec
    from pyiceberg.io import OutputFile
    from pyiceberg.table import Table

Result = TypeVar("Result")
_CODEC: AvroCompressionCodec = "deflate"
_TRIES = 10
_MOST_MANIFESTS = 100
"""So many lie side by side before they are merged (Iceberg's default of commit.manifest.min-count-to-merge)."""


class ChangedMeanwhile(Exception):
    """A file that was to be changed is no longer part of the table."""


@dataclass
class Change:
    """What one snapshot does to the one before it."""

    operation: Operation
    added: list[DataFile] = field(default_factory=list)
    deletes: list[DataFile] = field(default_factory=list)
    """Delete files that are added."""
    removed: set[str] = field(default_factory=set)
    """Data and delete files that go."""


def retried(load: Callable[[], Table], step: Callable[[Table], Result]) -> Result:
    """Do a step that commits; do it again on what another commit made of the table meanwhile."""
    for _ in range(_TRIES - 1):
        with suppress(CommitFailedException, NoSuchTableError):
            return step(load())
    return step(load())


def commit(load: Callable[[], Table], plan: Callable[[Table], Change | None]) -> None:
    """Plan a change, and commit it if there is one."""

    def step(table: Table) -> None:
        change = plan(table)
        if change is not None:
            _Snapshot(table, change).commit()

    retried(load, step)


class _Snapshot:
    def __init__(self, table: Table, change: Change) -> None:
        self._table = table
        self._change = change
        self._parent = table.current_snapshot()
        self._id = table.metadata.new_snapshot_id()
        self._uuid = uuid.uuid4()
        self._written = 0
        self._gone: list[DataFile] = []

    def commit(self) -> None:
        """Write manifests, their list, and the metadata that makes them the table."""
        kept = self._merged([self._kept(manifest) for manifest in self._manifests()])
        if {file.file_path for file in self._gone} != self._change.removed:
            raise ChangedMeanwhile
        metadata = self._table.metadata
        new = [
            *self._added(ManifestContent.DATA, self._change.added),
            *self._added(ManifestContent.DELETES, self._change.deletes),
        ]
        parent_id = self._parent.snapshot_id if self._parent else None
        snapshot = {
            "snapshot-id": self._id,
            "parent-snapshot-id": parent_id,
            "sequence-number": metadata.next_sequence_number(),
            "manifest-list": self._list([*new, *kept]),
            "summary": self._summary(),
            "schema-id": metadata.current_schema_id,
        }
        head = {"ref-name": MAIN_BRANCH, "type": SnapshotRefType.BRANCH, "snapshot-id": self._id}
        self._table.catalog.commit_table(
            self._table,
            (
                AssertTableUUID(uuid=metadata.table_uuid),
                AssertRefSnapshotId.model_validate({"ref": MAIN_BRANCH, "snapshot-id": parent_id}),
            ),
            (
                AddSnapshotUpdate(snapshot=Snapshot.model_validate(snapshot)),
                SetSnapshotRefUpdate.model_validate(head),
            ),
        )

    def _manifests(self) -> list[ManifestFile]:
        found = self._parent.manifests(self._table.io) if self._parent else []
        return [manifest for manifest in found if manifest.has_added_files() or manifest.has_existing_files()]

    def _kept(self, manifest: ManifestFile) -> ManifestFile:
        """The manifest, or one like it that says which of its files go."""
        if not self._change.removed:
            return manifest
        entries = manifest.fetch_manifest_entry(self._table.io, discard_deleted=True)
        gone = [entry.data_file for entry in entries if entry.data_file.file_path in self._change.removed]
        if not gone:
            return manifest
        self._gone += gone
        with self._writer(manifest.content, manifest.partition_spec_id) as writer:
            for entry in entries:
                if entry.data_file in gone:
                    writer.delete(entry)
                else:
                    writer.existing(entry)
        return writer.to_manifest_file()

    def _merged(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        """One manifest of data files in place of many."""
        spec_id = self._table.metadata.default_spec_id
        many = [m for m in manifests if m.content == ManifestContent.DATA and m.partition_spec_id == spec_id]
        many = [m for m in many if m.added_snapshot_id != self._id]
        if len(many) < _MOST_MANIFESTS:
            return manifests
        with self._writer(ManifestContent.DATA, spec_id) as writer:
            for manifest in many:
                for entry in manifest.fetch_manifest_entry(self._table.io, discard_deleted=True):
                    writer.existing(entry)
        return [writer.to_manifest_file(), *(manifest for manifest in manifests if manifest not in many)]

    def _added(self, content: ManifestContent, files: Iterable[DataFile]) -> list[ManifestFile]:
        made = []
        for spec_id in sorted({file.spec_id for file in files}):
            with self._writer(content, spec_id) as writer:
                for file in files:
                    if file.spec_id == spec_id:
                        writer.add(_entry(file))
            made.append(writer.to_manifest_file())
        return made

    def _writer(self, content: ManifestContent, spec_id: int) -> ManifestWriter:
        kind = _DeletesWriter if content == ManifestContent.DELETES else ManifestWriterV2
        name = f"{self._uuid}-m{self._written}.avro"
        self._written += 1
        metadata = self._table.metadata
        return kind(metadata.specs()[spec_id], metadata.schema(), self._output(name), self._id, _CODEC)

    def _output(self, name: str) -> OutputFile:
        return self._table.io.new_output(places_of(self._table.metadata).new_metadata_location(name))

    def _list(self, manifests: list[ManifestFile]) -> str:
        output = self._output(f"snap-{self._id}-0-{self._uuid}.avro")
        parent, sequence = self._parent, self._table.metadata.next_sequence_number()
        parent_id = parent.snapshot_id if parent else None
        with write_manifest_list(2, output, self._id, parent_id, sequence, _CODEC) as writer:
            writer.add_manifests(manifests)
        location: str = output.location
        return location

    def _summary(self) -> Summary:
        metadata, found = self._table.metadata, SnapshotSummaryCollector()
        for file in (*self._change.added, *self._change.deletes):
            found.add_file(file, schema=metadata.schema(), partition_spec=metadata.specs()[file.spec_id])
        for file in self._gone:
            found.remove_file(file, schema=metadata.schema(), partition_spec=metadata.specs()[file.spec_id])
        # pyiceberg sums up for every operation but a replacement, whose sums are those of an overwriting.
        summed = update_snapshot_summaries(
            Summary(operation=Operation.OVERWRITE, **found.build()), self._parent.summary if self._parent else None
        )
        return Summary(operation=self._change.operation, **summed.additional_properties)


class _DeletesWriter(ManifestWriterV2):
    """A manifest of delete files: pyiceberg reads them and has no writer for them."""

    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


def _entry(file: DataFile) -> ManifestEntry:
    return ManifestEntry.from_args(status=ManifestEntryStatus.ADDED, sequence_number=None, data_file=file)
