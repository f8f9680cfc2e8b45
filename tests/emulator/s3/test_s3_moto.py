"""Where moto 5.2.5 emulates the same, both say the same: status, code, and the members both have.

Left out, because moto differs from the API reference: it takes upper-case buckets and wrong digests, does not know
encryption by default, names next markers without a delimiter, checks no key's length and no source's If-Match, lists
no checksum types, tells of quiet deletions, and writes a space as %20 where S3 writes +.
"""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from s3_help import BUCKET, EU

B = {"Bucket": BUCKET}
FIVE = b"x" * (5 * 2**20)
# They differ by the moment, by chance, by account, or by what only one of the two knows.
DERIVED = {
    "ResponseMetadata",
    "LastModified",
    "CreationDate",
    "UploadId",
    "Initiated",
    "Owner",
    "Initiator",
    "Location",
}
DERIVED |= {"Grants", "NextContinuationToken", "ContinuationToken"}


def k(key, **more):
    return {**B, "Key": key, **more}


HELLO = ("put_object", k("a/b.txt", Body=b"hello world", ContentType="text/plain", Metadata={"x": "y"}))
OTHERS = (("put_object", k("a/c", Body=b"1")), ("put_object", k("z y+x", Body=b"2")), ("put_object", k("b", Body=b"")))
ETAG = '"5eb63bbbe01eeed093cb22bb8f5acdc3"'
MADE = ("create_bucket", {**B, "CreateBucketConfiguration": EU})
FULL = (MADE, HELLO, *OTHERS)

CASES = {
    "bucket": [MADE, MADE, ("head_bucket", B), ("get_bucket_location", B), ("get_bucket_versioning", B)],
    "bad location": [
        ("create_bucket", B),
        ("create_bucket", {**B, "CreateBucketConfiguration": {"LocationConstraint": "sa-east-1"}}),
    ],
    "no bucket": [
        ("head_bucket", B),
        ("get_object", k("a")),
        ("list_objects", B),
        ("list_objects_v2", B),
        ("delete_bucket", B),
        ("put_object", k("a", Body=b"")),
    ],
    "nothing set": [
        MADE,
        *((f"get_bucket_{name}", B) for name in ("policy", "tagging", "cors", "lifecycle_configuration", "website")),
        ("get_bucket_replication", B),
    ],
    "object": [
        MADE,
        HELLO,
        ("get_object", k("a/b.txt")),
        ("head_object", k("a/b.txt")),
        ("get_object", k("none")),
        ("head_object", k("none")),
        ("get_object_tagging", k("none")),
        ("delete_object", k("none")),
    ],
    "ranges": [
        MADE,
        HELLO,
        *(
            ("get_object", k("a/b.txt", Range=f"bytes={wanted}"))
            for wanted in ("0-4", "-4", "6-", "6-1000", "100-200", "5-2")
        ),
    ],
    "conditions": [
        MADE,
        HELLO,
        ("get_object", k("a/b.txt", IfMatch=ETAG)),
        ("get_object", k("a/b.txt", IfMatch='"x"')),
        ("get_object", k("a/b.txt", IfNoneMatch=ETAG)),
        ("head_object", k("a/b.txt", IfMatch='"x"')),
        ("head_object", k("a/b.txt", IfNoneMatch=ETAG)),
        ("get_object", k("a/b.txt", IfModifiedSince="2100-01-01")),
        ("get_object", k("a/b.txt", IfUnmodifiedSince="2000-01-01")),
        ("put_object", k("a/b.txt", Body=b"", IfNoneMatch="*")),
        ("put_object", k("a/b.txt", Body=b"", IfMatch='"x"')),
        ("put_object", k("none", Body=b"", IfMatch='"x"')),
    ],
    "lists": [
        *FULL,
        ("list_objects", B),
        ("list_objects_v2", B),
        ("list_objects_v2", {**B, "FetchOwner": True, "MaxKeys": 2}),
        ("list_objects", {**B, "Delimiter": "/"}),
        ("list_objects_v2", {**B, "Delimiter": "/"}),
        ("list_objects_v2", {**B, "MaxKeys": 0}),
        ("list_objects_v2", {**B, "Prefix": "a/", "StartAfter": "a/b.txt"}),
        ("list_objects", {**B, "Marker": "a/b.txt"}),
        ("list_objects_v2", {**B, "Delimiter": "/", "StartAfter": "a/"}),
        ("list_objects_v2", {**B, "Delimiter": "/", "StartAfter": "a/b.txt"}),
        ("list_objects_v2", {**B, "ContinuationToken": ""}),
        ("list_object_versions", B),
    ],
    "copies": [
        *FULL,
        ("copy_object", k("copy", CopySource=f"{BUCKET}/a/b.txt")),
        ("head_object", k("copy")),
        ("copy_object", k("copy", CopySource=f"{BUCKET}/none")),
        ("copy_object", k("copy", CopySource="nothing/none")),
        ("copy_object", k("a/b.txt", CopySource=f"{BUCKET}/a/b.txt")),
        ("copy_object", k("c", CopySource=f"{BUCKET}/a/b.txt", CopySourceIfNoneMatch=ETAG)),
        ("copy_object", k("c", CopySource={"Bucket": BUCKET, "Key": "z y+x"})),
        ("copy_object", k("c", CopySource=f"{BUCKET}/a/b.txt", MetadataDirective="REPLACE", Metadata={"n": "m"})),
        ("head_object", k("c")),
    ],
    "deletions": [
        *FULL,
        ("delete_bucket", B),
        ("delete_objects", {**B, "Delete": {"Objects": [{"Key": "a/c"}, {"Key": "never"}]}}),
        ("delete_objects", {**B, "Delete": {"Objects": []}}),
        ("list_objects_v2", B),
    ],
    "tags": [
        *FULL,
        ("put_object_tagging", k("b", Tagging={"TagSet": [{"Key": "q", "Value": "r"}]})),
        ("get_object_tagging", k("b")),
        ("delete_object_tagging", k("b")),
        ("get_object_tagging", k("b")),
    ],
    "uploads": [
        *FULL,
        ("create_multipart_upload", k("mp", ContentType="m/p", Metadata={"u": "v"})),
        ("list_multipart_uploads", B),
        ("upload_part", k("mp", PartNumber=1, Body=FIVE, UploadId="$id")),
        ("upload_part", k("mp", PartNumber=2, Body=b"tail", UploadId="$id")),
        ("upload_part", k("mp", PartNumber=10_001, Body=b"", UploadId="$id")),
        ("upload_part_copy", k("mp", PartNumber=3, CopySource=f"{BUCKET}/a/b.txt", UploadId="$id")),
        (
            "upload_part_copy",
            k("mp", PartNumber=3, CopySource=f"{BUCKET}/a/b.txt", CopySourceRange="bytes=0-2", UploadId="$id"),
        ),
        ("list_parts", k("mp", UploadId="none")),
        (
            "complete_multipart_upload",
            k("mp", UploadId="$id", MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "x"}]}),
        ),
        (
            "complete_multipart_upload",
            k(
                "mp",
                UploadId="$id",
                MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "$1"}, {"PartNumber": 2, "ETag": "$2"}]},
            ),
        ),
        ("head_object", k("mp")),
        ("list_parts", k("mp", UploadId="$id")),
        ("abort_multipart_upload", k("mp", UploadId="$id")),
        ("create_multipart_upload", k("other")),
        ("abort_multipart_upload", k("other", UploadId="$id")),
    ],
}


def outcomes(client, calls):
    """Status, and reply or error code, of each call; `$id` and `$1` stand for what was answered before."""
    known, found = {}, []

    def filled(value):
        if isinstance(value, dict):
            return {name: filled(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [filled(inner) for inner in value]
        return known.get(value, value) if isinstance(value, str) else value

    for operation, asked in calls:
        try:
            reply = getattr(client, operation)(**filled(asked))
        except ClientError as error:
            found.append((error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]))
            continue
        if "UploadId" in reply and operation.startswith("create"):
            known["$id"] = reply["UploadId"]
        if operation == "upload_part":
            known[f"${asked['PartNumber']}"] = reply["ETag"]
        if "Body" in reply:
            reply["Body"] = reply["Body"].read()
        found.append((reply["ResponseMetadata"]["HTTPStatusCode"], reply))
    return found


def agreed(ours, theirs):
    """What both have, without what is derived; inside lists too."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        shared = (ours.keys() & theirs.keys()) - DERIVED
        pairs = {name: agreed(ours[name], theirs[name]) for name in shared}
        return {name: one for name, (one, _) in pairs.items()}, {name: other for name, (_, other) in pairs.items()}
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = [agreed(one, other) for one, other in zip(ours, theirs, strict=True)]
        return [one for one, _ in pairs], [other for _, other in pairs]
    return ours, theirs


@pytest.mark.parametrize("case", CASES)
def test_both_say_the_same(s3, emulator, monkeypatch, case):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    # Ours come first: moto catches every client it sees.
    ours = outcomes(s3, CASES[case])
    with mock_aws():
        config = Config(retries={"total_max_attempts": 1})
        theirs = outcomes(boto3.client("s3", region_name="eu-west-1", config=config), CASES[case])

    for call, (status, our), (other, their) in zip(CASES[case], ours, theirs, strict=True):
        one, two = agreed(our, their)
        assert (call[0], status, one) == (call[0], other, two)
