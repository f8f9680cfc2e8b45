"""DeleteObject and DeleteObjects."""

import re

import pytest
from s3_help import NASTY, content_md5, keys, md5


def batch(s3, bucket, *names, **more):
    return s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": name} for name in names], **more})


def test_what_is_not_there_is_deleted_too(s3, bucket):
    assert s3.delete_object(Bucket=bucket, Key="none")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert batch(s3, bucket, "none")["Deleted"] == [{"Key": "none"}]


def test_empty_folders_go_with_their_last_file(s3, put, bucket, folder):
    put("a/b/c/d", "a/e")

    s3.delete_object(Bucket=bucket, Key="a/b/c/d")

    assert [path.name for path in (folder / "a").iterdir()] == ["e"]
    s3.delete_object(Bucket=bucket, Key="a/e")
    assert list(folder.iterdir()) == []


def test_many_at_once(s3, put, bucket):
    can_be_said = [key for key in NASTY if not re.search("[\0-\x08\ufffe\uffff]", key)]
    put(*NASTY, "kept")

    deleted = batch(s3, bucket, *can_be_said)["Deleted"]

    assert [found["Key"] for found in deleted] == can_be_said
    assert keys(s3) == sorted({"kept", *NASTY} - set(can_be_said), key=str.encode)


def test_quietly_only_errors_are_told(s3, put, bucket):
    put("a")

    reply = batch(s3, bucket, "a", "x" * 1025, Quiet=True)

    assert "Deleted" not in reply
    assert [(found["Key"], found["Code"]) for found in reply["Errors"]] == [("x" * 1025, "KeyTooLongError")]
    assert keys(s3) == []


def test_a_thousand_and_no_more(s3, bucket, refused):
    many = [{"Key": str(n)} for n in range(1001)]

    assert len(s3.delete_objects(Bucket=bucket, Delete={"Objects": many[:1000]})["Deleted"]) == 1000
    assert refused(s3.delete_objects, Bucket=bucket, Delete={"Objects": many})[0] == "MalformedXML"
    assert refused(s3.delete_objects, Bucket=bucket, Delete={"Objects": []})[0] == "MalformedXML"


def test_versions_and_conditions_hold_for_each(s3, put, bucket):
    put("a", "b", "c")
    wanted = [
        {"Key": "a", "VersionId": "null"},
        {"Key": "b", "VersionId": "3HL4kqtJ"},
        {"Key": "c", "ETag": '"x"'},
        {"Key": "d", "ETag": '"x"'},
    ]

    reply = s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})

    assert reply["Deleted"] == [{"Key": "a", "VersionId": "null"}]
    assert [found["Code"] for found in reply["Errors"]] == ["InvalidArgument", "PreconditionFailed", "NoSuchKey"]
    assert keys(s3) == ["b", "c"]


def test_one_can_be_deleted_only_if_it_is_the_one(s3, put, bucket, refused):
    put("a", body=b"1")

    assert refused(s3.delete_object, Bucket=bucket, Key="a", IfMatch='"x"')[0] == "PreconditionFailed"
    assert refused(s3.delete_object, Bucket=bucket, Key="b", IfMatch="*")[0] == "NoSuchKey"
    s3.delete_object(Bucket=bucket, Key="a", IfMatch=md5(b"1"))
    assert keys(s3) == []


DELETE = b"<Delete><Object><Key>a</Key></Object></Delete>"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"nonsense",
        b"<Delete>",
        b"<Delete/>",
        b"<Deletes><Object><Key>a</Key></Object></Deletes>",
        b"<Delete><Object></Object></Delete>",
        b"<Delete><Object><Key>\xff</Key></Object></Delete>",
        b"<Delete><Object><Key>&#0;</Key></Object></Delete>",
        b"<Delete><Object><Key>&unknown;</Key></Object></Delete>",
        b'<!DOCTYPE d [<!ENTITY e "a">]><Delete><Object><Key>&e;</Key></Object></Delete>',
        b'<!DOCTYPE d SYSTEM "file:///etc/passwd"><Delete><Object><Key>a</Key></Object></Delete>',
        b'<?xml version="1.0" encoding="nonsense"?>' + DELETE,
        b"<a>" * 200_000,
        DELETE + b"more",
    ],
)
def test_malformed_xml_deletes_nothing(s3, put, ask, body):
    put("a")

    answer = ask("POST", "/features?delete", body, Content_MD5=content_md5(body))

    assert (answer.status, b"<Code>MalformedXML</Code>" in answer.body) == (400, True)
    assert keys(s3) == ["a"]


def test_a_body_without_a_checksum_or_with_a_wrong_one_deletes_nothing(s3, put, ask):
    put("a")
    none = ask("POST", "/features?delete", DELETE)
    wrong = ask("POST", "/features?delete", DELETE, Content_MD5=content_md5(b"other"))
    other = ask("POST", "/features?delete", DELETE, x_amz_checksum_crc32="AAAAAA==")

    assert [answer.status for answer in (none, wrong, other)] == [400, 400, 400]
    assert b"Missing required header" in none.body
    assert keys(s3) == ["a"]


def test_references_and_namespaces_in_xml_are_read(s3, put, ask):
    put("a&<b>\n", "c")
    body = (
        b'<?xml version="1.0"?><x:Delete xmlns:x="http://s3.amazonaws.com/doc/2006-03-01/">'
        b"<x:Object><x:Key>a&amp;&lt;b&gt;&#10;</x:Key></x:Object><x:Quiet>true</x:Quiet></x:Delete>"
    )

    answer = ask("POST", "/features?delete", body, Content_MD5=content_md5(body))

    assert answer.status == 200
    assert keys(s3) == ["c"]
