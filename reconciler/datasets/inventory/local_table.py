"""Iceberg tables in a folder: copies, whose metadata still names the places that they were copied from."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import StaticTable, Table

from reconciler.records.offline.place import NoOffline

_NUMBER = re.compile(r"v?(\d+)")


def read_table(base: Path) -> Table:
    """The table below a folder, as the latest of its metadata files has it."""
    files = list((base / "metadata").glob("*.metadata.json"))
    latest = max(_number(path) for path in files)
    read = {path: FromInputFile.table_metadata(_File(str(path), path)) for path in files if _number(path) == latest}
    path, metadata = max(read.items(), key=lambda one: one[1].last_updated_ms)
    files_of = Copied(base, metadata.location)
    return StaticTable((base.name,), metadata, str(path), files_of, NoopCatalog("copy"))


def _number(path: Path) -> int:
    found = _NUMBER.match(path.name)
    return int(found[1]) if found else -1


def locator(base: Path, table: Table) -> Callable[[str], str]:
    """Where a file is that the table's metadata names."""
    return Copied(base, table.metadata.location).located


class Copied(FileIO):
    """pyiceberg's file layer over a copy of what is below `location`. Nothing is written."""

    def __init__(self, base: Path, location: str) -> None:
        super().__init__()
        self._base, self._location = base, location.rstrip("/") + "/"

    def located(self, address: str) -> str:
        """The path of a file of the table; `NoOffline` for one that lay elsewhere."""
        if not address.startswith(self._location):
            raise NoOffline(
                f"{self._base} is a copy of an Iceberg table that has a file elsewhere, {address}: read it on S3."
            )
        return str(self._base / address.removeprefix(self._location))

    def new_input(self, location: str) -> InputFile:
        return _File(location, Path(self.located(location)))

    def new_output(self, location: str) -> OutputFile:
        raise NotImplementedError(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        raise NotImplementedError(location)


class _File(InputFile):
    def __init__(self, location: str, path: Path) -> None:
        super().__init__(location)
        self._path = path

    def __len__(self) -> int:
        return self._path.stat().st_size

    def exists(self) -> bool:
        return self._path.is_file()

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002, FBT001, FBT002 - pyiceberg's signature
        opened: Any = self._path.open("rb")
        stream: InputStream = opened
        return stream
