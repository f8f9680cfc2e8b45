"""Multipart uploads: from the first part to the object."""

import hashlib
import io
import os

import pytest
from botocore.exceptions import ClientError
from s3_help import BUCKET, NASTY, content_md5, keys, md5

FIVE = b"x" * (5 * 2**20)


class Upload:
    """One multipart upload and what its parts were answered with."""

    def __init__(self, s3, key="big", **more):
        self.s3, self.key, self.parts = s3, key, {}
        self.reply = s3.create_multipart_upload(Bucket=BUCKET, Key=key, **more)
        self.id = self.reply["UploadId"]
        self._named = {"Bucket": BUCKET, "Key": key, "UploadId": self.id}

    def part(self, number, body, **more):
        reply = self.s3.upload_part(**self._named, PartNumber=number, Body=body, **more)
        sums = {name: value for name, value in reply.items() if name.startswith("Checksum")}
        self.parts[number] = {"PartNumber": number, "ETag": reply["ETag"], **sums}
        return reply

    def copy(self, number, source, **more):
        reply = self.s3.upload_part_copy(**self._named, PartNumber=number, CopySource=source, **more)
        result = reply["CopyPartResult"]
        sums = {name: value for name, value in result.items() if name.startswith("Checksum")}
        self.parts[number] = {"PartNumber": number, "ETag": result["ETag"], **sums}
        return result

    def list(self, **more):
        return self.s3.list_parts(**self._named, **more)

    def complete(self, *parts, **more):
        named = {"Parts": list(parts) or [self.parts[number] for number in sorted(self.parts)]}
        return self.s3.complete_multipart_upload(**self._named, MultipartUpload=named, **more)

    def abort(self):
        return self.s3.abort_multipart_upload(**self._named)


@pytest.fixture
def upload(s3, bucket):
    return lambda *args, **more: Upload(s3, *args, **more)


@pytest.fixture
def code():
    def of(call, *args, **more):
        with pytest.raises(ClientError) as caught:
            call(*args, **more)
        return caught.value.response["Error"]["Code"]

    return of


def waiting(tmp_path):
    folder = tmp_path / "data" / "s3-parts"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_parts_become_the_object_in_order_of_their_numbers(s3, upload, bucket, tmp_path, folder):
    big = upload(ContentType="a/b", Metadata={"x": "y"})
    big.part(7, b"tail")
    big.part(2, FIVE)
    assert keys(s3) == []

    reply = big.complete()

    etag = hashlib.md5(hashlib.md5(FIVE).digest() + hashlib.md5(b"tail").digest()).hexdigest()
    head = s3.head_object(Bucket=bucket, Key="big")
    assert (reply["ETag"], head["ETag"]) == (f'"{etag}-2"', f'"{etag}-2"')
    assert (head["ContentType"], head["Metadata"]) == ("a/b", {"x": "y"})
    assert reply["Location"].endswith("/big")
    assert (folder / "big").read_bytes() == FIVE + b"tail"
    assert waiting(tmp_path) == []


def test_an_upload_that_is_done_or_aborted_is_no_more(upload, code, tmp_path):
    done, aborted = upload("a"), upload("b")
    for one in (done, aborted):
        one.part(1, b"x")
    done.complete()
    aborted.abort()

    for one in (done, aborted):
        assert {code(one.complete), code(one.abort), code(one.list), code(one.part, 2, b"y")} == {"NoSuchUpload"}
    assert waiting(tmp_path) == []


def test_a_part_uploaded_again_replaces_the_first(s3, upload, tmp_path, folder):
    big = upload()
    big.part(1, b"one")
    big.part(1, b"another")

    assert len(waiting(tmp_path)) == 1
    big.complete()
    assert (folder / "big").read_bytes() == b"another"


def test_only_the_parts_that_are_named_are_taken(upload, folder, tmp_path):
    big = upload()
    for number in (1, 2, 3):
        big.part(number, FIVE if number < 3 else b"tail")

    big.complete(big.parts[1], big.parts[3])

    assert (folder / "big").stat().st_size == len(FIVE) + 4
    assert waiting(tmp_path) == []


def test_parts_that_are_not_as_they_are_said_to_be(s3, upload, code):
    big = upload()
    for number, body in ((1, FIVE), (2, b"small"), (3, b"tail")):
        big.part(number, body)
    one, two, three = (big.parts[number] for number in (1, 2, 3))

    assert code(big.complete, two, three) == "EntityTooSmall"
    assert code(big.complete, three, one) == "InvalidPartOrder"
    assert code(big.complete, one, one) == "InvalidPartOrder"
    assert code(big.complete, {**one, "ETag": two["ETag"]}) == "InvalidPart"
    assert code(big.complete, {**one, "PartNumber": 4}) == "InvalidPart"
    assert code(big.complete, {**one, "ChecksumCRC32": three["ChecksumCRC32"]}) == "InvalidPart"
    assert keys(s3) == []
    big.complete(one, three)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<CompleteMultipartUpload/>",
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Part><PartNumber>x</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>",
        b"<Complete><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part></Complete>",
    ],
)
def test_a_list_of_parts_that_is_none(upload, ask, body):
    big = upload()

    answer = ask("POST", f"/features/big?uploadId={big.id}", body)

    assert (answer.status, b"<Code>MalformedXML</Code>" in answer.body) == (400, True)


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x", "", "99999999999999999999"])
def test_part_numbers_go_from_1_to_10000(upload, ask, number):
    answer = ask("PUT", f"/features/big?uploadId={upload().id}&partNumber={number}", b"x")

    assert (answer.status, b"<Code>InvalidArgument</Code>" in answer.body) == (400, True)


def test_an_upload_belongs_to_its_key(upload, ask):
    big = upload()

    assert ask("PUT", f"/features/other?uploadId={big.id}&partNumber=1", b"x").status == 404
    assert ask("DELETE", f"/features/other?uploadId={big.id}").status == 404


def test_parts_are_listed_in_pages(upload):
    big = upload()
    for number in (1, 3, 5):
        big.part(number, b"x" * number)

    first = big.list(MaxParts=2)
    second = big.list(PartNumberMarker=first["NextPartNumberMarker"])

    assert [(part["PartNumber"], part["Size"]) for part in first["Parts"]] == [(1, 1), (3, 3)]
    assert (first["IsTruncated"], first["NextPartNumberMarker"]) == (True, 3)
    assert [part["PartNumber"] for part in second["Parts"]] == [5]
    assert (second["IsTruncated"], second["PartNumberMarker"]) == (False, 3)
    assert first["Parts"][0]["ETag"] == f'"{md5(b"x")}"'


def test_uploads_are_listed_in_pages_and_by_prefix(s3, upload, bucket):
    ids = [upload(key).id for key in ("b/1", "a", "b/2", "b/2", "c")]

    def uploads(**more):
        reply = s3.list_multipart_uploads(Bucket=bucket, **more)
        return reply, [found["UploadId"] for found in reply.get("Uploads", [])]

    assert set(uploads()[1]) == set(ids)
    assert [found["Key"] for found in uploads()[0]["Uploads"]] == ["a", "b/1", "b/2", "b/2", "c"]
    assert set(uploads(Prefix="b/")[1]) == {ids[0], ids[2], ids[3]}
    assert uploads(Delimiter="/")[0]["CommonPrefixes"] == [{"Prefix": "b/"}]
    first, begun = uploads(MaxUploads=3)
    rest = uploads(KeyMarker=first["NextKeyMarker"], UploadIdMarker=first["NextUploadIdMarker"])[1]
    assert (first["IsTruncated"], len(begun), set(begun + rest)) == (True, 3, set(ids))
    assert uploads(KeyMarker="b/2")[1] == [ids[4]]
    paged = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1}
    )
    found = [(page.get("Uploads", []), page.get("CommonPrefixes", [])) for page in paged]
    assert [len(one) + len(other) for one, other in found] == [1, 1, 1]


def test_parts_are_copied_whole_or_in_part(s3, put, upload, folder, code):
    put("source//odd", body=FIVE + b"0123456789")
    big = upload(ChecksumAlgorithm="SHA256")
    first = big.copy(1, {"Bucket": BUCKET, "Key": "source//odd"}, CopySourceRange=f"bytes=0-{len(FIVE) - 1}")
    big.copy(2, {"Bucket": BUCKET, "Key": "source//odd"}, CopySourceRange=f"bytes={len(FIVE) + 3}-{len(FIVE) + 4}")

    big.complete()

    assert (folder / "big").read_bytes() == FIVE + b"34"
    assert first["ETag"] == f'"{md5(FIVE)}"'
    again = upload()
    for wanted in ("bytes=0-99999999", "bytes=5-2", "bytes=5-", "0-1"):
        assert (
            code(again.copy, 1, {"Bucket": BUCKET, "Key": "source//odd"}, CopySourceRange=wanted) == "InvalidArgument"
        )
    assert code(again.copy, 1, f"{BUCKET}/none") == "NoSuchKey"


def test_an_upload_is_completed_only_if_its_condition_holds(s3, put, upload, code, bucket):
    put("big", body=b"old")
    big = upload()
    big.part(1, b"new")

    assert code(big.complete, IfNoneMatch="*") == "PreconditionFailed"
    assert code(big.complete, IfMatch='"x"') == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="big")["Body"].read() == b"old"
    big.complete(IfMatch=md5(b"old"))
    assert s3.get_object(Bucket=bucket, Key="big")["Body"].read() == b"new"


# Seen on S3: what a multipart upload's checksum is, for which algorithm (five, five and one megabytes of these bytes).
@pytest.mark.parametrize(
    ("algorithm", "kind", "ending"),
    [
        ("CRC32", None, "-2"),
        ("CRC32", "FULL_OBJECT", ""),
        ("SHA1", None, "-2"),
        ("SHA256", "COMPOSITE", "-2"),
    ],
)
def test_the_checksum_is_of_the_whole_or_of_the_parts_checksums(s3, upload, bucket, algorithm, kind, ending):
    big = upload(ChecksumAlgorithm=algorithm, **({"ChecksumType": kind} if kind else {}))
    big.part(1, FIVE, ChecksumAlgorithm=algorithm)
    big.part(2, b"tail", ChecksumAlgorithm=algorithm)

    done = big.complete()

    head = s3.head_object(Bucket=bucket, Key="big", ChecksumMode="ENABLED")
    assert big.reply["ChecksumType"] == done["ChecksumType"] == head["ChecksumType"] == (kind or "COMPOSITE")
    assert done[f"Checksum{algorithm}"] == head[f"Checksum{algorithm}"]
    assert head[f"Checksum{algorithm}"].endswith(ending or "==")
    if not ending:
        s3.put_object(Bucket=bucket, Key="same", Body=FIVE + b"tail", ChecksumAlgorithm=algorithm)
        same = s3.head_object(Bucket=bucket, Key="same", ChecksumMode="ENABLED")
        assert same["ChecksumCRC32"] == head["ChecksumCRC32"]


def test_checksums_have_to_fit_the_upload(s3, upload, code, ask):
    big = upload(ChecksumAlgorithm="SHA256")

    assert code(big.part, 1, b"x", ChecksumAlgorithm="CRC32") == "InvalidRequest"
    big.part(1, b"x", ChecksumAlgorithm="SHA256")
    without = {name: value for name, value in big.parts[1].items() if not name.startswith("Checksum")}
    assert code(big.complete, without) == "InvalidRequest"
    assert code(big.complete, ChecksumType="FULL_OBJECT") == "BadDigest"
    assert code(big.complete, ChecksumSHA256="a" * 43 + "=") == "BadDigest"
    assert code(big.complete, MpuObjectSize=2) == "InvalidRequest"
    big.complete(MpuObjectSize=1)
    for more in (
        {"ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"},
        {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"},
        {"ChecksumType": "COMPOSITE"},
    ):
        assert code(upload, **more) == "InvalidRequest"


def test_a_part_that_is_damaged_on_the_way_is_refused(upload, code, tmp_path):
    big = upload()

    assert code(big.part, 1, b"x", ContentMD5=content_md5(b"y")) == "BadDigest"
    assert big.list().get("Parts") is None
    assert waiting(tmp_path) == []


def test_parts_can_be_read_one_by_one(s3, upload, bucket, code):
    big = upload()
    big.part(1, FIVE)
    big.part(2, b"tail")
    big.complete()

    reply = s3.get_object(Bucket=bucket, Key="big", PartNumber=2)

    assert (reply["Body"].read(), reply["PartsCount"]) == (b"tail", 2)
    assert reply["ContentRange"] == f"bytes {len(FIVE)}-{len(FIVE) + 3}/{len(FIVE) + 4}"
    assert code(s3.get_object, Bucket=bucket, Key="big", PartNumber=3) == "InvalidPartNumber"
    assert code(s3.get_object, Bucket=bucket, Key="big", PartNumber=1, Range="bytes=0-1") == "InvalidRequest"


@pytest.mark.parametrize("key", NASTY)
def test_any_key_can_be_uploaded_in_parts(s3, upload, bucket, key):
    one = upload(key)
    one.part(1, key.encode())
    one.complete()

    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()


def test_boto3_s_own_transfers_come_back_as_they_went(s3, bucket, tmp_path):
    content, back = os.urandom(20 * 2**20 + 1), tmp_path / "back"
    (tmp_path / "there").write_bytes(content)

    s3.upload_file(str(tmp_path / "there"), bucket, "deep/er", ExtraArgs={"ContentType": "a/b"})
    s3.download_file(bucket, "deep/er", str(back))
    s3.copy({"Bucket": bucket, "Key": "deep/er"}, bucket, "copied")
    buffer = io.BytesIO()
    s3.download_fileobj(bucket, "copied", buffer)

    assert back.read_bytes() == buffer.getvalue() == content
    assert s3.head_object(Bucket=bucket, Key="deep/er")["ETag"].endswith('-3"')
    assert s3.head_object(Bucket=bucket, Key="copied")["ContentType"] == "a/b"
