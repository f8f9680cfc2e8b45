"""Replies, read from bytes however they arrive."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.aws.reply import Broken, Reading, Reply

BODIES = st.binary(max_size=200)


def chunked(body, sizes, trailer=b""):
    pieces, place = [], 0
    for size in sizes:
        if place >= len(body):
            break
        piece = body[place : place + size]
        pieces.append(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece))
        place += len(piece)
    if place < len(body):
        pieces.append(b"%X\r\n%s\r\n" % (len(body) - place, body[place:]))
    return b"".join(pieces) + b"0\r\n" + trailer + b"\r\n"


def cut(data, places):
    places = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in itertools.pairwise(places) if a < b]


def read(data, places=(), method="GET"):
    """The reply, and with how many pieces of the data it was whole."""
    reading = Reading()
    reading.begin(method)
    for number, piece in enumerate(cut(data, places), 1):
        reply = reading.feed(piece)
        if reply is not None:
            return reply, number, reading
    return None, 0, reading


@given(body=BODIES, places=st.lists(st.integers(0, 500), max_size=8), status=st.sampled_from([200, 400, 429, 503]))
def test_a_reply_of_known_length_is_read_in_any_pieces(body, places, status):
    data = b"HTTP/1.1 %d Whatever\r\ncOntent-Length:  %d \r\nX-Amzn-ErrorType: A:b\r\n\r\n%s" % (
        status,
        len(body),
        body,
    )

    reply, pieces, reading = read(data, places)

    assert (reply.status, reply.body) == (status, body)
    assert pieces == len(cut(data, places))
    assert reply.headers["x-amzn-errortype"] == "A:b"
    assert reading.keeps_alive


@given(body=BODIES, sizes=st.lists(st.integers(1, 60), max_size=6), places=st.lists(st.integers(0, 500), max_size=8))
@pytest.mark.parametrize("trailer", [b"", b"X-Sum: 1\r\n"])
def test_a_reply_in_pieces_of_its_own_is_read_in_any_pieces(body, sizes, places, trailer):
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n" + chunked(body, sizes, trailer)

    reply, pieces, _ = read(data, places)

    assert reply.body == body
    assert pieces == len(cut(data, places))


@given(body=BODIES)
def test_a_reply_that_ends_with_its_connection_is_read_to_the_end(body):
    reply, _, reading = read(b"HTTP/1.1 200 OK\r\n\r\n" + body)

    assert reply is None
    assert reading.end().body == body
    assert not reading.keeps_alive


def test_a_reply_cut_short_is_none():
    reply, _, reading = read(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc")

    assert reply is None
    assert reading.end() is None


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_some_replies_have_no_body_by_nature(status):
    assert read(b"HTTP/1.1 " + status + b"\r\n\r\n")[0].body == b""


def test_what_is_not_yet_the_reply_is_passed_over():
    reply, _, _ = read(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    assert (reply.status, reply.body) == (200, b"ok")


@pytest.mark.parametrize(
    ("head", "keeps"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close", False),
        (b"HTTP/1.1 200 OK\r\nConnection: keep-alive", True),
        (b"HTTP/1.0 200 OK", False),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive", True),
    ],
)
def test_a_connection_is_kept_only_where_both_sides_keep_it(head, keeps):
    assert read(head + b"\r\nContent-Length: 0\r\n\r\n")[2].keeps_alive is keeps


def test_more_than_was_asked_for_ends_the_connection():
    reply, _, reading = read(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc")

    assert reply.body == b"a"
    assert not reading.keeps_alive


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-6\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000,
        b"\x16\x03\x01\x02\x00\r\n\r\n",
    ],
)
def test_what_is_no_http_is_said(data):
    with pytest.raises(Broken):
        read(data)


@given(data=st.binary(max_size=300), places=st.lists(st.integers(0, 300), max_size=4))
def test_no_bytes_are_too_odd(data, places):
    try:
        reply, _, reading = read(b"HTTP/1.1 " + data, places)
        assert reply is None or isinstance(reply.body, bytes)
        reading.end()
    except Broken:
        pass


def error(status, head=b"", body=b""):
    return Reply(status, b"HTTP/1.1 %d X\r\n%s" % (status, head), body)


@pytest.mark.parametrize(
    ("reply", "code", "message"),
    [
        (error(404, b"x-amzn-ErrorType: ResourceNotFound", b'{"Message": "m"}'), "ResourceNotFound", "m"),
        (error(400, b"X-Amzn-Errortype: ValidationError:http://x/", b'{"message": "m"}'), "ValidationError", "m"),
        (error(400, b"", b'{"__type": "com.amazon#ThrottlingException"}'), "ThrottlingException", None),
        (error(400, b"", b'{"code": "Some"}'), "Some", None),
        (error(502, b"", b"<html> Bad\n Gateway</html>"), "502", "<html> Bad Gateway</html>"),
        (error(500, b"", b"[1]"), "500", "[1]"),
        (error(500, b"", b"\xff"), "500", "\ufffd"),
        (error(403, b"", b""), "403", ""),
    ],
)
def test_the_code_and_the_sentence_are_found_as_boto3_finds_them(reply, code, message):
    assert reply.code == code
    assert message is None or reply.message == message


@pytest.mark.parametrize(
    ("reply", "is_throttled", "is_passing"),
    [
        (error(429), True, True),
        (error(503), True, True),
        (error(500), False, True),
        (error(400, b"x-amzn-ErrorType: ThrottlingException"), True, True),
        (error(400, b"x-amzn-ErrorType: ValidationError"), False, False),
        (error(403, b"x-amzn-ErrorType: ExpiredTokenException"), False, True),
        (error(200), False, False),
    ],
)
def test_what_may_pass_is_known(reply, is_throttled, is_passing):
    assert (reply.is_throttled, reply.is_passing) == (is_throttled, is_passing)


def test_a_body_that_is_deep_is_no_traceback():
    assert Reply(200, b"", b"[" * 100_000).document == {}
    assert Reply(200, b"", json.dumps({"a": 1}).encode()).document == {"a": 1}


def read_to_the_end(data):
    reading = Reading()
    reading.begin("POST")
    assert reading.feed(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + data) is None
    return reading.end()


def test_json_that_ends_with_its_connection_is_a_reply_only_if_it_is_whole():
    whole = b'{"Errors": [{"Entry": {}}], "UnprocessedEntries": []}'

    assert read_to_the_end(whole).body == whole
    assert [cut for cut in range(1, len(whole)) if read_to_the_end(whole[:cut])] == []


def test_a_page_that_ends_with_its_connection_is_a_reply():
    assert read_to_the_end(b"<html>sign in").body == b"<html>sign in"
