"""What a directory holds, without a server: for `reconciler emulator status` and `reset`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from reconciler.emulator import clock
from reconciler.emulator.control import lifecycle, tags
from reconciler.emulator.store import FILE, Store

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path


def describe_directory(directory: Path | str) -> dict[str, Any]:
    """Every group with its place, status, number of features and tags, and the size of it all."""
    path = os.path.join(directory, FILE)  # noqa: PTH118 - as the store itself
    if not os.path.exists(path):  # noqa: PTH110
        return {"directory": str(directory), "bytes": 0, "groups": []}
    store = Store(directory)
    try:
        return {"directory": str(directory), "bytes": _size(path), "groups": describe_groups(store)}
    finally:
        store.close()


def describe_groups(store: Store) -> list[dict[str, Any]]:
    """The groups of every account and region, by name."""
    with store.writing() as db:
        lifecycle.settle(db, clock.now(db))
        rows = db.execute(
            "SELECT id, scope, name, status, online_bytes, created, "
            "(SELECT count(*) FROM features WHERE features.group_id = groups.id) FROM groups ORDER BY name, scope"
        ).fetchall()
        return [_row(db, *row) for row in rows]


def reset(directory: Path | str) -> None:
    """Forget everything under a directory, also for servers that run on it."""
    store = Store(directory)
    try:
        store.clear()
    finally:
        store.close()


def _row(
    db: sqlite3.Connection,
    group_id: int,
    scope: str,
    name: str,
    status: str,
    online_bytes: int | None,
    created: float,
    features: int,
) -> dict[str, Any]:
    account, _, region = scope.partition("/")
    return {
        "name": name,
        "account": account,
        "region": region,
        "status": status,
        "features": features,
        "tags": {tag["Key"]: tag["Value"] for tag in tags.read(db, group_id)},
        "online_bytes": online_bytes,
        "created": created,
    }


def _size(path: str) -> int:
    files = (path, f"{path}-wal", f"{path}-shm")
    return sum(os.path.getsize(file) for file in files if os.path.exists(file))  # noqa: PTH202, PTH110
