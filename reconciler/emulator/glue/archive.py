"""Versions of tables that UpdateTable left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import things

if TYPE_CHECKING:
    import sqlite3

MOST_DIGITS = 10
_KIND = "table_version"


def keep(db: sqlite3.Connection, scope: str, table: dict[str, Any]) -> None:
    """A table as it is now, before it changes."""
    things.write(db, scope, _KIND, _place(table, int(table["VersionId"])), table)


def find(db: sqlite3.Connection, scope: str, table: dict[str, Any], number: int) -> dict[str, Any] | None:
    return things.find(db, scope, _KIND, _place(table, number))


def listed(db: sqlite3.Connection, scope: str, table: dict[str, Any]) -> list[dict[str, Any]]:
    """Oldest first."""
    return [version for _, version in things.listed(db, scope, _KIND, _prefix(table["DatabaseName"], table["Name"]))]


def remove(db: sqlite3.Connection, scope: str, table: dict[str, Any], number: int) -> bool:
    """Whether there was such a version."""
    return things.remove(db, scope, _KIND, _place(table, number))


def forget(db: sqlite3.Connection, scope: str, database: str, name: str) -> None:
    """All of a table's."""
    things.remove_all(db, scope, _KIND, _prefix(database, name))


def _prefix(database: str, name: str) -> str:
    """No name holds a line break."""
    return f"{database}\n{name}\n"


def _place(table: dict[str, Any], number: int) -> str:
    return f"{_prefix(table['DatabaseName'], table['Name'])}{number:0{MOST_DIGITS}d}"
