"""How a request says which bucket and key it is about, and who may ask: host, path, signature in the URL."""

from urllib.parse import urlsplit

import pytest
from s3_help import BUCKET

from reconciler.emulator.s3 import address
from reconciler.emulator.s3.routes import s3_route


@pytest.mark.parametrize(
    ("host", "path", "bucket", "key"),
    [
        ("127.0.0.1:4566", "/features/a/b", "features", "a/b"),
        ("localhost:4566", "/features/a", "features", "a"),
        ("LOCALHOST", "/features/a", "features", "a"),
        ("[::1]:4566", "/features/a", "features", "a"),
        ("emulator:4566", "/features/a", "features", "a"),
        ("", "/features/a", "features", "a"),
        ("s3.amazonaws.com", "/features/a", "features", "a"),
        ("s3.eu-west-1.amazonaws.com", "/features/a", "features", "a"),
        ("s3.localhost:4566", "/features/a", "features", "a"),
        ("s3.eu-west-1.localhost", "/features/a", "features", "a"),
        ("features.s3.amazonaws.com", "/a/b", "features", "a/b"),
        ("features.s3.eu-west-1.amazonaws.com", "/a", "features", "a"),
        ("features.s3-us-gov-west-1.amazonaws.com", "/a", "features", "a"),
        ("features.s3.dualstack.eu-west-1.amazonaws.com:443", "/a", "features", "a"),
        ("features.s3-accelerate.amazonaws.com", "/a", "features", "a"),
        ("features.s3.cn-north-1.amazonaws.com.cn", "/a", "features", "a"),
        ("my.dotted.bucket.s3.eu-west-1.amazonaws.com", "/a", "my.dotted.bucket", "a"),
        ("features.localhost:4566", "/a", "features", "a"),
        ("features.s3.localhost:4566", "/a", "features", "a"),
        ("my.dotted.bucket.localhost", "/a", "my.dotted.bucket", "a"),
        ("features.127.0.0.1:4566", "/a", "features", "a"),
        ("features.localhost", "//a", "features", "/a"),
        ("127.0.0.1", "/features//a", "features", "/a"),
        ("127.0.0.1", "/features/", "features", ""),
        ("features.localhost", "/", "features", ""),
    ],
)
def test_a_bucket_is_named_by_host_or_path(host, path, bucket, key):
    assert address.split(path, host) == (bucket, key)


def test_so_is_it_by_the_name_of_this_machine():
    import socket

    assert address.split("/a", f"features.{socket.gethostname()}:4566") == ("features", "a")
    assert address.split("/features/a", f"{socket.gethostname()}:4566") == ("features", "a")


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "operation"),
    [
        ("GET", "/", "", {}, "ListBuckets"),
        ("GET", "/b", "", {}, "ListObjects"),
        ("GET", "/b", "list-type=2", {}, "ListObjectsV2"),
        ("GET", "/b", "x-id=ListObjectsV2&list-type=2", {}, "ListObjectsV2"),
        ("GET", "/b", "unknown", {}, "ListObjects"),
        ("GET", "/b", "versions", {}, "ListObjectVersions"),
        ("GET", "/b", "location=", {}, "GetBucketLocation"),
        ("HEAD", "/b", "", {}, "HeadBucket"),
        ("PUT", "/b", "", {}, "CreateBucket"),
        ("POST", "/b", "delete=", {}, "DeleteObjects"),
        ("PUT", "/b", "lifecycle", {}, "PutBucketLifecycleConfiguration"),
        ("DELETE", "/b", "lifecycle", {}, "DeleteBucketLifecycle"),
        ("GET", "/b/k", "partNumber=1", {}, "GetObject"),
        ("GET", "/b/k", "uploadId=x", {}, "ListParts"),
        ("HEAD", "/b/k", "", {}, "HeadObject"),
        ("PUT", "/b/k", "", {}, "PutObject"),
        ("PUT", "/b/k", "", {"x-amz-copy-source": "b/c"}, "CopyObject"),
        ("PUT", "/b/k", "partNumber=1&uploadId=x", {}, "UploadPart"),
        ("PUT", "/b/k", "uploadId=x&partNumber=1", {"x-amz-copy-source": "b/c"}, "UploadPartCopy"),
        ("POST", "/b/k", "uploads", {}, "CreateMultipartUpload"),
        ("POST", "/b/k", "uploadId=x", {}, "CompleteMultipartUpload"),
        ("DELETE", "/b/k", "uploadId=x", {}, "AbortMultipartUpload"),
        ("DELETE", "/b/k", "tagging", {}, "DeleteObjectTagging"),
        ("PATCH", "/b/k", "", {}, "PATCH /b/k"),
    ],
)
def test_an_operation_is_named_by_method_address_and_query(method, path, query, headers, operation):
    assert s3_route(method, path, query, "127.0.0.1", headers)[0] == operation


def test_what_a_request_is_about_is_shown_without_what_a_terminal_would_act_upon():
    assert s3_route("GET", "/b/a%20b%2Fc", "", "", {})[1] == "b/a b/c"
    assert s3_route("GET", "/b/%1b[2J%ff", "", "", {})[1] == "b/\ufffd[2J\ufffd"
    assert s3_route("GET", "/", "", "", {})[1] is None


@pytest.mark.parametrize(
    "path", ["/features/%ff", "/features/%zz", "/features/%", "/features/a?prefix=%ff", "/features/%c0%af"]
)
def test_what_is_no_utf8_is_no_uri(ask, bucket, path):
    answer = ask("GET", path)

    assert (answer.status, b"<Code>InvalidURI</Code>" in answer.body) == (400, True)


def test_a_key_may_come_unescaped(ask, put):
    put("é/ü")

    assert ask("GET", "/features/é/ü".encode().decode("latin-1")).status == 200


@pytest.fixture
def presigned(session, bucket):
    def of(operation="get_object", key="a", seconds=60, version="s3v4", **more):
        from botocore.config import Config

        client = session.client("s3", config=Config(signature_version=version))
        made = client.generate_presigned_url(
            operation, Params={"Bucket": BUCKET, "Key": key, **more}, ExpiresIn=seconds
        )
        parts = urlsplit(made)
        return f"https://{parts.netloc}{parts.path}?{parts.query}"

    return of


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_presigned_url_opens_its_object_until_it_expires(ask, emulator, put, presigned, version):
    put("a")
    url = presigned(version=version)

    assert ask("GET", url).body == b"a"
    emulator.advance_clock(120)
    late = ask("GET", url)
    assert (late.status, b"<Message>Request has expired</Message>" in late.body) == (403, True)


def test_a_presigned_url_takes_an_object_too(ask, presigned, bucket):
    assert ask("PUT", presigned("put_object"), b"hello", Content_Length="5").status == 200
    assert ask("GET", presigned(ResponseContentType="text/plain")).headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Signature=x",
        "X-Amz-Signature=x&X-Amz-Date=yesterday&X-Amz-Expires=60",
        "X-Amz-Signature=x&X-Amz-Date=20300101T000000Z&X-Amz-Expires=never",
        "X-Amz-Signature=x&X-Amz-Date=20300101T000000Z&X-Amz-Expires=604801",
        pytest.param(f"X-Amz-Signature=x&X-Amz-Date=20300101T000000Z&X-Amz-Expires={'0' * 5000}", id="many zeros"),
    ],
)
def test_a_signature_that_is_none_is_refused(ask, put, query):
    put("a")

    answer = ask("GET", f"/features/a?{query}")

    assert (answer.status, b"<Code>AuthorizationQueryParametersError</Code>" in answer.body) == (400, True)


def test_nobody_in_particular_may_ask_too(ask, put):
    put("a")

    assert ask("GET", "/features/a").body == b"a"
    assert ask("GET", "https://features.s3.amazonaws.com/a").body == b"a"
