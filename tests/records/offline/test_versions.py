"""A bucket that keeps old versions, of which the emulator has none: moto's S3, and files written there by hand."""

import io
from dataclasses import replace

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer
from offline_place import Rain

from reconciler.aws.objects import Objects
from reconciler.config import Environment
from reconciler.records.offline import leftovers
from reconciler.records.offline.glue_files import take_out
from reconciler.records.offline.holding import Wanted, held_in
from reconciler.records.offline.place import Place
from reconciler.records.offline.removal import remove
from reconciler.records.offline.rewriting import rewrite

BUCKET = "versions"
ANN = Wanted("origin", ["ann"])


@pytest.fixture(scope="module")
def _served():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def s3(_served):
    client = boto3.client(
        "s3", endpoint_url=_served, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    yield client
    for kind in ("Versions", "DeleteMarkers"):
        for one in client.list_object_versions(Bucket=BUCKET).get(kind, ()):
            client.delete_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])
    client.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def place(_served, s3, world):
    """A Glue-format group, its data moved to the bucket that keeps versions."""
    live = world.make(Rain).live
    environment = Environment("moto", _served, region="us-east-1")
    objects = Objects(environment, world.root)
    return Place(environment, world.root, world.store, replace(live, data_uri=f"s3://{BUCKET}/group/data"), objects)


def parquet(*people):
    body = io.BytesIO()
    pq.write_table(pa.table({"origin": list(people), "observed_at": ["2024-02-01T03:00:00Z"] * len(people)}), body)
    return body.getvalue()


def versions(s3):
    reply = s3.list_object_versions(Bucket=BUCKET)
    return [(one["Key"], one["VersionId"]) for kind in ("Versions", "DeleteMarkers") for one in reply.get(kind, ())]


def test_old_versions_and_markers_are_named(place, s3, tmp_path):
    s3.put_object(Bucket=BUCKET, Key="group/data/a.parquet", Body=parquet("ann", "bob"))
    s3.put_object(Bucket=BUCKET, Key="group/data/b.parquet", Body=parquet("ann"))
    s3.put_object(Bucket=BUCKET, Key="group/data/c.parquet", Body=parquet("bob"))
    s3.put_object(Bucket=BUCKET, Key="group/data/c.parquet", Body=parquet("cleo"))
    first = dict(versions(s3))

    removed = remove(place, ANN, tmp_path)
    found = leftovers.find(place, ANN, purge=False)

    assert (removed.rows, len(removed.rewritten), len(removed.removed)) == (2, 1, 1)
    assert [(one.kind, one.where) for one in found.remaining[:2]] == [
        ("version", f"s3://{BUCKET}/{key} version {first[key]}")
        for key in ("group/data/a.parquet", "group/data/b.parquet")
    ]
    assert [(one.kind, one.where.split()[0]) for one in found.remaining[2:]] == [
        ("delete marker", f"s3://{BUCKET}/group/data/b.parquet")
    ]
    assert found.purged == 0


def test_old_versions_are_purged_on_request(place, s3, tmp_path):
    s3.put_object(Bucket=BUCKET, Key="group/data/a.parquet", Body=parquet("ann", "bob"))
    s3.put_object(Bucket=BUCKET, Key="group/data/b.parquet", Body=parquet("ann"))
    s3.put_object(Bucket=BUCKET, Key="group/data/c.parquet", Body=parquet("bob"))
    s3.put_object(Bucket=BUCKET, Key="group/data/c.parquet", Body=parquet("cleo"))
    remove(place, ANN, tmp_path)

    found = leftovers.find(place, ANN, purge=True)

    assert (found.remaining, found.purged) == ((), 3)
    assert [key.rpartition("/")[2] for key, _ in versions(s3)] == ["a.parquet", "c.parquet", "c.parquet"]
    assert leftovers.find(place, ANN, purge=False).remaining == ()
    assert not any(held_in(place.objects, ANN, f"s3://{BUCKET}/{key}", version).rows for key, version in versions(s3))


def test_a_version_that_nobody_can_read_is_named_and_stays(place, s3):
    s3.put_object(Bucket=BUCKET, Key="group/data/a.parquet", Body=b"not parquet")
    s3.put_object(Bucket=BUCKET, Key="group/data/a.parquet", Body=parquet("bob"))

    found = leftovers.find(place, ANN, purge=True)

    assert [one.kind for one in found.remaining] == ["version"]
    assert "cannot be read" in found.remaining[0].reason
    assert len(versions(s3)) == 2


def test_a_begun_upload_is_named_and_goes_when_it_is_old(place, s3):
    """All of moto's are from 2010."""
    s3.create_multipart_upload(Bucket=BUCKET, Key="group/data/a.parquet")

    (found,) = leftovers.find(place, ANN, purge=False).remaining
    purged = leftovers.find(place, ANN, purge=True)

    assert found.kind == "upload"
    assert "nobody look into its parts" in found.reason
    assert (purged.remaining, purged.purged) == ((), 1)


def test_a_file_that_is_rewritten_keeps_its_types(place, s3, tmp_path):
    """Spark's timestamps, codecs, row groups, columns in lower case."""
    table = pa.table(
        {
            "origin": [f"p{n}" for n in range(1000)],
            "write_time": pa.array(range(1000), pa.timestamp("ns")),
            "mm": [n / 7 for n in range(1000)],
        }
    )
    body = io.BytesIO()
    pq.write_table(table, body, use_deprecated_int96_timestamps=True, compression="zstd", row_group_size=100)
    s3.put_object(Bucket=BUCKET, Key="group/data/a.parquet", Body=body.getvalue())
    uri = f"s3://{BUCKET}/group/data/a.parquet"
    some = Wanted("ORIGIN", [f"p{n}" for n in range(0, 1000, 3)])

    def keep(rows, first):
        return pa.compute.invert(some.among(rows["origin"]))

    taken = take_out(place, {uri: keep}, tmp_path)

    assert taken.rows == held_before(some, table)
    after = pq.ParquetFile(io.BytesIO(place.objects.read(uri).body))
    assert after.metadata.schema.column(1).physical_type == "INT96"
    assert after.metadata.row_group(0).column(0).compression == "ZSTD"
    assert after.metadata.num_row_groups == 10
    assert after.read().equals(table.filter(keep(table, 0)))
    assert held_in(place.objects, some, uri).rows == 0


def held_before(wanted, table):
    return sum(wanted.among(table["origin"]).to_pylist())


def test_row_groups_that_cannot_hold_any_are_not_read(place, s3, monkeypatch):
    body = io.BytesIO()
    ids = [f"{n:08d}" for n in range(300_000)]
    pq.write_table(pa.table({"origin": ids, "observed_at": ids}), body, row_group_size=30_000, use_dictionary=False)
    s3.put_object(Bucket=BUCKET, Key="group/data/a.parquet", Body=body.getvalue())
    read, asked = Objects.read, []

    def watched(self, uri, start=None, size=None, *more, **others):
        content = read(self, uri, start, size, *more, **others)
        asked.append(len(content.body))
        return content

    monkeypatch.setattr(Objects, "read", watched)

    found = held_in(place.objects, Wanted("origin", ["00123456"]), f"s3://{BUCKET}/group/data/a.parquet")

    assert found.rows == 1
    assert sum(asked) < len(body.getvalue()) / 3


def test_the_rewriting_of_a_missing_object_says_so(place, s3, tmp_path):
    with pytest.raises(FileNotFoundError):
        rewrite(place.objects, f"s3://{BUCKET}/group/data/none.parquet", lambda rows, _: rows, tmp_path / "x")
