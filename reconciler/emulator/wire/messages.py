"""An HTTP request as it was routed, and an HTTP reply."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CHUNK = 256 * 1024


class FilePart:
    """A stretch of an open file, sent without being held in memory; closed when it was read."""

    __slots__ = ("_file", "length")

    def __init__(self, file: Any, length: int) -> None:
        self._file = file
        self.length = length

    def chunks(self) -> Iterator[bytes]:
        """The bytes, a quarter of a megabyte at a time."""
        left = self.length
        with self._file as file:
            while left and (chunk := file.read(min(left, _CHUNK))):
                left -= len(chunk)
                yield chunk

    def close(self) -> None:
        """For a reply that nobody reads."""
        self._file.close()

    def __del__(self) -> None:
        self.close()


class Answer(NamedTuple):
    """An HTTP reply; `part` stands in for the body of a large one."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    part: FilePart | None = None

    def chunks(self) -> Iterator[bytes]:
        """The body, piece by piece."""
        if self.part is None:
            yield self.body
        else:
            yield from self.part.chunks()


class Request(NamedTuple):
    """Which operation of which service is called, where, and with what.

    `path` and `query` are raw: still percent-encoded. Names of headers are in lower case. `body` is bytes, or an open
    binary file where the body is an object for S3.
    """

    service: str
    operation: str
    region: str
    resource: str | None
    """The group, bucket or object it is about, as far as the address tells."""
    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Any

    def content(self) -> bytes:
        """The whole body in memory."""
        if isinstance(self.body, bytes):
            return self.body
        whole: bytes = self.body.read()
        return whole


NOBODY = Request("", "", "", None, "", "", "", "", {}, b"")
"""For a reply to what could not be routed."""


def reply_headers(content_type: str) -> dict[str, str]:
    """What every reply carries."""
    return {"Content-Type": content_type, "x-amzn-RequestId": request_id()}


def request_id() -> str:
    """A new one, in AWS's form."""
    digits = os.urandom(16).hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
