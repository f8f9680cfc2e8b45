"""An instance of a feature group's class is a validated record."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

import pytest
from annotated_types import Ge, Len
from pydantic import TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import is_pydantic_dataclass

from reconciler.spec import Online, UnixTime, Vector, feature, feature_group

AT = datetime(2013, 1, 1, tzinfo=UTC)


class Sky(StrEnum):
    CLEAR = "clear"
    CLOUDY = "cloudy"


@feature_group(record_id="origin", event_time="at", online=Online(storage_type="InMemory"), offline=None)
class Everything:
    """One field of each type."""

    remark: ClassVar[str] = "no feature"

    origin: str
    at: datetime
    whole: Annotated[int, Ge(0)] | None = None
    number: float | None = None
    flag: bool | None = None
    seconds: UnixTime | None = None
    code: Literal["a", "b"] | None = None
    sky: Sky | None = None
    words: list[str] = feature(default=["x"])
    names: set[str] | None = None
    short: Annotated[str, Len(1, 3)] | None = None
    vector: Vector[3] | None = None


def a_record(**values):
    return Everything(**{"origin": "JFK", "at": AT, **values})


@pytest.mark.parametrize(
    ("field", "given", "held"),
    [
        ("number", 39, 39.0),
        ("whole", 2**63 - 1, 2**63 - 1),
        ("flag", True, True),
        ("seconds", 1, 1.0),
        ("code", "b", "b"),
        ("sky", "clear", Sky.CLEAR),
        ("sky", Sky.CLOUDY, Sky.CLOUDY),
        ("origin", Sky.CLEAR, "clear"),
        ("words", ("a", "b"), ["a", "b"]),
        ("names", {"a"}, {"a"}),
        ("vector", [1, 2, 3], [1.0, 2.0, 3.0]),
        ("short", "abc", "abc"),
        ("at", datetime(2013, 1, 1, 5, tzinfo=timezone(timedelta(hours=5))), AT),
    ],
    ids=str,
)
def test_a_record_holds_what_it_is_given(field, given, held):
    value = getattr(a_record(**{field: given}), field)

    assert value == held
    assert type(value) is type(held) or isinstance(value, str)


def test_every_instant_is_kept_in_utc():
    at = a_record(at=datetime(2013, 1, 1, 5, tzinfo=timezone(timedelta(hours=5)))).at

    assert at.tzinfo is UTC


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("number", "39"),
        ("number", True),
        ("number", float("nan")),
        ("number", float("inf")),
        ("whole", 1.0),
        ("whole", "1"),
        ("whole", True),
        ("whole", -1),
        ("whole", 2**63),
        ("flag", 1),
        ("flag", "yes"),
        ("origin", 1),
        ("origin", None),
        ("code", "c"),
        ("sky", "green"),
        ("words", "abc"),
        ("words", [1]),
        ("names", {1}),
        ("vector", [1.0, 2.0]),
        ("vector", [1.0, 2.0, 3.0, 4.0]),
        ("vector", ["1", "2", "3"]),
        ("short", "abcd"),
        ("at", datetime(2013, 1, 1)),  # noqa: DTZ001
        ("at", "2013-01-01T00:00:00Z"),
        ("at", 0),
        ("at", datetime.min.replace(tzinfo=timezone(timedelta(hours=5)))),
        ("seconds", 1_385_000_000_000.0),
        ("surprise", 1),
    ],
    ids=str,
)
def test_a_record_refuses_what_its_types_do_not_say(field, given):
    with pytest.raises(ValidationError) as refused:
        a_record(**{field: given})

    assert field in str(refused.value)


def test_every_fault_of_a_record_is_reported_at_once():
    with pytest.raises(ValidationError) as refused:
        Everything(at=AT, whole="x", number="y")

    assert {error["loc"][0] for error in refused.value.errors()} == {"origin", "whole", "number"}


def test_a_record_takes_keywords_only():
    with pytest.raises(ValidationError, match="Unexpected positional argument"):
        Everything("JFK", AT)


def test_a_record_that_was_validated_stays_as_it_is():
    record = a_record()

    with pytest.raises(dataclasses.FrozenInstanceError):
        record.origin = 3


def test_a_default_that_is_a_list_is_not_shared():
    one, other = a_record(), a_record()
    one.words.append("y")

    assert other.words == ["x"]


def test_records_compare_copy_pickle_and_replace_like_dataclasses():
    record = a_record(number=1.5)

    assert dataclasses.is_dataclass(Everything)
    assert record == copy.copy(record) == pickle.loads(pickle.dumps(record))
    assert dataclasses.replace(record, number=2).number == 2.0
    assert dataclasses.asdict(record)["number"] == 1.5
    assert "remark" not in dataclasses.asdict(record)


def test_pydantic_knows_the_class_as_a_type():
    rows = TypeAdapter(list[Everything]).validate_python([{"origin": "JFK", "at": AT, "number": 2}])

    assert rows == [a_record(number=2.0)]


def test_the_annotations_stay_as_they_were_written():
    assert Everything.__annotations__["number"] == float | None
    assert Everything.__annotations__["at"] is datetime


def test_a_record_may_check_several_fields_together():
    @feature_group(record_id="origin", event_time="at")
    class Range:
        origin: str
        at: datetime
        low: int
        high: int

        @model_validator(mode="after")
        def _in_order(self):
            if self.low > self.high:
                raise ValueError("low is above high")
            return self

    assert Range(origin="a", at=AT, low=1, high=2).high == 2
    with pytest.raises(ValidationError, match="low is above high"):
        Range(origin="a", at=AT, low=2, high=1)


def test_a_record_class_is_a_pydantic_dataclass():
    assert is_pydantic_dataclass(Everything)


def test_declaring_a_group_builds_no_validator_yet():
    @feature_group(record_id="a", event_time="t")
    class Fresh:
        a: str
        t: datetime

    assert not Fresh.__pydantic_complete__

    Fresh(a="x", t=AT)

    assert Fresh.__pydantic_complete__
