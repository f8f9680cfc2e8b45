"""A request's body as it comes in, and a reply as it goes out."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    from reconciler.emulator.wire.messages import Answer

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_DRAINED = 256 * 1024 * 1024
_NO_OBJECT = "/FeatureGroup/"
"""The runtime API puts records here; no bucket can have this name."""


class ClientGone(Exception):
    """The client went before it had sent all it announced: nothing of it may take effect."""


class Body:
    """A request's body: bytes, or a file that goes when it was used."""

    def __init__(self, content: Any, *, is_too_large: bool = False) -> None:
        self.content = content
        self.is_too_large = is_too_large

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not isinstance(self.content, bytes):
            self.content.close()


async def read(
    scope: Scope,
    headers: Mapping[bytes, bytes],
    receive: Receive,
    *,
    most: int,
    most_object: int,
    folder: Callable[[], str],
) -> Body:
    """Objects for S3 go through a file in `folder` when they are large or of unknown size; all else is in memory."""
    size = announced(headers)
    if size > (most_object if _may_be_object(scope, headers) else most):
        if b"expect" not in headers:
            await _drain(receive)
        return Body(b"", is_too_large=True)
    if 0 <= size <= most or not _may_be_object(scope, headers):
        return await in_memory(receive, most)
    return await _spooled(receive, most_object, folder())


def announced(headers: Mapping[bytes, bytes]) -> int:
    """The length a request says it has, or -1."""
    stated = headers.get(b"content-length", b"")
    return int(stated) if stated.isdigit() else -1


def _may_be_object(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    if scope["method"] != "PUT" or b"x-amz-target" in headers:
        return False
    return not scope["path"].startswith(_NO_OBJECT) or b"/s3/" in headers.get(b"authorization", b"")


async def in_memory(receive: Receive, most: int) -> Body:
    """A body of at most so many bytes."""
    message = await _next(receive)
    if not message.get("more_body") and len(message["body"]) <= most:
        return Body(message["body"])  # nearly all of them
    chunks, size = [message["body"]], len(message["body"])
    while size <= most and message.get("more_body"):
        message = await _next(receive)
        chunks.append(message["body"])
        size += len(chunks[-1])
    if size <= most:
        return Body(b"".join(chunks))
    chunks.clear()
    await _drain(receive)
    return Body(b"", is_too_large=True)


async def _spooled(receive: Receive, most: int, folder: str) -> Body:
    """A large body in a temporary file, or nothing of it where it is larger than it may be."""
    file, size = tempfile.TemporaryFile(dir=folder), 0  # noqa: SIM115 - closed by `Body`
    try:
        more = True
        while more:
            message = await _next(receive)
            size += file.write(message["body"])
            more = message.get("more_body", False)
            if size > most:
                file.close()
                await _drain(receive)
                return Body(b"", is_too_large=True)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Body(file)


async def _drain(receive: Receive) -> None:
    """Read what is not wanted, within reason: who is still sending would not hear the reply."""
    left = _DRAINED
    while left > 0:
        message = await _next(receive)
        left -= len(message["body"])
        if not message.get("more_body"):
            return


async def _next(receive: Receive) -> MutableMapping[str, Any]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message


async def send(send_: Send, answer: Answer, more: Mapping[str, str]) -> None:
    """The reply; a length that the answer states itself stands, for HEAD has one and no body."""
    given = {name.lower(): value for name, value in {**answer.headers, **more}.items()}
    if "content-length" not in given:
        given["content-length"] = str(answer.part.length if answer.part else len(answer.body))
    headers = [(name.encode(), _header(value)) for name, value in given.items()]
    await send_({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.part is None:
        await send_({"type": "http.response.body", "body": answer.body})
        return
    for chunk in answer.chunks():
        await send_({"type": "http.response.body", "body": chunk, "more_body": True})
    await send_({"type": "http.response.body", "body": b""})


def _header(value: str) -> bytes:
    """A value that was decoded from a query may hold what no header can: a line of its own, above all."""
    if not value.isprintable():
        value = "".join(mark if mark.isprintable() else " " for mark in value)
    return value.encode("latin-1", "replace")
