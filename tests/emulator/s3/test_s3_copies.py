"""CopyObject: content, what is said of it, and how a source is named."""

import pytest
from s3_help import NASTY, md5


@pytest.fixture
def source(put):
    put(
        "source", body=b"hello", ContentType="text/plain", Metadata={"x": "y"}, Tagging="a=b", StorageClass="GLACIER_IR"
    )


def head(s3, bucket, key):
    return s3.head_object(Bucket=bucket, Key=key)


def test_a_copy_has_content_metadata_and_tags_but_not_the_class(s3, source, bucket):
    result = s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/source")["CopyObjectResult"]

    found = head(s3, bucket, "copy")
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"hello"
    assert (found["ContentType"], found["Metadata"], found["TagCount"]) == ("text/plain", {"x": "y"}, 1)
    assert "StorageClass" not in found
    assert result["ETag"] == f'"{md5(b"hello")}"'


def test_what_is_said_of_it_can_be_replaced(s3, source, bucket):
    s3.copy_object(
        Bucket=bucket,
        Key="copy",
        CopySource=f"/{bucket}/source",
        MetadataDirective="REPLACE",
        Metadata={"n": "m"},
        TaggingDirective="REPLACE",
        Tagging="c=d&e=f",
        StorageClass="STANDARD_IA",
    )

    found = head(s3, bucket, "copy")
    assert (found["ContentType"], found["Metadata"]) == ("binary/octet-stream", {"n": "m"})
    assert (found["TagCount"], found["StorageClass"]) == (2, "STANDARD_IA")


def test_a_copy_onto_itself_has_to_change_something(s3, source, bucket, refused):
    itself = {"Bucket": bucket, "Key": "source", "CopySource": f"{bucket}/source"}

    assert refused(s3.copy_object, **itself)[0] == "InvalidRequest"
    s3.copy_object(**itself, MetadataDirective="REPLACE", Metadata={"n": "m"})
    assert head(s3, bucket, "source")["Metadata"] == {"n": "m"}
    s3.copy_object(**itself, StorageClass="STANDARD_IA")
    assert head(s3, bucket, "source")["StorageClass"] == "STANDARD_IA"
    assert s3.get_object(Bucket=bucket, Key="source")["Body"].read() == b"hello"


@pytest.mark.parametrize("key", NASTY)
def test_any_key_can_be_the_source(s3, put, bucket, key):
    put(key)

    s3.copy_object(Bucket=bucket, Key="the copy", CopySource={"Bucket": bucket, "Key": key})

    assert s3.get_object(Bucket=bucket, Key="the copy")["Body"].read() == key.encode()


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("features/none", "NoSuchKey"),
        ("nothing/none", "NoSuchBucket"),
        ("UPPER/none", "InvalidBucketName"),
        ("features", "InvalidArgument"),
        ("features/", "InvalidArgument"),
        ("/", "InvalidArgument"),
        ("features/%zz", "InvalidArgument"),
        ("features/%ff", "InvalidArgument"),
        ("features/source?versionId=abc", "InvalidArgument"),
    ],
)
def test_a_source_that_is_none(ask, source, named, code):
    answer = ask("PUT", "/features/copy", x_amz_copy_source=named)

    assert f"<Code>{code}</Code>" in answer.body.decode()
    assert ask("HEAD", "/features/copy").status == 404


def test_a_source_may_be_named_with_its_only_version(ask, source):
    assert ask("PUT", "/features/copy", x_amz_copy_source="features%2Fsource?versionId=null").status == 200


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"CopySourceIfMatch": md5(b"hello")}, True),
        ({"CopySourceIfMatch": '"x"'}, False),
        ({"CopySourceIfNoneMatch": md5(b"hello")}, False),
        ({"CopySourceIfModifiedSince": "2100-01-01"}, False),
        ({"CopySourceIfUnmodifiedSince": "2000-01-01"}, False),
        ({"CopySourceIfUnmodifiedSince": "2100-01-01"}, True),
        ({"IfNoneMatch": "*"}, True),
        ({"IfMatch": '"x"'}, None),
    ],
)
def test_a_copy_is_made_if_its_conditions_hold(s3, source, bucket, refused, condition, holds):
    asked = {"Bucket": bucket, "Key": "copy", "CopySource": f"{bucket}/source", **condition}

    if holds:
        s3.copy_object(**asked)
    else:
        assert refused(s3.copy_object, **asked)[0] == ("PreconditionFailed" if holds is False else "NoSuchKey")


@pytest.mark.parametrize("name", ["x_amz_metadata_directive", "x_amz_tagging_directive"])
def test_an_unknown_directive_is_refused(ask, source, name):
    answer = ask("PUT", "/features/copy", x_amz_copy_source="features/source", **{name: "MERGE"})

    assert b"<Code>InvalidArgument</Code>" in answer.body


def test_the_copy_keeps_the_kind_of_checksum_or_gets_another(s3, put, bucket):
    put("source", body=b"hello", ChecksumAlgorithm="SHA256")

    same = s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/source")["CopyObjectResult"]
    other = s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/source", ChecksumAlgorithm="SHA1")

    assert same["ChecksumSHA256"] == "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
    assert other["CopyObjectResult"]["ChecksumSHA1"]


def test_from_a_file_to_an_odd_key_and_back(s3, put, bucket, folder):
    (folder / "by hand").write_bytes(b"hello")
    s3.copy_object(Bucket=bucket, Key="a//b", CopySource=f"{bucket}/by hand")
    s3.copy_object(Bucket=bucket, Key="again", CopySource=f"{bucket}/a//b")

    assert (folder / "again").read_bytes() == b"hello"
    assert s3.head_object(Bucket=bucket, Key="again", IfMatch=md5(b"hello"))
