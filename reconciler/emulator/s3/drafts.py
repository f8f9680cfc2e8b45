"""An object being written: a file of its own beside the buckets, which becomes the object in one step or never."""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING, Any, Self

from reconciler.emulator.s3 import places

if TYPE_CHECKING:
    from reconciler.emulator.store import Store

CHUNK = 1024 * 1024
_ABANDONED_S = 24 * 3600
_LATEST_S = 7_258_118_400
"""The year 2200: file systems and 64 bits of nanoseconds end before the emulator's clock does."""


class Draft:
    """What is written to it is counted and digested on the way; what was not placed is gone at the end."""

    def __init__(self, store: Store, *, digests: bool = True) -> None:
        folder = places.own_folder(store, places.STAGING)
        self.path = os.path.join(folder, os.urandom(12).hex())  # noqa: PTH118
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False) if digests else None
        self._file = open(self.path, "xb")  # noqa: PTH123, SIM115 - closed by `__exit__`
        _sweep(store, folder, self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)  # noqa: PTH108

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        if self._md5:
            self._md5.update(chunk)
        self.size += len(chunk)

    def write_all(self, source: Any) -> None:
        """Bytes, or all that is left of an open binary file."""
        if isinstance(source, bytes | bytearray | memoryview):
            self.write(bytes(source))
            return
        while chunk := source.read(CHUNK):
            self.write(chunk)

    def finish(self, moment: float) -> tuple[int, int]:
        """Nothing more is written; answers size and mtime_ns, by which the object's row will know its file.

        The time is the emulator's, in milliseconds; random digits below them tell two writes of one moment apart.
        """
        self._file.close()
        seconds = min(moment, _LATEST_S)
        mtime_ns = round(seconds * 1000) * 1_000_000 + int.from_bytes(os.urandom(4), "big") % 1_000_000
        os.utime(self.path, ns=(mtime_ns, mtime_ns))
        found = os.stat(self.path)  # noqa: PTH116
        return found.st_size, found.st_mtime_ns

    @property
    def md5(self) -> bytes:
        return self._md5.digest() if self._md5 else b""


_swept: set[str] = set()


def _sweep(store: Store, folder: str, fresh: str) -> None:
    """Once a process: remove what killed processes left, judged by the file system's own clock."""
    if store.path in _swept:
        return
    _swept.add(store.path)
    before = os.stat(fresh).st_mtime - _ABANDONED_S  # noqa: PTH116
    with os.scandir(folder) as found:
        for entry in found:
            try:
                if entry.stat(follow_symlinks=False).st_mtime < before:
                    os.unlink(entry.path)  # noqa: PTH108
            except OSError:
                continue
