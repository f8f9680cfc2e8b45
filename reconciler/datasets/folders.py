"""Copies of offline stores in folders of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from reconciler.datasets.files import DataFile, InFolder, Inventory, Span, empty_inventory
from reconciler.datasets.hours import with_files
from reconciler.datasets.question import Join
from reconciler.records.offline.place import NoOffline


def folder_inventory(where: InFolder, join: Join, span: Span) -> Inventory:
    """The files of a group; `NoOffline` where the folder has none of that name."""
    base = _base(where.folder, join.name)
    data = base / "data" if (base / "data").is_dir() else base
    inventory = empty_inventory(where, join, f"{data}/")
    if not any((base / "metadata").glob("*.metadata.json")):
        return with_files(inventory, _files(data), span)
    from reconciler.datasets.iceberg_inventory import with_table  # noqa: PLC0415 - imports pyiceberg
    from reconciler.datasets.local_table import locator, read_table  # noqa: PLC0415

    table = read_table(base)
    return with_table(inventory, table, span, locator(base, table))


def _base(folder: Path, name: str) -> Path:
    """The folder with the group's data: `NAME`, or the latest `NAME-EPOCH`; or one that alone is within."""
    named = re.compile(re.escape(name) + r"-(\d+)")
    found = folder / name
    if not found.is_dir():
        epochs = {int(match[1]): one for one in folder.glob("*") if (match := named.fullmatch(one.name))}
        if not epochs:
            raise NoOffline(f"{folder} has no folder {name} with a copy of the offline store of that group.")
        found = epochs[max(epochs)]
    data = sorted(path for path in found.rglob("data") if path.is_dir())
    return data[0].parent if len(data) == 1 else found


def _files(data: Path) -> Iterator[DataFile]:
    for path in data.rglob("*"):
        if path.is_file():
            yield DataFile(str(path), path.stat().st_size)
