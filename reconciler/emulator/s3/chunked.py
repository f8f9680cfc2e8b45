"""`aws-chunked`: a body in signed or unsigned chunks, with checksums after the last (Amazon S3 API reference,
"Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks").

Signatures are not verified, as nowhere in the emulator. Nothing larger than a piece of a chunk is held in memory.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3.drafts import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_LINE = 16 * 1024
_MOST_TRAILERS = 20
_HEAD = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?")
_TRAILER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")


def incomplete() -> AwsError:
    message = "You did not provide the number of bytes specified by the Content-Length HTTP header"
    return AwsError("IncompleteBody", message)


class Chunks:
    """The content of a body in chunks; its trailers once that was read."""

    def __init__(self, source: Any) -> None:
        self._lines = _Buffered(source)
        self.trailers: dict[str, str] = {}

    def __iter__(self) -> Iterator[bytes]:
        while left := self._size():
            while left:
                piece = self._lines.read(min(left, CHUNK))
                left -= len(piece)
                yield piece
            if self._lines.line():
                raise _malformed()
        self._read_trailers()

    def _size(self) -> int:
        found = _HEAD.fullmatch(self._lines.line())
        if found is None:
            raise _malformed()
        return int(found[1], 16)

    def _read_trailers(self) -> None:
        """Up to an empty line, or, as some clients leave it out, up to the end."""
        for _ in range(_MOST_TRAILERS):
            line = self._lines.line(may_end=True)
            if not line:
                return
            found = _TRAILER.fullmatch(line)
            if found is None:
                raise malformed_trailer()
            self.trailers[found[1].decode().lower()] = found[2].decode("latin-1")
        raise malformed_trailer()


class _Buffered:
    """Lines and stretches of bytes of a source; its end where more was announced is an error."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._held = b""

    def read(self, most: int) -> bytes:
        """Something, at most so much."""
        if not self._held:
            self._held = self._source.read(CHUNK)
        if not self._held:
            raise incomplete()
        taken, self._held = self._held[:most], self._held[most:]
        return taken

    def line(self, *, may_end: bool = False) -> bytes:
        """Without its end."""
        while b"\n" not in self._held:
            more = self._source.read(CHUNK)
            if len(self._held) > _LONGEST_LINE:
                raise _malformed()
            if not more:
                if may_end and not self._held:
                    return b""
                raise incomplete()
            self._held += more
        found, _, self._held = self._held.partition(b"\n")
        if len(found) > _LONGEST_LINE:
            raise _malformed()
        return found.removesuffix(b"\r")


def _malformed() -> AwsError:
    return AwsError("InvalidChunkSizeError", "The chunk size you sent is not valid", 403)


def malformed_trailer() -> AwsError:
    message = "The request contained trailing data that was not well-formed or did not conform to our published schema."
    return AwsError("MalformedTrailerError", message)
