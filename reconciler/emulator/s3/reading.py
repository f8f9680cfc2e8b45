"""GetObject and HeadObject: whole or in part, and only if the conditions hold."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import conditions, description, files, places, refusals, replies
from reconciler.emulator.wire.messages import Answer, FilePart

if TYPE_CHECKING:
    from reconciler.emulator.s3.address import Asked
    from reconciler.emulator.s3.files import Found

_SMALL = 64 * 1024
_RANGE = re.compile(r"bytes=(?:(\d{1,19})-(\d{0,19})|-(\d{1,19}))")
_OVERRIDES = {
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
    "response-content-language": "Content-Language",
    "response-content-type": "Content-Type",
    "response-expires": "Expires",
}


class _Part(NamedTuple):
    """A stretch of an object."""

    start: int
    length: int
    is_whole: bool = False


def get_object(asked: Asked) -> Answer:
    found, descriptor = open_for_read(asked)
    try:
        if description.storage_class(found.doc) in description.ARCHIVED:
            storage = description.storage_class(found.doc)
            message = "The operation is not valid for the object's storage class"
            raise AwsError("InvalidObjectState", message, 403, StorageClass=storage)
        answer, part = _described(asked, found)
        if answer.status == 304:
            os.close(descriptor)
            return answer
        return _with_content(answer, descriptor, part)
    except BaseException:
        os.close(descriptor)
        raise


def head_object(asked: Asked) -> Answer:
    found, descriptor = open_for_read(asked)
    os.close(descriptor)
    return _described(asked, found)[0]


def open_for_read(asked: Asked) -> tuple[Found, int]:
    """The object and its content; AwsError for what is not there."""
    places.check_key(asked.key)
    check_version(asked.query.get("versionId"))
    opened = files.open_object(asked.store, asked.bucket, asked.key)
    if opened is None:
        raise files.missing(asked.store, asked.bucket, asked.key)
    return opened


def check_version(version: str | None) -> None:
    """All there is has the version null, as in a bucket that never had versions."""
    if version not in {None, "null"}:
        raise refusals.invalid_argument("Invalid version id specified", "versionId", str(version))


def _described(asked: Asked, found: Found) -> tuple[Answer, _Part]:
    """The reply without the content."""
    if conditions.is_unmodified(asked.headers, found):
        kept = {"ETag": f'"{found.etag}"', "Last-Modified": replies.http_date(found.modified)}
        return Answer(304, replies.headers(kept)), _Part(0, 0)
    part, more = _part(asked, found)
    wants_sum = asked.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED"
    sent = replies.headers(description.reply_headers(found, with_checksum=wants_sum and part.is_whole))
    sent |= {"Content-Length": str(part.length), **more, **_overrides(asked)}
    return Answer(206 if "Content-Range" in more else 200, sent), part


def _with_content(answer: Answer, descriptor: int, part: _Part) -> Answer:
    """A large one goes from the file to the client without being held."""
    os.lseek(descriptor, part.start, os.SEEK_SET)
    file = os.fdopen(descriptor, "rb")
    if part.length > _SMALL:
        return answer._replace(part=FilePart(file, part.length))
    with file:
        return answer._replace(body=file.read(part.length))


def _part(asked: Asked, found: Found) -> tuple[_Part, dict[str, str]]:
    number, given = asked.query.get("partNumber"), asked.headers.get("range", "")
    if number is not None:
        if given:
            raise AwsError("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
        part, count = _numbered(number, found)
        more = {"Content-Range": _content_range(part, found.size)} if part.length else {}
        return part, {**more, **({"x-amz-mp-parts-count": str(count)} if "parts" in found.doc else {})}
    ranged = _ranged(given, found)
    if ranged is None:
        return _Part(0, found.size, is_whole=True), {}
    return ranged, {"Content-Range": _content_range(ranged, found.size)}


def _content_range(part: _Part, size: int) -> str:
    return f"bytes {part.start}-{part.start + part.length - 1}/{size}"


def _ranged(given: str, found: Found) -> _Part | None:
    """One range; several at once, and what is no range, are answered with the whole."""
    match = _RANGE.fullmatch(given.replace(" ", ""))
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        length = min(int(suffix), found.size)
        start = found.size - length
    else:
        start = int(first)
        end = min(int(last), found.size - 1) if last else found.size - 1
        if last and int(last) < start:
            return None
        length = end - start + 1
    if length <= 0:
        extra = {"RangeRequested": given, "ActualObjectSize": str(found.size)}
        raise AwsError("InvalidRange", "The requested range is not satisfiable", 416, **extra)
    return _Part(start, length)


def _numbered(number: str, found: Found) -> tuple[_Part, int]:
    """The part of this number, as it was uploaded; an object that was put at once is one part."""
    if not number.isdecimal() or not 1 <= int(number[:6]) <= 10_000:
        message = "Part number must be an integer between 1 and 10000, inclusive"
        raise refusals.invalid_argument(message, "partNumber", number)
    sizes = [size for size, count in found.doc.get("parts", [[found.size, 1]]) for _ in range(count)]
    if int(number) > len(sizes):
        extra = {"PartNumberRequested": number, "ActualPartCount": str(len(sizes))}
        raise AwsError("InvalidPartNumber", "The requested partnumber is not satisfiable", 416, **extra)
    at = int(number) - 1
    return _Part(sum(sizes[:at]), sizes[at], is_whole="parts" not in found.doc), len(sizes)


def _overrides(asked: Asked) -> dict[str, str]:
    wanted = {proper: asked.query[name] for name, proper in _OVERRIDES.items() if name in asked.query}
    if not wanted:
        return {}
    if "authorization" not in asked.headers and not _is_presigned(asked):
        message = "Request specific response headers cannot be used for anonymous GET requests."
        raise AwsError("InvalidRequest", message)
    for name, value in wanted.items():
        if not value.isprintable():
            raise refusals.invalid_argument("Header value cannot be represented", name, value)
    # What is no Latin-1 travels as the bytes of its UTF-8.
    return {name: value.encode().decode("latin-1") for name, value in wanted.items()}


def _is_presigned(asked: Asked) -> bool:
    return "X-Amz-Signature" in asked.query or "Signature" in asked.query
