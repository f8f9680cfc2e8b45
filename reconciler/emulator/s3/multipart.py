"""CreateMultipartUpload, UploadPart, UploadPartCopy, AbortMultipartUpload, ListParts, ListMultipartUploads."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import (
    bodies,
    checksums,
    description,
    listing,
    pages,
    places,
    refusals,
    replies,
    uploads,
    writing,
)
from reconciler.emulator.s3.drafts import CHUNK, Draft

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.emulator.s3.address import Asked
    from reconciler.emulator.s3.uploads import Upload
    from reconciler.emulator.wire.messages import Answer

_MOST = 1000
_RANGE = re.compile(r"bytes=(\d{1,19})-(\d{1,19})")
_TYPE = f"{checksums.HEADER}type"


def create_multipart_upload(asked: Asked) -> Answer:
    writing.check_place(asked)
    doc = {**description.described(asked), **_checksum(asked.headers)}
    upload = uploads.Upload(os.urandom(48).hex(), asked.bucket, asked.key, asked.site.now(), doc)
    uploads.begin(asked.store, upload)
    members = {"Bucket": asked.bucket, "Key": replies.sayable(asked.key), "UploadId": upload.id}
    return replies.answer(
        "InitiateMultipartUploadResult", members, {**description.encryption(doc), **_algorithm_headers(upload)}
    )


def _checksum(headers: Mapping[str, str]) -> dict[str, str]:
    """What checksum the object will have: of all, or of the parts' checksums, where both are possible."""
    wanted, kind = headers.get(f"{checksums.HEADER}algorithm"), headers.get(_TYPE)
    if kind is not None and kind not in {"COMPOSITE", "FULL_OBJECT"}:
        raise AwsError("InvalidRequest", f"Value for {_TYPE} header is invalid.")
    if wanted is None:
        if kind is not None:
            message = f"The {_TYPE} header can only be used with the {checksums.HEADER}algorithm header."
            raise AwsError("InvalidRequest", message)
        return {}
    name = checksums.known(wanted)
    usual = "FULL_OBJECT" if name == "crc64nvme" else "COMPOSITE"
    kind = kind or usual
    if kind != usual and name not in {"crc32", "crc32c"}:
        message = f"The {kind} checksum type cannot be used with the {name} checksum algorithm."
        raise AwsError("InvalidRequest", message)
    return {"algorithm": name, "kind": kind}


def _algorithm_headers(upload: Upload) -> dict[str, str]:
    if upload.algorithm is None:
        return {}
    return {f"{checksums.HEADER}algorithm": upload.algorithm.upper(), _TYPE: upload.kind}


def upload_part(asked: Asked) -> Answer:
    number, upload = _number(asked), uploads.named(asked)
    with Draft(asked.store) as draft:
        # A checksum of the whole can be made of parts that came without one; one of their checksums cannot.
        default = upload.algorithm if upload.kind == "FULL_OBJECT" else None
        found = bodies.receive(asked, draft, algorithm=default)
        _check_algorithm(upload.algorithm, found[0] if found else None)
        part = uploads.keep(asked, number, draft, found)
    sums = {f"{checksums.HEADER}{found[0]}": found[1]} if found else {}
    return replies.done({"ETag": f'"{part.etag}"', **description.encryption(upload.doc), **sums})


def _check_algorithm(expected: str | None, actual: str | None) -> None:
    """boto3 sends a CRC32 with each part, and announces none unless it is asked to: that has to do."""
    if expected in {None, actual}:
        return
    message = (
        f"Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum Type: {actual or 'null'}"
    )
    raise AwsError("InvalidRequest", message)


def _number(asked: Asked) -> int:
    given = asked.query.get("partNumber", "")
    if not given.isdecimal() or not 1 <= int(given[:6]) <= 10_000:
        message = "Part number must be an integer between 1 and 10000, inclusive"
        raise refusals.invalid_argument(message, "partNumber", given)
    return int(given)


def upload_part_copy(asked: Asked) -> Answer:
    number, upload = _number(asked), uploads.named(asked)
    source = writing.open_source(asked)
    check = checksums.digest(upload.algorithm) if upload.algorithm else None
    with os.fdopen(source.descriptor, "rb") as content, Draft(asked.store) as draft:
        start, left = _stretch(asked.headers.get("x-amz-copy-source-range"), source.found.size)
        if left > asked.site.settings.max_object_bytes:
            raise bodies.too_large(left, asked.site.settings.max_object_bytes)
        content.seek(start)
        while left and (piece := content.read(min(left, CHUNK))):
            draft.write(piece)
            left -= len(piece)
            if check:
                check.update(piece)
        found = (upload.algorithm, checksums.encoded(check.digest())) if upload.algorithm and check else None
        part = uploads.keep(asked, number, draft, found)
    members = {
        "LastModified": replies.moment(part.modified),
        "ETag": f'"{part.etag}"',
        **({f"Checksum{found[0].upper()}": found[1]} if found else {}),
    }
    return replies.answer("CopyPartResult", members, description.encryption(upload.doc))


def _stretch(given: str | None, size: int) -> tuple[int, int]:
    """Start and length; a range has to lie inside the source."""
    if given is None:
        return 0, size
    found = _RANGE.fullmatch(given)
    if found is None or int(found[1]) > int(found[2]):
        message = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are "
        raise refusals.invalid_argument(
            f"{message}the zero-based offsets of the first and last bytes to copy", "x-amz-copy-source-range", given
        )
    if int(found[2]) >= size:
        message = f"Range specified is not valid for source object of size: {size}"
        raise refusals.invalid_argument(message, "x-amz-copy-source-range", given)
    return int(found[1]), int(found[2]) - int(found[1]) + 1


def abort_multipart_upload(asked: Asked) -> Answer:
    places.check_bucket(asked.store, asked.bucket)
    uploads.end(asked)
    return replies.done(status=204)


def list_parts(asked: Asked) -> Answer:
    upload, most = uploads.named(asked), asked.limit("max-parts", _MOST)
    marker = asked.query.get("part-number-marker", "0")
    if not marker.isdecimal():
        message = "Provided part-number-marker not an integer or within integer range"
        raise refusals.invalid_argument(message, "part-number-marker", marker)
    found = [part for part in uploads.parts(asked.store, upload.id) if part.number > int(marker[:10])]
    page, user = found[:most], replies.owner(asked.site.settings.account)
    members = {
        "Bucket": asked.bucket,
        "Key": replies.sayable(asked.key),
        "UploadId": upload.id,
        "PartNumberMarker": int(marker[:10]),
        "NextPartNumberMarker": page[-1].number if page else 0,
        "MaxParts": most,
        "IsTruncated": bool(most) and len(found) > most,
        **_algorithm_members(upload),
        "Initiator": user,
        "Owner": user,
        "StorageClass": description.storage_class(upload.doc),
        "Part": [
            {
                "PartNumber": part.number,
                "LastModified": replies.moment(part.modified),
                "ETag": f'"{part.etag}"',
                "Size": part.size,
                **({f"Checksum{part.sum[0].upper()}": part.sum[1]} if part.sum else {}),
            }
            for part in page
        ],
    }
    return replies.answer("ListPartsResult", members)


def _algorithm_members(upload: Upload) -> dict[str, str]:
    if upload.algorithm is None:
        return {}
    return {"ChecksumAlgorithm": upload.algorithm.upper(), "ChecksumType": upload.kind}


def list_multipart_uploads(asked: Asked) -> Answer:
    places.check_bucket(asked.store, asked.bucket)
    prefix, delimiter = asked.query.get("prefix", ""), asked.query.get("delimiter", "")
    key, last = asked.query.get("key-marker", ""), asked.query.get("upload-id-marker", "")
    most, encode = asked.limit("max-uploads", _MOST), listing.encoder(asked)
    waiting = _after(uploads.of_bucket(asked.store, asked.bucket), key, last)
    # Each item by what it is listed as: an upload, or the common prefix of several.
    items: dict[str, Upload | None] = {}
    for upload in waiting:
        if upload.key.startswith(prefix):
            common = pages.common_prefix(upload.key, prefix, delimiter)
            if common is None:
                items[upload.id] = upload
            elif common > key:
                items[common] = None
    page = list(items.items())[:most]
    found = [upload for _, upload in page if upload]
    is_truncated = bool(most) and len(items) > most
    final = page[-1] if page else ("", None)
    members = {
        "Bucket": asked.bucket,
        "KeyMarker": encode(key),
        "UploadIdMarker": last,
        "NextKeyMarker": encode(final[1].key if final[1] else final[0]) if is_truncated else None,
        "NextUploadIdMarker": (final[1].id if final[1] else "") if is_truncated else None,
        "Prefix": encode(prefix) if prefix else None,
        "Delimiter": encode(delimiter) if delimiter else None,
        "EncodingType": asked.query.get("encoding-type") or None,
        "MaxUploads": most,
        "IsTruncated": is_truncated,
        "Upload": [_listed(asked, upload, encode(upload.key)) for upload in found],
        "CommonPrefixes": [{"Prefix": encode(name)} for name, upload in page if upload is None],
    }
    return replies.answer("ListMultipartUploadsResult", members)


def _after(waiting: Iterable[Upload], key: str, last: str) -> list[Upload]:
    """Those of later keys; and, where an upload is named too, those that follow it under its key."""
    found = list(waiting)
    if not key:
        return found
    same = [upload for upload in found if upload.key == key]
    names = [upload.id for upload in same]
    following = same[names.index(last) + 1 :] if last in names else []
    return following + [upload for upload in found if upload.key > key]


def _listed(asked: Asked, upload: Upload, key: str) -> dict[str, Any]:
    user = replies.owner(asked.site.settings.account)
    return {
        "Key": key,
        "UploadId": upload.id,
        "Initiator": user,
        "Owner": user,
        "StorageClass": description.storage_class(upload.doc),
        "Initiated": replies.moment(upload.started),
        **_algorithm_members(upload),
    }
