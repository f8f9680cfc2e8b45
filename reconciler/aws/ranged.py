"""An object of S3 as a file that is read here and there: what Parquet and Iceberg read of it, and little more."""

from __future__ import annotations

import io
import os
from typing import Any

from reconciler.aws.objects import Content, Objects

TAIL = 64 * 1024
"""Bytes of the end that are read at once with the size: a footer of Parquet is most often within."""
AHEAD = 256 * 1024
"""Bytes that are read at least at a time."""


class Ranged(io.RawIOBase):
    """The file. Opening it costs one request; a small object is then read whole.

    Raises FileNotFoundError where there is no such object. `version` is one of those that the bucket keeps.
    """

    def __init__(self, objects: Objects, uri: str, version: str = "") -> None:
        super().__init__()
        self.uri, self._objects, self._version, self._at = uri, objects, version, 0
        self._tail = objects.read(uri, -TAIL, version=version)
        self._window = Content(b"", 0, self._tail.size, self._tail.etag)

    def __len__(self) -> int:
        return self._tail.size

    @property
    def etag(self) -> str:
        """S3's tag of the content that is read: all of it is of one content, or reading fails."""
        return self._tail.etag

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._tail.size}[whence]
        if base + offset < 0:
            raise ValueError(f"there is nothing before the beginning of {self.uri}")
        self._at = base + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes, fewer at the end; all the rest where no size is given."""
        left = max(0, self._tail.size - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        found = self._found(wanted) if wanted else b""
        self._at += len(found)
        return found

    def readall(self) -> bytes:
        return self.read()

    def readinto(self, into: Any) -> int:
        view = memoryview(into).cast("B")
        found = self.read(len(view))
        view[: len(found)] = found
        return len(found)

    def _found(self, wanted: int) -> bytes:
        for held in (self._tail, self._window):
            if held.start <= self._at and self._at + wanted <= held.start + len(held.body):
                start = self._at - held.start
                return held.body[start : start + wanted]
        self._window = self._objects.read(self.uri, self._at, max(wanted, AHEAD), self._tail.etag, self._version)
        return self._window.body[:wanted]
