"""An event loop in a thread of its own, for callers who have none, or are in one that must not be used."""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future, wait
from typing import Any, TypeVar

T = TypeVar("T")

_PATIENCE_S = 30.0


class Background:
    """The loop, from the first piece of work on until it is closed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self.selector: selectors.BaseSelector | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of a coroutine. Who interrupts the wait waits for the coroutine to put things in order."""
        try:
            loop = self._started()
            if self._thread is threading.current_thread():
                raise RuntimeError("this thread runs the loop that it would wait for")
        except BaseException:
            work.close()
            raise
        outcome: Future[T] = Future()
        begun: list[asyncio.Task[T]] = []

        def begin() -> None:
            begun.append(loop.create_task(work))
            begun[0].add_done_callback(lambda task: _settle(task, outcome))

        def give_up() -> None:
            begun[0].cancel()

        loop.call_soon_threadsafe(begin)
        try:
            return outcome.result()
        except BaseException:
            if not outcome.done():
                loop.call_soon_threadsafe(give_up)
                wait([outcome], _PATIENCE_S)
            raise

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                ready = threading.Event()
                self._thread = threading.Thread(target=self._main, args=(ready,), name="reconciler", daemon=True)
                self._thread.start()
                ready.wait()
            if self._loop is None:
                raise RuntimeError("the loop in the background did not start")
            return self._loop

    def _main(self, ready: threading.Event) -> None:
        try:
            with asyncio.Runner(loop_factory=self._new_loop) as runner:
                runner.run(self._live(ready))
        finally:
            ready.set()

    def _new_loop(self) -> asyncio.AbstractEventLoop:
        self.selector = selectors.DefaultSelector()
        return asyncio.SelectorEventLoop(self.selector)

    async def _live(self, ready: threading.Event) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        ready.set()
        await self._ended.wait()

    def close(self) -> None:
        """End the thread; work that is under way is cancelled."""
        with self._lock:
            loop, ended, thread = self._loop, self._ended, self._thread
            self._loop = self._ended = self._thread = None
        if loop and ended and thread:
            loop.call_soon_threadsafe(ended.set)
            if thread is not threading.current_thread():
                thread.join(_PATIENCE_S)

    def bury(self) -> Any:
        """In a forked process, which has no such thread: begin anew; answers what is left of the old one."""
        left = (self._loop, self._ended, self._thread)
        if self.selector is not None:
            self.selector.close()  # the parent has its own descriptor of it
        self.__init__()  # type: ignore[misc]  # all of it anew, the lock included
        return left


def _settle(task: asyncio.Task[T], outcome: Future[T]) -> None:
    if task.cancelled():
        outcome.set_exception(CancelledError())
    elif error := task.exception():
        outcome.set_exception(error)
    else:
        outcome.set_result(task.result())
