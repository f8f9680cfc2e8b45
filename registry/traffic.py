"""What flights did, by route and just now."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from reconciler.spec import Offline, Online, UnixTime, feature, feature_group
from registry.tags import TAGS


@feature_group(
    name="route-delays",
    record_id="route",
    event_time="known_at",
    online=None,
    offline=Offline(table_format="Iceberg"),
    tags=TAGS,
)
class RouteDay:
    """How a route did on one day, known when the last flight of it has left."""

    route: str = feature(about="Origin and destination: JFK-LAX.")
    known_at: datetime = feature(
        about="Midnight UTC, one day after the day: the longest delay of the year is under 22 hours."
    )
    flights: Annotated[int, Gt(0)] = feature(about="Flights scheduled.")
    cancelled: Annotated[int, Ge(0)] = feature(about="Of those, flights that never left.")
    mean_delay_min: float | None = feature(
        default=None, about="Mean departure delay; early is negative.", parameters={"unit": "min"}
    )
    worst_delay_min: int | None = feature(default=None, about="Longest departure delay.", parameters={"unit": "min"})
    late_share: Annotated[float, Ge(0), Le(1)] | None = feature(
        default=None, about="Share of departures more than 15 minutes late."
    )
    distance_miles: Annotated[int, Gt(0)] = feature(parameters={"unit": "mi"})


@feature_group(
    name="departure-board",
    record_id="flight",
    event_time="updated_at",
    online=Online(ttl=timedelta(hours=12)),
    offline=None,
    tags=TAGS,
)
class Departure:
    """Departures of the last hours. They leave the board by themselves."""

    flight: str = feature(about="Carrier, number and airport: UA1545-EWR.")
    updated_at: UnixTime = feature(about="When the line changed last.", parameters={"unit": "s"})
    scheduled_at: datetime
    origin: Literal["EWR", "JFK", "LGA"]
    dest: str
    carrier: str
    tail_number: str | None = None
    delay_min: int | None = feature(default=None, about="None until it has left.", parameters={"unit": "min"})
    departed: bool = feature(about="It has left.")
