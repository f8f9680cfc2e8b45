"""The ASGI application: from an HTTP request to the emulator and back.

Short operations run in the event loop's thread, for SQLite is faster than a hop; long ones in a few threads.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from reconciler.emulator import admin
from reconciler.emulator.embedded import Answer, ConnectionDropped, Emulator
from reconciler.emulator.errors import AwsError
from reconciler.emulator.http import bodies, browsers
from reconciler.emulator.s3 import objects
from reconciler.emulator.wire.messages import NOBODY
from reconciler.emulator.wire.protocols import Json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.emulator.embedded import Exchange
    from reconciler.emulator.http.bodies import Body, Receive, Scope, Send
    from reconciler.emulator.http.request_log import RequestLog

TRANSPORT = "reconciler.transport"
# Two cores: enough threads for what waits for the disk, and few for what computes, so that queries of a long time do
# not keep objects waiting.
_THREADS = {"athena": 2, "": 6}


class _Heard(NamedTuple):
    """A request before it is answered."""

    scope: Scope
    url: str
    headers: Mapping[bytes, bytes]
    receive: Receive


class App:
    """Answers requests until it is closed."""

    def __init__(self, emulator: Emulator, log: RequestLog, own_host: str = "127.0.0.1") -> None:
        self._emulator = emulator
        self._log = log
        self._own_host = own_host
        self._pools = {name: ThreadPoolExecutor(count, f"emulator-{name}") for name, count in _THREADS.items()}

    def close(self) -> None:
        """Wait for what is being answered."""
        for pool in self._pools.values():
            pool.shutdown()

    def note_refused(self, status: int, code: str) -> None:
        """Something came in that is no HTTP request."""
        self._log.note("-", "-", "-", status, code, 0.0, 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        headers = dict(scope["headers"])
        heard = _Heard(scope, _url(scope), headers, receive)
        try:
            answer = await self._answer(heard)
            await bodies.send(send, answer, _more(headers, answer))
        except bodies.ClientGone:
            return
        except (ConnectionDropped, asyncio.CancelledError):
            await _hang_up(heard)  # a fault asked for it, or the server ends
        except Exception:  # noqa: BLE001 - one request must not end the others
            traceback.print_exc()
            await _hang_up(heard)

    async def _answer(self, heard: _Heard) -> Answer:
        scope, headers = heard.scope, heard.headers
        method, path = scope["method"], scope["path"]
        reason = browsers.refusal(method, headers, self._own_host)
        if reason:
            self._note_own(method, path, 403)
            return Json().error(NOBODY, AwsError("AccessDenied", reason, 403))
        if path.startswith(admin.PREFIX) or (path in _OF_THE_PAGE and _is_for_the_page(heard)):
            return await self._own(heard)
        return await self._emulated(heard)

    async def _own(self, heard: _Heard) -> Answer:
        """The page and the paths under /_emulator/."""
        method, path, query = heard.scope["method"], heard.scope["path"], heard.scope["query_string"].decode("latin-1")
        body = await bodies.in_memory(heard.receive, self._emulator.settings.max_body_bytes)
        side, began = admin.OwnSide(self._emulator, self._log), time.perf_counter()
        if body.is_too_large:
            answer = admin.refused(413, "the request body is too large")
        else:
            try:
                answer = await self._in_pool("", lambda: admin.administer(side, method, path, query, body.content))
            except Exception:  # noqa: BLE001 - one request must not end the others
                traceback.print_exc()
                answer = admin.refused(500, "the emulator failed; see its log")
        if method not in {"GET", "HEAD"}:
            self._note_own(method, path, answer.status, time.perf_counter() - began)
        return answer

    async def _emulated(self, heard: _Heard) -> Answer:
        """A request to AWS."""
        began, settings = time.perf_counter(), self._emulator.settings
        try:
            body = await bodies.read(
                heard.scope,
                heard.headers,
                heard.receive,
                most=settings.max_body_bytes,
                most_object=settings.max_object_bytes,
                folder=lambda: objects.staging(self._emulator.store),
            )
        except bodies.ClientGone:
            self._log.note("-", heard.scope["method"], heard.url, 0, "ClientGone", time.perf_counter() - began, 0)
            raise
        with body:
            return await self._exchanged(heard, body, began)

    async def _exchanged(self, heard: _Heard, body: Body, began: float) -> Answer:
        exchange, status, code, size = None, 0, "", max(0, bodies.announced(heard.headers))
        try:
            exchange = self._emulator.receive(
                heard.scope["method"], heard.url, heard.headers, body.content, is_too_large=body.is_too_large
            )
            if exchange.delay_s:
                await asyncio.sleep(exchange.delay_s)
            answer = await self._finished(exchange)
            status, code = answer.status, exchange.code
            size += answer.part.length if answer.part else len(answer.body)
        except (ConnectionDropped, asyncio.CancelledError) as ended:
            code = "Dropped" if isinstance(ended, ConnectionDropped) else "ServerEnded"
            raise
        except Exception:  # noqa: BLE001 - one request must not end the others
            traceback.print_exc()
            status, code = 500, "InternalFailure"
            answer = _failed(exchange)
        finally:
            self._note(heard, exchange, (status, code, time.perf_counter() - began, size))
        return answer

    async def _finished(self, exchange: Exchange) -> Answer:
        if not exchange.is_long:
            return exchange.finish()
        return await self._in_pool(exchange.request.service, exchange.finish)

    async def _in_pool(self, service: str, work: Callable[[], Answer]) -> Answer:
        pool = self._pools.get(service) or self._pools[""]
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    def _note(self, heard: _Heard, exchange: Exchange | None, how: tuple[int, str, float, int]) -> None:
        if exchange is None:
            self._log.note("-", heard.scope["method"], heard.url, *how)
            return
        request = exchange.request
        kinds = tuple(fault.kind for fault in exchange.faults)
        self._log.note(request.service or "-", request.operation, exchange.subject, *how, kinds)

    def _note_own(self, method: str, path: str, status: int, seconds: float = 0.0) -> None:
        self._log.note("emulator", method, path, status, "", seconds, 0)


def _more(headers: Mapping[bytes, bytes], answer: Answer) -> Mapping[str, str]:
    """Headers that a reply has beyond its own."""
    if browsers.is_browser(headers) and "Content-Security-Policy" not in answer.headers:
        return browsers.FOREIGN_PAGE
    # Whether the body comes after all is for the client to say: only a new connection is clear.
    return _CLOSE if answer.status >= 400 and b"expect" in headers else _NOTHING


async def _hang_up(heard: _Heard) -> None:
    heard.scope[TRANSPORT].abort()
    await heard.receive()  # until uvicorn has noticed, it would answer 500 for us


_OF_THE_PAGE = ("/", "/favicon.ico")
_CLOSE = {"Connection": "close"}
_NOTHING: Mapping[str, str] = {}


def _failed(exchange: Exchange | None) -> Answer:
    error = AwsError("InternalFailure", "The emulator failed; see its log.", 500)
    return exchange.refused(error) if exchange else Json().error(NOBODY, error)


def _is_for_the_page(heard: _Heard) -> bool:
    """A person looks at the root; a client of S3 would list buckets there, and signs for it."""
    headers = heard.headers
    is_signed = b"authorization" in headers or b"X-Amz-" in heard.scope["query_string"]
    if is_signed or heard.scope["method"] not in {"GET", "HEAD"}:
        return False
    return browsers.is_browser(headers) or heard.scope["path"] != "/"


def _url(scope: Scope) -> str:
    """Path and query as they were sent: decoding would merge what an encoded slash keeps apart."""
    path = scope["raw_path"].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path
