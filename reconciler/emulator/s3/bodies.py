"""The body of an object: received piece by piece, and held against everything the client said of it."""

from __future__ import annotations

import hashlib
import io
import re
from typing import TYPE_CHECKING, Any

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import checksums, chunked
from reconciler.emulator.s3.drafts import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.emulator.s3.address import Asked
    from reconciler.emulator.s3.drafts import Draft

_SHA256 = re.compile(r"[0-9a-f]{64}")


def receive(asked: Asked, draft: Draft, *, algorithm: str | None = None) -> tuple[str, str] | None:
    """Write the body into a draft; answers algorithm and value of its checksum, if it has one.

    `algorithm` is computed if the client sent no checksum. AwsError BadDigest and others for what was not received as
    it was sent.
    """
    headers = asked.headers
    promised = _promised(headers)
    algorithm = promised or algorithm
    check = checksums.digest(algorithm) if algorithm else None
    sha256 = _SHA256.fullmatch(headers.get("x-amz-content-sha256", "")) and hashlib.sha256()
    content = _content(asked)
    for piece in content:
        draft.write(piece)
        if check:
            check.update(piece)
        if sha256:
            sha256.update(piece)
        if draft.size > asked.site.settings.max_object_bytes:
            raise too_large(draft.size, asked.site.settings.max_object_bytes)
    _check_length(headers, draft.size, content)
    if sha256:
        _check_sha256(headers["x-amz-content-sha256"], sha256.hexdigest())
    _check_md5(headers, draft.md5)
    if not algorithm or not check:
        return None
    computed = checksums.encoded(check.digest())
    if promised:
        _check_sum(promised, _sent(headers, content), computed)
    return algorithm, computed


def document(asked: Asked, *, has_object_checksum: bool = False) -> bytes:
    """A body that is a document, whole, held against what the client said of it.

    `has_object_checksum`: the checksum in the headers is not the body's.
    """
    body = asked.request.content()
    if len(body) > asked.site.settings.max_body_bytes:
        raise AwsError("MaxMessageLengthExceeded", "Your request was too large.")
    if _is_chunked(asked.headers):
        body = b"".join(chunked.Chunks(io.BytesIO(body)))
    else:
        _check_length({"content-length": str(len(body)), **asked.headers}, len(body), None)
    _check_md5(asked.headers, hashlib.md5(body, usedforsecurity=False).digest())
    found = None if has_object_checksum else checksums.declared(asked.headers)
    if found:
        check = checksums.digest(found[0])
        check.update(body)
        _check_sum(found[0], found, checksums.encoded(check.digest()))
    return body


def too_large(size: int, most: int) -> AwsError:
    message = "Your proposed upload exceeds the maximum allowed size"
    return AwsError("EntityTooLarge", message, 400, ProposedSize=str(size), MaxSizeAllowed=str(most))


def is_chunked_encoding(encoding: str) -> bool:
    return "aws-chunked" in [part.strip().lower() for part in encoding.split(",")]


def _is_chunked(headers: Mapping[str, str]) -> bool:
    if headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        return True
    return is_chunked_encoding(headers.get("content-encoding", ""))


def _content(asked: Asked) -> Iterable[bytes]:
    body = asked.request.body
    source: Any = io.BytesIO(body) if isinstance(body, bytes) else body
    if _is_chunked(asked.headers):
        if "x-amz-decoded-content-length" not in asked.headers:
            raise _no_length()
        return chunked.Chunks(source)
    if "content-length" not in asked.headers and "transfer-encoding" in asked.headers:
        raise _no_length()
    return _pieces(source)


def _pieces(source: Any) -> Iterator[bytes]:
    while piece := source.read(CHUNK):
        yield piece


def _no_length() -> AwsError:
    return AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)


def _check_length(headers: Mapping[str, str], size: int, content: Iterable[bytes] | None) -> None:
    """A connection that broke looks like a body that ended."""
    name = "x-amz-decoded-content-length" if isinstance(content, chunked.Chunks) else "content-length"
    said = headers.get(name)
    if said is None and size == 0:
        raise _no_length()  # in this process a body may come without; over HTTP that is none
    if said is not None and said.strip() != str(size):
        raise chunked.incomplete()


def _promised(headers: Mapping[str, str]) -> str | None:
    """The algorithm of the checksum that comes with the body, before or after it."""
    found = checksums.declared(headers)
    if found:
        return found[0]
    for name in headers.get("x-amz-trailer", "").lower().split(","):
        if name.strip().startswith(checksums.HEADER):
            return checksums.known(name.strip().removeprefix(checksums.HEADER))
    if "x-amz-sdk-checksum-algorithm" in headers:
        message = (
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
            "headers were found."
        )
        raise AwsError("InvalidRequest", message)
    return None


def _sent(headers: Mapping[str, str], content: Iterable[bytes]) -> tuple[str, str]:
    trailers = content.trailers if isinstance(content, chunked.Chunks) else {}
    found = checksums.declared(headers) or checksums.declared(trailers)
    if found is None:
        raise chunked.malformed_trailer()
    return found


def _check_sum(promised: str, sent: tuple[str, str], computed: str) -> None:
    if sent != (promised, computed):
        message = f"The {promised.upper()} you specified did not match the calculated checksum."
        raise AwsError("BadDigest", message)


def _check_md5(headers: Mapping[str, str], computed: bytes) -> None:
    said = headers.get("content-md5")
    if said is None:
        return
    expected = checksums.decoded(said, 16)
    if expected is None:
        raise AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.", 400, **{"Content-MD5": said})
    if expected != computed:
        extra = {"ExpectedDigest": said, "CalculatedDigest": checksums.encoded(computed)}
        raise AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.", 400, **extra)


def _check_sha256(said: str, computed: str) -> None:
    if said != computed:
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        extra = {"ClientComputedContentSHA256": said, "S3ComputedContentSHA256": computed}
        raise AwsError("XAmzContentSHA256Mismatch", message, 400, **extra)
