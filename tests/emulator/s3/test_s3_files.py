"""Objects and files are the same thing: what is put there by hand, what is changed by hand, and odd keys beside it."""

import os
import sqlite3
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from s3_help import BUCKET, keys, listed, md5

from reconciler.emulator.calls import Site
from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import objects


@pytest.fixture
def site(emulator):
    return Site(emulator.store, "eu-west-1", emulator.settings)


@pytest.fixture
def head(s3, bucket):
    return lambda key: s3.head_object(Bucket=bucket, Key=key)


def rows(tmp_path):
    with sqlite3.connect(tmp_path / "data" / "control.sqlite3") as db:
        found = db.execute("SELECT count(*) FROM objects").fetchone()[0]
    db.close()
    return found


def test_a_file_put_there_by_hand_is_an_object(s3, bucket, folder, head):
    (folder / "by" / "hand").mkdir(parents=True)
    (folder / "by" / "hand" / "é.txt").write_bytes(b"hello")

    (found,) = s3.list_objects_v2(Bucket=bucket)["Contents"]

    assert (found["Key"], found["Size"], found["ETag"]) == ("by/hand/é.txt", 5, f'"{md5(b"hello")}"')
    assert head("by/hand/é.txt")["ETag"] == found["ETag"]
    assert head("by/hand/é.txt")["ContentType"] == "binary/octet-stream"
    assert head("by/hand/é.txt")["LastModified"] == found["LastModified"]


def test_what_is_changed_by_hand_has_lost_its_description(put, folder, head):
    put("a", body=b"old", ContentType="text/plain", Metadata={"x": "y"})
    (folder / "a").write_bytes(b"new")

    assert (head("a")["ETag"], head("a")["ContentType"]) == (f'"{md5(b"new")}"', "binary/octet-stream")
    assert head("a")["Metadata"] == {}


def test_the_digest_of_a_file_is_computed_once(bucket, folder, head, monkeypatch):
    from reconciler.emulator.s3 import files

    digested, digest = [], files._digest
    monkeypatch.setattr(files, "_digest", lambda descriptor: digested.append(1) or digest(descriptor))
    (folder / "a").write_bytes(b"hello")
    for _ in range(3):
        head("a")

    assert len(digested) == 1


def test_rows_do_not_pile_up(s3, put, bucket, tmp_path):
    for number in range(5):
        put("a", body=b"x" * number)

    assert rows(tmp_path) == 1
    for _ in range(3):
        with pytest.raises(ClientError):
            put("a", IfNoneMatch="*")
    assert rows(tmp_path) == 1
    s3.delete_object(Bucket=bucket, Key="a")
    assert rows(tmp_path) == 0


def test_what_is_no_plain_file_is_no_object(s3, put, bucket, folder, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "file").write_bytes(b"secret")
    (folder / "to-file").symlink_to(secret / "file")
    (folder / "to-folder").symlink_to(secret)
    (folder / "inside").symlink_to(folder / "real")
    os.mkfifo(folder / "pipe")
    (folder / os.fsdecode(b"\xff")).mkdir()
    (folder / "real").write_bytes(b"real")

    assert listed(s3) == (["real"], [])
    for key in ("to-file", "to-folder/file", "inside", "pipe"):
        with pytest.raises(s3.exceptions.NoSuchKey):
            s3.get_object(Bucket=bucket, Key=key)


def test_a_key_behind_a_link_is_beside_it_and_not_behind_it(s3, put, bucket, folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a").write_bytes(b"theirs")
    (folder / "link").symlink_to(outside)
    (folder / "file-link").symlink_to(outside / "a")

    put("link/a", "link/b", body=b"ours")
    s3.delete_object(Bucket=bucket, Key="link/b")

    assert s3.get_object(Bucket=bucket, Key="link/a")["Body"].read() == b"ours"
    assert [path.name for path in outside.iterdir()] == ["a"]
    assert (outside / "a").read_bytes() == b"theirs"
    put("file-link", body=b"ours")  # takes the link's place, as a rename does
    assert (folder / "file-link").is_symlink() is False
    assert (outside / "a").read_bytes() == b"theirs"


@pytest.mark.parametrize("name", ["s3", "s3-odd", "s3-parts", "s3-tmp"])
def test_a_link_in_the_place_of_a_folder_of_ours_is_not_followed(s3, emulator, ask, tmp_path, name):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "features").mkdir()
    (tmp_path / "data" / name).symlink_to(outside)
    ask("PUT", "/features", Host="s3.us-east-1.amazonaws.com")
    ask("PUT", "/features/a//b", b"x")
    ask("PUT", "/features/a", b"x")
    ask("POST", "/features/a?uploads")

    assert [path.name for path in outside.rglob("*")] == ["features"]
    emulator.reset()
    assert [path.name for path in outside.rglob("*")] == ["features"]


def test_an_object_can_be_where_a_folder_is_and_the_other_way_round(s3, put, bucket, folder):
    put("a", "a/b", "c/d", "c", "a/b/c")

    assert keys(s3) == ["a", "a/b", "a/b/c", "c", "c/d"]
    assert (folder / "a").is_file()
    assert (folder / "c").is_dir()
    for key in ("a", "c/d"):
        s3.delete_object(Bucket=bucket, Key=key)
    put("a/b", "c")
    assert (folder / "a" / "b").is_file()
    assert (folder / "c").is_file()
    assert keys(s3) == ["a/b", "a/b/c", "c"]
    assert [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys(s3)] == [b"a/b", b"a/b/c", b"c"]


def test_a_file_put_in_the_place_of_an_odd_key_wins(s3, put, bucket, folder):
    put("c/d", "c")
    s3.delete_object(Bucket=bucket, Key="c/d")
    (folder / "c").write_bytes(b"by hand")

    assert keys(s3) == ["c"]
    assert s3.get_object(Bucket=bucket, Key="c")["Body"].read() == b"by hand"
    s3.delete_object(Bucket=bucket, Key="c")
    assert keys(s3) == []


def test_odd_files_go_with_their_objects(s3, put, bucket, tmp_path):
    odd = tmp_path / "data" / "s3-odd"
    put("a//b", "a//c")
    put("a//b", body=b"again")

    assert len(list(odd.iterdir())) == 2
    s3.delete_object(Bucket=bucket, Key="a//b")
    s3.delete_object(Bucket=bucket, Key="a//c")
    assert list(odd.iterdir()) == []


def test_another_process_sees_what_this_one_does(put, tmp_path):
    put("a", "b//c", ContentType="text/plain")

    with open_emulator(tmp_path / "data") as other:
        answer = other.answer("GET", "/features/b//c", {}, b"")

    assert (answer.body, answer.headers["Content-Type"]) == (b"b//c", "text/plain")


def test_a_reset_leaves_no_file(s3, emulator, put, bucket, tmp_path):
    put("a/b", "a//b")
    s3.create_multipart_upload(Bucket=bucket, Key="k")

    emulator.reset()

    assert [path.name for path in (tmp_path / "data").iterdir() if path.name.startswith("s3")] == []
    assert s3.list_buckets()["Buckets"] == []


def test_a_full_disk_is_an_internal_error_and_leaves_what_was_there(s3, emulator, put, bucket, refused):
    put("a", body=b"old")
    with emulator.faults.add("disk_full", operation="PutObject"):
        assert refused(s3.put_object, Bucket=bucket, Key="a", Body=b"new")[0] == "InternalError"

    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"old"


def test_throttling_is_told_to_slow_down(s3, emulator, bucket, refused):
    emulator.faults.add("throttled", operation="ListObjectsV2", service="s3")

    assert refused(s3.list_objects_v2, Bucket=bucket)[0] == "SlowDown"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do anything")
def test_a_file_that_may_not_be_read_is_an_internal_error(s3, put, bucket, folder, refused):
    put("a")
    (folder / "a").chmod(0)

    assert refused(s3.get_object, Bucket=bucket, Key="a")[0] == "InternalError"


# What the other parts of the emulator use.


def test_an_uri_is_split():
    assert objects.split("s3://b/a/c") == ("b", "a/c")
    assert objects.split("s3a://b/") == ("b", "")
    assert objects.split("S3N://b") == ("b", "")
    for uri in ("http://b/a", "b/a", "s3:///a", "s3:/b/a", ""):
        with pytest.raises(AwsError):
            objects.split(uri)


def test_objects_are_written_read_listed_and_removed(site, s3, folder):
    objects.ensure_bucket(site.store, BUCKET, "eu-west-1", site.now())
    objects.ensure_bucket(site.store, BUCKET, "us-east-1", site.now())
    for key in ("a/b", "a//b", "c"):
        objects.write(site, BUCKET, key, key.encode(), content_type="text/plain")
    with (folder / "c").open("rb") as file:
        objects.write(site, BUCKET, "d", file)

    found = list(objects.entries(site.store, BUCKET))

    assert [entry.key for entry in found] == ["a//b", "a/b", "c", "d"]
    assert [Path(entry.path).read_bytes() for entry in found] == [b"a//b", b"a/b", b"c", b"c"]
    assert [entry.key for entry in objects.entries(site.store, BUCKET, "a/", after="a//b")] == ["a/b"]
    assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] == "eu-west-1"
    assert s3.head_object(Bucket=BUCKET, Key="c")["ContentType"] == "text/plain"
    assert objects.read(site, BUCKET, "a//b") == b"a//b"
    assert objects.local_path(site.store, BUCKET, "a/b") == str(folder / "a" / "b")
    objects.remove(site, BUCKET, "a/b")
    objects.remove(site, BUCKET, "a/b")
    with pytest.raises(AwsError, match="NoSuchKey"):
        objects.read(site, BUCKET, "a/b")


def test_what_cannot_be_is_refused(site):
    with pytest.raises(AwsError, match="InvalidBucketName"):
        objects.ensure_bucket(site.store, "UPPER", "eu-west-1", 0.0)
    with pytest.raises(AwsError, match="InvalidBucketName"):
        objects.local_path(site.store, "..", "a")
    with pytest.raises(AwsError, match="InvalidArgument"):
        objects.local_path(site.store, BUCKET, "../a")
    for call in (objects.read, objects.remove):
        with pytest.raises(AwsError, match="NoSuchBucket"):
            call(site, BUCKET, "a")
    with pytest.raises(AwsError, match="NoSuchBucket"):
        objects.write(site, BUCKET, "a", b"")
    with pytest.raises(AwsError, match="NoSuchBucket"):
        objects.entries(site.store, BUCKET)


def test_there_is_no_path_through_a_link(site, tmp_path, folder):
    folder.mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path)

    for key in ("link", "link/a", "link/a/b"):
        with pytest.raises(AwsError, match="InvalidArgument"):
            objects.local_path(site.store, BUCKET, key)
    assert objects.local_path(site.store, BUCKET, "a/link").endswith("/a/link")


def test_files_renamed_from_staging_are_objects(site, s3, folder, tmp_path):
    objects.ensure_bucket(site.store, BUCKET, "eu-west-1", site.now())
    ready = os.path.join(objects.staging(site.store), "part")  # noqa: PTH118
    with open(ready, "wb") as file:  # noqa: PTH123
        file.write(b"rows")
    os.rename(ready, objects.local_path(site.store, BUCKET, "x.parquet"))  # noqa: PTH104

    assert s3.head_object(Bucket=BUCKET, Key="x.parquet")["ETag"] == f'"{md5(b"rows")}"'
