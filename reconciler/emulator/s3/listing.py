"""ListObjects, ListObjectsV2 and ListObjectVersions."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import buckets, checksums, description, pages, places, refusals, replies

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.s3.address import Asked
    from reconciler.emulator.s3.files import Found
    from reconciler.emulator.wire.messages import Answer

_MOST = 1000


def list_objects(asked: Asked) -> Answer:
    marker = asked.query.get("marker", "")
    encode, asks = encoder(asked), _Asks(asked)
    page = asks.page(pages.start_after(marker, asks.prefix, asks.delimiter))
    is_truncated = page.next_start is not None
    members = {
        "Name": asked.bucket,
        "Prefix": encode(asks.prefix),
        "Marker": encode(marker),
        # Without a delimiter the last key serves as the next marker (API reference, ListObjects).
        "NextMarker": encode(page.last) if is_truncated and asks.delimiter else None,
        "MaxKeys": asks.most,
        "Delimiter": encode(asks.delimiter) if asks.delimiter else None,
        "IsTruncated": is_truncated,
        "EncodingType": asked.query.get("encoding-type") or None,
        "Contents": [_content(asked, found, encode, owner=True) for found in page.objects],
        "CommonPrefixes": [{"Prefix": encode(prefix)} for prefix in page.prefixes],
    }
    return _listed("ListBucketResult", asked, members)


def list_objects_v2(asked: Asked) -> Answer:
    encode, asks = encoder(asked), _Asks(asked)
    token, after = asked.query.get("continuation-token"), asked.query.get("start-after", "")
    start = pages.start_after(after, asks.prefix, asks.delimiter) if token is None else _start(token)
    page = asks.page(start)
    owner = asked.query.get("fetch-owner", "").lower() == "true"
    members = {
        "Name": asked.bucket,
        "Prefix": encode(asks.prefix),
        "StartAfter": encode(after) if after and token is None else None,
        "ContinuationToken": token,
        "NextContinuationToken": _token(page.next_start) if page.next_start is not None else None,
        "KeyCount": len(page.objects) + len(page.prefixes),
        "MaxKeys": asks.most,
        "Delimiter": encode(asks.delimiter) if asks.delimiter else None,
        "IsTruncated": page.next_start is not None,
        "EncodingType": asked.query.get("encoding-type") or None,
        "Contents": [_content(asked, found, encode, owner=owner) for found in page.objects],
        "CommonPrefixes": [{"Prefix": encode(prefix)} for prefix in page.prefixes],
    }
    return _listed("ListBucketResult", asked, members)


def list_object_versions(asked: Asked) -> Answer:
    """Every object is its only version, and has no other name than null."""
    marker, version = asked.query.get("key-marker", ""), asked.query.get("version-id-marker")
    if version is not None and not marker:
        message = "A version-id marker cannot be specified without a key marker."
        raise refusals.invalid_argument(message, "version-id-marker", version)
    encode, asks = encoder(asked), _Asks(asked)
    page = asks.page(pages.start_after(marker, asks.prefix, asks.delimiter))
    is_truncated = page.next_start is not None
    members = {
        "Name": asked.bucket,
        "Prefix": encode(asks.prefix),
        "KeyMarker": encode(marker),
        "VersionIdMarker": version or "",
        "NextKeyMarker": encode(page.last) if is_truncated else None,
        "NextVersionIdMarker": "null" if is_truncated and page.objects and page.objects[-1].key == page.last else None,
        "MaxKeys": asks.most,
        "Delimiter": encode(asks.delimiter) if asks.delimiter else None,
        "IsTruncated": is_truncated,
        "EncodingType": asked.query.get("encoding-type") or None,
        "Version": [
            {"VersionId": "null", "IsLatest": True, **_content(asked, found, encode, owner=True)}
            for found in page.objects
        ],
        "CommonPrefixes": [{"Prefix": encode(prefix)} for prefix in page.prefixes],
    }
    return _listed("ListVersionsResult", asked, members)


class _Asks:
    """What all three take."""

    def __init__(self, asked: Asked) -> None:
        places.check_bucket(asked.store, asked.bucket)
        self._asked = asked
        self.prefix = asked.query.get("prefix", "")
        self.delimiter = asked.query.get("delimiter", "")
        self.most = asked.limit("max-keys", _MOST)

    def page(self, start: str | None) -> pages.Page:
        asked = self._asked
        return pages.read(asked.store, asked.bucket, self.prefix, self.delimiter, start, self.most)


def encoder(asked: Asked) -> Callable[[str], str]:
    """How keys are written: as they are, or encoded as in a URL."""
    given = asked.query.get("encoding-type", "")
    if given not in {"", "url"}:
        message = "Invalid Encoding Method specified in Request"
        raise refusals.invalid_argument(message, "encoding-type", given)
    return url_encoded if given else str


def url_encoded(key: str) -> str:
    return quote_plus(key, safe="/*")


def _content(asked: Asked, found: Found, encode: Callable[[str], str], *, owner: bool) -> dict[str, Any]:
    return {
        "Key": encode(found.key),
        "LastModified": replies.moment(found.modified),
        "ETag": f'"{found.etag}"',
        **checksums.listed(found.doc),
        "Size": found.size,
        "Owner": replies.owner(asked.site.settings.account) if owner else None,
        "StorageClass": description.storage_class(found.doc),
    }


def _listed(root: str, asked: Asked, members: dict[str, Any]) -> Answer:
    return replies.answer(root, members, {"x-amz-bucket-region": buckets.named(asked.site, asked.bucket).region})


def _token(start: str) -> str:
    return urlsafe_b64encode(b"1" + start.encode()).decode()


def _start(token: str) -> str:
    try:
        found = urlsafe_b64decode(token.encode())
        if found[:1] == b"1":
            return found[1:].decode()
    except ValueError:
        pass
    message = "The continuation token provided is incorrect"
    raise AwsError("InvalidArgument", message, 400, ArgumentName="continuation-token", ArgumentValue=token)
