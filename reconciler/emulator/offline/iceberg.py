"""Iceberg tables for those who query and keep them: load, list the files of a snapshot, delete rows, compact, expire.

pyiceberg and pyarrow are imported when one of these is called. Whoever changes a table takes a turn, so nothing here
may be called by one who holds it, or inside a transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reconciler.emulator.offline import libraries
from reconciler.emulator.offline.turns import turn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyiceberg.table import Table

    from reconciler.emulator.calls import Site


class ScanFile(NamedTuple):
    """A data file of a snapshot, and the position delete files that apply to it."""

    uri: str
    path: str
    """The local file."""
    deletes: list[str]
    """Local files with the columns file_path and pos: rows of this file that are gone."""


def load(site: Site, database: str, table: str) -> Table:
    """The table, by its row in the catalogue; pyiceberg's NoSuchTableError if that is none of an Iceberg table."""
    _check()
    from reconciler.emulator.offline.iceberg_catalog import Catalog  # noqa: PLC0415 - heavy

    return Catalog(site).load_table((database, table))


def scan_files(site: Site, table: Table, snapshot_id: int | None = None) -> list[ScanFile]:
    """The files that are the table, now or as of a snapshot."""
    from reconciler.emulator.offline.iceberg_catalog import local_path  # noqa: PLC0415 - heavy

    return [
        ScanFile(
            task.file.file_path,
            local_path(site, task.file.file_path),
            sorted(local_path(site, deleted.file_path) for deleted in task.delete_files),
        )
        for task in table.scan(snapshot_id=snapshot_id).plan_files()
    ]


def delete_rows(site: Site, database: str, table: str, positions: Mapping[str, Sequence[int]]) -> int:
    """Delete rows, given by the URI of their file and their position in it; answers how many.

    One snapshot adds position delete files; the data files stay as they are. Raises
    `iceberg_snapshots.ChangedMeanwhile` if one of them is no longer part of the table: look again.
    """
    _check()
    from reconciler.emulator.offline.iceberg_deleting import delete  # noqa: PLC0415 - heavy

    with turn(site.store):
        return delete(site, (database, table), positions)


def rewrite(site: Site, database: str, table: str, where: str | None = None) -> int:
    """Write rows anew whose files are small or have deletes; answers how many data files went.

    `where` is a row filter as pyiceberg reads them: it chooses files, not rows.
    """
    _check()
    from reconciler.emulator.offline.iceberg_rewriting import rewrite as perform  # noqa: PLC0415 - heavy

    with turn(site.store):
        return perform(site, (database, table), where)


def expire(site: Site, database: str, table: str, older_than: float) -> int:
    """Forget snapshots from before a moment (epoch seconds) and remove files no other needs; answers how many."""
    _check()
    from reconciler.emulator.offline.iceberg_expiring import expire as perform  # noqa: PLC0415 - heavy

    with turn(site.store):
        return perform(site, (database, table), older_than)


def _check() -> None:
    for library in ("pyarrow", "pyiceberg"):
        libraries.check(library)
