"""PutObject and CopyObject."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import (
    address,
    bodies,
    checksums,
    conditions,
    description,
    files,
    places,
    reading,
    refusals,
    replies,
)
from reconciler.emulator.s3.drafts import CHUNK, Draft

if TYPE_CHECKING:
    from reconciler.emulator.s3.address import Asked
    from reconciler.emulator.s3.files import Found
    from reconciler.emulator.wire.messages import Answer

_MOST_COPIED = 5 * 2**30
_SAME = (
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's "
    "metadata, storage class, website redirect location or encryption attributes."
)


def put_object(asked: Asked) -> Answer:
    check_place(asked)
    doc = description.described(asked)
    condition = conditions.for_write(asked.headers, asked.key)
    with Draft(asked.store) as draft:
        found = bodies.receive(asked, draft)
        if found:
            doc["sum"] = (*found, "FULL_OBJECT")
        placed = files.place(
            asked.store, asked.bucket, asked.key, draft, moment=asked.site.now(), doc=doc, condition=condition
        )
    return replies.done({"ETag": f'"{placed.etag}"', **description.encryption(doc), **checksums.headers(doc)})


def check_place(asked: Asked) -> None:
    """Whether an object can come to be here."""
    places.check_bucket(asked.store, asked.bucket)
    places.check_key(asked.key)


class Source(NamedTuple):
    """What is copied from: its bucket, what is there, and its content."""

    bucket: str
    found: Found
    descriptor: int


def open_source(asked: Asked) -> Source:
    """What x-amz-copy-source names; AwsError if it is not there, or its conditions do not hold."""
    named, _, query = asked.headers["x-amz-copy-source"].partition("?versionId=")
    try:
        bucket, _, key = address.decoded(named).removeprefix("/").partition("/")
    except ValueError:
        raise _bad_source(named) from None
    if not bucket or not key:
        raise _bad_source(named)
    reading.check_version(query or None)
    opened = files.open_object(asked.store, bucket, key)
    if opened is None:
        raise files.missing(asked.store, bucket, key)
    try:
        conditions.check_source(asked.headers, opened[0])
    except BaseException:
        os.close(opened[1])
        raise
    return Source(bucket, *opened)


def _bad_source(named: str) -> AwsError:
    message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
    return refusals.invalid_argument(message, "x-amz-copy-source", named)


def copy_object(asked: Asked) -> Answer:
    check_place(asked)
    said = description.described(asked)
    condition = conditions.for_write(asked.headers, asked.key)
    source = open_source(asked)
    with os.fdopen(source.descriptor, "rb") as content, Draft(asked.store) as draft:
        doc = _copied_doc(asked, source, said)
        if source.found.size > _MOST_COPIED:
            message = (
                f"The specified copy source is larger than the maximum allowable size for a copy source: {_MOST_COPIED}"
            )
            raise AwsError("InvalidRequest", message)
        _copy(asked, source, content, draft, doc)
        placed = files.place(
            asked.store, asked.bucket, asked.key, draft, moment=asked.site.now(), doc=doc, condition=condition
        )
    members = {
        "LastModified": replies.moment(placed.modified),
        "ETag": f'"{placed.etag}"',
        **checksums.members(doc),
    }
    return replies.answer("CopyObjectResult", members, description.encryption(doc))


def _copy(asked: Asked, source: Source, content: Any, draft: Draft, doc: dict[str, Any]) -> None:
    """The checksum is of the algorithm asked for, or the source's; it is one of the whole, however that came."""
    wanted = asked.headers.get("x-amz-checksum-algorithm")
    algorithm = checksums.known(wanted) if wanted else source.found.doc.get("sum", [None])[0]
    check = checksums.digest(algorithm) if algorithm else None
    while piece := content.read(CHUNK):
        draft.write(piece)
        if check:
            check.update(piece)
    if algorithm and check:
        doc["sum"] = (algorithm, checksums.encoded(check.digest()), "FULL_OBJECT")


def _copied_doc(asked: Asked, source: Source, said: dict[str, Any]) -> dict[str, Any]:
    """What is said of the copy: what is said of the source, or, if asked so, what the request says."""
    directives = {name: _directive(asked, name) for name in ("x-amz-metadata-directive", "x-amz-tagging-directive")}
    replaces = directives["x-amz-metadata-directive"] == "REPLACE"
    is_same = (source.bucket, source.found.key) == (asked.bucket, asked.key)
    if is_same and not replaces and not said.keys() & {"class", "sse"}:
        raise AwsError("InvalidRequest", _SAME)
    old = source.found.doc
    # Storage class and encryption are never taken over.
    doc: dict[str, Any] = {name: said[name] for name in ("class", "sse") if name in said}
    kept = said if replaces else old
    doc |= {name: kept[name] for name in ("headers", "meta") if name in kept}
    tags = said if directives["x-amz-tagging-directive"] == "REPLACE" else old
    return doc | ({"tags": tags["tags"]} if "tags" in tags else {})


def _directive(asked: Asked, name: str) -> str:
    given = asked.headers.get(name, "COPY").upper()
    if given not in {"COPY", "REPLACE"}:
        noun = "metadata" if "metadata" in name else "tagging"
        raise refusals.invalid_argument(f"Unknown {noun} directive.", name, given)
    return given
