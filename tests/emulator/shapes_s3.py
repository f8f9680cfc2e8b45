"""S3: one call for every operation."""

from shapes_words import TAGS, One, plain


def prepare_s3(clients, found):
    s3 = clients["s3"]
    s3.create_bucket(Bucket="features")
    s3.create_bucket(Bucket="empty")
    for key in ("a/one", "a/two", "b"):
        s3.put_object(Bucket="features", Key=key, Body=b"content", ContentType="text/plain", Metadata={"who": "me"})
    s3.put_object_tagging(**_ONE, Tagging=_TAGGING)
    s3.put_bucket_tagging(**_FEATURES, Tagging=_TAGGING)
    s3.put_bucket_cors(**_FEATURES, CORSConfiguration=_CORS)
    s3.put_bucket_lifecycle_configuration(**_FEATURES, LifecycleConfiguration=_LIFECYCLE)
    s3.put_bucket_encryption(**_FEATURES, ServerSideEncryptionConfiguration=_ENCRYPTION)
    s3.put_public_access_block(**_FEATURES, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_bucket_ownership_controls(**_FEATURES, OwnershipControls=_OWNERSHIP)
    found["upload"] = s3.create_multipart_upload(**_PARTS)["UploadId"]
    found["part"] = s3.upload_part(**_PARTS, UploadId=found["upload"], PartNumber=1, Body=b"part")["ETag"]


_FEATURES = {"Bucket": "features"}
_ONE = {**_FEATURES, "Key": "a/one"}
_PARTS = {**_FEATURES, "Key": "parts"}
_TAGGING = {"TagSet": TAGS}
_CORS = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
_LIFECYCLE = {"Rules": [{"ID": "1", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}]}
_ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
_NO_ACLS = "AccessControlListNotSupported"
_OWNERSHIP = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def _upload(**more):
    return One(lambda w: {**_PARTS, "UploadId": w["upload"], **more})


S3_BUCKETS = {
    "CreateBucket": plain(Bucket="fresh"),
    "DeleteBucket": plain(Bucket="empty"),
    "DeleteBucketCors": plain(**_FEATURES),
    "DeleteBucketEncryption": plain(**_FEATURES),
    "DeleteBucketLifecycle": plain(**_FEATURES),
    "DeleteBucketTagging": plain(**_FEATURES),
    "DeletePublicAccessBlock": plain(**_FEATURES),
    "GetBucketAccelerateConfiguration": plain(**_FEATURES),
    "GetBucketAcl": plain(**_FEATURES),
    "GetBucketCors": plain(**_FEATURES),
    "GetBucketEncryption": plain(**_FEATURES),
    "GetBucketLifecycleConfiguration": plain(**_FEATURES),
    "GetBucketLocation": plain(**_FEATURES),
    "GetBucketLogging": plain(**_FEATURES),
    "GetBucketNotificationConfiguration": plain(**_FEATURES),
    "GetBucketOwnershipControls": plain(**_FEATURES),
    "GetBucketPolicy": One(lambda _: _FEATURES, "NoSuchBucketPolicy"),
    "GetBucketReplication": One(lambda _: _FEATURES, "ReplicationConfigurationNotFoundError"),
    "GetBucketRequestPayment": plain(**_FEATURES),
    "GetBucketTagging": plain(**_FEATURES),
    "GetBucketVersioning": plain(**_FEATURES),
    "GetBucketWebsite": One(lambda _: _FEATURES, "NoSuchWebsiteConfiguration"),
    "GetObjectLockConfiguration": One(lambda _: _FEATURES, "ObjectLockConfigurationNotFoundError"),
    "GetPublicAccessBlock": plain(**_FEATURES),
    "HeadBucket": plain(**_FEATURES),
    "ListBuckets": plain(),
    "PutBucketAcl": One(lambda _: {**_FEATURES, "ACL": "private"}, _NO_ACLS),
    "PutBucketCors": plain(**_FEATURES, CORSConfiguration=_CORS),
    "PutBucketEncryption": plain(**_FEATURES, ServerSideEncryptionConfiguration=_ENCRYPTION),
    "PutBucketLifecycleConfiguration": plain(**_FEATURES, LifecycleConfiguration=_LIFECYCLE),
    "PutBucketOwnershipControls": plain(**_FEATURES, OwnershipControls=_OWNERSHIP),
    "PutBucketTagging": plain(**_FEATURES, Tagging=_TAGGING),
    "PutBucketVersioning": plain(**_FEATURES, VersioningConfiguration={"Status": "Suspended"}),
    "PutPublicAccessBlock": plain(**_FEATURES, PublicAccessBlockConfiguration={"BlockPublicAcls": True}),
}
S3_OBJECTS = {
    "AbortMultipartUpload": _upload(),
    "CompleteMultipartUpload": One(
        lambda w: {
            **_PARTS,
            "UploadId": w["upload"],
            "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": w["part"]}]},
        }
    ),
    "CopyObject": plain(**_FEATURES, Key="copy", CopySource="features/a/one"),
    "CreateMultipartUpload": plain(**_FEATURES, Key="more"),
    "DeleteObject": plain(**_ONE),
    "DeleteObjectTagging": plain(**_ONE),
    "DeleteObjects": plain(**_FEATURES, Delete={"Objects": [{"Key": "a/one"}, {"Key": "none"}]}),
    "GetObject": plain(**_ONE, Range="bytes=1-3"),
    "GetObjectAcl": plain(**_ONE),
    "GetObjectTagging": plain(**_ONE),
    "HeadObject": plain(**_ONE),
    "ListMultipartUploads": plain(**_FEATURES),
    "ListObjectVersions": plain(**_FEATURES),
    "ListObjects": plain(**_FEATURES, Delimiter="/", MaxKeys=1),
    "ListObjectsV2": plain(**_FEATURES, Prefix="a/", MaxKeys=1, FetchOwner=True),
    "ListParts": _upload(),
    "PutObject": plain(**_FEATURES, Key="new", Body=b"new"),
    "PutObjectAcl": One(lambda _: {**_ONE, "ACL": "private"}, _NO_ACLS),
    "PutObjectTagging": plain(**_ONE, Tagging=_TAGGING),
    "UploadPart": _upload(PartNumber=2, Body=b"more"),
    "UploadPartCopy": _upload(PartNumber=3, CopySource="features/a/one"),
}
