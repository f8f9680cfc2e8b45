"""Amazon S3, as far as clients of Feature Store need it: which operations there are, and what all of them share."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from reconciler.emulator.calls import Raw, Service
from reconciler.emulator.errors import AwsError
from reconciler.emulator.offline.flushing import flush
from reconciler.emulator.s3 import (
    address,
    completing,
    deleting,
    listing,
    managing,
    multipart,
    presigned,
    reading,
    refusals,
    replies,
    subresources,
    tagging,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.calls import Site
    from reconciler.emulator.s3.address import Asked
    from reconciler.emulator.wire.messages import Answer, Request

_log = logging.getLogger("reconciler.emulator")
_CUSTOMER_KEYS = "server-side-encryption-customer-algorithm"


def _operation(answer: Callable[[Asked], Answer], *, looks: bool) -> Raw:
    """`looks`: what is due offline becomes visible first."""

    def perform(site: Site, request: Request) -> Answer:
        asked = _asked(site, request)
        if looks:
            flush(site)
        return _shielded(answer, asked)

    return Raw(perform)


def _asked(site: Site, request: Request) -> Asked:
    asked = address.read(site, request)
    presigned.check_expiry(asked)
    for name in ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"):
        if request.headers.get(name, site.settings.account) != site.settings.account:
            raise AwsError("AccessDenied", "Access Denied", 403)
    if any(name.endswith(_CUSTOMER_KEYS) for name in request.headers):
        raise refusals.not_emulated("encryption with keys of the customer (SSE-C)")
    return asked


def _shielded(answer: Callable[[Asked], Answer], asked: Asked) -> Answer:
    """A disk that is full or forbids is an error reply and a line in the log."""
    try:
        return answer(asked)
    except OSError as error:
        _log.error("s3 %s: %s", asked.request.operation, error)
        raise refusals.internal_error() from error


# Copying and deleting look first at what is there, so they come after what is due, as reading does.
_LOOKS = {
    "CopyObject": writing.copy_object,
    "UploadPartCopy": multipart.upload_part_copy,
    "DeleteBucket": managing.delete_bucket,
    "DeleteObject": deleting.delete_object,
    "DeleteObjects": deleting.delete_objects,
    "ListBuckets": managing.list_buckets,
    "HeadBucket": managing.head_bucket,
    "GetBucketLocation": managing.get_bucket_location,
    "GetBucketAcl": tagging.get_bucket_acl,
    "ListObjects": listing.list_objects,
    "ListObjectsV2": listing.list_objects_v2,
    "ListObjectVersions": listing.list_object_versions,
    "GetObject": reading.get_object,
    "HeadObject": reading.head_object,
    "GetObjectAcl": tagging.get_object_acl,
    "GetObjectTagging": tagging.get_object_tagging,
    "ListMultipartUploads": multipart.list_multipart_uploads,
    "ListParts": multipart.list_parts,
    "GetBucketAccelerateConfiguration": subresources.reading("accelerate"),
    "GetBucketCors": subresources.reading("cors"),
    "GetBucketEncryption": subresources.reading("encryption"),
    "GetBucketLifecycleConfiguration": subresources.reading("lifecycle"),
    "GetBucketLogging": subresources.reading("logging"),
    "GetBucketNotificationConfiguration": subresources.reading("notification"),
    "GetBucketOwnershipControls": subresources.reading("ownershipControls"),
    "GetBucketPolicy": subresources.reading("policy"),
    "GetBucketReplication": subresources.reading("replication"),
    "GetBucketRequestPayment": subresources.reading("requestPayment"),
    "GetBucketTagging": subresources.reading("tagging"),
    "GetBucketVersioning": subresources.reading("versioning"),
    "GetBucketWebsite": subresources.reading("website"),
    "GetObjectLockConfiguration": subresources.reading("object-lock"),
    "GetPublicAccessBlock": subresources.reading("publicAccessBlock"),
}
_WRITES = {
    "CreateBucket": managing.create_bucket,
    "PutObject": writing.put_object,
    "PutObjectAcl": tagging.put_acl,
    "PutBucketAcl": tagging.put_acl,
    "PutObjectTagging": tagging.put_object_tagging,
    "DeleteObjectTagging": tagging.delete_object_tagging,
    "CreateMultipartUpload": multipart.create_multipart_upload,
    "UploadPart": multipart.upload_part,
    "CompleteMultipartUpload": completing.complete_multipart_upload,
    "AbortMultipartUpload": multipart.abort_multipart_upload,
    "PutBucketCors": subresources.writing("cors"),
    "PutBucketEncryption": subresources.writing("encryption"),
    "PutBucketLifecycleConfiguration": subresources.writing("lifecycle"),
    "PutBucketOwnershipControls": subresources.writing("ownershipControls"),
    "PutBucketTagging": subresources.writing("tagging"),
    "PutBucketVersioning": subresources.writing("versioning"),
    "PutPublicAccessBlock": subresources.writing("publicAccessBlock"),
    "DeleteBucketCors": subresources.removing("cors"),
    "DeleteBucketEncryption": subresources.removing("encryption"),
    "DeleteBucketLifecycle": subresources.removing("lifecycle"),
    "DeleteBucketTagging": subresources.removing("tagging"),
    "DeletePublicAccessBlock": subresources.removing("publicAccessBlock"),
}

SERVICE = Service(
    replies.S3Xml(),
    {
        **{name: _operation(answer, looks=True) for name, answer in _LOOKS.items()},
        **{name: _operation(answer, looks=False) for name, answer in _WRITES.items()},
    },
)
