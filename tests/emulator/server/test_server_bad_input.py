"""What no client should send: it is answered in the shape of AWS, and the server goes on."""

import json
import os
import shutil
import socket
import threading

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from server_help import SIGNED, call, connected, exchange, head, reply_on, until

from reconciler.emulator import admin
from reconciler.emulator.server import running


@pytest.fixture
def goes_on(server):
    """Afterwards the server answers as ever."""
    yield
    assert exchange(server.url, call()).status == 200


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET http://x HTTP/1.1\r\n\r\n",
        b"GET /caf\xe9 HTTP/1.1\r\n\r\n",
    ],
    ids=lambda nonsense: repr(nonsense[:40]),
)
def test_what_is_no_http_is_refused_as_aws_would_and_ends_its_connection(server, goes_on, nonsense):
    with connected(server.url) as connection:
        connection.sendall(nonsense)
        reply = reply_on(connection)

        assert (reply.status, reply.json["__type"]) == (400, "BadRequest")
        assert reply_on(connection) is None


def test_a_head_without_end_is_refused_before_it_fills_the_memory(server, goes_on):
    with connected(server.url) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(100):
            connection.sendall(b"X-More: " + b"x" * 10_000 + b"\r\n")

        assert reply_on(connection).status == 431


def test_a_body_that_is_too_large_is_refused_and_the_connection_lives(server, goes_on):
    with connected(server.url) as connection:
        connection.sendall(call(body=b" " * 10_000_001))
        refused = reply_on(connection)
        connection.sendall(call())
        again = reply_on(connection)

    assert (refused.status, refused.json["__type"]) == (413, "RequestEntityTooLargeException")
    assert again.status == 200


@pytest.mark.parametrize("path", ["/", "/FeatureGroup/weather"])
def test_a_body_of_unknown_length_has_the_same_limit(server, goes_on, path):
    method = "POST" if path == "/" else "PUT"
    chunk = b"%x\r\n%s\r\n" % (1_000_000, b" " * 1_000_000)
    target = {"X_Amz_Target": "SageMaker.Search"} if path == "/" else {}
    with connected(server.url) as connection:
        connection.sendall(head(method, path, Host="x", Transfer_Encoding="chunked", **target))
        for _ in range(11):
            connection.sendall(chunk)
        connection.sendall(b"0\r\n\r\n")

        assert reply_on(connection).status == 413


def test_an_object_that_is_too_large_is_refused_before_it_is_sent(server, goes_on):
    """S3's clients ask first whether to send it, with Expect; then a reply is all that comes, and the end."""
    asked = head("PUT", "/features/x", Host="x", Content_Length=6 * 2**30, Expect="100-continue")
    with connected(server.url) as connection:
        connection.sendall(asked)
        reply = reply_on(connection)

        assert reply.status == 400
        assert "<Code>EntityTooLarge</Code>" in reply.text
        assert reply_on(connection) is None


def test_a_client_that_asks_whether_to_go_on_is_told_to(server, goes_on):
    with connected(server.url) as connection:
        connection.sendall(
            head(Host="x", X_Amz_Target="SageMaker.ListFeatureGroups", Content_Length=2, Expect="100-continue")
        )
        told = reply_on(connection)
        connection.sendall(b"{}")

        assert told.status == 100
        assert reply_on(connection).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense", ""])
def test_the_content_type_is_not_held_against_anybody(server, kind):
    assert exchange(server.url, call(Content_Type=kind)).status == 200


@pytest.mark.parametrize(
    ("target", "service", "operation"),
    [
        ("SageMaker.CreateModel", "sagemaker", "CreateModel"),
        ("DynamoDB_20120810.PutItem", "DynamoDB_20120810", "PutItem"),
        ("nothing", "(unknown)", "nothing"),
    ],
)
def test_what_is_not_emulated_is_said_by_its_name(server, goes_on, target, service, operation):
    reply = exchange(server.url, call(target))

    assert (reply.status, reply.json["__type"]) == (501, "NotImplemented")
    assert f"operation {operation} of {service}" in reply.json["message"]


@pytest.mark.parametrize(
    ("service", "operation"), [("ec2", "describe_instances"), ("sns", "list_topics"), ("dynamodb", "list_tables")]
)
def test_so_is_a_service_nobody_emulates_in_the_protocol_it_speaks(client, service, operation):
    with pytest.raises(ClientError) as refused:
        getattr(client(service), operation)()

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert refused.value.response["Error"]["Code"] == "NotImplemented"


@pytest.mark.parametrize("body", [b"\xff\xfe", b'{"x": "\xff"}', b'{"x": "\\ud800"}', b"[]", b"{", b'{"a": NaN}'])
def test_text_that_is_none_is_a_serialization_exception(server, goes_on, body):
    reply = exchange(server.url, call(body=body))

    assert (reply.status, reply.json["__type"]) == (400, "SerializationException")


def test_http_1_0_is_answered_and_closed(server):
    with connected(server.url) as connection:
        connection.sendall(call().replace(b"HTTP/1.1", b"HTTP/1.0"))

        assert reply_on(connection).status == 200
        assert reply_on(connection) is None


def test_a_head_request_has_no_body(server):
    reply = exchange(server.url, head("HEAD", "/nothing", Host="x", Authorization=SIGNED.format("s3")), "HEAD")

    assert (reply.status, reply.body) == (404, b"")


def test_requests_in_one_go_are_answered_one_by_one_in_order(server):
    names = [f"SageMaker.Nothing{number}" for number in range(5)]
    with connected(server.url) as connection, connection.makefile("rb") as replies:
        connection.sendall(b"".join(call(name) for name in names))
        bodies = []
        for _ in names:
            length = 0
            while (line := replies.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length"):
                    length = int(line.split(b":")[1])
            bodies.append(replies.read(length))

    assert [name.rpartition(".")[2].encode() in body for name, body in zip(names, bodies, strict=True)] == [True] * 5


def test_somebody_slow_holds_nobody_up(server):
    with connected(server.url) as slow, connected(server.url) as slower:
        slow.sendall(b"POST / HTT")
        slower.sendall(call(body=b"{}")[:-1])

        assert exchange(server.url, call()).status == 200
        slower.sendall(b"}")
        assert reply_on(slower).status == 200


def test_of_an_object_that_was_cut_short_nothing_is_kept(server, client):
    s3 = client("s3")
    s3.create_bucket(Bucket="cut-short", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for size in (1_000, 50_000_000):
        with connected(server.url) as connection:
            connection.sendall(
                head("PUT", f"/cut-short/{size}", Host="x", Content_Length=size, Authorization=SIGNED.format("s3"))
            )
            connection.sendall(b"x" * (size // 2))
    until(lambda: len(_gone(server, "/cut-short/")) == 2)

    assert s3.list_objects_v2(Bucket="cut-short")["KeyCount"] == 0


def _gone(server, path):
    """Requests for it whose client had gone."""
    latest = server.ask("GET", "requests")["requests"]
    return [entry for entry in latest if entry["code"] == "ClientGone" and entry["subject"].startswith(path)]


def test_a_reply_that_nobody_waits_for_ends_only_itself(server, goes_on, client):
    s3 = client("s3")
    s3.create_bucket(Bucket="large", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="large", Key="x", Body=os.urandom(20_000_000))
    for _ in range(3):
        with connected(server.url) as connection:
            connection.sendall(head("GET", "/large/x", Host="x", Authorization=SIGNED.format("s3")))
            assert connection.recv(10)


def test_a_query_cannot_write_headers_of_its_own(server, client):
    s3 = client("s3")
    s3.create_bucket(Bucket="headers", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="headers", Key="x", Body=b"x")
    path = "/headers/x?response-content-disposition=a%0d%0aX-Evil:%20yes"

    reply = exchange(server.url, head("GET", path, Host="x", Authorization=SIGNED.format("s3")), "GET")

    assert reply.status in {200, 400}
    assert "x-evil" not in reply.headers


def test_a_connection_that_wants_to_be_another_protocol_stays_what_it_is(server, goes_on):
    reply = exchange(server.url, call(Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Key="x"))

    assert reply.status == 200


def test_what_the_emulator_itself_fails_at_is_an_internal_failure(tmp_path):
    """A data directory that goes away under a server."""
    with running(tmp_path / "data") as server:
        shutil.rmtree(tmp_path / "data")
        replies = [exchange(server.url, call("SageMaker.CreateFeatureGroup")) for _ in range(2)]

    assert {reply.status for reply in replies} <= {400, 500}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([b"", b"GET / HTTP/1.1\r\n", b"PUT /b/k HTTP/1.1\r\nContent-Length: 5\r\n", call()[:-2]]),
    st.binary(max_size=200),
    st.sampled_from([b"", b"\r\n\r\n", b"\r\n\r\n" + call()]),
)
def test_whatever_bytes_come_the_server_goes_on(server, beginning, middle, end):
    with connected(server.url) as connection:
        connection.sendall(beginning + middle + end)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    assert exchange(server.url, call()).status == 200


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
words = st.sampled_from(
    ["kind", "id", "group", "tags", "reason", "region", "advance_seconds", "set", "freeze", "after", "everything"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(admin._PATHS)),
    st.dictionaries(words, anything | st.sampled_from(["latency", "weather", "2030-01-01"]), max_size=3) | anything,
)
def test_no_mistake_on_an_admin_path_is_a_failure_of_the_emulator(server, where, asked):
    method, path = where
    body = json.dumps(asked).encode()
    request = head(method, f"/_emulator/{path}", Host="x", Content_Length=len(body)) + body

    assert exchange(server.url, request, method).status in {200, 400}


def test_nor_is_one_that_is_nested_too_deeply(server):
    body = b"[" * 100_000
    request = head("POST", "/_emulator/faults", Host="x", Content_Length=len(body)) + body

    assert exchange(server.url, request).status == 400


def test_many_connections_at_once_are_all_answered(server):
    statuses = []

    def ask():
        statuses.append(exchange(server.url, call()).status)

    threads = [threading.Thread(target=ask) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert statuses == [200] * 60
