"""How fast to ask: as fast as the service takes it, found out by asking.

Nothing is held back until the service says no for the first time. From then on a rate is kept, which falls to a part
of what was being delivered whenever the service says no, comes back to that quickly, stays around it for a while, and
then reaches for more: TCP's cubic curve, stretched to the rate, so that it takes the same time at ten records a second
as at ten thousand.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final

KEPT: Final = 0.7
"""What is left of the rate after the service said no."""
RETURN_S: Final = 4.0
"""How long it takes to be back where the service said no."""
EPISODE_S: Final = 0.5
"""Refusals in so short a time are one: they answer requests that were sent at the same rate."""
DOUBLING_S: Final = 1.0
"""After the first refusal the rate is hardly known, and doubles in this time until there is a second one."""
_STEEPNESS: Final = (1 - KEPT) / RETURN_S**3
_FASTEST_GROWTH: Final = 2.0
_SLOWEST: Final = 1.0
_FIRST_DELAY_S: Final = 0.05
_LONGEST_DELAY_S: Final = 20.0
_WINDOW_S: Final = 1.0


class Pace:
    """The pace of one stream of requests, in records a second; for one event loop.

    `turn` waits until so many records may be sent. Afterwards `taken` and `refused` say what became of them. However
    much is refused, `slowest` is kept up: what a service refuses at any rate would bring everything to a halt.
    """

    def __init__(
        self,
        *,
        slowest: float = _SLOWEST,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._slowest = slowest
        self._clock, self._sleep, self._chance = clock, sleep, chance
        self._delivered = _Delivered(clock())
        self._highest = 0.0
        self._is_first = True
        self._since = 0.0
        self._next = 0.0
        self._turns = asyncio.Lock()
        self.refusals = 0

    @property
    def limit(self) -> float:
        """The records a second that may be sent now; infinite as long as nothing was refused."""
        if not self._highest:
            return float("inf")
        now = self._clock()
        ahead = now - self._since - RETURN_S
        limit = self._highest * min(_FASTEST_GROWTH, 1 + _STEEPNESS * ahead**3)
        if self._is_first:
            reach = self._highest * KEPT * 2 ** min((now - self._since) / DOUBLING_S, 30)
            limit = max(limit, min(reach, 2 * self._delivered.rate(now)))
        return max(self._slowest, limit)

    async def turn(self, records: int = 1) -> None:
        """Wait for the turn of so many records; who asked first goes first."""
        if not self._highest:
            return
        async with self._turns:
            now = self._clock()
            if self._next > now:
                await self._sleep(self._next - now)
            self._next = max(now, self._next) + records / self.limit

    def taken(self, records: int = 1) -> None:
        """So many records were delivered."""
        now = self._clock()
        self._delivered.add(now, records)
        # Once the reach is exhausted, go on from there; but only who asks for that much knows that it is to be had.
        if self._highest and not self._is_first and now - self._since > RETURN_S:
            limit = self.limit
            if limit >= self._highest * _FASTEST_GROWTH and self._delivered.rate(now) >= limit * KEPT:
                self._highest, self._since = limit, now - RETURN_S

    def refused(self, records: int = 1) -> None:
        """The service was asked for too much: so many records were refused."""
        now = self._clock()
        self.refusals += records
        if self._highest and now - self._since < EPISODE_S:
            return
        delivered, before = self._delivered.rate(now), self.limit
        if self._highest:
            # What is delivered in a second is a rough measure at low rates: one episode does not say everything.
            self._highest = min(before, max(delivered, before * KEPT))
            self._is_first = False
        else:
            self._highest = delivered or records / EPISODE_S
        self._highest = max(self._highest, self._slowest)
        self._since = now
        self._next = max(self._next, now)

    def delay_s(self, attempt: int) -> float:
        """How long to wait before a request is sent again, for the so-many-th time: anything up to a doubling limit."""
        return self._chance() * min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2.0 ** min(attempt, 30))


class _Delivered:
    """The rate of deliveries over the last second or so."""

    def __init__(self, now: float) -> None:
        self._begin, self._count = now, 0.0
        self._before: float | None = None  # of the window before this one

    def add(self, now: float, records: int) -> None:
        self._turn(now)
        self._count += records

    def rate(self, now: float) -> float:
        self._turn(now)
        age = now - self._begin
        if self._before is not None:
            share = max(0.0, 1 - age / _WINDOW_S)
            return (self._count + self._before * share) / (age + _WINDOW_S * share)
        return self._count / max(age, _WINDOW_S / 20)

    def _turn(self, now: float) -> None:
        age = now - self._begin
        if age >= 2 * _WINDOW_S:
            self._begin, self._count, self._before = now, 0.0, 0.0
        elif age >= _WINDOW_S:
            self._begin, self._count, self._before = self._begin + _WINDOW_S, 0.0, self._count
