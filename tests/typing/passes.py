"""What mypy accepts: `tests/spec/test_typing.py` runs it over this file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal, assert_type

from annotated_types import Ge

from reconciler.spec import (
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
