"""A client that is not the bottleneck: prepared bytes over keep-alive sockets, one request in flight on each.

    python benchmarks/load.py URL KIND COUNT [FIRST]

sends COUNT requests of a kind and prints what came of it as JSON. Signing and reading replies as boto3 does would cost
several times what the server spends on a request, and would measure boto3.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

CONNECTIONS = 16
GROUP = "bench"
BATCH = 25
RECORDS = 1_000_000
"""How many different records the keys below name."""
_STEP = 611_953  # coprime to RECORDS: keys come in an order that jumps about, and each comes once

_FEATURES = b",".join(b'{"FeatureName":"f%d","ValueAsString":"%d.5"}' % (n, n * 7) for n in range(8))
_RECORD = (
    b'[{"FeatureName":"id","ValueAsString":"%d"},{"FeatureName":"at","ValueAsString":"2026-01-01T%02d:%02d:%02dZ"},'
    + _FEATURES
    + b"]"
)
_SIGNED = (
    b"AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/sagemaker/aws4_request, SignedHeaders=host, Signature=0"
)


def record(number: int) -> bytes:
    """Ten features; all of them fall into a few hours."""
    return _RECORD % (key(number), number // 3600 % 4, number // 60 % 60, number % 60)


def key(number: int) -> int:
    """A record identifier."""
    return number * _STEP % RECORDS


def put(number: int) -> bytes:
    """PutRecord."""
    return _http(b"PUT", b"/FeatureGroup/bench", b'{"Record":' + record(number) + b"}")


def batch(number: int) -> bytes:
    """BatchWriteRecord."""
    first = number * BATCH
    entries = b",".join(b'{"FeatureGroupName":"bench","Record":' + record(first + i) + b"}" for i in range(BATCH))
    return _http(b"POST", b"/BatchWriteRecord", b'{"Entries":[' + entries + b"]}")


def get(number: int) -> bytes:
    """GetRecord."""
    return _http(b"GET", b"/FeatureGroup/bench?RecordIdentifierValueAsString=%d" % key(number), b"")


def describe(number: int) -> bytes:  # noqa: ARG001 - as the others
    """DescribeFeatureGroup."""
    return _json(b"DescribeFeatureGroup", b'{"FeatureGroupName":"bench"}')


def search(number: int) -> bytes:  # noqa: ARG001
    """Search over feature groups."""
    return _json(b"Search", b'{"Resource":"FeatureGroup"}')


KINDS: dict[str, Callable[[int], bytes]] = {
    "put": put,
    "batch": batch,
    "get": get,
    "describe": describe,
    "search": search,
}


def _http(method: bytes, path: bytes, body: bytes, kind: bytes = b"application/json") -> bytes:
    head = b"%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\nAuthorization: %s\r\n"
    return head % (method, path, kind, _SIGNED) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _json(operation: bytes, body: bytes) -> bytes:
    target = b"application/x-amz-json-1.1\r\nX-Amz-Target: SageMaker." + operation
    return _http(b"POST", b"/", body, target)


class Connection:
    """One connection, kept alive as long as the server likes."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._connect()

    def _connect(self) -> None:
        self._socket = socket.create_connection(self._address)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send = self._socket.sendall
        self._left = b""

    def reply(self) -> tuple[int, bytes]:
        """Status and body of the next reply."""
        got = self._left
        while (end := got.find(b"\r\n\r\n")) < 0:
            got += self._received()
        head = got[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        got = got[end + 4 :]
        while len(got) < length:
            got += self._received()
        self._left = got[length:]
        if b"connection: close" in head:  # as moto's server does after each reply
            self._socket.close()
            self._connect()
        return int(head[9:12]), got[:length]

    def _received(self) -> bytes:
        chunk = self._socket.recv(65536)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        return chunk


def send(url: str, requests: Iterator[bytes], connections: int = CONNECTIONS) -> tuple[int, float, bytes]:
    """Send them all; answers how many, in how many seconds, and the last reply. Anything but 200 ends it."""
    parts = urlsplit(url)
    waiting: deque[Connection] = deque()
    free = deque(Connection(parts.hostname or "127.0.0.1", parts.port or 80) for _ in range(connections))
    count, body = 0, b""
    began = time.perf_counter()
    for request in requests:
        if not free:
            connection = waiting.popleft()
            status, body = connection.reply()
            if status != 200:
                sys.exit(f"{status}: {body.decode(errors='replace')}")
            free.append(connection)
        connection = free.popleft()
        connection.send(request)
        waiting.append(connection)
        count += 1
    while waiting:
        status, body = waiting.popleft().reply()
        if status != 200:
            sys.exit(f"{status}: {body.decode(errors='replace')}")
    return count, time.perf_counter() - began, body


def main() -> None:
    url, kind, count, *first = sys.argv[1:]
    start = int(first[0]) if first else 0
    made = map(KINDS[kind], range(start, start + int(count)))
    done, took, last = send(url, made)
    print(json.dumps({"count": done, "seconds": took, "last": last.decode()[:2000]}))


if __name__ == "__main__":
    main()
