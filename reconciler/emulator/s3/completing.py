"""CompleteMultipartUpload: the parts that are named become the object, if they are what they are said to be."""

from __future__ import annotations

import hashlib
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import (
    bodies,
    checksums,
    conditions,
    description,
    files,
    refusals,
    replies,
    uploads,
    xml,
)
from reconciler.emulator.s3.drafts import CHUNK, Draft

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from reconciler.emulator.s3.address import Asked
    from reconciler.emulator.s3.uploads import Part, Upload
    from reconciler.emulator.wire.messages import Answer

_OWN = "crc64nvme"
_SMALLEST = 5 * 2**20
_TYPE = f"{checksums.HEADER}type"


class _Named(NamedTuple):
    """A part as the request names it."""

    number: int
    etag: str
    sums: dict[str, str]


def complete_multipart_upload(asked: Asked) -> Answer:
    upload = uploads.named(asked)
    condition = conditions.for_write(asked.headers, asked.key)
    named = _read(bodies.document(asked, has_object_checksum=True))
    parts = _chosen(upload, named, uploads.parts(asked.store, upload.id))
    doc = {name: kept for name, kept in upload.doc.items() if name not in {"algorithm", "kind"}}
    doc["parts"] = [(size, len(list(same))) for size, same in groupby(part.size for part in parts)]
    _check_size(asked, sum(part.size for part in parts))
    if algorithm := _algorithm(upload, parts):
        sums = [(part.sum[1], part.size) for part in parts if part.sum]
        doc["sum"] = (algorithm, checksums.of_parts(algorithm, sums, upload.kind), upload.kind)
        _check_sum(asked, upload, algorithm, doc["sum"][1])
    etag = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False).hexdigest()
    with Draft(asked.store, digests=False) as draft:
        _assemble(asked, upload, parts, draft)
        placed = files.place(
            asked.store,
            asked.bucket,
            asked.key,
            draft,
            moment=asked.site.now(),
            etag=f"{etag}-{len(parts)}",
            doc=doc,
            condition=condition,
        )
    uploads.end(asked)
    return _answer(asked, placed.etag, doc)


def _algorithm(upload: Upload, parts: Sequence[Part]) -> str | None:
    """The upload's; or, where it has none, the one S3 would compute itself, if all parts came with it."""
    if upload.algorithm is None and all(part.sum and part.sum[0] == _OWN for part in parts):
        return _OWN
    return upload.algorithm


def _answer(asked: Asked, etag: str, doc: dict[str, Any]) -> Answer:
    members = {
        "Location": f"http://{asked.request.host}{asked.request.path}",
        "Bucket": asked.bucket,
        "Key": replies.sayable(asked.key),
        "ETag": f'"{etag}"',
        **checksums.members(doc),
    }
    return replies.answer("CompleteMultipartUploadResult", members, description.encryption(doc))


def _read(body: bytes) -> list[_Named]:
    named = [_part(item) for item in xml.parse(body, "CompleteMultipartUpload").findall("Part")]
    if not named:
        raise refusals.malformed_xml()
    if any(first.number >= second.number for first, second in pairwise(named)):
        message = (
            "The list of parts was not in ascending order. The parts list must be specified in order by part number."
        )
        raise AwsError("InvalidPartOrder", message)
    return named


def _part(item: Element) -> _Named:
    number, etag = (xml.said(item, "PartNumber") or "").strip(), xml.said(item, "ETag")
    if not number.isdecimal() or len(number) > 5 or etag is None:
        raise refusals.malformed_xml()
    prefix = "Checksum"
    sums = {child.tag.removeprefix(prefix).lower(): child.text or "" for child in item if child.tag.startswith(prefix)}
    return _Named(int(number), etag.strip().strip('"'), sums)


def _chosen(upload: Upload, named: Sequence[_Named], there: Sequence[Part]) -> list[Part]:
    """The parts that are named, which may be fewer than are there."""
    known = {part.number: part for part in there}
    chosen = []
    for want in named:
        part = known.get(want.number)
        if part is None or part.etag != want.etag:
            raise _invalid_part(upload, want)
        _check_part_sum(upload, want, part)
        chosen.append(part)
    for part in chosen[:-1]:
        if part.size < _SMALLEST:
            extra = {
                "ProposedSize": str(part.size),
                "MinSizeAllowed": str(_SMALLEST),
                "PartNumber": str(part.number),
                "ETag": part.etag,
            }
            message = "Your proposed upload is smaller than the minimum allowed size"
            raise AwsError("EntityTooSmall", message, 400, **extra)
    return chosen


def _check_part_sum(upload: Upload, want: _Named, part: Part) -> None:
    algorithm = upload.algorithm
    if part.sum and part.sum[0] in want.sums and want.sums[part.sum[0]] != part.sum[1]:
        raise _invalid_part(upload, want)
    if algorithm and upload.kind == "COMPOSITE" and algorithm not in want.sums:
        message = (
            f"The upload was created using a {algorithm} checksum. The complete request must include the checksum "
            f"for each part. It was missing for part {want.number} in the request."
        )
        raise AwsError("InvalidRequest", message)


def _invalid_part(upload: Upload, want: _Named) -> AwsError:
    message = (
        "One or more of the specified parts could not be found. The part might not have been uploaded, "
        "or the specified entity tag might not have matched the part's entity tag."
    )
    extra = {"UploadId": upload.id, "PartNumber": str(want.number), "ETag": want.etag}
    return AwsError("InvalidPart", message, 400, **extra)


def _check_size(asked: Asked, size: int) -> None:
    said = asked.headers.get("x-amz-mp-object-size")
    if said is not None and said != str(size):
        message = f"The provided 'x-amz-mp-object-size' header value {said} does not match what was computed: {size}"
        raise AwsError("InvalidRequest", message)


def _check_sum(asked: Asked, upload: Upload, algorithm: str, computed: str) -> None:
    """The checksum of the whole, and its type, if the request says them."""
    kind = asked.headers.get(_TYPE)
    if kind is not None and kind != upload.kind:
        message = (
            f"The upload was created using the {upload.kind} checksum mode. The complete request must use the same "
            "checksum mode."
        )
        raise AwsError("BadDigest", message)
    said = asked.headers.get(f"{checksums.HEADER}{algorithm}")
    if said is not None and said.partition("-")[0] != computed.partition("-")[0]:
        message = f"The {algorithm.upper()} you specified did not match the calculated checksum."
        raise AwsError("BadDigest", message)


def _assemble(asked: Asked, upload: Upload, parts: Sequence[Part], draft: Draft) -> None:
    for part in parts:
        try:
            with open(files.part_path(asked.store, part.file), "rb") as file:  # noqa: PTH123
                while piece := file.read(CHUNK):
                    draft.write(piece)
        except FileNotFoundError:
            # Uploaded anew, or aborted, while we read.
            raise _invalid_part(upload, _Named(part.number, part.etag, {})) from None
