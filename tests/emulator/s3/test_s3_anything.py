"""Whatever the headers, the query and the body say, there is a reply, and it is one of S3's."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from s3_help import BUCKET, EU, chunked

VALUES = st.one_of(
    st.sampled_from(
        [
            *("", " ", "*", '"x"', "0", "-1", "1", "5", "99999999999999999999", "true", "null", "STREAMING-", "%", "é"),
            *("bytes=0-", "bytes=-1", "bytes=5-1", "bytes=0-99", "bytes=", "bytes=9-", "features/a", "features/%2e%2e"),
            *("AAAAAA==", "AAAA", "x-amz-checksum-crc32", "aws-chunked", "gzip", "CRC32", "SHA256", "FULL_OBJECT"),
            *("Thu, 01 Jan 1970 00:00:00 GMT", "yesterday", "REPLACE", "COPY", "GLACIER", "url", "a=b&c=d", "a&=;"),
            *("aws:kms", "1B2M2Y8AsgTpgAmY7PhCfg==", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "UNSIGNED-PAYLOAD"),
        ]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=8),
)
HEADERS = st.sampled_from(
    [
        *("range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "content-md5"),
        *("content-length", "content-encoding", "content-type", "transfer-encoding", "x-amz-content-sha256"),
        *("x-amz-decoded-content-length", "x-amz-trailer", "x-amz-sdk-checksum-algorithm", "x-amz-checksum-crc32"),
        *("x-amz-checksum-sha256", "x-amz-checksum-mode", "x-amz-checksum-type", "x-amz-checksum-algorithm"),
        *("x-amz-copy-source", "x-amz-copy-source-range", "x-amz-copy-source-if-match", "x-amz-metadata-directive"),
        *("x-amz-tagging-directive", "x-amz-tagging", "x-amz-storage-class", "x-amz-server-side-encryption"),
        *("x-amz-acl", "x-amz-meta-x", "x-amz-mp-object-size", "x-amz-expected-bucket-owner", "authorization"),
        *("x-amz-bucket-object-lock-enabled", "x-amz-object-ownership", "x-amz-copy-source-if-modified-since"),
    ]
)
FIELDS = st.sampled_from(
    [
        *(
            "uploads",
            "uploadId",
            "partNumber",
            "versions",
            "versionId",
            "tagging",
            "acl",
            "delete",
            "location",
            "policy",
        ),
        *("list-type", "prefix", "delimiter", "marker", "start-after", "continuation-token", "max-keys", "fetch-owner"),
        *("encoding-type", "key-marker", "version-id-marker", "upload-id-marker", "max-uploads", "max-parts"),
        *("part-number-marker", "response-content-type", "X-Amz-Signature", "X-Amz-Date", "X-Amz-Expires", "Expires"),
        *("encryption", "lifecycle", "versioning", "publicAccessBlock", "ownershipControls", "cors", "website"),
        *("max-buckets", "bucket-region", "Signature", "attributes", "select", "restore"),
    ]
)
BODIES = st.one_of(
    st.sampled_from(
        [
            *(b"", b"x", b"<", b"<a/>", b"\xff\xfe", chunked(b"hello"), chunked(b"hello", signed=True)),
            b"<Delete><Object><Key>a</Key></Object><Quiet>maybe</Quiet></Delete>",
            b"<Delete><Object><Key>../../a</Key><VersionId>x</VersionId></Object></Delete>",
            b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>",
            b"<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>",
            b"<CreateBucketConfiguration><LocationConstraint>EU</LocationConstraint></CreateBucketConfiguration>",
            b"<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
            b"<PublicAccessBlockConfiguration><BlockPublicAcls>1</BlockPublicAcls></PublicAccessBlockConfiguration>",
            b"<LifecycleConfiguration><Rule/></LifecycleConfiguration>",
        ]
    ),
    st.binary(max_size=30),
)
KEYS = st.sampled_from(["", "/", "/a", "/b//c", "/none", "/../a", "/%00", "/%ff", "/a%2fb"])
STATUSES = {200, 204, 206, 304, 400, 403, 404, 409, 411, 412, 416, 501}


@pytest.fixture
def some(s3, emulator):
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=EU)
    for key in ("a", "b//c"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"hello")
    return s3.create_multipart_upload(Bucket=BUCKET, Key="a")["UploadId"]


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
    bucket=st.sampled_from([BUCKET, BUCKET, BUCKET, "nothing", ""]),
    key=KEYS,
    headers=st.dictionaries(HEADERS, VALUES, max_size=5),
    query=st.dictionaries(FIELDS, VALUES, max_size=3),
    is_upload=st.booleans(),
    body=BODIES,
)
def test_any_request_is_answered(some, emulator, method, bucket, key, headers, query, is_upload, body):
    if is_upload and "uploadId" in query:
        query["uploadId"] = some
    fields = "&".join(f"{name}={value}" for name, value in query.items())

    answer = emulator.answer(method, f"/{bucket}{key}?{fields}", headers, body)

    content = b"".join(answer.chunks())
    assert answer.status in STATUSES
    if answer.status >= 400 and method != "HEAD":
        error = ET.fromstring(content)
        assert (error.tag, bool(error.findtext("Code")), bool(error.findtext("Message"))) == ("Error", True, True)
    if method == "HEAD" or answer.status in {204, 304}:
        assert content == b""
    assert all(value.isprintable() or "\n" not in value for value in answer.headers.values())
