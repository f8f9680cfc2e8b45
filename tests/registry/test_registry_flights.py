"""The shipped registry holds against every row of the data that it describes."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from demo.flights import VALID_FROM, flights, rows
from reconciler.load import load
from registry.airports import Airport
from registry.fleet import Carrier, Plane
from registry.traffic import Departure, RouteDay
from registry.weather import Weather

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def registry():
    return load(ROOT)


class Day(NamedTuple):
    """What the flights of one route on one day come to, worked out another way."""

    flights: int
    cancelled: int
    last_left_at: datetime


@pytest.fixture(scope="module")
def flown():
    """The year's flights by route and day; reading them takes seconds, so once."""
    days: dict[tuple[str, datetime], Day] = {}
    nothing = Day(0, 0, VALID_FROM)
    for flight in flights():
        key = flight.route, flight.scheduled_at.replace(hour=0, minute=0)
        left_at = flight.scheduled_at + timedelta(minutes=flight.delay_min or 0)
        day = days.get(key, nothing)
        days[key] = Day(day.flights + 1, day.cancelled + (flight.delay_min is None), max(day.last_left_at, left_at))
    return days


@pytest.mark.parametrize(
    ("record", "count"), [(Weather, 26_115), (Plane, 3_322), (Airport, 1_458), (Carrier, 16), (Departure, 512)]
)
def test_every_row_is_a_valid_record_of_its_own_key_and_time(record, count):
    spec = record.__feature_group__
    keys = Counter((getattr(row, spec.record_id), getattr(row, spec.event_time)) for row in rows(record, now=NOW))

    assert len(keys) == keys.total() == count


def test_every_flight_is_read(flown):
    assert sum(day.flights for day in flown.values()) == 336_776
    assert sum(day.cancelled for day in flown.values()) == 8_255


def test_each_day_of_a_route_accounts_for_its_flights_and_is_known_only_when_the_last_has_left(flown):
    days = {(day.route, day.known_at - timedelta(days=2)): day for day in rows(RouteDay)}

    assert len(days) == 63_815
    assert days.keys() == flown.keys()
    for key, day in days.items():
        assert (day.flights, day.cancelled) == flown[key][:2]
        assert (day.mean_delay_min is None) == (day.flights == day.cancelled)
        assert flown[key].last_left_at <= day.known_at


def test_the_board_is_of_the_last_hours_and_knows_nothing_of_the_future():
    lifetime = timedelta(seconds=Departure.__feature_group__.group.online.ttl_s)
    board = list(rows(Departure, now=NOW))

    assert {row.departed for row in board} == {True, False}
    for row in board:
        assert NOW - lifetime < datetime.fromtimestamp(row.updated_at, UTC) <= NOW
        assert row.departed or row.delay_min is None


def test_the_registers_hold_from_the_start_of_the_year():
    assert {row.valid_from for record in (Plane, Airport, Carrier) for row in rows(record)} == {VALID_FROM}


def test_the_registry_loads_without_a_fault(registry):
    assert sorted(registry.groups) == ["airport", "carrier", "departure-board", "plane", "route-delays", "weather"]
    assert registry.retired == {}


def test_the_registry_shows_the_shapes_that_a_group_may_have(registry):
    groups = [desired.group for desired in registry.groups.values()]

    assert {(bool(group.online), bool(group.offline)) for group in groups} == {
        (True, True),
        (True, False),
        (False, True),
    }
    assert {group.offline.table_format for group in groups if group.offline} == {"Glue", "Iceberg"}
    assert any(group.online and group.online.ttl_s for group in groups)
    assert all(group.tags["team"] == "operations" and group.description for group in groups)


def test_every_line_of_the_registry_is_known(registry):
    for desired in registry.groups.values():
        text = (ROOT / desired.source.file).read_text().splitlines()
        for feature in desired.group.features:
            assert text[desired.source.fields[feature.name] - 1].startswith(f"    {feature.name}: ")
        assert text[desired.source.line - 1].startswith("class ")
