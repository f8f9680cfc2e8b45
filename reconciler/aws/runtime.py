"""The runtime API of Feature Store: a signed request at a time, on connections that stay open.

Retries are not decided here: who writes a million records and who reads one have different ideas of them.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from reconciler.aws.background import Background
from reconciler.aws.errors import NotSageMaker, named
from reconciler.aws.pools import Pools
from reconciler.aws.reply import Reply
from reconciler.aws.route import Route, find_route
from reconciler.aws.session import answer_embedded
from reconciler.aws.wire import Cut
from reconciler.config import Environment

if TYPE_CHECKING:
    from reconciler.aws.signing import Body, Signer

__all__ = ["Cut", "Reply", "Runtime"]

T = TypeVar("T")

_alive: weakref.WeakSet[Runtime] = weakref.WeakSet()
_buried: list[Any] = []


class Runtime:
    """The runtime API of one environment. Safe to use from several threads, from several event loops, after a fork.

    Nothing is resolved or opened before the first call. What is left open is closed when the process ends.
    """

    def __init__(self, environment: Environment, root: Path) -> None:
        self.environment, self.root = environment, root
        self._lock = threading.Lock()
        self._route: Route | None = None
        self._answer: Any = None
        self._pools, self._background = Pools(), Background()
        self._close = weakref.finalize(self, _close, self._pools, self._background)
        _alive.add(self)

    @property
    def route(self) -> Route:
        """The way there; raises `AwsFailed` where there is none."""
        return self._route or self._find_route()

    def _find_route(self) -> Route:
        with self._lock:
            if self._route is None:
                if self.environment.is_embedded:
                    self._answer = answer_embedded(self.root)
                self._route = find_route(self.environment, self.root)
            return self._route

    async def call(self, method: str, target: str, body: Body = b"") -> Reply:
        """One attempt: signed, sent, answered. `target` is path and query, percent-encoded; the body is JSON.

        A reply may be an error of AWS's. Raises `Cut` where there is no reply, and `AwsFailed` where there will be
        none however often it is tried.
        """
        loop = asyncio.get_running_loop()
        route = self._route
        if route is None:
            route = await loop.run_in_executor(None, self._find_route)
        signer = route.identity.signer()
        if signer is None:
            signer = await loop.run_in_executor(None, route.identity.renew)
        if self._answer is not None:
            return await loop.run_in_executor(None, self._answered, route, signer, method, target, body)
        head = signer.head(method, route.base + target, body)
        pool = self._pools.of(loop)
        async with pool.room:
            connection = await pool.take(route)
            try:
                reply = await connection.ask(head, body, method, route.read_s)
            finally:
                pool.give(connection)
        return _seen(reply, route, signer)

    def call_now(self, method: str, target: str, body: Body = b"") -> Reply:
        """The same, in a thread that waits."""
        route = self._route or self.route
        signer = route.identity.signer() or route.identity.renew()
        if self._answer is not None:
            return self._answered(route, signer, method, target, body)
        if route.is_nested:
            return self.run(self.call(method, target, body))
        head = signer.head(method, route.base + target, body)
        line = self._pools.take_line(route)
        try:
            reply = line.ask(head, body, method, route.read_s)
        finally:
            self._pools.give_line(line)
        return _seen(reply, route, signer)

    def _answered(self, route: Route, signer: Signer, method: str, target: str, body: Body) -> Reply:
        """The reply of the emulator in this process."""
        lines = signer.head(method, target, body).split("\r\n")[1:-2]
        headers = dict(line.split(": ", 1) for line in lines)
        try:
            status, said, content = self._answer(method, target, headers, bytes(body))
        except ConnectionResetError as dropped:
            raise Cut(str(dropped), may_have_worked=True) from dropped
        head = "\r\n".join((f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in said.items())))
        return _seen(Reply(status, head.encode("latin-1", "replace"), content), route, signer)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of a coroutine, which runs on a loop in the background; the caller may be in a loop itself."""
        return self._background.run(work)

    def close(self) -> None:
        """Close the connections that no other loop owns, and end the thread. It can be used again."""
        _close(self._pools, self._background)

    def bury(self) -> None:
        """In a forked process: begin anew, and leave the parent's connections alone."""
        self._lock = threading.Lock()
        self._pools.bury()
        _buried.append(self._background.bury())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _seen(reply: Reply, route: Route, signer: Signer) -> Reply:
    if reply.is_expired:
        route.identity.refuse(signer)
    elif reply.is_ok and reply.body[:1] not in (b"{", b""):
        # A page to sign in at, most likely: to HTTP that is a success.
        kind = reply.headers.get("content-type", "")
        with named("Connect"):
            raise NotSageMaker(kind)
    return reply


def _close(pools: Pools, background: Background) -> None:
    background.close()
    pools.close()


def _bury_all() -> None:
    for runtime in list(_alive):
        runtime.bury()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_bury_all)
