"""Which S3 operation a request is: by method, address, query and headers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from reconciler.emulator.s3 import address

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a query names of a bucket or an object; operations are called Get, Put or Delete and this, unless below.
_OF_BUCKETS = {
    "abac": "BucketAbac",
    "accelerate": "BucketAccelerateConfiguration",
    "acl": "BucketAcl",
    "analytics": "BucketAnalyticsConfiguration",
    "cors": "BucketCors",
    "encryption": "BucketEncryption",
    "intelligent-tiering": "BucketIntelligentTieringConfiguration",
    "inventory": "BucketInventoryConfiguration",
    "lifecycle": "BucketLifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "metadataAnnotationTable": "BucketMetadataAnnotationTableConfiguration",
    "metadataConfiguration": "BucketMetadataConfiguration",
    "metadataInventoryTable": "BucketMetadataInventoryTableConfiguration",
    "metadataJournalTable": "BucketMetadataJournalTableConfiguration",
    "metadataTable": "BucketMetadataTableConfiguration",
    "metrics": "BucketMetricsConfiguration",
    "notification": "BucketNotificationConfiguration",
    "object-lock": "ObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus",
    "publicAccessBlock": "PublicAccessBlock",
    "replication": "BucketReplication",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
_OF_OBJECTS = {
    "acl": "ObjectAcl",
    "annotation": "ObjectAnnotation",
    "attributes": "ObjectAttributes",
    "encryption": "ObjectEncryption",
    "legal-hold": "ObjectLegalHold",
    "retention": "ObjectRetention",
    "tagging": "ObjectTagging",
    "torrent": "ObjectTorrent",
}
_BUCKET_NAMED = {
    ("GET", "uploads"): "ListMultipartUploads",
    ("GET", "versions"): "ListObjectVersions",
    ("GET", "session"): "CreateSession",
    ("POST", "delete"): "DeleteObjects",
    ("DELETE", "lifecycle"): "DeleteBucketLifecycle",
}
_OBJECT_NAMED = {
    ("GET", "uploadId"): "ListParts",
    ("PUT", "uploadId"): "UploadPart",
    ("POST", "uploads"): "CreateMultipartUpload",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("POST", "restore"): "RestoreObject",
    ("POST", "select"): "SelectObjectContent",
    ("PUT", "renameObject"): "RenameObject",
}
_BUCKET_PLAIN = {
    "GET": "ListObjects",
    "HEAD": "HeadBucket",
    "PUT": "CreateBucket",
    "DELETE": "DeleteBucket",
    "POST": "PostObject",
}
_OBJECT_PLAIN = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_VERBS = {"GET": "Get", "PUT": "Put", "POST": "Create", "DELETE": "Delete"}
_COPIES = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}


def s3_route(method: str, path: str, query: str, host: str, headers: Mapping[str, str]) -> tuple[str, str | None]:
    """The operation, and the bucket or "bucket/key"."""
    resource = address.shown(path, host)
    if "x-amz-account-id" in headers:
        return f"{method} {path}", resource  # S3 Control, which is signed for as S3 is
    bucket, key = address.split(path, host)
    asked = {unquote_plus(field.partition("=")[0]): field for field in query.split("&") if field}
    if key:
        named = _name(method, asked, _OBJECT_NAMED, _OF_OBJECTS) or _OBJECT_PLAIN.get(method)
    elif bucket:
        named = _name(method, asked, _BUCKET_NAMED, _OF_BUCKETS) or _BUCKET_PLAIN.get(method)
        if named == "ListObjects" and asked.get("list-type") == "list-type=2":
            named = "ListObjectsV2"
    else:
        named = "ListBuckets" if method == "GET" else None
    if named is None:
        return f"{method} {path}", resource
    return _COPIES.get(named, named) if "x-amz-copy-source" in headers else named, resource


def _name(
    method: str, asked: Mapping[str, str], named: Mapping[tuple[str, str], str], nouns: Mapping[str, str]
) -> str | None:
    for field in asked:
        if (method, field) in named:
            return named[method, field]
        if field in nouns and method in _VERBS:
            return f"{_VERBS[method]}{nouns[field]}"
    return None
