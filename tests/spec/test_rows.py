"""The contract of a group's rows: what its annotations demand, as data."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

import annotated_types as at
import pydantic
import pytest

from reconciler.contract import Bound, Contract
from reconciler.load import start
from reconciler.spec import Feature, GroupSpec, UnixTime, Vector, feature, feature_group
from reconciler.spec.rows import constraints
from reconciler.spec.types import read_type


@pytest.mark.parametrize(
    ("annotation", "bounds"),
    [
        (Annotated[int, at.Ge(0), at.Le(3)] | None, [("ge", 0), ("le", 3)]),
        (Annotated[float, at.Interval(gt=1, le=3)], [("gt", 1), ("le", 3)]),
        (Annotated[int, pydantic.Field(ge=3, multiple_of=2)], [("ge", 3), ("multiple_of", 2)]),
        (Annotated[str, at.Len(3)], [("min_length", 3)]),
        (Annotated[str, at.Len(0, 2)], [("max_length", 2)]),
        (
            Annotated[str, pydantic.StringConstraints(min_length=1, pattern="a+")],
            [("min_length", 1), ("pattern", "a+")],
        ),
        (Annotated[str, pydantic.Field(pattern=re.compile("x"))], [("pattern", "x")]),
        (Annotated[datetime, at.Ge(datetime(2020, 1, 1, tzinfo=UTC))], [("ge", "2020-01-01T00:00:00Z")]),
        (Vector[3], []),
        (Literal["a", "b"], []),
    ],
)
def test_a_constraint_is_data(annotation, bounds):
    found = constraints(read_type(annotation))

    assert found.value == tuple(Bound(*bound) for bound in bounds)
    assert found.code == ()


def test_a_collection_and_its_elements_are_constrained_apart():
    found = constraints(read_type(Annotated[list[Annotated[int, at.Gt(2)]], at.Len(1, 4)]))

    assert (found.value, found.elements) == ((("min_length", 1), ("max_length", 4)), (("gt", 2),))


@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[str, pydantic.AfterValidator(str.lower)],
        Annotated[int, at.Predicate(lambda value: value > 2)],
        Annotated[str, pydantic.StringConstraints(strip_whitespace=True)],
        Annotated[str, pydantic.Field(pattern=re.compile("x", re.IGNORECASE))],
    ],
)
def test_a_constraint_that_is_code_is_named(annotation):
    found = constraints(read_type(annotation))

    assert (found.value, len(found.code)) == ((), 1)


def test_a_class_gives_its_contract():
    @feature_group(name="visits", record_id="who", event_time="at")
    class Visit:
        who: str = feature(name="user-id")
        at: UnixTime
        pages: Annotated[int, at.Ge(0)] | None = None
        kind: Literal["a", "b"] = "a"

    contract = Visit.__feature_group__.contract(Visit)

    assert (contract.key.name, contract.key.field, contract.moment.kind) == ("user-id", "who", "unix")
    assert contract.column("kind")[5:7] == ("a", ("a", "b"))
    assert (contract.column("pages").optional, contract.column("pages").required) == (True, False)
    assert contract.record is Visit
    assert Contract.from_json(contract.as_json()) == contract


def test_validators_of_the_class_are_named_and_reach_the_command_line_as_names(tmp_path):
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "one.py").write_text(
        "from pydantic import field_validator, model_validator\n"
        "from reconciler.spec import UnixTime, feature_group\n"
        "@feature_group(record_id='who', event_time='at')\n"
        "class One:\n"
        "    who: str\n"
        "    at: UnixTime\n"
        "    @field_validator('who')\n"
        "    def trim(cls, value): return value.strip()\n"
        "    @model_validator(mode='after')\n"
        "    def fits(self): return self\n"
        "    def __post_init__(self): pass\n"
    )

    with start(tmp_path, rows_of="one") as loading:
        contract = loading.contracts()["one"]

    assert contract.code == ("trim", "fits", "__post_init__")
    assert contract.record is None


def test_the_registrys_child_hands_over_contracts_that_were_asked_for(tmp_path):
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "both.py").write_text(
        "from reconciler.spec import Feature, GroupSpec\n"
        "for name in ('one', 'two'):\n"
        "    GroupSpec(name=name, record_id='id', event_time='at', features=[Feature('id', str), Feature('at', str)])\n"
    )

    with start(tmp_path, rows_of="two") as one, start(tmp_path, rows_of="*") as both, start(tmp_path) as none:
        assert [list(loading.contracts()) for loading in (one, both, none)] == [["two"], ["one", "two"], []]
        here = GroupSpec(
            name="two", record_id="id", event_time="at", features=[Feature("id", str), Feature("at", str)]
        ).contract()
        there = one.contracts()["two"]

    assert there.columns == tuple(column._replace(line=there.columns[0].line) for column in here.columns)
    assert there.file == "registry/both.py"
