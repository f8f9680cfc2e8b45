"""What a directory holds, without a server: for `reconciler emulator status` and `reset`, and for the page."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.emulator import clock
from reconciler.emulator.control import lifecycle, tags
from reconciler.emulator.errors import AwsError, UnusableDirectory
from reconciler.emulator.s3 import objects, places
from reconciler.emulator.store import FILE, Store

if TYPE_CHECKING:
    import sqlite3

_FILES = (FILE, f"{FILE}-wal", f"{FILE}-shm")
# What else the emulator puts there.
_ATHENA = "athena"
_OTHERS = (places.BUCKETS, places.ODD, places.PARTS, places.STAGING, _ATHENA, "offline.lock")


def describe_directory(directory: Path | str) -> dict[str, Any]:
    """All of it, also of a directory that is empty or not there; raises UnusableDirectory."""
    if not os.path.exists(os.path.join(directory, FILE)):  # noqa: PTH110, PTH118 - as the store itself
        return {"directory": str(directory), "bytes": 0, "groups": [], "buckets": []}
    with closing(Store(directory)) as store:
        return {"directory": str(directory), **describe(store)}


def describe(store: Store) -> dict[str, Any]:
    """The clock, every group and bucket with what is in it, and the size of it all."""
    groups = describe_groups(store)
    buckets = [_bucket(store, name) for name in _buckets(store)]
    with store.reading() as db:
        queries, faults, waiting = (
            db.execute(statement).fetchone()[0]
            for statement in (
                "SELECT count(*) FROM queries",
                "SELECT count(*) FROM faults WHERE left IS NULL OR left > 0",
                "SELECT coalesce(sum(count), 0) FROM pending",
            )
        )
        time = clock.told(db)
    return {
        "bytes": sum(_size(os.path.join(store.directory, name)) for name in _FILES)  # noqa: PTH118
        + sum(bucket["bytes"] for bucket in buckets),
        "clock": time,
        "groups": groups,
        "buckets": buckets,
        "queries": queries,
        "faults": faults,
        "pending": waiting,
    }


def describe_groups(store: Store) -> list[dict[str, Any]]:
    """The groups of every account and region, by name, with their records, rows and files."""
    with store.writing() as db:
        lifecycle.settle(db, clock.now(db))
    with store.reading() as db:
        rows = db.execute(
            "SELECT id, scope, name, status, online_bytes, created, json_extract(doc, '$.OfflineStoreConfig'), "
            "json_extract(doc, '$.FailureReason'), (SELECT count(*) FROM features WHERE features.group_id = groups.id) "
            "FROM groups ORDER BY name, scope"
        ).fetchall()
        found = [_group(db, *row) for row in rows]
    return [{**group, "offline": group["offline"] and _offline(store, group["offline"])} for group in found]


def reset(directory: Path | str) -> None:
    """Forget everything under a directory, also for servers that run on it, and whatever version wrote it."""
    folder = Path(directory)
    try:
        if (folder / FILE).exists():
            with closing(Store(directory)) as store:
                forget(store)
        else:
            _remove(folder)
    except UnusableDirectory:
        _remove(folder)


def forget(store: Store) -> None:
    """Empty an open store, and remove the files of its buckets and the results that Athena keeps itself."""
    store.clear()
    objects.clear(store)
    shutil.rmtree(Path(store.directory) / _ATHENA / "results", ignore_errors=True)


def _remove(folder: Path) -> None:
    """Only what an emulator has put there goes: the directory is the user's."""
    try:
        for path in (folder / name for name in (*_FILES, *_OTHERS)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise UnusableDirectory(f"{folder} cannot be emptied: {error.strerror or error}.") from error


def _group(
    db: sqlite3.Connection,
    group_id: int,
    scope: str,
    name: str,
    status: str,
    online_bytes: int | None,
    created: float,
    offline: str | None,
    failure: str | None,
    features: int,
) -> dict[str, Any]:
    account, _, region = scope.partition("/")
    records = db.execute("SELECT records, bytes FROM online_sizes WHERE group_id = ?", (group_id,)).fetchone() or (0, 0)
    waiting = db.execute("SELECT coalesce(sum(count), 0) FROM pending WHERE group_id = ?", (group_id,)).fetchone()[0]
    return {
        "name": name,
        "account": account,
        "region": region,
        "status": status,
        **({"failure": failure} if failure else {}),
        "features": features,
        "tags": {tag["Key"]: tag["Value"] for tag in tags.read(db, group_id)},
        "created": created,
        "records": records[0] if online_bytes is not None else None,
        "online_bytes": records[1] if online_bytes is not None else None,
        "pending": waiting,
        "offline": offline,
    }


def _offline(store: Store, config: str) -> dict[str, Any]:
    """The place of a group's offline store, and its files: data, and of Iceberg the metadata beside it."""
    read = json.loads(config)
    uri = read["S3StorageConfig"]["ResolvedOutputS3Uri"]
    files, size = _counted(store, *objects.split(uri.removesuffix("/data") + "/"))
    catalog = read.get("DataCatalogConfig", {})
    return {
        "uri": uri,
        "format": read.get("TableFormat", "Glue"),
        "table": f"{catalog['Database']}.{catalog['TableName']}" if catalog else None,
        "files": files,
        "bytes": size,
    }


def _buckets(store: Store) -> list[str]:
    """A folder is a bucket, whoever made it."""
    try:
        names = os.listdir(os.path.join(store.directory, places.BUCKETS))  # noqa: PTH118, PTH208
    except OSError:
        return []
    return sorted(name for name in names if objects.has_bucket(store, name))


def _bucket(store: Store, name: str) -> dict[str, Any]:
    files, size = _counted(store, name, "")
    return {"name": name, "objects": files, "bytes": size}


def _counted(store: Store, bucket: str, prefix: str) -> tuple[int, int]:
    """How many objects begin with a prefix, and their bytes."""
    try:
        sizes = [entry.size for entry in objects.entries(store, bucket, prefix)]
    except AwsError:
        return 0, 0  # there is no such bucket (yet)
    return len(sizes), sum(sizes)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)  # noqa: PTH202
    except OSError:
        return 0
