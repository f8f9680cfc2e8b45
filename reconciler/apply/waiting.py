"""How long to wait for AWS, and how often to look."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

from reconciler.errors import AwsFailed
from reconciler.plan.outcome import INTERRUPTED

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """Time limits, in seconds. The standard ones fit AWS: an in-memory store takes 10 to 15 minutes to make or
    delete (service model of botocore 1.44.5), and AWS's Kubernetes controller waits up to 45.
    """

    operation_s: float = 45 * 60
    """For a creation, an update or a deletion to end."""
    read_back_s: float = 60
    """For what AWS has acknowledged to be there when it is read."""
    propagation_s: float = 180
    """For a new role or bucket to be known everywhere."""
    first_look_s: float = 0.5
    longest_look_s: float = 10

    @classmethod
    def local(cls, operation_s: float = 45 * 60) -> Patience:
        """For an emulator, which answers at once."""
        return cls(operation_s, read_back_s=2, propagation_s=5, first_look_s=0.02, longest_look_s=0.5)


class Interrupted(AwsFailed):
    """The user stopped the run while it was waiting; AWS goes on with what it had begun."""

    def __init__(self, group: str) -> None:
        super().__init__("Waiting", group, INTERRUPTED, "stopped by you; AWS goes on with what it has begun")


class Watch:
    """Waits for groups, one thread each, until told to stop."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self._stop = Event()

    def stop(self) -> None:
        """Make every wait end now, and every next one."""
        self._stop.set()

    @property
    def is_stopped(self) -> bool:
        return self._stop.is_set()

    def until(
        self,
        read: Callable[[], T],
        is_settled: Callable[[T], bool],
        limit_s: float,
        group: str,
        otherwise: Callable[[T], AwsFailed],
    ) -> T:
        """What `read` gives once it is settled; past the time limit, raises what `otherwise` makes of the last look."""
        look, waited = self.patience.first_look_s, 0.0
        while not is_settled(found := read()):
            if waited >= limit_s:
                raise otherwise(found)
            self.pause(look, group)
            waited += look
            look = min(look * 1.5, self.patience.longest_look_s)
        return found

    def pause(self, seconds: float, group: str) -> None:
        """Sleep, or raise `Interrupted` as soon as the run is stopped."""
        if self._stop.wait(seconds):
            raise Interrupted(group)


@contextmanager
def stopped_by_interrupt(watch: Watch) -> Iterator[None]:
    """The first interrupt stops the watch; another one is an interrupt as ever.

    Raised where the main thread happens to be, it could come between the start of a thread and our knowing of it: what
    that thread does would then be told as not begun.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is None or threading.current_thread() is not threading.main_thread():
        yield  # not ours to change
        return

    def stop(*_: object) -> None:
        watch.stop()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
