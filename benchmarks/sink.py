"""A feature store that takes everything and answers at once: what is measured against it is the client.

    python benchmarks/sink.py [LATENCY_S]

prints its address, and serves until its standard input ends. DescribeFeatureGroup knows every group.
"""

from __future__ import annotations

import asyncio
import json
import sys

TAKEN = b'{"Errors":[],"UnprocessedEntries":[]}'
GROUP = {
    "FeatureGroupArn": "arn:aws:sagemaker:us-east-1:000000000000:feature-group/bench",
    "FeatureGroupName": "bench",
    "RecordIdentifierFeatureName": "id",
    "EventTimeFeatureName": "at",
    "FeatureDefinitions": [
        {"FeatureName": "id", "FeatureType": "String"},
        {"FeatureName": "at", "FeatureType": "String"},
        *({"FeatureName": f"f{n}", "FeatureType": "Fractional"} for n in range(8)),
    ],
    "CreationTime": 1767225600,
    "OnlineStoreConfig": {"EnableOnlineStore": True},
    "FeatureGroupStatus": "Created",
}


def _reply(body: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )


BATCH, PUT, DESCRIBE = _reply(TAKEN), _reply(b""), _reply(json.dumps(GROUP).encode())


class Sink(asyncio.Protocol):
    """One connection: the head of a request, so many bytes of a body, and the reply."""

    latency_s = 0.0

    def __init__(self) -> None:
        self._buffer = b""
        self._left = 0
        self._reply = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        while data:
            if not self._left:
                self._buffer += data
                end = self._buffer.find(b"\r\n\r\n")
                if end < 0:
                    return
                head, data, self._buffer = self._buffer[:end].lower(), self._buffer[end + 4 :], b""
                self._begin(head)
            taken = min(self._left, len(data))
            self._left -= taken
            data = data[taken:]
            if not self._left:
                self._answer()

    def _begin(self, head: bytes) -> None:
        _, _, length = head.partition(b"content-length:")
        self._left = int(length.partition(b"\r\n")[0]) if length else 0
        is_batch = head.startswith(b"post /batchwriterecord")
        self._reply = BATCH if is_batch else PUT if head.startswith(b"put") else DESCRIBE
        if b"expect: 100-continue" in head:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _answer(self) -> None:
        if self.latency_s:
            asyncio.get_running_loop().call_later(self.latency_s, self._transport.write, self._reply)
        else:
            self._transport.write(self._reply)


async def main() -> None:
    """Serve until standard input ends."""
    Sink.latency_s = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
