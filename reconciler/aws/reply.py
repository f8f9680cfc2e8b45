"""An HTTP reply: read from the bytes of a connection, and what AWS says in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

THROTTLING = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "RequestThrottledException",
        "RequestThrottled",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "RequestLimitExceeded",
        "SlowDown",
    }
)
"""Error codes that mean: not so fast. The runtime's model has none of them; these are those that boto3 knows."""
EXPIRED = frozenset({"ExpiredTokenException", "ExpiredToken", "RequestExpired"})
TRANSIENT = frozenset({"InternalFailure", "ServiceUnavailable", "InternalServerError", "RequestTimeout"})

_LARGEST_HEAD = 64 * 1024
_LENGTH = re.compile(rb"[0-9]{1,18}")
_PIECE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(;.*)?", re.DOTALL)
"""The line before a piece of a chunked body; `int` would take a minus as well, and go back to where it was."""


class Reply:
    """One reply. `body` is whole; `head` is everything before it."""

    def __init__(self, status: int, head: bytes, body: bytes) -> None:
        self.status, self.head, self.body = status, head, body

    def __repr__(self) -> str:
        return f"<Reply {self.status}: {self.body[:80]!r}>"

    @property
    def is_ok(self) -> bool:
        return self.status == 200

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """By their names in lower case."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines if ":" in line)
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The body as JSON; empty where it is none."""
        try:
            read = json.loads(self.body) if self.body else {}
        except (ValueError, RecursionError):
            return {}
        return read if isinstance(read, dict) else {}

    @property
    def code(self) -> str:
        """AWS's code of an error, found as boto3 finds it; the status where there is none."""
        if self.is_ok:
            return ""
        said = self.headers.get("x-amzn-errortype") or self.document.get("__type") or self.document.get("code")
        return str(said).partition(":")[0].rpartition("#")[2] if said else str(self.status)

    @property
    def message(self) -> str:
        """AWS's sentence, or the beginning of whatever was answered instead."""
        said = self.document.get("Message") or self.document.get("message")
        return str(said) if said else " ".join(self.body[:200].decode("utf-8", "replace").split())

    @property
    def is_throttled(self) -> bool:
        """Too much was asked for at once: 429, 503, or a code that says so."""
        return not self.is_ok and (self.status in (429, 503) or self.code in THROTTLING)

    @property
    def is_expired(self) -> bool:
        """The keys have expired; the next attempt signs with newer ones, if there are any."""
        return not self.is_ok and self.code in EXPIRED

    @property
    def is_passing(self) -> bool:
        """The same request may well succeed later: throttled, expired, or an error on AWS's side."""
        return not self.is_ok and (
            self.status >= 500 or self.is_throttled or self.code in EXPIRED or self.code in TRANSIENT
        )


class Broken(Exception):
    """What arrived is not HTTP."""


class Reading:
    """Reads replies to one request after another from the bytes that arrive; without any I/O of its own."""

    def __init__(self) -> None:
        self.keeps_alive = True
        self.begin("GET")

    def begin(self, method: str) -> None:
        """The next reply answers a request with this method."""
        self._has_body = method != "HEAD"
        self._buffer = b""
        self._head = b""
        self._status = 0
        self._left = -1
        self._is_chunked = False

    @property
    def has_begun(self) -> bool:
        """Something of the reply has arrived."""
        return bool(self._buffer or self._head)

    def feed(self, data: bytes) -> Reply | None:
        """The reply, once it is whole."""
        buffer = self._buffer = self._buffer + data if self._buffer else data
        while not self._head:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(buffer) > _LARGEST_HEAD:
                    raise Broken("the head of the reply has no end")
                return None
            self._read_head(buffer[:end])
            buffer = self._buffer = buffer[end + 4 :]
        if self._is_chunked:
            body = _joined(buffer)
            return None if body is None else self._finished(body)
        if self._left < 0 or len(buffer) < self._left:
            return None
        if len(buffer) > self._left:
            self.keeps_alive = False  # more than was asked for: whose answer would that be
        return self._finished(buffer[: self._left])

    def end(self) -> Reply | None:
        """The connection has ended: the reply, if that is how its length was to be known.

        JSON that is not whole was cut off on the way; taken for a reply, it would say that nothing is wrong.
        """
        if self._head and self._left < 0 and not self._is_chunked:
            self.keeps_alive = False
            return None if _is_cut(self._buffer) else self._finished(self._buffer)
        return None

    def _finished(self, body: bytes) -> Reply:
        reply = Reply(self._status, self._head, body)
        self._head = self._buffer = b""
        return reply

    def _read_head(self, head: bytes) -> None:
        if not head.startswith(b"HTTP/1.") or not head[9:12].isdigit():
            raise Broken(f"the reply begins with {head[:40]!r}")
        status = int(head[9:12])
        if 100 <= status < 200:
            return  # not yet the reply
        self._status, self._head = status, head
        lowered = head.lower()
        length = _field(lowered, b"\r\ncontent-length:")
        self._is_chunked = b"chunked" in _field(lowered, b"\r\ntransfer-encoding:")
        if not self._has_body or status in (204, 304):
            self._is_chunked, self._left = False, 0
        elif length and not self._is_chunked:
            if not _LENGTH.fullmatch(length):
                raise Broken(f"the reply has a length of {length!r}")
            self._left = int(length)
        connection = _field(lowered, b"\r\nconnection:")
        is_old = head[7:8] == b"0"
        if b"close" in connection or (is_old and b"keep-alive" not in connection):
            self.keeps_alive = False


def _is_cut(body: bytes) -> bool:
    if not body.lstrip().startswith(b"{"):
        return False
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return True
    return False


def _field(lowered: bytes, name: bytes) -> bytes:
    start = lowered.find(name)
    if start < 0:
        return b""
    start += len(name)
    end = lowered.find(b"\r\n", start)
    return lowered[start : end if end >= 0 else len(lowered)].strip()


def _joined(buffer: bytes) -> bytes | None:
    """The pieces of a chunked body, once the last of them and what follows it are there."""
    pieces: list[bytes] = []
    place = 0
    while True:
        end = buffer.find(b"\r\n", place)
        if end < 0:
            return None
        line = _PIECE.fullmatch(buffer, place, end)
        if line is None:
            raise Broken(f"a piece of the reply has a length of {buffer[place:end][:20]!r}")
        size = int(line[1], 16)
        place = end + 2
        if size == 0:
            rest = buffer[place:]
            return b"".join(pieces) if rest.startswith(b"\r\n") or b"\r\n\r\n" in rest else None
        if len(buffer) < place + size + 2:
            return None
        pieces.append(buffer[place : place + size])
        place += size + 2
