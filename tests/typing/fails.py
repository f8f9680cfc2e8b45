"""What mypy refuses: each line that ends in a comment with an error code, and no other."""

from __future__ import annotations

from datetime import datetime

from reconciler.spec import (
    Dataset,
    Feature,
    GroupSpec,
    Offline,
    Online,
    Provisioned,
    feature,
    feature_group,
    retire,
    using,
)


@feature_group(record_id="origin", event_time="at", onlin=Online())  # error: arg-type
class UnknownWord:
    origin: str
    at: datetime


@feature_group(record_id="origin")  # error: call-arg
class NoEventTime:
    origin: str
    at: datetime


@feature_group(record_id="origin", event_time="at", online="yes")  # error: arg-type
class WrongStore:
    origin: str
    at: datetime
    temp_f: float = feature(default="warm")  # error: assignment
    wind: float = feature(default=0.0, abuot="Wind.")  # error: call-overload


Online(ttl=3600)  # error: arg-type
Online(storage_type="Fast")  # error: arg-type
Offline(tableformat="Glue")  # error: arg-type
Provisioned(read="10", write=1)  # error: arg-type
Feature("x")  # error: call-arg
GroupSpec(name="a", record_id="b", event_time="c")  # error: call-arg
retire("weather", raeson="x")  # error: arg-type
using(WrongStore).tmp_f  # error: attr-defined
using(WrongStore, prefixx="a_")  # error: call-overload
Dataset(name="a", time="b")  # error: call-arg
Dataset(name="a", time="b", features=3)  # error: arg-type
Dataset(name="a", time="b", features=[], max_age=3)  # error: arg-type
Dataset(name="a", time="b", features=[], strickt=True)  # error: arg-type


def use(at: datetime) -> None:
    WrongStore(origin=1, at=at, temp_f=1.0, wind=2.0)  # error: arg-type
    WrongStore(origin="JFK", at=at, temp=1.0)  # error: call-arg
    WrongStore("JFK", at)  # error: call-arg
    record = UnknownWord(origin="JFK", at=at)
    record.origin = "LGA"  # error: misc
    record.orgin  # error: attr-defined


retire("weather")  # error: call-arg
Provisioned(read=1)  # error: call-arg
