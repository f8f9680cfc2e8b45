"""The emulator as a server for any AWS client, on uvicorn and httptools (the extra `emulator`)."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from reconciler.emulator import admin
from reconciler.emulator.embedded import Answer, ConnectionDropped, Emulator, open_emulator
from reconciler.emulator.errors import AwsError
from reconciler.emulator.wire.messages import NOBODY
from reconciler.emulator.wire.protocols import Json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
    from pathlib import Path

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_TRANSPORT = "reconciler.transport"
_OWN_NAMES = (b"localhost", b"127.0.0.1", b"[::1]")


def serve(
    directory: Path | str,
    *,
    on_ready: Callable[[str], None],
    port: int = 0,
    host: str = "127.0.0.1",
    quiet: bool = False,
    **settings: Any,
) -> None:
    """Serve a directory until SIGINT or SIGTERM; `on_ready` is told the URL. Needs uvicorn and httptools.

    Raises OSError where the port is taken.
    """
    import uvicorn  # noqa: PLC0415 - an extra; the command line explains its absence
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol  # noqa: PLC0415

    class Protocol(HttpToolsProtocol):
        """Lets the application at the transport: a dropped connection is a fault one can ask for."""

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self.scope[_TRANSPORT] = self.transport  # type: ignore[literal-required]

    class Server(uvicorn.Server):
        """Tells when it listens, and ends in silence when it is asked to."""

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                on_ready(f"http://{host}:{self.servers[0].sockets[0].getsockname()[1]}")

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            with _signals_to(self.handle_exit):
                yield

    listening = _listen(host, port)
    emulator = open_emulator(directory, **settings)
    config = uvicorn.Config(
        App(emulator, quiet=quiet),
        host=host,
        port=port,
        http=Protocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
    )
    try:
        Server(config).run(sockets=[listening])
    finally:
        emulator.close()
        listening.close()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket that names its protocol.

    asyncio switches Nagle's algorithm off only then; without that, a reply in two pieces waits 40 ms for the client's
    delayed acknowledgement.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol or socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(2048)
    except BaseException:
        listening.close()
        raise
    return listening


@contextmanager
def _signals_to(stop: Callable[[int, Any], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class App:
    """The ASGI application; short operations run in the event loop's thread, for SQLite is faster than a hop."""

    def __init__(self, emulator: Emulator, *, quiet: bool) -> None:
        self._emulator = emulator
        self._quiet = quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        began = time.perf_counter()
        url = _url(scope)
        seen = _Seen(f"{scope['method']} {url}")
        try:
            answer = await self._answer(scope, url, receive, seen)
        except ConnectionDropped:
            self._log(seen.what, "dropped", began)
            scope[_TRANSPORT].abort()
            await receive()  # until uvicorn has noticed, it would answer 500 for us
            return
        except Exception:  # noqa: BLE001 - one request must not end the others
            traceback.print_exc()
            answer = Json().error(NOBODY, AwsError("InternalFailure", "The emulator failed; see its log.", 500))
        self._log(seen.what, answer.status, began)
        await _send(send, answer)

    async def _answer(self, scope: Scope, url: str, receive: Receive, seen: _Seen) -> Answer:
        headers, path = dict(scope["headers"]), scope["path"]
        if path.startswith(admin.PREFIX):
            asked = await _body(receive, self._emulator.settings.max_body_bytes)
            if _from_elsewhere(headers):
                return Json().error(NOBODY, AwsError("AccessDenied", "A web page may not ask for this.", 403))
            return admin.administer(self._emulator, scope["method"], path, asked)
        with await self._read(scope, headers, receive) as body:
            exchange = self._emulator.receive(scope["method"], url, headers, body.content)
            seen.what = f"{exchange.request.service} {exchange.request.operation} {exchange.group or '-'}"
            if exchange.delay_s:
                await asyncio.sleep(exchange.delay_s)
            return await asyncio.to_thread(exchange.finish) if exchange.is_long else exchange.finish()

    async def _read(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive) -> _Body:
        """Objects for S3 go through a file; everything else is held in memory."""
        settings = self._emulator.settings
        size = int(headers.get(b"content-length", b"-1"))
        if scope["method"] != "PUT" or 0 <= size <= settings.max_body_bytes:
            return _Body(await _body(receive, settings.max_body_bytes))
        return await _spooled(receive, settings.max_object_bytes)

    def _log(self, what: str, status: int | str, began: float) -> None:
        if not self._quiet:
            took = (time.perf_counter() - began) * 1000
            sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what} {status} {took:.1f} ms\n")


class _Seen:
    """What the log calls a request: its first line, until it is known what it asks for."""

    def __init__(self, what: str) -> None:
        self.what = what


class _Body:
    """A request's body: bytes, or a file that goes when it was used."""

    def __init__(self, content: Any) -> None:
        self.content = content

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not isinstance(self.content, bytes):
            self.content.close()


def _url(scope: Scope) -> str:
    """Path and query as they were sent: decoding would merge what an encoded slash keeps apart."""
    path = scope["raw_path"].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _from_elsewhere(headers: Mapping[bytes, bytes]) -> bool:
    """A page of another site, open in a browser on this machine, could otherwise empty the emulator.

    Browsers name the page's origin with every request that changes something; other clients have none.
    """
    origin = headers.get(b"origin")
    if origin is None:
        return False
    name = origin.rpartition(b"//")[2].rpartition(b":")[0] or origin.rpartition(b"//")[2]
    return name not in _OWN_NAMES


async def _body(receive: Receive, most: int) -> bytes:
    """The request's body, or one byte more than is allowed of it: the rest is read and thrown away."""
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        chunk = message.get("body", b"")
        if size <= most:
            chunks.append(chunk[: most + 1 - size])
            size += len(chunks[-1])
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _spooled(receive: Receive, most: int) -> _Body:
    """A large body in a temporary file, or one byte more than is allowed of it."""
    file, size, more = tempfile.TemporaryFile(), 0, True  # noqa: SIM115 - closed by `_Body`
    while more:
        message = await receive()
        chunk = message.get("body", b"")
        if size <= most:
            size += file.write(chunk[: most + 1 - size])
        more = message.get("more_body", False)
    file.seek(0)
    return _Body(file)


async def _send(send: Send, answer: Answer) -> None:
    """The reply; a length that the answer states itself stands, for HEAD has one and no body."""
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in answer.headers.items()]
    if not any(name == b"content-length" for name, _ in headers):
        length = answer.part.length if answer.part else len(answer.body)
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.part is None:
        await send({"type": "http.response.body", "body": answer.body})
        return
    for chunk in answer.chunks():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


class Running:
    """A server in a process of its own."""

    def __init__(self, process: Any, url: str) -> None:
        self._process = process
        self.url = url
        self.pid: int = process.pid

    def ask(self, method: str, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One of the paths under /_emulator/."""
        import urllib.request  # noqa: PLC0415 - heavy, and only tests come here

        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}{admin.PREFIX}{name}", data, method=method)  # noqa: S310 - our own
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
            answered: dict[str, Any] = json.load(reply)
        return answered

    def stop(self) -> int:
        """Ask it to end, and wait; answers its exit code."""
        self._process.terminate()
        return self._ended()

    def kill(self) -> int:
        """End it at once, as a crash would."""
        self._process.kill()
        return self._ended()

    def _ended(self) -> int:
        self._process.stdout.close()
        return int(self._process.wait(timeout=30))


@contextmanager
def running(directory: Path | str, **settings: Any) -> Iterator[Running]:
    """A server on a directory in a child process, ready when the block begins and stopped after it."""
    import subprocess  # noqa: PLC0415 - only tests and benchmarks come here

    command = [sys.executable, "-m", "reconciler.emulator.server", "--data", str(directory), "--quiet"]
    process = subprocess.Popen(  # noqa: S603 - our own
        [*command, "--settings", json.dumps(settings)], stdout=subprocess.PIPE, text=True
    )
    try:
        if process.stdout is None or not (url := process.stdout.readline().strip()):
            raise RuntimeError(f"the emulator did not start; its exit code is {process.wait()}")
        yield Running(process, url)
    finally:
        process.terminate()
        process.wait(timeout=30)
        if process.stdout:
            process.stdout.close()


def _main() -> None:
    import argparse  # noqa: PLC0415 - not on the path of `serve`

    parser = argparse.ArgumentParser(prog="python -m reconciler.emulator.server", description=__doc__)
    parser.add_argument("--data", required=True, help="the directory")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--quiet", action="store_true", help="no line per request")
    parser.add_argument("--settings", type=json.loads, default={}, help="a JSON object: the fields of Settings")
    given = parser.parse_args()
    serve(
        given.data,
        port=given.port,
        host=given.host,
        quiet=given.quiet,
        on_ready=_say,
        **given.settings,
    )


def _say(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main()
