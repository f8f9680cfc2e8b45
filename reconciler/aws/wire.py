"""HTTP/1.1 connections that stay open, on an event loop: as little as possible between a request and its reply."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, Any, cast

from reconciler.aws.reply import Broken, Reading, Reply
from reconciler.errors import AwsFailed

if TYPE_CHECKING:
    from reconciler.aws.route import Route
    from reconciler.aws.signing import Body


class Cut(Exception):
    """There is no reply: the connection broke, or could not be made, or took too long.

    `may_have_worked` is False where the request certainly had no effect.
    """

    def __init__(self, reason: str, *, may_have_worked: bool) -> None:
        super().__init__(reason)
        self.may_have_worked = may_have_worked


class Connection(asyncio.Protocol):
    """One connection, for one request at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._reading = Reading()
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Reply] | None = None
        self._lost: str | None = None
        self.socket: socket.socket | None = None

    @property
    def is_usable(self) -> bool:
        """It is open, and free for a request."""
        return self._lost is None and self._reading.keeps_alive and self._waiting is None

    async def ask(self, head: str, body: Body, method: str, limit_s: float) -> Reply:
        """One request, and its reply; raises `Cut`."""
        if self._lost is not None or self._transport is None:
            raise Cut(self._lost or "the connection is closed", may_have_worked=False)
        self._reading.begin(method)
        waiting: asyncio.Future[Reply] = self._loop.create_future()
        self._waiting = waiting
        data = head.encode("latin-1")
        self._transport.write(b"".join((data, body)) if body else data)
        timer = self._loop.call_later(limit_s, self._too_late, limit_s)
        try:
            return await waiting
        except asyncio.CancelledError:
            self.abort("the call was given up")  # its reply may still come, and would answer the next one
            raise
        finally:
            timer.cancel()
            self._waiting = None

    def abort(self, reason: str = "closed") -> None:
        """Close it at once."""
        self._lost = self._lost or reason
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        waiting = self._waiting
        if waiting is None or waiting.done():
            self.abort("the server sent what nobody asked for")
            return
        try:
            reply = self._reading.feed(data)
        except Broken as broken:
            self.abort(str(broken))
            waiting.set_exception(Cut(str(broken), may_have_worked=True))
            return
        if reply is not None:
            waiting.set_result(reply)

    def eof_received(self) -> None:
        """The server closes its side; so do we."""

    def connection_lost(self, error: Exception | None) -> None:
        reason = f"the connection broke: {error}" if error else "the server closed the connection"
        self._lost = self._lost or reason
        waiting = self._waiting
        if waiting is None or waiting.done():
            return
        reply = self._reading.end() if error is None else None
        if reply is not None:
            waiting.set_result(reply)
        else:
            waiting.set_exception(Cut(self._lost, may_have_worked=True))

    def _too_late(self, limit_s: float) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Cut(f"there was no answer in {limit_s:g} seconds", may_have_worked=True))
            self.abort("an answer took too long")


async def connect(route: Route, loop: asyncio.AbstractEventLoop) -> Connection:
    """A connection along a route; raises `Cut`, and `AwsFailed` where trying again would not help."""
    try:
        return await _connected(route, loop)
    except TimeoutError:
        raise Cut(f"no connection in {route.connect_s:g} seconds", may_have_worked=False) from None
    except ssl.SSLCertVerificationError as untrusted:
        raise untrusted_certificate(route, untrusted) from untrusted
    except OSError as failed:
        raise Cut(f"no connection to {route.authority}: {failed}", may_have_worked=False) from failed


def untrusted_certificate(route: Route, error: ssl.SSLCertVerificationError) -> AwsFailed:
    """Whoever answers there is not trusted, and will not be the next time."""
    hint = "Name the certificate authority in AWS_CA_BUNDLE or ca_bundle of the profile, as for any AWS tool."
    return AwsFailed("Connect", "", "SSLError", f"{route.authority}: {error.verify_message}", hint)


def refused_by_proxy(route: Route, reply: Reply) -> AwsFailed | Cut:
    """A proxy does not let us through."""
    first = reply.head.partition(b"\r\n")[0].decode("latin-1")
    if reply.status in (401, 403, 407):
        hint = "Check the user and password in HTTPS_PROXY, and what the proxy allows."
        return AwsFailed("Connect", "", "ProxyConnectionError", f"the proxy answers {first!r}", hint)
    return Cut(f"the proxy to {route.authority} answers {first!r}", may_have_worked=False)


async def _connected(route: Route, loop: asyncio.AbstractEventLoop) -> Connection:
    proxy = route.proxy
    first = proxy or route
    tls = proxy.tls if proxy else route.tls
    plain = await _socket(first.host, first.port, loop, route.connect_s)
    made = Connection(loop)
    try:
        async with asyncio.timeout(route.connect_s):
            named = first.host if tls else None
            await loop.create_connection(lambda: made, sock=plain, ssl=tls, server_hostname=named)
            made.socket = plain
            return made if proxy is None or route.tls is None else await _through(route, made, loop)
    except BaseException:
        made.abort()
        plain.close()
        raise


async def _through(route: Route, made: Connection, loop: asyncio.AbstractEventLoop) -> Connection:
    """The connection that a proxy makes for us, with the endpoint's TLS inside."""
    reply = await made.ask(connect_head(route), b"", "HEAD", route.connect_s)
    if reply.status != 200:
        raise refused_by_proxy(route, reply)
    inner = Connection(loop)
    inner.socket = made.socket
    transport = await loop.start_tls(
        cast("asyncio.Transport", made._transport),  # noqa: SLF001 - its own kind
        inner,
        cast("ssl.SSLContext", route.tls),
        server_hostname=route.host,
    )
    if transport is None:
        raise Cut("the proxy closed the connection", may_have_worked=False)
    inner.connection_made(transport)
    return inner


def connect_head(route: Route) -> str:
    """What asks a proxy for a connection."""
    name = f"[{route.host}]" if ":" in route.host else route.host
    more = route.proxy.head if route.proxy else ""
    return f"CONNECT {name}:{route.port} HTTP/1.1\r\nHost: {name}:{route.port}\r\n{more}\r\n"


async def _socket(host: str, port: int, loop: asyncio.AbstractEventLoop, limit_s: float) -> socket.socket:
    """A connected socket of our own: the first address of the name that answers, each of which has so much time."""
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failed: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in found:
        made = socket.socket(family, kind, protocol)
        try:
            made.setblocking(False)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(limit_s):
                await loop.sock_connect(made, cast(Any, address))
        except OSError as error:
            made.close()
            failed = error
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise failed
