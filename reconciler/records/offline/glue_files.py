"""Rows taken out of a Glue-format offline store: the files that hold them are written anew in their place.

S3 replaces an object in one step, so whoever reads meanwhile sees a file as it was or as it is, and a process killed at
any moment leaves each file in one of the two. There is no step that replaces several files at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from reconciler.errors import AwsFailed
from reconciler.records.offline.erasure import Remaining
from reconciler.records.offline.holding import in_parallel
from reconciler.records.offline.place import Place
from reconciler.records.offline.reading import Unreadable
from reconciler.records.offline.rewriting import Keep, Rewritten, rewrite
from reconciler.records.offline.uploading import upload

_CHANGED = "PreconditionFailed"
_TRIES = 3


class Taken(NamedTuple):
    """What was done: rows taken out, files written anew, files removed whole; and what could not be done."""

    rows: int = 0
    rewritten: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    failed: tuple[Remaining, ...] = ()

    def plus(self, other: Taken) -> Taken:
        return Taken(
            self.rows + other.rows,
            self.rewritten + other.rewritten,
            self.removed + other.removed,
            self.failed + other.failed,
        )


def every_file(place: Place) -> Iterator[str]:
    """Every object of the group that may be a file with rows."""
    for item in place.objects.list(place.data):
        name = item.uri.rpartition("/")[2]
        if item.size and name and name != "_SUCCESS" and not name.endswith("_$folder$"):
            yield item.uri


def take_out(place: Place, keeps: Mapping[str, Keep], scratch: Path, etags: Mapping[str, str] | None = None) -> Taken:
    """Rewrite some files, each without the rows that do not stay. What fails for one is said and keeps no other.

    With `etags` a file that is no longer what it was is left alone.
    """
    taken = Taken()
    expected = etags or {}
    for one in in_parallel(lambda uri: _take_out(place, uri, keeps[uri], scratch, expected.get(uri, "")), keeps):
        taken = taken.plus(one)
    return taken


def _take_out(place: Place, uri: str, keep: Keep, scratch: Path, etag: str) -> Taken:
    path = scratch / f"{uuid.uuid4().hex}.parquet"
    try:
        for _ in range(_TRIES - 1):
            try:
                return _replaced(place, uri, rewrite(place.objects, uri, keep, path), etag)
            except AwsFailed as failed:
                if failed.code != _CHANGED:
                    raise
        return _replaced(place, uri, rewrite(place.objects, uri, keep, path), etag)
    except FileNotFoundError:
        return Taken()
    except (AwsFailed, Unreadable) as failed:
        return Taken(failed=(_not_rewritten(uri, failed),))
    finally:
        path.unlink(missing_ok=True)


def _replaced(place: Place, uri: str, made: Rewritten, etag: str) -> Taken:
    if not made.dropped or (etag and etag != made.etag):
        return Taken()
    if not made.kept:
        place.objects.delete([uri])
        return Taken(made.dropped, (), (uri,))
    # In the place of the very content that was read; of nothing that came in between.
    upload(place, made.path, uri, made.etag)
    return Taken(made.dropped, (uri,))


def _not_rewritten(uri: str, failed: AwsFailed | Unreadable) -> Remaining:
    if isinstance(failed, Unreadable):
        return Remaining(
            "file", uri, str(failed), "Look into it by hand, and move it elsewhere if it is not the group's."
        )
    fix = failed.hint or "Allow it (a lock, a bucket policy or an archive class may stand in the way), and erase again."
    return Remaining("file", uri, f"it could not be rewritten: {failed.code}: {failed.message}", fix)
