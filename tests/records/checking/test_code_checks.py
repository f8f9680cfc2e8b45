"""Constraints that are Python code of the spec."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import pyarrow as pa
import pytest
from annotated_types import Predicate
from checking_rows import NOW
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator, model_validator

from reconciler.records.checking import check, check_columns
from reconciler.spec import Online, UnixTime, feature, feature_group

AT = "2025-06-01T00:00:00Z"
CALLS = []


def shout(value):
    CALLS.append(value)
    if value == "boom":
        raise RuntimeError("out of order")
    return value.upper()


def on_the_hour(moment):
    return moment.replace(minute=0, second=0, microsecond=0)


@feature_group(record_id="who", event_time="at", online=Online(storage_type="InMemory"), offline=None)
class Coded:
    who: Annotated[str, StringConstraints(strip_whitespace=True)]
    at: Annotated[datetime, AfterValidator(on_the_hour)]
    even: Annotated[int, Predicate(lambda n: n % 2 == 0)] | None = None
    loud: Annotated[str, AfterValidator(shout)] | None = None
    sure: Annotated[bool, AfterValidator(lambda value: not value)] | None = None
    tags: Annotated[set[str], AfterValidator(lambda tags: {tag.lower() for tag in tags})] | None = None
    short: Annotated[str, BeforeValidator(lambda text: text[:2]), Field(max_length=2)] | None = None
    moment: Annotated[datetime, AfterValidator(lambda moment: moment)] | None = None
    mood: Annotated[str, AfterValidator(shout)] = "calm"


def checked_rows(record, **columns):
    contract = record.__feature_group__.contract(record)
    count = len(next(iter(columns.values())))
    keys = {"who": [f"row{row}" for row in range(count)], "at": [AT] * count}
    batch = pa.record_batch({**keys, **{name: pa.array(values) for name, values in columns.items()}})
    return check(batch, contract, texts=False, now=NOW)


def test_a_predicate_of_the_spec_is_asked():
    checked = checked_rows(Coded, even=[2, 3, None, 3])

    assert [(f.row, f.feature, f.value) for f in checked.faults] == [(1, "even", "3"), (3, "even", "3")]
    assert "Predicate" in next(iter(checked.faults)).reason
    assert checked.batch.column("even").to_pylist() == [2, None, None, None]


@pytest.mark.parametrize(
    ("column", "given", "held"),
    [
        ("loud", ["a", "b", None], ["A", "B", None]),
        ("sure", [True, False, None], [0, 1, None]),
        ("tags", [["A", "b", "a"], [], None], [["a", "b"], [], None]),
        ("short", ["abc", "x", None], ["ab", "x", None]),
        ("who", [" a ", "b", "c"], ["a", "b", "c"]),
        ("moment", ["2025-01-01T00:00:00.123456789Z", None, AT], ["2025-01-01T00:00:00.123456789Z", None, AT]),
    ],
)
def test_a_value_is_what_the_record_would_hold(column, given, held):
    checked = checked_rows(Coded, **{column: given})

    assert checked.bad is None
    assert checked.batch.column(column).to_pylist() == held


def test_a_default_is_validated_as_a_record_does():
    without, with_null = checked_rows(Coded, even=[2]), checked_rows(Coded, mood=pa.nulls(1, pa.string()))

    assert without.batch.column("mood").to_pylist() == with_null.batch.column("mood").to_pylist() == ["CALM"]
    assert Coded(who="a", at=NOW).mood == "CALM"


def test_an_event_time_that_validation_moves_is_moved():
    checked = checked_rows(Coded, at=["2025-06-01T00:59:00Z"])

    assert checked.batch.column("at").to_pylist() == [AT]
    assert checked.seconds.tolist() == [int(datetime(2025, 6, 1, tzinfo=UTC).timestamp())]


def test_an_identifier_that_validation_empties_is_a_fault():
    (fault,) = checked_rows(Coded, who=["  ", "b"]).faults

    assert (fault.row, fault.feature) == (0, "who")
    assert "empty" in fault.reason


def test_each_distinct_value_is_asked_about_once():
    CALLS.clear()

    checked_rows(Coded, loud=["a", "b"] * 100)

    assert sorted(call for call in CALLS if call != "calm") == ["a", "b"]


def test_code_that_fails_is_a_fault_of_the_value():
    (fault,) = checked_rows(Coded, loud=["a", "boom"]).faults

    assert (fault.row, fault.reason) == (1, "The spec's own check failed: RuntimeError: out of order.")


def test_without_the_class_a_constraint_in_code_is_a_fault_with_the_way_out():
    contract = replace(Coded.__feature_group__.contract(Coded), record=None)

    faults, _ = check_columns(pa.schema([("who", pa.string()), ("at", pa.string()), ("even", pa.int64())]), contract)

    assert [(fault.row, fault.feature) for fault in faults] == [(-1, "who"), (-1, "at"), (-1, "even")]
    assert "Predicate" in faults[2].reason
    assert "Python" in faults[2].fix


# ---- Validators of the class ----


@feature_group(record_id="who", event_time="at")
class Range:
    who: str
    at: UnixTime
    low: int
    high: int
    kind: Literal["a", "b"] = "a"
    label: str | None = feature(default=None, name="Label-1")

    @field_validator("label")
    @classmethod
    def _trim(cls, value):
        return value and value.strip()

    @model_validator(mode="after")
    def _in_order(self):
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


def ranges(**columns):
    contract = Range.__feature_group__.contract(Range)
    batch = pa.record_batch({name: pa.array(values) for name, values in columns.items()})
    return check(batch, contract, texts=False, now=NOW)


def test_validators_of_the_class_see_whole_rows():
    checked = ranges(who=["a", "b", "c"], at=[1.0, 2.0, 3.0], low=[1, 5, 2], high=[2, 4, 2], label=[" x", None, "y"])

    assert [(f.row, f.feature, f.reason) for f in checked.faults] == [(1, "", "Value error, low is above high.")]
    assert checked.bad.tolist() == [False, True, False]
    assert checked.batch.column("Label-1").to_pylist() == ["x", None, "y"]
    assert checked.batch.column("kind").to_pylist() == ["a", "a", "a"]


def test_rows_at_fault_are_not_made_records():
    checked = ranges(who=["a", "b"], at=[1.0, 2.0], low=[9, 1], high=[1.5, 2.0])

    assert [(f.row, f.feature) for f in checked.faults] == [(0, "high")]


def test_the_class_checks_its_choices_too():
    checked = ranges(who=["a", "b"], at=[1.0, 2.0], low=[1, 1], high=[1, 1], kind=["b", "c"])

    assert [(f.row, f.feature, f.value) for f in checked.faults] == [(1, "kind", "c")]


def test_without_the_class_its_validators_are_a_fault_of_the_input():
    contract = replace(Range.__feature_group__.contract(Range), record=None)
    schema = pa.schema([(name, pa.int64()) for name in ("who", "at", "low", "high")])

    (fault,), _ = check_columns(schema, contract)

    assert (fault.row, fault.feature) == (-1, "")
    assert "_trim, _in_order" in fault.reason


def test_a_validator_that_breaks_what_aws_takes_is_found_out():
    @feature_group(record_id="who", event_time="at", online=Online(ttl=timedelta(days=1)))
    class Late:
        who: str
        at: datetime

        @field_validator("at")
        @classmethod
        def _earlier(cls, value):
            return value - timedelta(days=30)

    contract = Late.__feature_group__.contract(Late)
    batch = pa.record_batch({"who": ["a"], "at": pa.array([NOW])})

    checked = check(batch, contract, texts=False, now=NOW)

    assert checked.seconds.tolist() == [int(NOW.timestamp()) - 30 * 86_400]
    assert ["expired" in fault.reason for fault in checked.faults] == [True]
