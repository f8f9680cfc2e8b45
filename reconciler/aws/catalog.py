"""Iceberg tables of the Data Catalog, through pyiceberg: the environment's own clients for Glue and for S3.

pyiceberg and pyarrow are imported with this module: import it where a table is read or written.
"""

from __future__ import annotations

import io
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchPropertyException, NoSuchTableError
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream
from pyiceberg.table import CommitTableResponse
from pyiceberg.table.update import AddSnapshotUpdate

from reconciler.aws.errors import named
from reconciler.aws.objects import Objects
from reconciler.aws.ranged import Ranged
from reconciler.aws.session import create_client
from reconciler.config import Environment
from reconciler.errors import AwsFailed

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot
    from pyiceberg.table.update import TableRequirement, TableUpdate
    from pyiceberg.typedef import Identifier, Properties

_RUNS_CODE = ("write.py-location-provider.impl",)
"""Properties of a table that name Python to be imported. Whoever may write an object must not run code here."""


RUN = "reconciler.run"
"""The property of a snapshot that says which run of ours made it."""


class RunCommitted(Exception):
    """The table has a snapshot of this run already."""


def run_of(snapshot: Snapshot) -> str | None:
    """The run of ours that made a snapshot."""
    return snapshot.summary.additional_properties.get(RUN) if snapshot.summary is not None else None


def snapshot_of(table: Table, run: str) -> int | None:
    """The snapshot that a run made, as long as the table remembers it."""
    return next((int(snapshot.snapshot_id) for snapshot in table.snapshots() if run_of(snapshot) == run), None)


class Catalog(GlueCatalog):
    """Tables of one environment: `load_table((database, name))`, and commits as pyiceberg makes them."""

    def __init__(self, environment: Environment, root: Path, objects: Objects | None = None) -> None:
        super().__init__("glue", client=create_client("glue", environment, root), **{"glue.skip-archive": "true"})
        self.objects = objects or Objects(environment, root)

    def load_table(self, identifier: str | Identifier) -> Table:
        """The table as it is now; AwsFailed where it is not there, or is no Iceberg table."""
        name = identifier if isinstance(identifier, str) else ".".join(identifier)
        try:
            with named("GetTable", name):
                return super().load_table(identifier)
        except (NoSuchTableError, NoSuchPropertyException, FileNotFoundError) as missing:
            raise AwsFailed("GetTable", name, "NoSuchTable", str(missing)) from missing

    def _convert_glue_to_iceberg(self, glue_table: Any) -> Table:
        table = super()._convert_glue_to_iceberg(glue_table)
        for key in _RUNS_CODE:
            if key in table.properties:
                reason = f"its property {key} names Python code, which is not run here"
                hint = f"Remove the property {key} from the table."
                raise AwsFailed("GetTable", ".".join(table.name()), "RunsCode", reason, hint)
        return table

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        """As pyiceberg's, but a commit whose answer was lost is one that was made, and a run is committed once.

        An update that is sent again because its answer was lost is refused as a concurrent one; pyiceberg would then
        remove the files that the table has come to refer to. Raises `RunCommitted`.
        """
        added = [update.snapshot for update in updates if isinstance(update, AddSnapshotUpdate)]
        runs = {run for snapshot in added if (run := run_of(snapshot)) is not None}
        if runs:
            current = self.load_table(table.name())
            for run in runs:
                if snapshot_of(current, run) is not None:
                    raise RunCommitted(run)
        try:
            return super().commit_table(table, requirements, updates)
        except CommitFailedException:
            current = self.load_table(table.name())
            if not added or any(current.snapshot_by_id(one.snapshot_id) is None for one in added):
                raise
            landed: dict[str, Any] = {"metadata": current.metadata, "metadata-location": current.metadata_location}
            return CommitTableResponse(**landed)

    def _load_file_io(self, properties: Properties = {}, location: str | None = None) -> FileIO:  # noqa: ARG002, B006
        """Ours, whatever the table's properties say."""
        return Files(self.objects)


class Files(FileIO):
    """pyiceberg's file layer over the objects of an environment."""

    def __init__(self, objects: Objects) -> None:
        super().__init__()
        self._objects = objects

    def new_input(self, location: str) -> InputFile:
        return _File(self._objects, location)

    def new_output(self, location: str) -> OutputFile:
        return _File(self._objects, location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        self._objects.delete([location if isinstance(location, str) else location.location])


class _File(InputFile, OutputFile):
    def __init__(self, objects: Objects, location: str) -> None:
        super().__init__(location)
        self._objects = objects

    def __len__(self) -> int:
        return self._objects.size(self.location)

    def exists(self) -> bool:
        return self._objects.exists(self.location)

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002, FBT001, FBT002 - pyiceberg's signature
        opened: Any = Ranged(self._objects, self.location)
        stream: InputStream = opened
        return stream

    def create(self, overwrite: bool = False) -> OutputStream:  # noqa: FBT001, FBT002 - as above
        if not overwrite and self.exists():
            raise FileExistsError(self.location)
        return _Output(self._objects, self.location)

    def to_input_file(self) -> Self:
        return self


class _Output(io.BytesIO):
    """An object that is there when it is closed; not if what wrote it failed."""

    def __init__(self, objects: Objects, uri: str) -> None:
        super().__init__()
        self._objects, self._uri = objects, uri

    def close(self) -> None:
        if not self.closed:
            body = self.getvalue()
            super().close()
            self._objects.put(self._uri, body)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            super().close()
        self.close()
