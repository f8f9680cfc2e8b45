"""What mypy accepts: `tests/spec/test_typing.py` runs it over this file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal, assert_type

from annotated_types import Ge

from reconciler.spec import (
    Dataset,
    Feature,
    FeatureRef,
    GroupSpec,
    Offline,
    OnDemand,
    Online,
    Provisioned,
    UnixTime,
    Vector,
    feature,
    feature_group,
    ref,
    retire,
    using,
)


@feature_group(
    name="weather",
    record_id="origin",
    event_time="observed_at",
    online=Online(ttl=timedelta(days=7), storage_type="InMemory"),
    offline=None,
    tags={"team": "operations"},
    throughput=Provisioned(read=10, write=5),
    protected=True,
    keep_live={"role_arn"},
)
class Weather:
    """Hourly weather."""

    origin: str
    observed_at: datetime
    temp_f: float | None = feature(default=None, about="Air temperature.", parameters={"unit": "degF"})
    seats: Annotated[int, Ge(0)] = 0
    code: Literal["A", "B"] = feature(about="No default: it has to be given.")
    read_at: UnixTime = feature(default=0.0, name="read-at", deprecated="nobody reads it")
    words: list[str] = feature(default=["a"])
    embedding: Vector[Literal[3]] | None = None


@feature_group(record_id="tail", event_time="at", online=None, offline=Offline(table_format="Iceberg"))
class Plane:
    """With defaults."""

    tail: str
    at: datetime


def record(at: datetime) -> None:
    """Instances have the types of their fields."""
    weather = Weather(origin="JFK", observed_at=at, temp_f=39, code="A", embedding=[1.0, 2.0, 3.0])
    assert_type(weather.temp_f, float | None)
    assert_type(weather.origin, str)
    assert_type(ref(Weather, "temp_f"), FeatureRef)


GROUPS = [
    GroupSpec(
        name=name,
        record_id="id",
        event_time="at",
        features=[Feature("id", str), Feature("at", datetime, about="When."), Feature("x", float | None)],
        throughput=OnDemand(),
    )
    for name in ("one", "two")
]

retire("old", reason="Nobody reads it.")

AT_DEST = using(Weather, key="dest", prefix="dest_")
DELAYS = Dataset(
    name="delays",
    features=[Weather.temp_f, AT_DEST.seats, using(GROUPS[0]).anything, Plane, AT_DEST, ref(Weather, "temp_f")],
    time="scheduled_at",
    keys={Plane: "tailnum", GROUPS[0]: "id", "two": "id"},
    max_age={Weather: timedelta(hours=2), AT_DEST: timedelta(hours=3)},
)
OF_ALL = Dataset(name="all", features=[Weather], time="at", max_age=timedelta(1), strict=True, known_at=True)


def under_a_key() -> None:
    """A group under a key is the group: its features have the types of its fields."""
    assert_type(AT_DEST, type[Weather])
    assert_type(AT_DEST.temp_f, float | None)
