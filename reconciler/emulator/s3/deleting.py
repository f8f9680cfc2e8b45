"""DeleteObject and DeleteObjects: what is not there counts as deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import bodies, checksums, conditions, files, places, reading, refusals, replies, xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from reconciler.emulator.s3.address import Asked
    from reconciler.emulator.wire.messages import Answer

_MOST = 1000


def delete_object(asked: Asked) -> Answer:
    places.check_bucket(asked.store, asked.bucket)
    places.check_key(asked.key)
    reading.check_version(asked.query.get("versionId"))
    condition = conditions.for_delete(asked.headers.get("if-match"), asked.key)
    files.remove(asked.store, asked.bucket, asked.key, condition)
    return replies.done(status=204)


def delete_objects(asked: Asked) -> Answer:
    places.check_bucket(asked.store, asked.bucket)
    if "content-md5" not in asked.headers and not checksums.declared(asked.headers):
        message = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
        raise AwsError("InvalidRequest", message)
    root = xml.parse(bodies.document(asked), "Delete")
    wanted = root.findall("Object")
    if not 0 < len(wanted) <= _MOST or any(xml.said(item, "Key") is None for item in wanted):
        raise refusals.malformed_xml()
    is_quiet = (xml.said(root, "Quiet") or "").strip().lower() == "true"
    deleted: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for item in wanted:
        outcome = _deleted(asked, item)
        (failed if "Code" in outcome else deleted).append(outcome)
    return replies.answer("DeleteResult", {"Deleted": [] if is_quiet else deleted, "Error": failed})


def _deleted(asked: Asked, item: Element) -> dict[str, Any]:
    key, version = xml.said(item, "Key") or "", xml.said(item, "VersionId")
    named = {"Key": key, **({"VersionId": version} if version is not None else {})}
    try:
        if not key:
            raise AwsError("UserKeyMustBeSpecified", "The bucket POST must contain the specified field name.")
        places.check_key(key)
        reading.check_version(version)
        files.remove(asked.store, asked.bucket, key, conditions.for_delete(xml.said(item, "ETag"), key))
    except AwsError as error:
        return {**named, "Code": error.code, "Message": error.message}
    return named
