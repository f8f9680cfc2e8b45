"""References to features."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.errors import Invalid
from reconciler.spec import Feature, FeatureRef, GroupSpec, feature, feature_group, ref


@feature_group(record_id="origin", event_time="at")
class Weather:
    origin: str
    at: datetime
    user_age: int = feature(default=3, name="user-age")


def test_on_the_class_a_field_is_a_reference():
    assert Weather.user_age == FeatureRef("weather", "user-age", "user_age", Weather)
    assert repr(Weather.user_age) == "<feature weather.user-age>"
    assert {Weather.user_age: 1}[Weather.user_age] == 1


def test_on_an_instance_a_field_is_its_value():
    record = Weather(origin="JFK", at=datetime(2013, 1, 1, tzinfo=UTC))

    assert (record.origin, record.user_age) == ("JFK", 3)


@pytest.mark.parametrize("name", ["user_age", "user-age"])
def test_ref_takes_the_name_of_the_field_or_of_the_feature(name):
    assert ref(Weather, name) == Weather.user_age


def test_ref_takes_a_generated_group_too():
    spec = GroupSpec(
        name="one", record_id="id", event_time="at", features=[Feature("id", str), Feature("at", datetime)]
    )

    assert ref(spec, "id") == FeatureRef("one", "id", "id", spec)


def test_a_name_that_is_not_there_gets_a_suggestion():
    with pytest.raises(Invalid, match=r"weather = 'user_agee': .*Did you mean 'user_age'\?"):
        ref(Weather, "user_agee")


@pytest.mark.parametrize("other", [int, "weather", None])
def test_what_is_no_feature_group_has_no_references(other):
    with pytest.raises(Invalid, match="no feature group"):
        ref(other, "x")


def test_a_reference_of_a_class_that_derives_is_its_own():
    @feature_group(record_id="origin", event_time="at")
    class Child(Weather):
        more: int = 0

    assert Child.user_age.group == "child"
    assert Weather.user_age.group == "weather"
