"""How far a long run is."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

Stage: TypeAlias = Literal["checking", "sending", "writing"]


EVERY_S = 0.1
WINDOW_S = 5.0


class Progress(NamedTuple):
    """Rows done of a stage, and out of how many, where that is known.

    `rate` is rows a second of late. `note` says what holds it up: that the service is throttling, for instance.
    """

    stage: Stage
    done: int
    total: int | None
    rate: float
    note: str = ""

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take at this rate."""
        if self.total is None or self.rate <= 0:
            return None
        return max(0.0, (self.total - self.done) / self.rate)


Tell: TypeAlias = Callable[[Progress], None]


class Pulse:
    """Tells of one stage, a few times a second at most, with the rate of the last seconds."""

    def __init__(
        self, stage: Stage, total: int | None, tell: Tell | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stage: Stage = stage
        self._total, self._tell, self._clock = total, tell, clock
        self._seen: deque[tuple[float, int]] = deque([(clock(), 0)])

    def __call__(self, done: int, note: str = "") -> None:
        """So many rows are through."""
        now = self._clock()
        if now - self._seen[-1][0] >= EVERY_S:
            self._say(now, done, self._total, note)

    def end(self, done: int) -> None:
        """All of them are."""
        self._say(self._clock(), done, done, "")

    def _say(self, now: float, done: int, total: int | None, note: str) -> None:
        if self._tell is None:
            return
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > WINDOW_S:
            self._seen.popleft()
        since, before = self._seen[0]
        rate = (done - before) / (now - since) if now > since else 0.0
        self._tell(Progress(self._stage, done, total, rate, note))
