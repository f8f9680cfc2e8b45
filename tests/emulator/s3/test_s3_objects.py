"""GetObject, HeadObject, PutObject: content, metadata, ranges, conditions."""

import hashlib
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from s3_help import NASTY, content_md5, keys, md5

CONTENT = b"0123456789"


@pytest.fixture
def digits(put):
    put("digits", body=CONTENT)


@pytest.fixture
def get(s3, bucket):
    """Status, and body or error code, of a GetObject."""

    def got(key="digits", **more):
        try:
            reply = s3.get_object(Bucket=bucket, Key=key, **more)
        except ClientError as error:
            return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
        return reply["ResponseMetadata"]["HTTPStatusCode"], reply["Body"].read()

    return got


def test_an_object_is_a_file(put, get, folder):
    put("a/b c.txt", body=b"hello")

    assert (folder / "a" / "b c.txt").read_bytes() == b"hello"
    assert get("a/b c.txt") == (200, b"hello")


@pytest.mark.parametrize("key", NASTY)
def test_any_key_is_a_key(s3, put, get, bucket, key):
    put(key)

    assert get(key) == (200, key.encode())
    assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(key.encode())
    assert keys(s3) == [key]
    s3.delete_object(Bucket=bucket, Key=key)
    assert get(key) == (404, "NoSuchKey")


def test_all_of_them_are_keys_side_by_side(s3, put, get, bucket):
    put(*NASTY)

    assert keys(s3) == sorted(NASTY, key=str.encode)
    assert [get(key) for key in NASTY] == [(200, key.encode()) for key in NASTY]


def test_a_key_may_have_1024_bytes(put, get):
    put("x" * 1024, "é" * 512)

    assert get("x" * 1025) == (400, "KeyTooLongError")
    with pytest.raises(ClientError, match="KeyTooLongError"):
        put("é" * 512 + "x")


def test_what_was_said_of_an_object_is_said_again(s3, put, bucket):
    said = {
        "CacheControl": "no-cache",
        "ContentDisposition": 'attachment; filename="a"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "en",
        "ContentType": "text/plain",
        "Metadata": {"x": "y", "with-hyphen": " spaces kept "},
        "StorageClass": "STANDARD_IA",
        "WebsiteRedirectLocation": "/elsewhere",
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "alias/mine",
    }
    put("a", **said, Tagging="a=b&c=d")

    head = s3.head_object(Bucket=bucket, Key="a")

    assert {name: head[name] for name in said} == {
        **said,
        "Metadata": {**said["Metadata"], "with-hyphen": "spaces kept"},
    }
    assert head["TagCount"] == 2


def test_what_is_not_said_is_s3_s_default(s3, put, bucket):
    put("a", body=b"x")

    head = s3.head_object(Bucket=bucket, Key="a")

    assert (head["ContentType"], head["ServerSideEncryption"]) == ("binary/octet-stream", "AES256")
    assert "StorageClass" not in head
    assert head["AcceptRanges"] == "bytes"


def test_a_second_put_replaces_content_and_description(s3, put, get, bucket):
    put("a", body=b"one", Metadata={"x": "1"}, ContentType="text/plain")
    put("a", body=b"two")

    head = s3.head_object(Bucket=bucket, Key="a")

    assert get("a") == (200, b"two")
    assert (head["Metadata"], head["ContentType"]) == ({}, "binary/octet-stream")


@pytest.mark.parametrize(
    ("wanted", "status", "body", "where"),
    [
        ("bytes=0-4", 206, b"01234", "bytes 0-4/10"),
        ("bytes=5-", 206, b"56789", "bytes 5-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-30", 206, CONTENT, "bytes 0-9/10"),
        ("bytes=9-9", 206, b"9", "bytes 9-9/10"),
        ("bytes=0-1000", 206, CONTENT, "bytes 0-9/10"),
        ("bytes=5-2", 200, CONTENT, None),
        ("bytes=0-1,3-4", 200, CONTENT, None),
        ("lines=0-1", 200, CONTENT, None),
        ("bytes=a-b", 200, CONTENT, None),
        ("bytes=-", 200, CONTENT, None),
    ],
)
def test_a_range_is_a_part_and_what_is_none_is_the_whole(s3, digits, bucket, wanted, status, body, where):
    reply = s3.get_object(Bucket=bucket, Key="digits", Range=wanted)
    head = s3.head_object(Bucket=bucket, Key="digits", Range=wanted)

    assert (reply["ResponseMetadata"]["HTTPStatusCode"], reply["Body"].read()) == (status, body)
    assert reply.get("ContentRange") == where
    assert (head["ContentLength"], head.get("ContentRange")) == (len(body), where)


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=9999999999999999999-"])
def test_a_range_outside_is_refused(s3, digits, get, bucket, wanted):
    assert get(Range=wanted) == (416, "InvalidRange")
    with pytest.raises(ClientError, match="416"):
        s3.head_object(Bucket=bucket, Key="digits", Range=wanted)


def test_nothing_has_no_part(put, get):
    put("empty", body=b"")

    assert get("empty") == (200, b"")
    assert get("empty", Range="bytes=0-") == (416, "InvalidRange")
    assert get("empty", Range="bytes=-5") == (416, "InvalidRange")


@settings(max_examples=60)
@given(content=st.binary(max_size=40), first=st.integers(0, 45), last=st.one_of(st.none(), st.integers(0, 45)))
def test_a_range_is_a_slice(content, first, last):
    from reconciler.emulator.s3.files import Found
    from reconciler.emulator.s3.reading import AwsError, _ranged

    found = Found("k", "", len(content), 0, "", {})
    wanted = f"bytes={first}-{'' if last is None else last}"

    if last is not None and last < first:
        assert _ranged(wanted, found) is None
    elif first >= len(content):
        with pytest.raises(AwsError, match="InvalidRange"):
            _ranged(wanted, found)
    else:
        part = _ranged(wanted, found)
        end = None if last is None else last + 1
        assert content[part.start : part.start + part.length] == content[first:end]


ETAG = f'"{md5(CONTENT)}"'
PAST, FUTURE = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({"IfMatch": ETAG}, 200),
        ({"IfMatch": md5(CONTENT)}, 200),
        ({"IfMatch": "*"}, 200),
        ({"IfMatch": f'"x", {ETAG}'}, 200),
        ({"IfMatch": '"x"'}, 412),
        ({"IfNoneMatch": '"x"'}, 200),
        ({"IfNoneMatch": ETAG}, 304),
        ({"IfNoneMatch": "*"}, 304),
        ({"IfModifiedSince": PAST}, 200),
        ({"IfModifiedSince": FUTURE}, 304),
        ({"IfUnmodifiedSince": FUTURE}, 200),
        ({"IfUnmodifiedSince": PAST}, 412),
        # The API reference, GetObject: which of two conditions counts.
        ({"IfMatch": ETAG, "IfUnmodifiedSince": PAST}, 200),
        ({"IfNoneMatch": ETAG, "IfModifiedSince": PAST}, 304),
        ({"IfNoneMatch": '"x"', "IfModifiedSince": FUTURE}, 200),
    ],
)
def test_a_read_is_answered_if_its_conditions_hold(s3, digits, get, bucket, conditions, status):
    assert get(**conditions)[0] == status
    if status == 200:
        s3.head_object(Bucket=bucket, Key="digits", **conditions)
    else:
        with pytest.raises(ClientError, match=str(status)):
            s3.head_object(Bucket=bucket, Key="digits", **conditions)


def test_not_modified_says_what_is_not(ask, digits):
    answer = ask("GET", "/features/digits", If_None_Match=ETAG)

    assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", ETAG)
    assert "Last-Modified" in answer.headers


def test_what_it_was_modified_by_is_the_emulator_s_clock(s3, emulator, put, bucket):
    emulator.set_clock("2030-01-02T03:04:05Z")
    emulator.freeze_clock()
    put("a")

    modified = s3.head_object(Bucket=bucket, Key="a")["LastModified"]

    assert abs(modified - datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)) < timedelta(seconds=60)
    emulator.set_clock("9999-01-01T00:00:00Z")
    put("b")
    assert s3.head_object(Bucket=bucket, Key="b")["LastModified"].year == 2200


def test_the_reply_s_headers_can_be_asked_for(s3, digits, bucket):
    wanted = {
        "ResponseCacheControl": "a",
        "ResponseContentDisposition": "attachment; filename=é",
        "ResponseContentEncoding": "c",
        "ResponseContentLanguage": "d",
        "ResponseContentType": "e/f",
    }

    reply = s3.get_object(Bucket=bucket, Key="digits", **wanted)

    assert (reply["CacheControl"], reply["ContentType"]) == ("a", "e/f")
    assert reply["ContentDisposition"].encode("latin-1").decode() == "attachment; filename=é"


def test_but_not_by_just_anybody_nor_more_than_one_header(ask, digits):
    anonymous = ask("GET", "/features/digits?response-content-type=a")
    two = ask(
        "GET",
        "/features/digits?response-content-type=a%0d%0ab%3a%20c",
        Authorization="AWS4-HMAC-SHA256 Credential=k/20300101/eu-west-1/s3/aws4_request",
    )

    assert (anonymous.status, b"<Code>InvalidRequest</Code>" in anonymous.body) == (400, True)
    assert (two.status, b"<Code>InvalidArgument</Code>" in two.body) == (400, True)


def test_the_whole_is_its_only_part(s3, digits, get, bucket):
    assert get(PartNumber=1) == (206, CONTENT)
    assert get(PartNumber=2) == (416, "InvalidPartNumber")
    assert "PartsCount" not in s3.head_object(Bucket=bucket, Key="digits", PartNumber=1)


def test_the_only_version_is_null(digits, get):
    assert get(VersionId="null") == (200, CONTENT)
    assert get(VersionId="3HL4kqtJlcpXroDTDmJ") == (400, "InvalidArgument")


def test_a_put_can_ask_for_nothing_or_for_this_object_to_be_there(s3, put, get, bucket, refused):
    put("a", body=b"1", IfNoneMatch="*")

    assert refused(s3.put_object, Bucket=bucket, Key="a", Body=b"2", IfNoneMatch="*")[0] == "PreconditionFailed"
    assert refused(s3.put_object, Bucket=bucket, Key="a", Body=b"2", IfMatch='"x"')[0] == "PreconditionFailed"
    assert refused(s3.put_object, Bucket=bucket, Key="b", Body=b"2", IfMatch='"x"')[0] == "NoSuchKey"
    assert refused(s3.put_object, Bucket=bucket, Key="a", Body=b"2", IfNoneMatch='"x"')[0] == "NotImplemented"
    assert get("a") == (200, b"1")
    put("a", body=b"2", IfMatch=f'"{md5(b"1")}"')
    assert get("a") == (200, b"2")


@pytest.mark.parametrize("key", ["a", "a//b"])
def test_a_condition_looks_at_files_put_there_by_hand_and_at_odd_keys(s3, put, bucket, folder, refused, key):
    (folder / "a").write_bytes(b"by hand") if key == "a" else put(key, body=b"by hand")

    assert refused(s3.put_object, Bucket=bucket, Key=key, Body=b"", IfNoneMatch="*")[0] == "PreconditionFailed"
    put(key, body=b"new", IfMatch=md5(b"by hand"))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"ContentMD5": content_md5(b"other")}, "BadDigest"),
        ({"ContentMD5": "AAAA"}, "InvalidDigest"),
        ({"ContentMD5": "no base64!"}, "InvalidDigest"),
        ({"ChecksumSHA256": b64encode(hashlib.sha256(b"other").digest()).decode()}, "BadDigest"),
        ({"ChecksumCRC32": "AAAAAA=="}, "BadDigest"),
        ({"ChecksumCRC32C": "AAAAAA=="}, "BadDigest"),
        ({"ChecksumCRC64NVME": "AAAAAAAAAAA="}, "BadDigest"),
        ({"ChecksumSHA1": "AAAA"}, "InvalidRequest"),
        ({"StorageClass": "COLD"}, "InvalidStorageClass"),
        ({"ServerSideEncryption": "rot13"}, "InvalidArgument"),
        ({"Metadata": {"x": "y" * 2048}}, "MetadataTooLarge"),
        ({"Tagging": "&".join(f"k{n}=v" for n in range(11))}, "BadRequest"),
        ({"Tagging": "a=1&a=2"}, "InvalidTag"),
        ({"Tagging": "aws:a=1"}, "InvalidTag"),
        ({"Tagging": "k" * 129 + "=1"}, "InvalidTag"),
        ({"ObjectLockLegalHoldStatus": "ON"}, "InvalidRequest"),
        ({"ACL": "public-read"}, "AccessControlListNotSupported"),
        ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}, "NotImplemented"),
    ],
)
def test_a_put_that_cannot_be_right_leaves_what_was_there(s3, put, get, bucket, tmp_path, refused, said, code):
    put("a", body=b"old")

    assert refused(s3.put_object, Bucket=bucket, Key="a", Body=b"new", **said)[0] == code
    assert get("a") == (200, b"old")
    assert list((tmp_path / "data" / "s3-tmp").iterdir()) == []


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_a_checksum_is_kept_and_given_back(s3, put, bucket, algorithm):
    put("a", body=CONTENT, ChecksumAlgorithm=algorithm)

    head = s3.head_object(Bucket=bucket, Key="a", ChecksumMode="ENABLED")
    (listed,) = s3.list_objects_v2(Bucket=bucket)["Contents"]

    assert head["ChecksumType"] == "FULL_OBJECT"
    assert head[f"Checksum{algorithm}"]
    assert listed["ChecksumAlgorithm"] == [algorithm]
    assert f"Checksum{algorithm}" not in s3.head_object(Bucket=bucket, Key="a")
    assert f"Checksum{algorithm}" not in s3.get_object(Bucket=bucket, Key="a", Range="bytes=0-1")


def test_two_checksums_or_an_unknown_one_are_refused(ask, bucket):
    two = ask("PUT", "/features/a", b"x", x_amz_checksum_crc32="AAAAAA==", x_amz_checksum_sha1="AAAA")
    unknown = ask("PUT", "/features/a", b"x", x_amz_checksum_crc128="AAAA")
    hashed = ask("PUT", "/features/a", b"x", x_amz_checksum_xxhash64="AAAA")
    none = ask("PUT", "/features/a", b"x", x_amz_sdk_checksum_algorithm="CRC32")
    other = ask("PUT", "/features/a", b"x", x_amz_content_sha256="0" * 64)

    assert [answer.status for answer in (two, unknown, hashed, none, other)] == [400, 400, 501, 400, 400]
    assert b"XAmzContentSHA256Mismatch" in other.body


def test_a_large_object_goes_through_files_in_this_process_too(emulator, bucket, tmp_path):
    (tmp_path / "large").write_bytes(b"0123456789" * 2_000_000)
    with (tmp_path / "large").open("rb") as file:
        put = emulator.answer("PUT", "/features/a", {"Content-Length": "20000000"}, file)

    got = emulator.answer("GET", "/features/a", {"Range": "bytes=5-19999994"}, b"")

    assert (put.status, got.status, got.body, got.part.length) == (200, 206, b"", 19_999_990)
    assert b"".join(got.chunks()) == (b"0123456789" * 2_000_000)[5:-5]
    assert emulator.answer("PUT", "/features/b", {"Content-Length": "20000000"}, b"x" * 20_000_000).status == 200


@pytest.mark.parametrize("settings", [{"max_object_bytes": 1000}])
def test_an_object_has_a_largest_size(s3, put, bucket, settings, refused):
    put("a", body=b"x" * 1000)

    assert refused(s3.put_object, Bucket=bucket, Key="a", Body=b"x" * 1001)[0] == "EntityTooLarge"
    assert s3.head_object(Bucket=bucket, Key="a")["ContentLength"] == 1000


def test_an_archived_object_is_there_and_cannot_be_read(s3, put, get, bucket):
    put("a", StorageClass="GLACIER")

    assert s3.head_object(Bucket=bucket, Key="a")["StorageClass"] == "GLACIER"
    assert get("a") == (403, "InvalidObjectState")


def test_tags_come_and_go_and_the_object_stays_the_same(s3, put, bucket):
    put("a", "b//c", Metadata={"x": "y"})
    for key in ("a", "b//c"):
        before = s3.head_object(Bucket=bucket, Key=key)
        s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": [{"Key": "k", "Value": "<v>"}]})

        assert s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == [{"Key": "k", "Value": "<v>"}]
        s3.delete_object_tagging(Bucket=bucket, Key=key)
        assert s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == []
        after = s3.head_object(Bucket=bucket, Key=key)
        assert [before[name] for name in ("ETag", "LastModified", "Metadata")] == [
            after[name] for name in ("ETag", "LastModified", "Metadata")
        ]


def test_what_is_not_there(s3, bucket, refused, get):
    for operation in ("get_object", "get_object_tagging", "get_object_acl"):
        assert refused(getattr(s3, operation), Bucket=bucket, Key="k")[0] == "NoSuchKey"
        assert refused(getattr(s3, operation), Bucket="nothing", Key="k")[0] == "NoSuchBucket"
    assert refused(s3.head_object, Bucket=bucket, Key="k") == ("404", "Not Found")
    assert refused(s3.put_object, Bucket="nothing", Key="k", Body=b"")[0] == "NoSuchBucket"
    assert refused(s3.head_bucket, Bucket="nothing") == ("404", "Not Found")


def test_an_error_names_what_it_is_about(ask, bucket):
    answer = ask("GET", "/features/a%26b")

    assert answer.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>')
    assert b"<Key>a&amp;b</Key>" in answer.body
    assert answer.headers["x-amz-request-id"].encode() in answer.body
