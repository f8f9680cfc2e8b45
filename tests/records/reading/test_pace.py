"""The pace of requests, against a service that gives so many records a second; in a time of its own."""

import asyncio
import itertools
from dataclasses import dataclass, field

import pytest
import virtual_time
from hypothesis import given
from hypothesis import strategies as st

from reconciler.records.pace import KEPT, RETURN_S, Pace


@dataclass
class Service:
    """A bucket that holds `burst` and fills with `rate` a second; `later` is its rate from a moment on."""

    rate: float
    burst: float
    later: tuple[float, float] | None = None
    level: float = field(init=False)
    seen: float = 0.0
    delivered: list[int] = field(default_factory=lambda: [0] * 1000)
    refused: int = 0

    def __post_init__(self):
        self.level = self.burst

    def take(self, records):
        now = virtual_time.now()
        rate = self.later[1] if self.later and now >= self.later[0] else self.rate
        self.level = min(self.burst, self.level + (now - self.seen) * rate)
        self.seen = now
        taken = min(records, int(self.level))
        self.level -= taken
        self.delivered[int(now)] += taken
        self.refused += records - taken
        return taken

    def share(self, begin, end):
        """What was delivered between two moments, of what could have been."""
        rate = self.later[1] if self.later and begin >= self.later[0] else self.rate
        return sum(self.delivered[begin:end]) / (rate * (end - begin))


def ask(service, seconds, *, connections=32, batch=25):
    """As many connections as that ask as fast as the pace allows, for a while."""

    async def one(pace, end):
        while virtual_time.now() < end:
            await pace.turn(batch)
            await asyncio.sleep(0.005)
            taken = service.take(batch)
            if taken:
                pace.taken(taken)
            if taken < batch:
                pace.refused(batch - taken)

    async def all_of_them():
        pace = Pace(clock=virtual_time.now)
        await asyncio.gather(*(one(pace, seconds) for _ in range(connections)))
        return pace

    return virtual_time.run(all_of_them())


def test_nothing_is_held_back_before_the_service_says_no():
    service = Service(1e9, 1e9)

    pace = ask(service, 5)

    assert pace.limit == float("inf")
    assert sum(service.delivered[:5]) >= 5 * 32 * 25 / 0.005 * 0.95


@pytest.mark.parametrize(
    ("rate", "burst", "batch"),
    [(1000, 1000, 25), (10_000, 10_000, 25), (500, 500, 1), (50, 50, 25), (1000, 50, 25), (5000, 250, 25)],
)
def test_nine_tenths_of_what_the_service_gives_are_found(rate, burst, batch):
    service = Service(rate, burst)

    ask(service, 60, batch=batch)

    assert service.share(0, 60) > 0.85
    first_moment = 32 * batch
    assert service.refused - first_moment < 0.25 * sum(service.delivered)


def test_a_service_that_gives_more_is_asked_for_more():
    service = Service(1000, 1000, later=(30, 4000))

    ask(service, 90)

    assert service.share(60, 90) > 0.85


def test_a_service_that_gives_less_is_asked_for_less():
    service = Service(4000, 1000, later=(30, 500))

    ask(service, 90)

    assert service.share(40, 90) > 0.8


def a_pace():
    """A pace, and the hands of its clock."""
    hands = [0.0]
    return Pace(clock=lambda: hands[0]), hands


def test_refusals_of_one_moment_are_one():
    pace, hands = a_pace()
    pace.taken(1000)
    hands[0] = 0.9
    for _ in range(50):
        pace.refused(25)

    assert pace.limit == pytest.approx(1000 / 0.9 * KEPT)
    assert pace.refusals == 50 * 25


def test_it_is_back_where_it_was_refused_after_a_while():
    pace, hands = a_pace()
    hands[0] = 1.0
    pace.taken(1000)
    pace.refused(1)
    low = pace.limit
    hands[0] += RETURN_S

    assert low == pytest.approx(KEPT * pace.limit)


@given(events=st.lists(st.tuples(st.booleans(), st.integers(1, 100), st.floats(0, 10)), max_size=60))
def test_it_never_stops_altogether(events):
    pace, hands = a_pace()
    for is_taken, records, pause in events:
        hands[0] += pause
        (pace.taken if is_taken else pace.refused)(records)

    assert pace.limit >= 1.0


def test_delays_double_up_to_a_limit_and_anything_below_is_as_likely():
    most = Pace(chance=lambda: 1.0)
    none = Pace(chance=lambda: 0.0)
    delays = [most.delay_s(attempt) for attempt in range(2000)]

    assert all(b == min(2 * a, 20.0) for a, b in itertools.pairwise(delays))
    assert none.delay_s(7) == 0
