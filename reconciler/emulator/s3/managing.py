"""CreateBucket, HeadBucket, DeleteBucket, ListBuckets, GetBucketLocation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import bodies, buckets, description, files, places, refusals, replies, walking, xml
from reconciler.emulator.s3.buckets import Bucket

if TYPE_CHECKING:
    from reconciler.emulator.calls import Site
    from reconciler.emulator.s3.address import Asked
    from reconciler.emulator.wire.messages import Answer

_CLASSIC = "us-east-1"
_MOST = 10_000


def create_bucket(asked: Asked) -> Answer:
    places.check_bucket_name(asked.bucket)
    _check_headers(asked)
    region, tags = _configuration(asked)
    with asked.store.writing() as db:
        if places.has_bucket(asked.store, asked.bucket):
            gone, known = [], buckets.row(db, asked.bucket)
            # In us-east-1 alone, making one's own bucket again is a success (API reference, CreateBucket).
            if region != _CLASSIC or (known and known.region != _CLASSIC):
                message = "Your previous request to create the named bucket succeeded and you already own it."
                raise AwsError("BucketAlreadyOwnedByYou", message, 409, BucketName=asked.bucket)
        else:
            made = Bucket(asked.bucket, region, asked.site.call(db).now, {"tagging": tags} if tags else {})
            gone = buckets.make(asked.store, db, made)
    files.unlink(gone)
    return replies.done({"Location": f"/{asked.bucket}"})


def _check_headers(asked: Asked) -> None:
    """What goes with ACLs or object locks is refused as AWS refuses it, or because it is not emulated."""
    headers = asked.headers
    if headers.get("x-amz-bucket-object-lock-enabled", "").lower() == "true":
        raise refusals.not_emulated("a bucket with object lock")
    if headers.get("x-amz-bucket-namespace", "global") != "global":
        raise refusals.not_emulated("buckets of an account's own namespace")
    ownership = headers.get("x-amz-object-ownership", "BucketOwnerEnforced")
    if ownership != "BucketOwnerEnforced":
        raise refusals.not_emulated(f"the object ownership {ownership}")
    if headers.get("x-amz-acl", "private") != "private" or any(name.startswith("x-amz-grant-") for name in headers):
        message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        raise AwsError("InvalidBucketAclWithObjectOwnership", message)


def _configuration(asked: Asked) -> tuple[str, list[tuple[str, str]]]:
    """The region asked for, which has to be the one the request is signed for, and tags."""
    body, region = bodies.document(asked), asked.site.region
    if not body:
        if region != _CLASSIC:
            raise _wrong_location("unspecified")
        return region, []
    root = xml.parse(body, "CreateBucketConfiguration")
    if root.find("Location") is not None or root.find("Bucket") is not None:
        raise refusals.not_emulated("directory buckets")
    wanted = (xml.said(root, "LocationConstraint") or "").strip()
    wanted = "eu-west-1" if wanted == "EU" else wanted
    if wanted == _CLASSIC:
        message = "The specified location-constraint is not valid"
        raise AwsError("InvalidLocationConstraint", message, 400, LocationConstraint=wanted)
    if region not in {_CLASSIC, wanted}:
        raise _wrong_location(wanted or "unspecified")
    tags = root.find("Tags")
    found = [] if tags is None else [(xml.said(t, "Key") or "", xml.said(t, "Value") or "") for t in tags]
    return wanted or region, description.checked_tags(found, most=50)


def _wrong_location(wanted: str) -> AwsError:
    message = (
        f"The {wanted} location constraint is incompatible for the region specific endpoint this request was sent to."
    )
    return AwsError("IllegalLocationConstraintException", message)


def head_bucket(asked: Asked) -> Answer:
    bucket = buckets.named(asked.site, asked.bucket)
    return replies.done({"x-amz-bucket-region": bucket.region, "x-amz-access-point-alias": "false"})


def get_bucket_location(asked: Asked) -> Answer:
    """Of us-east-1 it is empty (API reference, GetBucketLocation)."""
    region = buckets.named(asked.site, asked.bucket).region
    body = xml.document("LocationConstraint", {})
    if region != _CLASSIC:
        body = body.replace(b"></", f">{region}</".encode())
    return replies.raw(body)


def delete_bucket(asked: Asked) -> Answer:
    """Empty folders do not count; whatever else is in it does, an object or not."""
    with asked.store.writing() as db:
        places.check_bucket(asked.store, asked.bucket)
        holds = db.execute("SELECT 1 FROM odd WHERE bucket = ? LIMIT 1", (asked.bucket,)).fetchone()
        if holds or not walking.remove_empty(places.bucket_folder(asked.store, asked.bucket)):
            message = "The bucket you tried to delete is not empty"
            raise AwsError("BucketNotEmpty", message, 409, BucketName=asked.bucket)
        gone = buckets.forget(asked.store, db, asked.bucket)
    files.unlink(gone)
    return replies.done(status=204)


def list_buckets(asked: Asked) -> Answer:
    prefix, wanted = asked.query.get("prefix", ""), asked.query.get("bucket-region")
    most, after = asked.limit("max-buckets", _MOST), asked.query.get("continuation-token", "")
    names = [name for name in places.bucket_names(asked.store) if name.startswith(prefix) and name > after]
    found = [bucket for name in names if (bucket := _present(asked.site, name)) and wanted in {None, bucket.region}]
    page = found[:most]
    # The region is told to those who ask for something (API reference, Bucket).
    is_asked = not asked.query.keys().isdisjoint({"prefix", "bucket-region", "max-buckets", "continuation-token"})
    members = {
        "Owner": replies.owner(asked.site.settings.account),
        "Buckets": {"Bucket": [_listed(bucket, with_region=is_asked) for bucket in page]},
        "Prefix": prefix or None,
        "ContinuationToken": page[-1].name if page and len(page) < len(found) else None,
    }
    return replies.answer("ListAllMyBucketsResult", members)


def _present(site: Site, name: str) -> Bucket | None:
    try:
        return buckets.named(site, name)
    except AwsError:
        return None  # removed while we look


def _listed(bucket: Bucket, *, with_region: bool) -> dict[str, Any]:
    region = bucket.region if with_region else None
    return {"Name": bucket.name, "CreationDate": replies.moment(bucket.created), "BucketRegion": region}
