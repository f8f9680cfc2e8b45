"""Objects as files: where they lie, and how they are written, read, listed and removed by this process itself.

`s3://BUCKET/KEY` lies at `<data>/s3/BUCKET/KEY`, and a file put there by hand is an object. A key that no file can
have lies elsewhere: trust `Entry.path`. Nothing here may be called inside a transaction.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import buckets, files, places, walking
from reconciler.emulator.s3.drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from reconciler.emulator.calls import Site
    from reconciler.emulator.store import Store


class Entry(NamedTuple):
    """An object in a listing."""

    key: str
    size: int
    modified: float
    path: str
    """The local file."""


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of s3://, s3a:// or s3n://."""
    scheme, mark, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if not mark or scheme.lower() not in {"s3", "s3a", "s3n"} or not bucket:
        raise AwsError("InvalidRequest", f"Not an S3 URI: {uri}")
    return bucket, key


def local_path(store: Store, bucket: str, key: str) -> str:
    """Where a plain object lies or would lie; AwsError for a key no file can have, or behind a link."""
    places.check_bucket_name(bucket)
    names = places.segments(key)
    if names is None or places.meets_link(store, (places.BUCKETS, bucket, *names)):
        raise AwsError("InvalidArgument", f"No file can have this key: {key}")
    return os.path.abspath(places.path_of(store, bucket, names))  # noqa: PTH100


def staging(store: Store) -> str:
    """A folder for files that are not ready yet: a rename from here to `local_path` is one step."""
    return os.path.abspath(places.own_folder(store, places.STAGING))  # noqa: PTH100


def has_bucket(store: Store, bucket: str) -> bool:
    return places.has_bucket(store, bucket)


def ensure_bucket(store: Store, bucket: str, region: str, now: float) -> None:
    """Make a bucket that is not there; AwsError InvalidBucketName for what cannot be one."""
    places.check_bucket_name(bucket)
    if places.has_bucket(store, bucket):
        return
    gone: list[str] = []
    with store.writing() as db:
        if not places.has_bucket(store, bucket):
            gone = buckets.make(store, db, buckets.Bucket(bucket, region, now, {}))
    files.unlink(gone)


def write(site: Site, bucket: str, key: str, source: bytes | BinaryIO, content_type: str | None = None) -> None:
    """Put an object, whole or not at all; AwsError NoSuchBucket."""
    places.check_bucket(site.store, bucket)
    places.check_key(key)
    doc: dict[str, Any] = {"headers": {"Content-Type": content_type}} if content_type else {}
    with Draft(site.store) as draft:
        draft.write_all(source)
        files.place(site.store, bucket, key, draft, moment=site.now(), doc=doc)


def read(site: Site, bucket: str, key: str) -> bytes:
    """The content; AwsError NoSuchKey or NoSuchBucket."""
    opened = files.open_object(site.store, bucket, key)
    if opened is None:
        raise files.missing(site.store, bucket, key)
    with os.fdopen(opened[1], "rb") as file:
        return file.read()


def entries(store: Store, bucket: str, prefix: str = "", after: str = "") -> Iterator[Entry]:
    """The objects in S3's order, from the first key after `after`; AwsError NoSuchBucket."""
    places.check_bucket(store, bucket)
    return _entries(store, bucket, prefix, walking.Cursor(walking.after_key(after) if after else ""))


def _entries(store: Store, bucket: str, prefix: str, cursor: walking.Cursor) -> Iterator[Entry]:
    for step in walking.walk(store, bucket, prefix, cursor):
        if step.path is None:
            continue
        try:
            found = os.lstat(step.path)
        except FileNotFoundError:
            continue  # removed while we walk
        yield Entry(step.key, found.st_size, found.st_mtime, os.path.abspath(step.path))  # noqa: PTH100


def remove(site: Site, bucket: str, key: str) -> None:
    """Remove an object, if it is there; AwsError NoSuchBucket."""
    files.remove(site.store, bucket, key)


def clear(store: Store) -> None:
    """Remove every bucket's files; the rows are the store's to clear."""
    for name in (places.BUCKETS, places.ODD, places.PARTS, places.STAGING):
        path = os.path.join(store.directory, name)  # noqa: PTH118
        if places.is_folder(store, (name,)):
            shutil.rmtree(path, ignore_errors=True)
