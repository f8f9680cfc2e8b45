"""Reading: one record against boto3's GetRecord, a thousand against a loop of it."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import PYTHON, Row

from reconciler.emulator.running import Running, running

HERE = Path(__file__).parent
LATENCY_S = 0.005
MANY = 1_000


def rows(folder: Path, times: int) -> list[Row]:
    """One row each for one record and for many."""
    return [_one(max(3, times)), _many(folder, max(3, times // 3))]


def _one(times: int) -> Row:
    """A sink that answers at once, so that the client is measured; both read ten features."""
    with _sink() as url:
        pairs = [(_timed("ours", url, 3000), _timed("boto3", url, 1500)) for _ in range(times)]
    ratio = statistics.median(ours / rival for ours, rival in pairs)
    return Row(
        "get of one record",
        f"{statistics.median(ours for ours, _ in pairs):.0f} µs",
        f"boto3 GetRecord: {statistics.median(rival for _, rival in pairs):.0f} µs",
        f"{ratio:.2f} times boto3's time",
        "at most 1.1",
        ratio <= 1.1,
    )


def _many(folder: Path, times: int) -> Row:
    with running(folder / "reading") as server:
        _timed("fill", server.url, MANY)
        for operation in ("GetRecord", "BatchGetRecord"):
            _slow(server, operation)
        pairs = [(_timed("many", server.url, MANY), _timed("loop", server.url, MANY)) for _ in range(times)]
    ratio = statistics.median(rival / ours for ours, rival in pairs)
    return Row(
        f"get_many of {MANY:,}, {LATENCY_S * 1000:.0f} ms of latency",
        f"{statistics.median(ours for ours, _ in pairs) / 1000:.0f} ms",
        f"a loop of boto3 GetRecord: {statistics.median(rival for _, rival in pairs) / 1000:.0f} ms",
        f"{ratio:.0f} times as fast",
        "at least 20",
        ratio >= 20,
    )


def _slow(server: Running, operation: str) -> None:
    server.ask("POST", "faults", {"kind": "latency", "operation": operation, "seconds": LATENCY_S})


def _timed(what: str, url: str, count: int) -> float:
    """What a process of its own measured, in microseconds: a call, or all of it where it is many."""
    command = [PYTHON, str(HERE / "read_records.py"), what, url, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout or 0)


@contextmanager
def _sink() -> Iterator[str]:
    """An HTTP server in a process of its own that answers every request with one record."""
    process = subprocess.Popen([PYTHON, __file__, "sink"], stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip() if process.stdout else ''}"
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _record() -> bytes:
    values = {"id": "r1", "at": "2026-01-31T12:00:00Z"} | {f"f{n}": f"{n}.123456" for n in range(8)}
    features = [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]
    return json.dumps({"Record": features}).encode()


def serve() -> None:
    """Answer until the end; prints the port."""
    import asyncio

    body = _record()
    said = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    class Answering(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            if data.endswith(b"\r\n\r\n"):
                self.transport.write(said)

    async def main():
        server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(main())


if __name__ == "__main__" and sys.argv[1:] == ["sink"]:
    serve()
