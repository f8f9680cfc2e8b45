"""Objects of S3 over the client: embedded, and over HTTP."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.aws.objects import PART_MINIMUM, Objects, as_s3, split
from reconciler.aws.ranged import AHEAD, TAIL, Ranged
from reconciler.config import Environment
from reconciler.errors import AwsFailed

ODD = "s3://data/a b/%2F+&ü=\u2028?.txt"


@pytest.fixture
def objects(either):
    made = either.objects
    made._call("CreateBucket", "s3://data", Bucket="data")
    return made


def test_what_was_put_is_listed_and_read(objects):
    objects.put(ODD, b"hello")
    objects.put("s3://data/b/c.txt", b"")

    assert [(item.uri, item.size) for item in objects.list("s3://data/")] == [(ODD, 5), ("s3://data/b/c.txt", 0)]
    assert objects.read(ODD).body == b"hello"
    assert objects.read("s3://data/b/c.txt").body == b""
    assert objects.read("s3://data/b/c.txt", -10).body == b""


def test_a_listing_goes_on_after_a_page_and_begins_where_it_is_told(objects):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: objects.put(f"s3://data/many/{number:04d}", b"x"), range(1_005)))

    found = [item.uri[-4:] for item in objects.list("s3://data/many/")]

    assert found == [f"{number:04d}" for number in range(1_005)]
    assert [i.uri[-4:] for i in objects.list("s3://data/many/", after="s3://data/many/1002")] == ["1003", "1004"]
    objects.delete(f"s3://data/many/{number:04d}" for number in range(1_005))
    assert list(objects.list("s3://data/many/")) == []


def test_folders_are_those_right_below(objects):
    for key in ("x/1/a", "x/1/b", "x/2/c/d", "x/e"):
        objects.put(f"s3://data/{key}", b"")

    assert list(objects.folders("s3://data/x/")) == ["s3://data/x/1/", "s3://data/x/2/"]


def test_ranges_are_read_as_asked(objects):
    objects.put("s3://data/r", bytes(range(100)))

    assert objects.read("s3://data/r", 10, 5) == (bytes(range(10, 15)), 10, 100, objects.read("s3://data/r").etag)
    assert objects.read("s3://data/r", -3).body == bytes([97, 98, 99])
    assert objects.read("s3://data/r", 98).body == bytes([98, 99])
    assert objects.read("s3://data/r", 200, 5).body == b""


def test_what_is_not_there_is_a_file_not_found(objects):
    for ask in (
        lambda: objects.read("s3://data/none"),
        lambda: objects.size("s3://data/none"),
        lambda: list(objects.list("s3://no-such-bucket/")),
        lambda: Ranged(objects, "s3://data/none"),
    ):
        with pytest.raises(FileNotFoundError):
            ask()

    assert not objects.exists("s3://data/none")
    objects.delete(["s3://data/none"])


def test_an_upload_in_parts_is_seen_once_it_is_complete(objects):
    uri = "s3://data/parts"
    upload = objects.begin(uri)
    parts = [objects.part(uri, upload, 1, b"a" * PART_MINIMUM), objects.part(uri, upload, 2, b"b")]

    assert not objects.exists(uri)
    assert [(started.uri, started.upload_id) for started in objects.started("s3://data/")] == [(uri, upload)]
    objects.complete(uri, upload, parts)
    assert objects.read(uri, PART_MINIMUM - 1).body == b"ab"
    assert list(objects.started("s3://data/")) == []


def test_an_upload_that_is_thrown_away_leaves_nothing(objects):
    upload = objects.begin("s3://data/parts")
    objects.part("s3://data/parts", upload, 1, b"a")

    objects.abort("s3://data/parts", upload)
    objects.abort("s3://data/parts", upload)

    assert list(objects.started("s3://data/")) == []
    assert not objects.exists("s3://data/parts")


def test_a_file_is_read_here_and_there(objects):
    body = os.urandom(TAIL + 3 * AHEAD)
    objects.put("s3://data/file", body)

    file = Ranged(objects, "s3://data/file")

    assert len(file) == len(body)
    for start, size in ((0, 4), (AHEAD - 1, 3), (len(body) - 4, 100), (7, len(body)), (len(body) + 5, 1)):
        file.seek(start)
        assert file.read(size) == body[start : start + size]
    file.seek(-8, os.SEEK_END)
    assert file.read() == body[-8:]
    file.seek(0)
    assert file.read() == body


def test_a_file_that_became_another_is_not_mixed_with_it(objects):
    objects.put("s3://data/file", b"a" * (TAIL + 10))
    file = Ranged(objects, "s3://data/file")
    objects.put("s3://data/file", b"b" * (TAIL + 10))

    with pytest.raises(AwsFailed) as refused:
        file.read()

    assert refused.value.code == "PreconditionFailed"


@pytest.fixture
def versioned(monkeypatch, tmp_path):
    """A bucket that keeps versions, which the emulator does not have: moto's."""
    moto = pytest.importorskip("moto")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with moto.mock_aws():
        made = Objects(Environment("aws", account="123456789012", region="us-east-1"), tmp_path)
        made._call("CreateBucket", "s3://data", Bucket="data")
        how = {"Status": "Enabled"}
        made._call("PutBucketVersioning", "s3://data", Bucket="data", VersioningConfiguration=how)
        yield made


def test_versions_and_markers_are_listed_and_deleted_for_good(versioned):
    versioned.put("s3://data/v", b"1")
    versioned.put("s3://data/v", b"22")
    versioned.delete(["s3://data/v"])

    found = list(versioned.versions("s3://data/v"))

    assert versioned.keeps_versions("s3://data/v")
    assert sorted((v.is_marker, v.size, v.is_latest) for v in found) == [
        (False, 1, False),
        (False, 2, False),
        (True, 0, True),
    ]
    versioned.delete_versions(found)
    assert list(versioned.versions("s3://data/v")) == []


def test_a_bucket_without_versions_has_one_of_each_object(objects):
    objects.put("s3://data/v", b"1")
    objects.put("s3://data/v", b"22")

    assert not objects.keeps_versions("s3://data/v")
    assert [(v.is_latest, v.size) for v in objects.versions("s3://data/v")] == [(True, 2)]


def test_addresses_of_every_form_are_understood():
    assert split("s3a://bucket/a/b") == ("bucket", "a/b")
    assert as_s3("https://bucket.s3.eu-west-1.amazonaws.com/a") == "s3://bucket/a"
    assert as_s3("https://s3.eu-west-1.amazonaws.com/bucket/a") == "s3://bucket/a"
    with pytest.raises(ValueError, match="no address"):
        split("/tmp/x")
