"""No bucket and no key reaches a file outside its own place, however it is written."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from s3_help import BUCKET, EU, everything

PIECES = st.sampled_from(
    [
        *("..", ".", "/", "//", "\\", "%2e", "%2E%2e", "%2f", "%5c", "%00", "%", "%zz", "%c0%af", "%ff", "..%2f"),
        *("a", "s3", "s3-odd", "s3-tmp", "data", "victim", "control.sqlite3", "features", "~", "é", "%0a", "?", "#"),
        *("%252e%252e", "..;", "C:", "file:", "etc", "passwd", "link", "nul", "x" * 300),
    ]
)
PATHS = st.lists(PIECES, min_size=1, max_size=8).map("".join)
METHODS = st.sampled_from(["GET", "PUT", "DELETE", "HEAD", "POST"])
QUERIES = st.sampled_from(
    ["", "?uploads", "?tagging", "?list-type=2&prefix=../", "?delete", "?partNumber=1&uploadId=.."]
)
HOSTS = st.sampled_from(["127.0.0.1", "..s3.amazonaws.com", "features.localhost", "..%2f.localhost", "a/b.localhost"])


@pytest.fixture
def world(s3, emulator, tmp_path):
    """A data directory between files that are nobody's business."""
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=EU)
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"ours")
    for name in ("victim", "data/victim", "data/s3/victim", "data/s3-odd-victim"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"nobody's business")
    (tmp_path / "data" / "s3" / BUCKET / "link").symlink_to(tmp_path)
    return tmp_path


def outside(world):
    """All but what S3 may write to: buckets, its own folders, the database."""
    mine = ("data/s3/features", "data/s3-odd/", "data/s3-parts", "data/s3-tmp", "data/control.sqlite3")
    found = everything(world)
    new = {name for name in found if name.startswith("data/s3/") and name.count("/") == 2 and "victim" not in name}
    return {
        name: content
        for name, content in found.items()
        if not name.startswith(mine) and name not in new and name not in {"data/s3-odd", "data/s3"}
    }


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(method=METHODS, path=PATHS, query=QUERIES, host=HOSTS, source=st.one_of(st.none(), PATHS))
def test_nothing_outside_changes_or_is_read(world, emulator, method, path, query, host, source):
    before = outside(world)
    headers = {"Host": host, "Content-Length": "4"}
    if source is not None:
        headers["x-amz-copy-source"] = source

    answer = emulator.answer(method, f"/{path}{query}", headers, b"evil")

    assert answer.status in {200, 204, 206, 304, 400, 403, 404, 405, 409, 411, 412, 416, 501}
    assert b"business" not in b"".join(answer.chunks())
    assert outside(world) == before


@pytest.mark.parametrize(
    "key", ["../victim", "../../victim", "..\\victim", "/etc/passwd", "a/../../victim", "link/victim", "\0../victim"]
)
@pytest.mark.parametrize("spelling", [quote, lambda key: "".join(f"%{byte:02x}" for byte in key.encode())])
def test_a_key_that_looks_like_a_way_out_is_a_key(world, emulator, key, spelling):
    before = outside(world)
    where = f"/{BUCKET}/{spelling(key)}"

    assert emulator.answer("PUT", where, {}, b"mine").status == 200
    assert emulator.answer("GET", where, {}, b"").body == b"mine"
    assert emulator.answer("DELETE", where, {}, b"").status == 204
    assert outside(world) == before


@pytest.mark.parametrize("bucket", ["..", ".", "%2e%2e", "..%2f", "%2e%2e%2fvictim", "s3%2f..%2f..", "%00", "%ff", "%"])
def test_a_bucket_that_looks_like_a_way_out_is_none(world, emulator, bucket):
    for method in ("PUT", "GET", "DELETE"):
        for key in ("", "/victim", "/data/victim"):
            assert emulator.answer(method, f"/{bucket}{key}", {"Content-Length": "1"}, b"x").status == 400
    assert emulator.answer("HEAD", f"/{bucket}", {}, b"").status == 400
