"""Bodies in `aws-chunked`, as SDKs stream them: decoded, checked, and refused where they are none."""

import contextlib
import zlib
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from s3_help import chunked

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import checksums
from reconciler.emulator.s3 import chunked as reading

UNSIGNED, SIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
CRC32 = b64encode(zlib.crc32(b"hello world").to_bytes(4, "big")).decode()


def said(kind, length=11, **more):
    return {
        "x_amz_content_sha256": kind,
        "x_amz_decoded_content_length": str(length),
        "content_encoding": "aws-chunked",
        **more,
    }


@pytest.fixture
def send(ask, bucket):
    def sent(body, **headers):
        return ask("PUT", "/features/a", body, **headers)

    return sent


def read(ask):
    answer = ask("GET", "/features/a")
    return b"".join(answer.chunks()) if answer.status == 200 else None


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (chunked(b"hello ", b"world", signed=True), said(SIGNED)),
        (chunked(b"hello world"), said(UNSIGNED)),
        (
            chunked(b"hello ", b"world", trailers=[("x-amz-checksum-crc32", CRC32)]),
            said(UNSIGNED, x_amz_trailer="x-amz-checksum-crc32"),
        ),
        (
            chunked(
                b"hello world",
                signed=True,
                trailers=[("x-amz-checksum-crc32", CRC32), ("x-amz-trailer-signature", "0" * 64)],
            ),
            said(f"{SIGNED}-TRAILER", x_amz_trailer="x-amz-checksum-crc32"),
        ),
        # Some clients end lines with \n, leave the last one out, write sizes in capitals or with zeros.
        (b"0000B\r\nhello world\r\n0\r\nx-amz-checksum-crc32: %s\n\r\n" % CRC32.encode(), said(UNSIGNED)),
        (b"b\nhello world\n0\n", said(UNSIGNED)),
        (b"b\r\nhello world\r\n0\r\n", said(UNSIGNED)),
        (chunked(b"hello world"), {**said("UNSIGNED-PAYLOAD"), "content_encoding": "AWS-Chunked, gzip"}),
    ],
)
def test_chunks_are_put_together(send, ask, body, headers):
    assert send(body, **headers).status == 200
    assert read(ask) == b"hello world"


def test_the_coding_of_the_way_is_none_of_the_object(send, ask):
    send(chunked(b"x"), **said(UNSIGNED, 1))
    assert "Content-Encoding" not in ask("HEAD", "/features/a").headers
    send(chunked(b"x"), **{**said(UNSIGNED, 1), "content_encoding": "gzip,aws-chunked"})
    assert ask("HEAD", "/features/a").headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("algorithm", sorted(checksums.SIZES))
def test_every_checksum_may_come_at_the_end(send, ask, algorithm):
    content = b"x" * 300_000
    digest = checksums.digest(algorithm)
    digest.update(content)
    name, value = f"x-amz-checksum-{algorithm}", checksums.encoded(digest.digest())

    good = send(chunked(content, trailers=[(name, value)]), **said(UNSIGNED, 300_000, x_amz_trailer=name))
    bad = send(chunked(content + b"y", trailers=[(name, value)]), **said(UNSIGNED, 300_001, x_amz_trailer=name))

    assert (good.status, good.headers[name]) == (200, value)
    assert (bad.status, b"<Code>BadDigest</Code>" in bad.body) == (400, True)
    assert len(read(ask)) == 300_000


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b"", {}, "IncompleteBody"),
        (b"b\r\nhello", {}, "IncompleteBody"),
        (b"b\r\nhello world", {}, "IncompleteBody"),
        (b"b\r\nhello world\r\n", {}, "IncompleteBody"),
        (b"b\r\nhello worldXX0\r\n\r\n", {}, "InvalidChunkSizeError"),
        (b"5\r\nhello world\r\n0\r\n\r\n", {}, "InvalidChunkSizeError"),
        (b"-5\r\nhello world\r\n0\r\n\r\n", {}, "InvalidChunkSizeError"),
        (b"0x5\r\nhello\r\n0\r\n\r\n", {}, "InvalidChunkSizeError"),
        (b"\r\n\r\n", {}, "InvalidChunkSizeError"),
        (b"fffffffffffffffff\r\nhello", {}, "InvalidChunkSizeError"),
        (b"ffffffffffffffff\r\nhello", {}, "IncompleteBody"),
        (b"x" * 40_000, {}, "InvalidChunkSizeError"),
        (chunked(b"hello"), {}, "IncompleteBody"),
        (chunked(b"hello world!"), {}, "IncompleteBody"),
        (chunked(b"hello world"), {"x_amz_trailer": "x-amz-checksum-crc32"}, "MalformedTrailerError"),
        (chunked(b"hello world", trailers=[("no name", "x")]), {}, "MalformedTrailerError"),
        (chunked(b"hello world", trailers=[(f"t{n}", "x") for n in range(30)]), {}, "MalformedTrailerError"),
        (
            chunked(b"hello world", trailers=[("x-amz-checksum-crc32", "AAAA")]),
            {"x_amz_trailer": "x-amz-checksum-crc32"},
            "InvalidRequest",
        ),
        (
            chunked(b"hello world", trailers=[("x-amz-checksum-sha1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk=")]),
            {"x_amz_trailer": "x-amz-checksum-crc32"},
            "BadDigest",
        ),
        (chunked(b"hello world"), {"x_amz_decoded_content_length": "eleven"}, "IncompleteBody"),
    ],
)
def test_bad_chunks_leave_nothing(send, ask, tmp_path, body, headers, code):
    answer = send(body, **{**said(UNSIGNED), **headers})

    assert f"<Code>{code}</Code>" in answer.body.decode()
    assert read(ask) is None
    assert list((tmp_path / "data" / "s3-tmp").iterdir()) == []


def test_without_their_length_there_are_no_chunks(send, ask):
    answer = send(chunked(b"x"), x_amz_content_sha256=UNSIGNED)

    assert (answer.status, b"<Code>MissingContentLength</Code>" in answer.body) == (411, True)


class Dribble:
    """A source that gives a few bytes at a time."""

    def __init__(self, content, size):
        self.content, self.size = content, size

    def read(self, _most):
        taken, self.content = self.content[: self.size], self.content[self.size :]
        return taken


@given(pieces=st.lists(st.binary(min_size=1, max_size=50), max_size=6), size=st.integers(1, 40), signed=st.booleans())
def test_however_it_arrives_it_is_the_same(pieces, size, signed):
    source = Dribble(chunked(*pieces, signed=signed, trailers=[("x-a", "b")]), size)
    content = reading.Chunks(source)

    assert b"".join(content) == b"".join(pieces)
    assert content.trailers == {"x-a": "b"}


PIECES = (b"5", b"\r\n", b"\n", b"hello", b"0", b";", b":", b"\x00", b"\xff")


@settings(max_examples=300)
@given(body=st.lists(st.sampled_from(PIECES), max_size=12))
def test_nonsense_is_read_or_refused(body):
    content = b""
    with contextlib.suppress(AwsError):
        content = b"".join(reading.Chunks(Dribble(b"".join(body), 3)))

    assert content in b"".join(body)
