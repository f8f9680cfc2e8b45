"""Copies of offline stores in folders of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from reconciler.datasets.inventory.files import DataFile, InFolder, Inventory, Span, empty_inventory
from reconciler.datasets.inventory.hours import with_files
from reconciler.datasets.question import Join
from reconciler.records.offline.place import NoOffline


def folder_inventory(where: InFolder, join: Join, span: Span) -> Inventory:
    """The files of a group; `NoOffline` where the folder has none of that name."""
    base = _base(where.folder, join.name)
    data = base / "data" if (base / "data").is_dir() else base
    inventory = empty_inventory(where, join, f"{data}/")
    if not any((base / "metadata").glob("*.metadata.json")):
        return with_files(inventory, _files(data), span)
    from reconciler.datasets.inventory.iceberg import with_table  # noqa: PLC0415 - imports pyiceberg
    from reconciler.datasets.inventory.local_table import locator, read_table  # noqa: PLC0415

    table = read_table(base)
    return with_table(inventory, table, span, locator(base, table))


def _base(folder: Path, name: str) -> Path:
    """The folder with the group's data: `NAME`, or `NAME-EPOCH`; or one within, of several the latest `NAME-EPOCH`."""
    found = folder / name
    if not found.is_dir():
        latest = _latest(folder.glob("*"), name)
        if latest is None:
            raise NoOffline(f"{folder} has no folder {name} with a copy of the offline store of that group.")
        found = latest
    if (found / "data").is_dir():
        return found
    within = sorted(path.parent for path in found.rglob("data") if path.is_dir())
    if len(within) < 2:
        return within[0] if within else found
    latest = _latest(within, name)
    if latest is None:
        places = ", ".join(path.relative_to(found).as_posix() for path in within)
        raise NoOffline(f"{found} has several folders with data: {places}. Leave one of them there.")
    return latest


def _latest(folders: Iterable[Path], name: str) -> Path | None:
    """The folder that the service made last for a group of that name."""
    named = re.compile(re.escape(name) + r"-(\d{10})")  # seconds since 1970: `weather-2` is another group
    epochs = {int(match[1]): one for one in folders if (match := named.fullmatch(one.name))}
    return epochs[max(epochs)] if epochs else None


def _files(data: Path) -> Iterator[DataFile]:
    for path in data.rglob("*"):
        if path.is_file():
            yield DataFile(str(path), path.stat().st_size)
