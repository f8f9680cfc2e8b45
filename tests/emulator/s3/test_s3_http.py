"""Over HTTP: real sockets, large objects, many at once, a killed server, and requests no SDK would send."""

import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from s3_help import BUCKET, EU, NASTY, chunked, keys, raw, request

from reconciler.emulator.running import running


@pytest.fixture
def client(remote):
    made = remote()
    made.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=EU)
    return made


@pytest.fixture(scope="module")
def standing(tmp_path_factory, session):
    """One server, with an empty bucket, for all the requests that are to do nothing."""
    with running(tmp_path_factory.mktemp("standing") / "data") as server:
        client = session.client("s3", endpoint_url=server.url)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=EU)
        yield server, client


def test_every_key_makes_the_way_over_http(client):
    for key in NASTY:
        client.put_object(Bucket=BUCKET, Key=key, Body=key.encode(), Metadata={"x": "y"})

    assert keys(client) == sorted(NASTY, key=str.encode)
    for key in NASTY:
        reply = client.get_object(Bucket=BUCKET, Key=key)
        assert (reply["Body"].read(), reply["Metadata"]) == (key.encode(), {"x": "y"})
        assert client.head_object(Bucket=BUCKET, Key=key)["ContentLength"] == len(key.encode())


def test_errors_and_conditions_make_it_too(client):
    client.put_object(Bucket=BUCKET, Key="a", Body=b"hello")

    def status(call, **more):
        with pytest.raises(ClientError) as caught:
            call(Bucket=BUCKET, **more)
        return caught.value.response["ResponseMetadata"]["HTTPStatusCode"], caught.value.response["Error"]["Code"]

    assert status(client.head_object, Key="none") == (404, "404")
    assert status(client.get_object, Key="none") == (404, "NoSuchKey")
    assert status(client.get_object, Key="a", IfNoneMatch="*") == (304, "304")
    assert status(client.get_object, Key="a", Range="bytes=9-") == (416, "InvalidRange")
    assert client.get_object(Bucket=BUCKET, Key="a", Range="bytes=-2")["Body"].read() == b"lo"


@pytest.mark.parametrize("kind", ["localhost", "virtual"])
def test_a_bucket_in_the_host_s_name(server, client, kind):
    client.put_object(Bucket=BUCKET, Key="a", Body=b"hello")
    host = f"{BUCKET}.localhost" if kind == "localhost" else f"{BUCKET}.s3.eu-west-1.amazonaws.com"

    assert raw(server, request("GET", "/a", Host=host)) == (200, b"hello")
    assert b"<Name>features</Name>" in raw(server, request("GET", "/?list-type=2", Host=host))[1]


def test_large_objects_come_back_as_they_went(client, tmp_path):
    content, back = random.Random(1).randbytes(40 * 2**20), tmp_path / "back"
    (tmp_path / "there").write_bytes(content)

    client.put_object(Bucket=BUCKET, Key="one", Body=content)
    client.upload_file(str(tmp_path / "there"), BUCKET, "parts")
    client.download_file(BUCKET, "parts", str(back))
    client.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/parts")

    assert back.read_bytes() == content
    for key in ("one", "copy"):
        assert client.get_object(Bucket=BUCKET, Key=key)["Body"].read() == content
    middle = client.get_object(Bucket=BUCKET, Key="one", Range="bytes=10000000-30000000")["Body"].read()
    assert middle == content[10_000_000:30_000_001]


def peak_kb(pid):
    with open(f"/proc/{pid}/status") as status:  # noqa: PTH123
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_does_not_grow_with_the_object(server, client, tmp_path):
    size = 200 * 2**20
    with (tmp_path / "large").open("wb") as file:
        file.truncate(size)
    client.put_object(Bucket=BUCKET, Key="warm", Body=b"x" * 12_000_000)
    before = peak_kb(server.pid)

    with (tmp_path / "large").open("rb") as file:
        client.put_object(Bucket=BUCKET, Key="large", Body=file)
    body = client.get_object(Bucket=BUCKET, Key="large")["Body"]
    read = sum(len(chunk) for chunk in body.iter_chunks(2**20))
    client.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/large")

    assert read == size
    assert peak_kb(server.pid) - before < 30_000


def test_of_many_puts_to_one_key_one_is_there_whole(client):
    contents = {hashlib.md5(bytes([n]) * 300_000).hexdigest(): bytes([n]) * 300_000 for n in range(16)}

    def put(content):
        client.put_object(Bucket=BUCKET, Key="a", Body=content, Metadata={"first": str(content[0])})

    def get(_):
        try:
            reply = client.get_object(Bucket=BUCKET, Key="a")
        except client.exceptions.NoSuchKey:
            return None
        return reply["ETag"].strip('"'), reply["Metadata"]["first"], reply["Body"].read()

    with ThreadPoolExecutor(16) as pool:
        puts = [pool.submit(put, content) for content in contents.values()]
        found = [one for one in pool.map(get, range(60)) if one]
    for done in puts:
        done.result()

    for etag, first, content in [*found, get(0)]:
        assert contents[etag] == content
        assert int(first) == content[0]


def test_of_many_that_ask_for_nothing_to_be_there_one_wins(client):
    def put(number):
        try:
            client.put_object(Bucket=BUCKET, Key="a", Body=str(number).encode(), IfNoneMatch="*")
        except ClientError as error:
            return error.response["Error"]["Code"]
        return number

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(put, range(32)))

    winners = [outcome for outcome in outcomes if outcome != "PreconditionFailed"]
    assert len(winners) == 1
    assert client.get_object(Bucket=BUCKET, Key="a")["Body"].read() == str(winners[0]).encode()


def test_writers_and_removers_of_one_folder_do_not_trip_over_each_other(client):
    def work(number):
        key = f"deep/er/{number % 3}/{number}"
        for _ in range(8):
            client.put_object(Bucket=BUCKET, Key=key, Body=b"x")
            client.delete_object(Bucket=BUCKET, Key=key)
        client.put_object(Bucket=BUCKET, Key=key, Body=b"x")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert len(keys(client)) == 8


def test_killed_in_the_middle_of_a_put_the_old_object_is_there(session, tmp_path, remote_of):
    content = b"old" * 1000
    with running(tmp_path / "data") as server:
        client = remote_of(server)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=EU)
        client.put_object(Bucket=BUCKET, Key="a", Body=content, Metadata={"x": "y"}, ContentType="a/b")
        stop = threading.Event()

        def overwrite():
            while not stop.is_set():
                try:
                    client.put_object(Bucket=BUCKET, Key="a", Body=os.urandom(3_000_000))
                    client.put_object(Bucket=BUCKET, Key="a", Body=content, Metadata={"x": "y"}, ContentType="a/b")
                except Exception:  # noqa: BLE001 - the server is killed meanwhile
                    return

        thread = threading.Thread(target=overwrite)
        thread.start()
        half = request("PUT", f"/{BUCKET}/a", b"", Content_Length="20000000") + b"x" * 11_000_000
        raw(server, half, half_close=True)
        server.kill()
        stop.set()
        thread.join()

    with running(tmp_path / "data") as server:
        reply = remote_of(server).get_object(Bucket=BUCKET, Key="a")
        body = reply["Body"].read()

    assert reply["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    if body == content:
        assert (reply["Metadata"], reply["ContentType"]) == ({"x": "y"}, "a/b")
    else:
        assert len(body) == 3_000_000


@pytest.fixture
def remote_of(session):
    from botocore.config import Config

    def client(server):
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return session.client("s3", endpoint_url=server.url, config=config)

    return client


# One process writes and says so; it is killed at a random moment; what it said is there, whole.
WRITER = """
import sys
from reconciler.emulator.embedded import open_emulator
emulator = open_emulator(sys.argv[1])
number = 0
while True:
    for key in ("a", "b//c"):
        body = (b"%d," % number) * 20000
        headers = {"Content-Length": str(len(body)), "x-amz-meta-n": str(number)}
        answer = emulator.answer("PUT", "/features/" + key, headers, body)
        assert answer.status == 200
        print(key, number, flush=True)
    number += 1
"""


@pytest.mark.parametrize("after", [1, 7, 24])
def test_what_was_acknowledged_outlives_a_kill(emulator, s3, bucket, tmp_path, after):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "data")], stdout=subprocess.PIPE, text=True
    )
    said = {}
    for _ in range(after):
        key, number = process.stdout.readline().split()
        said[key] = int(number)
    process.send_signal(signal.SIGKILL)
    for line in process.stdout:
        key, number = line.split()
        said[key] = int(number)
    process.wait()
    process.stdout.close()

    for key, number in said.items():
        reply = s3.get_object(Bucket=bucket, Key=key)
        body = reply["Body"].read()
        found = int(body.split(b",")[0])
        assert found in {number, number + 1}
        assert body == (b"%d," % found) * 20000
        assert (reply["Metadata"], reply["ETag"]) == ({"n": str(found)}, f'"{hashlib.md5(body).hexdigest()}"')


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (request("PUT", f"/{BUCKET}/a", b"", Content_Length=None), 411, "MissingContentLength"),
        (
            request(
                "PUT", f"/{BUCKET}/a", b"5\r\nhello\r\n0\r\n\r\n", Content_Length=None, Transfer_Encoding="chunked"
            ),
            411,
            "MissingContentLength",
        ),
        (
            request(
                "PUT",
                f"/{BUCKET}/a",
                chunked(b"hello"),
                x_amz_content_sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                x_amz_decoded_content_length="6",
            ),
            400,
            "IncompleteBody",
        ),
        (
            request(
                "PUT",
                f"/{BUCKET}/a",
                b"zz\r\nhello\r\n0\r\n\r\n",
                x_amz_content_sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                x_amz_decoded_content_length="5",
            ),
            403,
            "InvalidChunkSizeError",
        ),
        (request("POST", f"/{BUCKET}?delete", b"<Delete>", Content_MD5="aqTJ0N4xRl2V0tIm3tHzhg=="), 400, "BadDigest"),
        (request("POST", f"/{BUCKET}/a?uploadId=x", b"<"), 404, "NoSuchUpload"),
        (request("GET", f"/{BUCKET}/%ff"), 400, "InvalidURI"),
        (request("GET", f"/{BUCKET}/%"), 400, "InvalidURI"),
        (request("GET", "/..%2f..%2fetc/passwd"), 400, "InvalidBucketName"),
        (request("GET", f"/{BUCKET}/../../../etc/passwd"), 404, "NoSuchKey"),
        (request("GET", f"/{BUCKET}?max-keys=-1"), 400, "InvalidArgument"),
        (request("GET", f"/{BUCKET}/a?" + "a=b&" * 300), 400, "InvalidURI"),
        (request("PUT", f"/{BUCKET}/" + "x" * 2000, b"x"), 400, "KeyTooLongError"),
        (request("BREW", f"/{BUCKET}/a"), 400, ""),
        (request("TRACE", f"/{BUCKET}/a"), 501, "NotImplemented"),
    ],
)
def test_what_no_sdk_sends_is_an_error_and_the_server_goes_on(standing, data, status, code):
    server, client = standing
    answered, body = raw(server, data)

    assert answered == status
    assert code.encode() in body
    assert client.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


@pytest.mark.parametrize("size", [100, 20_000_000])
def test_a_body_that_ends_early_is_no_object(standing, size):
    server, client = standing
    raw(server, request("PUT", f"/{BUCKET}/a", b"", Content_Length=str(size)) + b"x" * (size // 2), half_close=True)

    assert client.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_head_has_no_body(server, client):
    client.put_object(Bucket=BUCKET, Key="a", Body=b"hello")

    assert raw(server, request("HEAD", f"/{BUCKET}/a")) == (200, b"")
    assert raw(server, request("HEAD", f"/{BUCKET}/none")) == (404, b"")


def test_a_list_of_bodies_in_one_connection(server, client):
    """A reply leaves the connection in step, whatever the request was."""
    together = b"".join(
        [
            request("PUT", f"/{BUCKET}/a", b"hello", Connection="keep-alive"),
            request("GET", f"/{BUCKET}/none", Connection="keep-alive"),
            request("HEAD", f"/{BUCKET}/a", Connection="keep-alive"),
            request("GET", f"/{BUCKET}/a", Connection="keep-alive", Range="bytes=9-"),
            request("GET", f"/{BUCKET}/a"),
        ]
    )

    _, body = raw(server, together)

    assert body.endswith(b"\r\n\r\nhello")
    assert re.findall(rb"HTTP/1.1 (\d+)", body) == [b"404", b"200", b"416", b"200"]


def test_the_calls_are_counted_under_their_names(server, client):
    client.put_object(Bucket=BUCKET, Key="a", Body=b"")

    assert server.ask("GET", "calls")["counts"] == {"CreateBucket": 1, "PutObject": 1}
    assert json.dumps(server.ask("GET", "status"))
