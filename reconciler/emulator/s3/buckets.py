"""What is known of buckets: a folder is a bucket, and its row adds region, creation time and what was set."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator.calls import as_json
from reconciler.emulator.s3 import files, places
from reconciler.emulator.store import directory_of

if TYPE_CHECKING:
    import sqlite3

    from reconciler.emulator.calls import Site
    from reconciler.emulator.store import Store


class Bucket(NamedTuple):
    """A bucket that is there."""

    name: str
    region: str
    created: float
    doc: dict[str, Any]


def named(site: Site, name: str) -> Bucket:
    """AwsError NoSuchBucket. One made by hand is in the region it is asked for from."""
    places.check_bucket(site.store, name)
    with site.store.reading() as db:
        return row(db, name) or _by_hand(site.store, name, site.region)


def row(db: sqlite3.Connection, name: str) -> Bucket | None:
    """As it was made by a client."""
    found = db.execute("SELECT name, region, created, doc FROM buckets WHERE name = ?", (name,)).fetchone()
    return Bucket(found[0], found[1], found[2], json.loads(found[3])) if found else None


def _by_hand(store: Store, name: str, region: str) -> Bucket:
    return Bucket(name, region, os.stat(places.bucket_folder(store, name)).st_mtime, {})  # noqa: PTH116


def change(site: Site, name: str, member: str, value: Any) -> None:
    """Keep or, with None, forget what is said of a bucket under this name."""
    bucket = named(site, name)
    with site.store.writing() as db:
        bucket = row(db, name) or bucket
        doc = {key: kept for key, kept in {**bucket.doc, member: value}.items() if kept is not None}
        _write(db, bucket._replace(doc=doc))


def make(store: Store, db: sqlite3.Connection, bucket: Bucket) -> list[str]:
    """Make a bucket that is not there, new in all respects; answers files to remove after the transaction."""
    gone = forget(store, db, bucket.name)
    _write(db, bucket)
    places.own_folder(store, places.BUCKETS, bucket.name)
    return gone


def ensure(db: sqlite3.Connection, name: str, region: str, moment: float) -> None:
    """Make a bucket inside a transaction of somebody else's; its folder outlasts a transaction that fails."""
    os.makedirs(os.path.join(directory_of(db), places.BUCKETS, name), exist_ok=True)  # noqa: PTH103, PTH118
    db.execute("INSERT OR IGNORE INTO buckets VALUES (?, ?, ?, ?)", (name, region, moment, "{}"))


def forget(store: Store, db: sqlite3.Connection, bucket: str) -> list[str]:
    """Remove every row of a bucket; answers files to remove after the transaction."""
    parts = db.execute(
        "DELETE FROM parts WHERE upload IN (SELECT id FROM uploads WHERE bucket = ?) RETURNING file", (bucket,)
    ).fetchall()
    odd = db.execute("DELETE FROM odd WHERE bucket = ? RETURNING file", (bucket,)).fetchall()
    for table, column in (("uploads", "bucket"), ("objects", "bucket"), ("buckets", "name")):
        db.execute(f"DELETE FROM {table} WHERE {column} = ?", (bucket,))  # noqa: S608 - names of our own
    return [*(files.part_path(store, file) for (file,) in parts), *(files.odd_path(store, file) for (file,) in odd)]


def _write(db: sqlite3.Connection, bucket: Bucket) -> None:
    values = (bucket.name, bucket.region, bucket.created, as_json(bucket.doc))
    db.execute("INSERT OR REPLACE INTO buckets VALUES (?, ?, ?, ?)", values)
