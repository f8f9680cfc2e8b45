"""Tags of objects, and access control lists, which say that the owner may do everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.s3 import bodies, buckets, description, files, places, reading, refusals, replies, xml

if TYPE_CHECKING:
    from reconciler.emulator.s3.address import Asked
    from reconciler.emulator.s3.files import Found
    from reconciler.emulator.wire.messages import Answer

_INSTANCE = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"'


def get_object_tagging(asked: Asked) -> Answer:
    tags = _found(asked).doc.get("tags", [])
    return replies.answer("Tagging", {"TagSet": {"Tag": [{"Key": key, "Value": value} for key, value in tags]}})


def put_object_tagging(asked: Asked) -> Answer:
    found, root = _found(asked), xml.parse(bodies.document(asked), "Tagging")
    if root.find("TagSet") is None:
        raise refusals.malformed_xml()
    tags = [(xml.said(tag, "Key") or "", xml.said(tag, "Value") or "") for tag in root.iter("Tag")]
    _say(asked, found, {**found.doc, "tags": description.checked_tags(tags)})
    return replies.done()


def delete_object_tagging(asked: Asked) -> Answer:
    found = _found(asked)
    _say(asked, found, {name: kept for name, kept in found.doc.items() if name != "tags"})
    return replies.done(status=204)


def _found(asked: Asked) -> Found:
    places.check_key(asked.key)
    reading.check_version(asked.query.get("versionId"))
    found = files.find(asked.store, asked.bucket, asked.key)
    if found is None:
        raise files.missing(asked.store, asked.bucket, asked.key)
    return found


def _say(asked: Asked, found: Found, doc: dict[str, Any]) -> None:
    files.redescribe(asked.store, asked.bucket, found._replace(doc=doc))


def get_object_acl(asked: Asked) -> Answer:
    _found(asked)
    return _everything(asked)


def get_bucket_acl(asked: Asked) -> Answer:
    buckets.named(asked.site, asked.bucket)
    return _everything(asked)


def _everything(asked: Asked) -> Answer:
    owner = replies.owner(asked.site.settings.account)
    grants = {"Grant": {"Grantee": owner, "Permission": "FULL_CONTROL"}}
    body = xml.document("AccessControlPolicy", {"Owner": owner, "AccessControlList": grants})
    return replies.raw(body.replace(b"<Grantee>", f"<Grantee {_INSTANCE}>".encode()))


def put_acl(asked: Asked) -> Answer:
    """Only what changes nothing is taken, where buckets have no ACLs."""
    if asked.key:
        _found(asked)
    else:
        buckets.named(asked.site, asked.bucket)
    if asked.headers.get("x-amz-acl") != "bucket-owner-full-control":
        raise description.no_acls()
    return replies.done()
