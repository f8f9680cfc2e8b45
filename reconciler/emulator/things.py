"""Small things, kept whole: roles, keys, grants, archived versions. One row each, by scope, kind and name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator.calls import as_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_LAST = "\U0010ffff"


def find(db: sqlite3.Connection, scope: str, kind: str, name: str) -> dict[str, Any] | None:
    row = db.execute("SELECT doc FROM things WHERE scope = ? AND kind = ? AND name = ?", (scope, kind, name)).fetchone()
    return json.loads(row[0]) if row else None


def write(db: sqlite3.Connection, scope: str, kind: str, name: str, doc: dict[str, Any]) -> None:
    db.execute("INSERT OR REPLACE INTO things VALUES (?, ?, ?, ?)", (scope, kind, name, as_json(doc)))


def remove(db: sqlite3.Connection, scope: str, kind: str, name: str) -> bool:
    """Whether there was one."""
    gone = db.execute("DELETE FROM things WHERE scope = ? AND kind = ? AND name = ?", (scope, kind, name))
    return gone.rowcount > 0


def remove_all(db: sqlite3.Connection, scope: str, kind: str, prefix: str) -> None:
    """Every one whose name begins so."""
    db.execute(
        "DELETE FROM things WHERE scope = ? AND kind = ? AND name >= ? AND name < ?",
        (scope, kind, prefix, prefix + _LAST),
    )


def listed(
    db: sqlite3.Connection, scope: str, kind: str, prefix: str = "", after: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and documents in the order of the names, of those that begin so and come after one."""
    rows = db.execute(
        "SELECT name, doc FROM things WHERE scope = ? AND kind = ? AND name >= ? AND name < ? AND name > ?"
        " ORDER BY name",
        (scope, kind, prefix, prefix + _LAST, after),
    )
    for name, doc in rows:
        yield name, json.loads(doc)
