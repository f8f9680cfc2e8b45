"""Asking until there is an answer: what to do after each attempt of one call."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, Final

from reconciler.aws.errors import refused
from reconciler.aws.runtime import Cut, Reply, Runtime
from reconciler.aws.store import FeatureStore
from reconciler.errors import AwsFailed

NEW_FOR_S: Final = 600.0
"""UNVERIFIED: for so long after its creation a group may be unknown to the runtime API, which is known to happen."""
NEW_LOOK_S: Final = 0.25
_FIRST_DELAY_S: Final = 0.025
_LONGEST_DELAY_S: Final = 5.0
_EXPIRED_ATTEMPTS: Final = 3


class Tries:
    """The attempts of one call about one group. `attempts` is how many there may be in all."""

    def __init__(self, runtime: Runtime, call: str, group: str, *, chance: Callable[[], float] = random.random) -> None:
        self._runtime, self._call, self._group, self._chance = runtime, call, group, chance
        self._attempts = runtime.route.attempts
        self._new_until: float | None = None
        self.made = 0

    def next_in(self, outcome: Reply | Cut) -> float | None:
        """In how many seconds to try again; None where the reply is good. Raises `AwsFailed` where it is no use."""
        self.made += 1
        if isinstance(outcome, Cut):
            if self.made >= self._attempts:
                raise unreachable(self._call, self._group, outcome) from outcome
            return self._delay()
        if outcome.is_ok:
            return None
        if knows_no_group(outcome):
            return self._until_it_is_known(outcome)
        enough = min(self._attempts, _EXPIRED_ATTEMPTS) if outcome.is_expired else self._attempts
        if not outcome.is_passing or self.made >= enough:
            raise refused(self._call, self._group, outcome.code, outcome.message)
        return self._delay()

    def _delay(self) -> float:
        return self._chance() * min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2.0**self.made)

    def _until_it_is_known(self, outcome: Reply) -> float:
        if self._new_until is None:
            self._new_until = time.monotonic() + seconds_new(self._runtime, self._group)
        if time.monotonic() >= self._new_until:
            raise no_group(self._call, self._group, outcome.code, outcome.message)
        return NEW_LOOK_S


async def side_by_side(count: int, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """So many workers at once, each until nothing is left to do. The error of one ends them all, and is raised."""
    workers = [asyncio.create_task(work()) for _ in range(count)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def ask_now(runtime: Runtime, call: str, group: str, method: str, target: str, body: bytes = b"") -> Reply:
    """A good reply, in a thread that waits; raises `AwsFailed`."""
    tries: Tries | None = None
    while True:
        outcome: Reply | Cut
        try:
            outcome = runtime.call_now(method, target, body)
        except Cut as cut:
            outcome = cut
        if isinstance(outcome, Reply) and outcome.status == 200:
            return outcome
        tries = tries or Tries(runtime, call, group)
        time.sleep(tries.next_in(outcome) or 0.0)


async def ask(
    runtime: Runtime,
    call: str,
    group: str,
    method: str,
    target: str,
    body: bytes = b"",
    *,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Reply:
    """A good reply; raises `AwsFailed`."""
    tries: Tries | None = None
    while True:
        outcome: Reply | Cut
        try:
            outcome = await runtime.call(method, target, body)
        except Cut as cut:
            outcome = cut
        if isinstance(outcome, Reply) and outcome.status == 200:
            return outcome
        tries = tries or Tries(runtime, call, group)
        # Off the loop: it may have to ask AWS whether the group is new.
        wait_s = await asyncio.to_thread(tries.next_in, outcome)
        await sleep(wait_s or 0.0)


def knows_no_group(reply: Reply) -> bool:
    """The runtime API says that there is no such group: for a new one, not yet."""
    return says_no_group(reply.code, reply.message)


def says_no_group(code: str, message: str) -> bool:
    """As above, of the code and message of one entry: reads say ResourceNotFound, writes ValidationError."""
    return code in ("ResourceNotFound", "ValidationError") and "find a FeatureGroup" in message


def seconds_new(runtime: Runtime, group: str) -> float:
    """For how long it is worth waiting that the runtime API gets to know a group; 0 where it is not there, or old."""
    try:
        found = FeatureStore(runtime.environment, runtime.root).describe(group)
    except AwsFailed:
        return 0.0  # it may not be asked, or cannot be reached
    if found is None:
        return 0.0
    created = found.get("CreationTime") or 0.0
    seconds = created.timestamp() if isinstance(created, datetime) else float(created)
    # Of the clock of this machine little is known: what is just new on either side is new.
    return max(0.0, min(NEW_FOR_S, NEW_FOR_S - (time.time() - seconds))) if seconds else 0.0


def no_group(call: str, group: str, code: str, message: str) -> AwsFailed:
    """There is no such group, or it has been unknown for too long."""
    hint = "There is no such group here, or its name differs: look with `reconciler list`, or apply its spec first."
    return AwsFailed(call, group, code, message, hint)


def unreachable(call: str, group: str, cut: Cut) -> AwsFailed:
    """No attempt was answered."""
    hint = "Check the endpoint in pyproject.toml, the region and the network. For an emulator, start it first."
    return AwsFailed(call, group, "ConnectionClosed" if cut.may_have_worked else "NoConnection", str(cut), hint)
