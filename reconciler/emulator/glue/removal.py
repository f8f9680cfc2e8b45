"""What goes with a table or a database that is deleted: versions, partitions, permissions. Data in S3 stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.access import permissions
from reconciler.emulator.glue import archive

if TYPE_CHECKING:
    import sqlite3


def database(db: sqlite3.Connection, scope: str, name: str) -> None:
    """Forget a database and all tables in it."""
    tables = db.execute("SELECT name FROM tables WHERE scope = ? AND database = ?", (scope, name.lower())).fetchall()
    for (found,) in tables:
        table(db, scope, name, found)
    permissions.forget_database(db, scope, name.lower())
    db.execute("DELETE FROM databases WHERE scope = ? AND name = ?", (scope, name.lower()))


def table(db: sqlite3.Connection, scope: str, database_name: str, name: str) -> None:
    """Forget a table."""
    place = (scope, database_name.lower(), name.lower())
    db.execute("DELETE FROM tables WHERE scope = ? AND database = ? AND name = ?", place)
    db.execute("DELETE FROM partitions WHERE scope = ? AND database = ? AND name = ?", place)
    archive.forget(db, *place)
    permissions.forget_table(db, *place)
