"""Multipart uploads as they are kept: a row, and a file and a row for each part."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator.calls import as_json
from reconciler.emulator.s3 import files, places, refusals

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from reconciler.emulator.s3.address import Asked
    from reconciler.emulator.s3.drafts import Draft
    from reconciler.emulator.store import Store


class Upload(NamedTuple):
    """One that was begun and is neither complete nor aborted."""

    id: str
    bucket: str
    key: str
    started: float
    doc: dict[str, Any]
    """What will be said of the object; `algorithm` and `kind` of its checksum, if it is to have one."""

    @property
    def algorithm(self) -> str | None:
        found: str | None = self.doc.get("algorithm")
        return found

    @property
    def kind(self) -> str:
        found: str = self.doc.get("kind", "FULL_OBJECT")
        return found


class Part(NamedTuple):
    """One that was uploaded."""

    number: int
    file: str
    size: int
    modified: float
    etag: str
    sum: tuple[str, str] | None
    """Algorithm and value of its checksum."""


def begin(store: Store, upload: Upload) -> None:
    with store.writing() as db:
        row = (upload.id, upload.bucket, upload.key, upload.started, as_json(upload.doc))
        db.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", row)


def named(asked: Asked) -> Upload:
    """The one a request is about; AwsError NoSuchUpload."""
    places.check_bucket(asked.store, asked.bucket)
    with asked.store.reading() as db:
        return _there(db, asked)


def _there(db: sqlite3.Connection, asked: Asked) -> Upload:
    wanted = asked.query.get("uploadId", "")
    row = db.execute(
        "SELECT id, bucket, key, started, doc FROM uploads WHERE id = ? AND bucket = ? AND key = ?",
        (wanted, asked.bucket, asked.key),
    ).fetchone()
    if row is None:
        raise refusals.no_such_upload(wanted)
    return _upload(row)


def _upload(row: tuple[Any, ...]) -> Upload:
    return Upload(row[0], row[1], row[2], row[3], json.loads(row[4]))


def of_bucket(store: Store, bucket: str) -> list[Upload]:
    """By key, and by time within a key."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT id, bucket, key, started, doc FROM uploads WHERE bucket = ? ORDER BY key, started, id", (bucket,)
        ).fetchall()
    return [_upload(row) for row in rows]


def keep(asked: Asked, number: int, draft: Draft, checksum: tuple[str, str] | None) -> Part:
    """Make a draft the part of this number, in place of one that may be there."""
    draft.finish(asked.site.now())
    part = Part(number, os.urandom(12).hex(), draft.size, asked.site.now(), draft.md5.hex(), checksum)
    places.own_folder(asked.store, places.PARTS)
    path = files.part_path(asked.store, part.file)
    os.replace(draft.path, path)  # noqa: PTH105
    try:
        with asked.store.writing() as db:
            upload = _there(db, asked).id
            gone = db.execute(
                "DELETE FROM parts WHERE upload = ? AND number = ? RETURNING file", (upload, number)
            ).fetchall()
            row = (upload, number, part.file, part.size, part.modified, part.etag, as_json(checksum))
            db.execute("INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    except BaseException:
        files.unlink([path])
        raise
    files.unlink(files.part_path(asked.store, file) for (file,) in gone)
    return part


def parts(store: Store, upload: str) -> list[Part]:
    """By number."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT number, file, size, modified, etag, doc FROM parts WHERE upload = ? ORDER BY number", (upload,)
        ).fetchall()
    return [Part(row[0], row[1], row[2], row[3], row[4], _checksum(row[5])) for row in rows]


def _checksum(doc: str) -> tuple[str, str] | None:
    found = json.loads(doc)
    return (found[0], found[1]) if found else None


def end(asked: Asked) -> None:
    """Forget an upload and what was uploaded; AwsError NoSuchUpload."""
    with asked.store.writing() as db:
        upload = _there(db, asked).id
        gone: Iterable[tuple[str]] = db.execute(
            "DELETE FROM parts WHERE upload = ? RETURNING file", (upload,)
        ).fetchall()
        db.execute("DELETE FROM uploads WHERE id = ?", (upload,))
    files.unlink(files.part_path(asked.store, file) for (file,) in gone)
