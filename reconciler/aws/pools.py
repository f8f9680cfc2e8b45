"""Connections that wait for the next request: of each event loop its own, and of threads that have none."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncGenerator
from typing import Any

from reconciler.aws.blocking import Line, open_line
from reconciler.aws.route import Route
from reconciler.aws.wire import Connection, connect

MOST_CONNECTIONS = 128
"""Of one event loop; who asks for more at once waits."""

_buried: list[Any] = []
"""What a forked process must neither use nor take apart: its parent goes on using it."""


class Pool:
    """The connections of one event loop. The last one used is the next one used."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.room = asyncio.Semaphore(MOST_CONNECTIONS)
        self._idle: list[Connection] = []
        self.open: set[Connection] = set()
        self._guard: AsyncGenerator[None, None] | None = None

    async def take(self, route: Route) -> Connection:
        """A connection to use; it is to be given back."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
            self.drop(connection)
        if self._guard is None:
            self._guard = self._until_the_end()
            await anext(self._guard)
        made = await connect(route, self.loop)
        self.open.add(made)
        return made

    def give(self, connection: Connection) -> None:
        """It was used, and may be again."""
        if connection.is_usable:
            self._idle.append(connection)
        else:
            self.drop(connection)

    def drop(self, connection: Connection) -> None:
        """It is of no more use."""
        self.open.discard(connection)
        connection.abort()

    async def _until_the_end(self) -> AsyncGenerator[None, None]:
        """Lives as long as the loop: `asyncio.run` ends generators before it closes its loop, and nothing else."""
        try:
            yield
        finally:
            self._idle.clear()
            while self.open:
                self.open.pop().abort()
            await asyncio.sleep(0)  # what was aborted is closed in the loop's next round


class Pools:
    """All connections of one runtime."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of_loops: dict[asyncio.AbstractEventLoop, Pool] = {}
        self._lines: list[Line] = []
        self._used: set[Line] = set()

    def of(self, loop: asyncio.AbstractEventLoop) -> Pool:
        """The pool of this loop, which is the running one."""
        return self._of_loops.get(loop) or self._new(loop)

    def _new(self, loop: asyncio.AbstractEventLoop) -> Pool:
        with self._lock:
            for other in [other for other in self._of_loops if other.is_closed()]:
                del self._of_loops[other]
            made = self._of_loops[loop] = Pool(loop)
            return made

    def take_line(self, route: Route) -> Line:
        """A connection for a thread that waits."""
        while True:
            with self._lock:
                line = self._lines.pop() if self._lines else None
            if line is None:
                line = open_line(route)
            elif not line.is_usable:
                line.close()
                continue
            self._used.add(line)
            return line

    def give_line(self, line: Line) -> None:
        """It was used, and may be again."""
        self._used.discard(line)
        if line.keeps_alive:
            with self._lock:
                self._lines.append(line)
        else:
            line.close()

    def close(self) -> None:
        """Close what no loop owns; loops close their own connections when they end."""
        with self._lock:
            lines, self._lines = self._lines, []
        for line in lines:
            line.close()

    def bury(self) -> None:
        """In a forked process: let go of every descriptor without a word to the other side, or to the parent's loop."""
        connections = [connection for pool in self._of_loops.values() for connection in pool.open]
        for socket in [c.socket for c in connections] + [line.socket for line in (*self._lines, *self._used)]:
            if socket is not None and (descriptor := socket.detach()) >= 0:
                os.close(descriptor)
        _buried.append((self._of_loops, self._lines, self._used))
        self.__init__()  # type: ignore[misc]  # all of it anew, the lock included
