"""What is said of an object besides its content: from a request's headers to its row, and from there to a reply's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import checksums, refusals, replies

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.emulator.s3.address import Asked
    from reconciler.emulator.s3.files import Found

_META = "x-amz-meta-"
_SSE = "x-amz-server-side-encryption"
DEFAULT_TYPE = "binary/octet-stream"
_KEPT = {
    "cache-control": "Cache-Control",
    "content-disposition": "Content-Disposition",
    "content-encoding": "Content-Encoding",
    "content-language": "Content-Language",
    "content-type": "Content-Type",
    "expires": "Expires",
    "x-amz-website-redirect-location": "x-amz-website-redirect-location",
}
_ENCRYPTION = {"AES256", "aws:kms", "aws:kms:dsse"}
_ENCRYPTION_DETAILS = (f"{_SSE}-aws-kms-key-id", f"{_SSE}-context", f"{_SSE}-bucket-key-enabled")
_CLASSES = {
    *("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING"),
    *("GLACIER", "DEEP_ARCHIVE", "GLACIER_IR"),
}
ARCHIVED = {"GLACIER", "DEEP_ARCHIVE"}
_MOST_METADATA = 2048
_MOST_TAGS = 10


def described(asked: Asked) -> dict[str, Any]:
    """What the headers of a put, a copy or a multipart upload say of the object."""
    headers = asked.headers
    _refuse_unknown(headers)
    doc: dict[str, Any] = {}
    kept = {proper: headers[name].strip() for name, proper in _KEPT.items() if name in headers}
    if "Content-Encoding" in kept and not _without_chunks(kept):
        del kept["Content-Encoding"]
    if kept:
        doc["headers"] = kept
    meta = {name.removeprefix(_META): value.strip() for name, value in headers.items() if name.startswith(_META)}
    if meta:
        doc["meta"] = _checked_metadata(meta)
    doc |= {"sse": sse} if (sse := _encryption(headers)) else {}
    storage = headers.get("x-amz-storage-class", "STANDARD")
    if storage not in _CLASSES:
        message = "The storage class you specified is not valid"
        raise AwsError("InvalidStorageClass", message, 400, StorageClassRequested=storage)
    if storage != "STANDARD":
        doc["class"] = storage
    if "x-amz-tagging" in headers:
        doc["tags"] = checked_tags(_tags(headers["x-amz-tagging"]))
    return doc


def _without_chunks(kept: dict[str, str]) -> bool:
    """`aws-chunked` is how it came, not what it is."""
    codings = [part.strip() for part in kept["Content-Encoding"].split(",")]
    kept["Content-Encoding"] = ",".join(coding for coding in codings if coding.lower() != "aws-chunked")
    return bool(kept["Content-Encoding"])


def _refuse_unknown(headers: Mapping[str, str]) -> None:
    if headers.get("x-amz-acl", "bucket-owner-full-control") != "bucket-owner-full-control" or any(
        name.startswith("x-amz-grant-") for name in headers
    ):
        raise no_acls()
    if any(name.startswith("x-amz-object-lock-") for name in headers):
        raise AwsError("InvalidRequest", "Bucket is missing Object Lock Configuration")
    if "x-amz-write-offset-bytes" in headers:
        raise refusals.not_emulated("appending to an object, which directory buckets have")


def no_acls() -> AwsError:
    """Of buckets made since April 2023 (Amazon S3 user guide, "Controlling ownership of objects")."""
    return AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def _encryption(headers: Mapping[str, str]) -> dict[str, str]:
    kind = headers.get(_SSE)
    if kind is None:
        return {}
    if kind not in _ENCRYPTION:
        raise refusals.invalid_argument("The encryption method specified is not supported", _SSE, kind)
    return {_SSE: kind, **{name: headers[name] for name in _ENCRYPTION_DETAILS if name in headers}}


def _checked_metadata(meta: dict[str, str]) -> dict[str, str]:
    size = sum(len(name.encode()) + len(value.encode()) for name, value in meta.items())
    if size > _MOST_METADATA:
        message = "Your metadata headers exceed the maximum allowed metadata size"
        extra = {"Size": str(size), "MaxSizeAllowed": str(_MOST_METADATA)}
        raise AwsError("MetadataTooLarge", message, 400, **extra)
    return meta


def _tags(header: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(header, keep_blank_values=True, errors="strict")
    except ValueError:
        message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters."
        raise refusals.invalid_argument(message, "x-amz-tagging", header) from None


def checked_tags(tags: Iterable[tuple[str, str]], most: int = _MOST_TAGS) -> list[tuple[str, str]]:
    """At most 10 of an object, with keys up to 128 and values up to 256 characters, no key twice."""
    found = list(tags)
    if len(found) > most:
        noun = "Object" if most == _MOST_TAGS else "Bucket"
        raise AwsError("BadRequest", f"{noun} tags cannot be greater than {most}")
    for key, value in found:
        if not 0 < len(key) <= 128:
            raise AwsError("InvalidTag", "The TagKey you have provided is invalid", 400, TagKey=key)
        if len(value) > 256:
            raise AwsError("InvalidTag", "The TagValue you have provided is invalid", 400, TagValue=value)
        if key.lower().startswith("aws:"):
            raise AwsError("InvalidTag", "System tags cannot be added/updated by requester", 400, TagKey=key)
    if len({key for key, _ in found}) < len(found):
        raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key")
    return found


def encryption(doc: Mapping[str, Any]) -> dict[str, str]:
    """Every object is encrypted since January 2023, if nothing else is said with keys of S3's own."""
    found: dict[str, str] = doc.get("sse") or {_SSE: "AES256"}
    return found


def reply_headers(found: Found, *, with_checksum: bool) -> dict[str, str]:
    """What Get and Head say of an object."""
    doc = found.doc
    sent = {
        "ETag": f'"{found.etag}"',
        "Last-Modified": replies.http_date(found.modified),
        "Accept-Ranges": "bytes",
        "Content-Type": DEFAULT_TYPE,
        **encryption(doc),
        **doc.get("headers", {}),
        **{f"{_META}{name}": value for name, value in doc.get("meta", {}).items()},
    }
    if "class" in doc:
        sent["x-amz-storage-class"] = doc["class"]
    if doc.get("tags"):
        sent["x-amz-tagging-count"] = str(len(doc["tags"]))
    return sent | checksums.headers(doc) if with_checksum else sent


def storage_class(doc: Mapping[str, Any]) -> str:
    found: str = doc.get("class", "STANDARD")
    return found
