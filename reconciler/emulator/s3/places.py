"""Where things lie under the data directory, and which keys a file can have.

Nothing here follows a symbolic link: what is not a real folder or a plain file, all the way down from the data
directory, is not there.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import TYPE_CHECKING

from reconciler.emulator.s3 import refusals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.emulator.store import Store

BUCKETS, ODD, PARTS, STAGING = "s3", "s3-odd", "s3-parts", "s3-tmp"

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_LONGEST_KEY, _LONGEST_SEGMENT = 1024, 255
# A separator of this system inside a segment would be a path of its own.
_NO_FILE_HAS = ("\0",) if os.sep == "/" else ("\0", "\\", ":")


def is_bucket_name(name: str) -> bool:
    """The rules for general purpose buckets (Amazon S3 user guide, bucket naming rules)."""
    return bool(_NAME.fullmatch(name)) and ".." not in name and not _ADDRESS.fullmatch(name)


def check_bucket_name(name: str) -> None:
    if not is_bucket_name(name):
        raise refusals.invalid_bucket_name(name)


def check_key(key: str) -> None:
    """At most 1,024 bytes of UTF-8."""
    size = len(key.encode())
    if size > _LONGEST_KEY:
        raise refusals.key_too_long(size)


def is_key(key: str) -> bool:
    """Whether a key is short enough to be one."""
    return len(key) * 4 <= _LONGEST_KEY or len(key.encode()) <= _LONGEST_KEY


def segments(key: str) -> list[str] | None:
    """The names of a key's folders and file; None where no file can have it."""
    found = key.split("/")
    return found if all(map(_is_file_name, found)) else None


def _is_file_name(segment: str) -> bool:
    if segment in {"", ".", ".."} or any(mark in segment for mark in _NO_FILE_HAS):
        return False
    return len(segment) * 3 <= _LONGEST_SEGMENT or len(segment.encode()) <= _LONGEST_SEGMENT


def bucket_folder(store: Store, bucket: str) -> str:
    return os.path.join(store.directory, BUCKETS, bucket)  # noqa: PTH118 - many a request, and pathlib is slow


def has_bucket(store: Store, bucket: str) -> bool:
    """A folder is a bucket, whoever made it."""
    return is_bucket_name(bucket) and is_folder(store, (BUCKETS, bucket))


def check_bucket(store: Store, bucket: str) -> None:
    check_bucket_name(bucket)
    if not is_folder(store, (BUCKETS, bucket)):
        raise refusals.no_such_bucket(bucket)


def bucket_names(store: Store) -> list[str]:
    """Sorted."""
    if not is_folder(store, (BUCKETS,)):
        return []
    with os.scandir(os.path.join(store.directory, BUCKETS)) as found:  # noqa: PTH118
        return sorted(e.name for e in found if e.is_dir(follow_symlinks=False) and is_bucket_name(e.name))


def is_folder(store: Store, names: Sequence[str]) -> bool:
    """Whether these are folders, one in the other, from the data directory down."""
    path = store.directory
    for name in names:
        path = f"{path}/{name}"
        found = _lstat(path)
        if found is None or not stat.S_ISDIR(found.st_mode):
            return False
    return True


def meets_link(store: Store, names: Sequence[str]) -> bool:
    """Whether a symbolic link lies on the way from the data directory down."""
    path = store.directory
    for name in names:
        path = f"{path}/{name}"
        found = _lstat(path)
        if found is None:
            return False
        if stat.S_ISLNK(found.st_mode):
            return True
    return False


def file_status(store: Store, bucket: str, names: Sequence[str]) -> os.stat_result | None:
    """Of the plain file with these segments, if there is one."""
    if not is_bucket_name(bucket) or not is_folder(store, (BUCKETS, bucket, *names[:-1])):
        return None
    found = _lstat(path_of(store, bucket, names))
    return found if found is not None and stat.S_ISREG(found.st_mode) else None


def path_of(store: Store, bucket: str, names: Sequence[str]) -> str:
    return os.path.join(store.directory, BUCKETS, bucket, *names)  # noqa: PTH118


def make_folders(store: Store, names: Sequence[str]) -> bool:
    """Make folders one in the other; False where something else has one of the names."""
    path = store.directory
    for name in names:
        path = f"{path}/{name}"
        try:
            os.mkdir(path)  # noqa: PTH102
        except FileExistsError:
            found = _lstat(path)
            if found is None or not stat.S_ISDIR(found.st_mode):
                return False
    return True


def own_folder(store: Store, *names: str) -> str:
    """A folder of the emulator's own beside the buckets; made when it is not there."""
    path = "/".join((store.directory, *names))
    if not make_folders(store, names):
        raise NotADirectoryError(path)
    return path


def _lstat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        raise
