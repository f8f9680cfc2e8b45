"""The inventory of a group's offline store: its data files, those that a question needs, and how to read them.

    where = InEnvironment(environment, root)         # or InFolder(path): a copy of offline stores
    inventory = where.inventory(join, Span(latest=...))
    for file in inventory.files:
        for batch in inventory.batches(file, ["id", "event_time", "is_deleted"]): ...

All of it can be sent to another process; files are opened there, with that process's credentials. Batches have the
columns that were asked for, by those names and in AWS's types whatever the file has, without rows that Iceberg's
deletes hide; a column that the file does not have is null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from reconciler.aws.objects import Objects
from reconciler.aws.ranged import Ranged
from reconciler.config import Environment
from reconciler.datasets.question import Join
from reconciler.records.offline.place import INVOKED, IS_DELETED, WRITE_TIME, open_place

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 256 * 1024
"""Rows of a batch, unless others are asked for."""


class Span(NamedTuple):
    """Which rows a question may need, as far as files can be told apart by it; None is no limit.

    `latest` is the last event time, in whole seconds since 1970: later rows may be left out.
    `earliest` is the first. `written_by` is `Question.as_of`: rows written later may be left out.
    """

    latest: int | None = None
    earliest: int | None = None
    written_by: datetime | None = None


EVERYTHING = Span()


class DataFile(NamedTuple):
    """A data file: an s3:// address, or a path of this machine. `rows` where the table's metadata says how many.

    `deletes` are Iceberg's delete files that apply to it; `address` is what they call it, where that is another.
    """

    uri: str
    size: int
    rows: int | None = None
    deletes: tuple[str, ...] = ()
    address: str = ""


class Where(Protocol):
    """Where offline stores are. Can be sent to another process."""

    def inventory(self, join: Join, span: Span = ...) -> Inventory:
        """The data files of a join's group as they are now; `NoOffline` where it has no offline store."""

    def open(self, uri: str) -> Any:
        """A file to read here and there; FileNotFoundError where it is gone."""


@dataclass(frozen=True)
class Inventory:
    """The data files of one group, in the order of their addresses, and the columns as AWS types them.

    `skipped` files cannot have rows of the span. `field_ids` are Iceberg's, by the columns' names.
    """

    where: Where
    group: str
    data: str
    record_id: str
    event_time: str
    types: Mapping[str, str]
    files: tuple[DataFile, ...] = ()
    skipped: int = 0
    is_iceberg: bool = False
    field_ids: Mapping[str, int] = field(default_factory=dict)
    stamps: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What tells the contents of the files that were opened: a file that is another one later is refused."""

    def schema(self, columns: Sequence[str]) -> pa.Schema:
        """The types of columns in batches: int64, double, string; timestamp[us, UTC] and bool for the service's own."""
        from reconciler.datasets.inventory.reading import schema_of  # noqa: PLC0415 - heavy

        return schema_of(self, columns)

    def batches(
        self, file: DataFile, columns: Sequence[str], rows: int = BATCH_ROWS, *, encoded: str = ""
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a file. The texts of the column `encoded` come as a dictionary where the file has one.

        `Unreadable` where it is damaged, or has no identifier or event time; `Changed` where it is gone, or no longer
        what it was when it was opened first.
        """
        from reconciler.datasets.inventory.reading import read_file  # noqa: PLC0415 - heavy

        return read_file(self, file, columns, rows, encoded=encoded)


@dataclass(frozen=True)
class InEnvironment:
    """The offline stores of an environment: of an account, of a running emulator or the embedded one."""

    environment: Environment
    root: Path

    def inventory(self, join: Join, span: Span = EVERYTHING) -> Inventory:
        """The current files of the live group `join.name`."""
        place = open_place(self.environment, self.root, join.name)
        empty = empty_inventory(self, join, place.data)
        if place.is_iceberg:
            from reconciler.datasets.inventory.iceberg import with_table  # noqa: PLC0415 - imports pyiceberg

            return with_table(empty, place.table(), span)
        from reconciler.datasets.inventory.hours import with_files  # noqa: PLC0415

        listed = (DataFile(item.uri, item.size) for item in self._objects.list(place.data))
        return with_files(empty, listed, span)

    def open(self, uri: str) -> Ranged:
        return Ranged(self._objects, uri)

    @cached_property
    def _objects(self) -> Objects:
        return Objects(self.environment, self.root)

    def __getstate__(self) -> dict[str, Any]:
        return {"environment": self.environment, "root": self.root}


@dataclass(frozen=True)
class InFolder:
    """Copies of offline stores in a folder: what is below the group's offline store on S3 lies in `folder/NAME/`.

    A folder `NAME-1700000000` is the group's as well, as the service names it; of several the latest. Of an Iceberg
    table `metadata/` is needed beside `data/`.
    """

    folder: Path

    def inventory(self, join: Join, span: Span = EVERYTHING) -> Inventory:
        """The files of the folder of `join.name`."""
        from reconciler.datasets.inventory.folders import folder_inventory  # noqa: PLC0415

        return folder_inventory(self, join, span)

    def open(self, uri: str) -> Any:
        import pyarrow as pa  # noqa: PLC0415 - heavy

        return pa.OSFile(uri)  # closes itself, as whoever reads Parquet does not


def empty_inventory(where: Where, join: Join, data: str) -> Inventory:
    """The columns of a join's group, and no files."""
    types = {column.feature: column.type for column in join.columns}
    types |= {join.record_id: join.key.type, join.event_time: join.event_time_type}
    types |= {WRITE_TIME: "timestamp", INVOKED: "timestamp", IS_DELETED: "boolean"}
    return Inventory(where, join.name, data, join.record_id, join.event_time, types)
