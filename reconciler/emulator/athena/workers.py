"""Threads that run queries, so that whoever starts one waits for it no longer than a client would.

They are few, for each keeps a connection to the store, and they end with the process.
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 4
_lock = threading.Lock()


class _Pool:
    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[tuple[Callable[[], None], threading.Event]] = queue.SimpleQueue()
        self._threads = 0
        self._busy = 0

    def submit(self, task: Callable[[], None]) -> threading.Event:
        done = threading.Event()
        with _lock:
            self._busy += 1
            if self._busy > self._threads and self._threads < _MOST:
                self._threads += 1
                threading.Thread(target=self._work, name="athena", daemon=True).start()
        self._tasks.put((task, done))
        return done

    def _work(self) -> None:
        while True:
            task, done = self._tasks.get()
            try:
                task()
            finally:
                with _lock:
                    self._busy -= 1
                done.set()


_pools: dict[int, _Pool] = {}


def run(task: Callable[[], None], patience_s: float) -> None:
    """Run a task in another thread and wait for its end, but no longer than this."""
    import os  # noqa: PLC0415 - a fork has none of its parent's threads

    pool = _pools.setdefault(os.getpid(), _Pool())
    pool.submit(task).wait(patience_s)
