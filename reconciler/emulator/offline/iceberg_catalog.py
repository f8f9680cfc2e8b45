"""Iceberg's catalog and file layer over the emulator itself: tables are rows of the Glue catalogue, files are objects.

Imports pyiceberg, so it is imported only where an Iceberg table is read or written.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream
from pyiceberg.serializers import FromInputFile, ToOutputFile
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.locations import SimpleLocationProvider
from pyiceberg.table.update import AddSnapshotUpdate, update_table_metadata

from reconciler.emulator.glue import catalogue
from reconciler.emulator.offline import iceberg_tables
from reconciler.emulator.s3 import objects, places

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.table.update import TableRequirement, TableUpdate
    from pyiceberg.typedef import Identifier

    from reconciler.emulator.calls import Site


class Catalog(NoopCatalog):
    """Loads tables and commits to them; `within` is done in the very transaction that makes a commit visible."""

    def __init__(
        self, site: Site, scope: str | None = None, within: Callable[[sqlite3.Connection], None] | None = None
    ) -> None:
        super().__init__("emulator")
        self._site = site
        self._scope = scope or site.scope
        self._within = within

    def load_table(self, identifier: str | Identifier) -> Table:
        database, name = self.identifier_to_tuple(identifier)
        with self._site.store.reading() as db:
            location = _location(catalogue.find_table(db, self._scope, database, name))
        if location is None:
            raise NoSuchTableError(f"There is no Iceberg table {database}.{name}")
        files = Files(self._site)
        metadata = FromInputFile.table_metadata(files.new_input(location))
        return Table((database, name), metadata, location, files, self)

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        """Compare and swap: CommitFailedException if another commit came in between, and nothing has happened."""
        current = self._current(table)
        for requirement in requirements:
            requirement.validate(current.metadata)
        moment = self._site.now()
        updated = _updated(current, updates, round(moment * 1000))
        version = iceberg_tables.version(current.metadata_location) + 1
        location = places_of(updated).new_table_metadata_file_location(version)
        ToOutputFile.table_metadata(updated, current.io.new_output(location))
        with self._site.store.writing() as db:
            self._swap(db, current, updated, location, moment)
            if self._within is not None:
                self._within(db)
        _remove_oldest(current, updated)
        return CommitTableResponse.model_construct(metadata=updated, metadata_location=location)

    def _current(self, table: Table) -> Table:
        """As it is now; most often it is still as it was loaded."""
        with self._site.store.reading() as db:
            location = _location(catalogue.find_table(db, self._scope, *table.name()))
        return table if location == table.metadata_location else self.load_table(table.name())

    def _swap(
        self, db: sqlite3.Connection, current: Table, updated: TableMetadata, location: str, moment: float
    ) -> None:
        doc = catalogue.find_table(db, self._scope, *current.name())
        if doc is None or _location(doc) != current.metadata_location:
            raise CommitFailedException(f"{'.'.join(current.name())} was changed by another commit")
        doc["Parameters"] |= {
            "metadata_location": location,
            "previous_metadata_location": current.metadata_location,
        }
        doc["StorageDescriptor"] = {
            **doc.get("StorageDescriptor", {}),
            "Columns": iceberg_tables.columns(updated.model_dump(mode="json", include=_SCHEMA)),
            "Location": updated.location,
        }
        doc["UpdateTime"] = int(moment)
        doc["VersionId"] = str(int(doc.get("VersionId", "0")) + 1)
        catalogue.write_table(db, self._scope, doc)


_SCHEMA = {"schemas", "current_schema_id"}


def _location(doc: dict[str, Any] | None) -> str | None:
    """Where the metadata is, if the row of the catalogue is an Iceberg table's."""
    parameters = doc.get("Parameters", {}) if doc else {}
    return parameters.get("metadata_location") if parameters.get("table_type", "").upper() == "ICEBERG" else None


def _updated(current: Table, updates: tuple[TableUpdate, ...], milliseconds: int) -> TableMetadata:
    """With the emulator's time on what is new: pyiceberg knows only the system's."""
    moment = max(milliseconds, current.metadata.last_updated_ms)
    stamped = tuple(
        update.model_copy(update={"snapshot": update.snapshot.model_copy(update={"timestamp_ms": moment})})
        if isinstance(update, AddSnapshotUpdate)
        else update
        for update in updates
    )
    updated = update_table_metadata(current.metadata, stamped, metadata_location=current.metadata_location)
    return updated.model_copy(update={"last_updated_ms": moment})


def _remove_oldest(before: Table, after: TableMetadata) -> None:
    """Metadata that the table no longer remembers after 100 versions would only fill the disk."""
    if len(before.metadata.metadata_log) < iceberg_tables.PREVIOUS_VERSIONS:
        return
    remembered = {entry.metadata_file for entry in after.metadata_log}
    for entry in before.metadata.metadata_log:
        if entry.metadata_file not in remembered:
            before.io.delete(entry.metadata_file)


class Files(FileIO):
    """Reads and writes s3:// in this emulator's own directory."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site = site

    def new_input(self, location: str) -> InputFile:
        return _File(self._site, location)

    def new_output(self, location: str) -> OutputFile:
        return _File(self._site, location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        uri = location if isinstance(location, str) else location.location
        objects.remove(self._site, *objects.split(uri))


def places_of(metadata: TableMetadata) -> SimpleLocationProvider:
    """Where a table's own files go. Metadata may name Python to decide it, but whoever puts an object runs no code."""
    return SimpleLocationProvider(metadata.location, metadata.properties)


def local_path(site: Site, uri: str) -> str:
    """Where the file of an object lies."""
    return objects.local_path(site.store, *objects.split(uri))


class _File(InputFile, OutputFile):
    def __init__(self, site: Site, location: str) -> None:
        super().__init__(location)
        self._site = site

    def __len__(self) -> int:
        bucket, key = objects.split(self.location)
        found = places.file_status(self._site.store, bucket, places.segments(key) or [])
        if found is None:
            raise FileNotFoundError(self.location)
        return found.st_size

    def exists(self) -> bool:
        try:
            return len(self) >= 0
        except FileNotFoundError:
            return False

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002, FBT001, FBT002 - pyiceberg's signature
        if not self.exists():
            raise FileNotFoundError(self.location)
        opened: InputStream = pa.OSFile(local_path(self._site, self.location), "rb")
        return opened

    def create(self, overwrite: bool = False) -> OutputStream:  # noqa: FBT001, FBT002 - as above
        if not overwrite and self.exists():
            raise FileExistsError(self.location)
        return _Output(self._site, self.location)

    def to_input_file(self) -> Self:
        return self


class _Output(io.BytesIO):
    """An object that is there when it is closed."""

    def __init__(self, site: Site, uri: str) -> None:
        super().__init__()
        self._site = site
        self._uri = uri

    def close(self) -> None:
        if not self.closed:
            body = self.getvalue()
            super().close()
            objects.write(self._site, *objects.split(self._uri), body)
