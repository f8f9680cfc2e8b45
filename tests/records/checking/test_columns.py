"""The columns of an input against those of the contract."""

import pyarrow as pa
import pytest
from checking_rows import a_column, a_contract

from reconciler.records.checking import check_columns

CONTRACT = a_contract(
    a_column("user-age", int, field="user_age", optional=True, required=False),
    a_column("score", float),
    who=str,
    at="datetime",
)


def columns(*names):
    return check_columns(pa.schema([(name, pa.string()) for name in names]), CONTRACT)


@pytest.mark.parametrize("name", ["user-age", "user_age"])
def test_a_column_has_its_name_on_aws_or_in_python(name):
    faults, found = columns("at", name, "who", "score")

    assert faults == []
    assert found == {"at": 0, "user-age": 1, "who": 2, "score": 3}


def test_a_column_that_may_be_missing_may_be_missing():
    assert columns("who", "at", "score")[0] == []


def test_a_column_that_has_to_be_there_is_a_fault_of_the_input():
    (fault,), _ = columns("who", "at")

    assert (fault.row, fault.feature, fault.fix) == (-1, "score", "Add the column score.")


def test_a_name_that_is_nearly_right_is_suggested():
    unknown, missing = columns("who", "at", "scores", "user-age")[0]

    assert (unknown.row, unknown.feature) == (-1, "scores")
    assert unknown.reason == "visits has no such feature."
    assert unknown.fix == "Rename it to score."
    assert missing.feature == "score"


def test_an_unknown_column_without_a_likeness_is_to_be_dropped_or_declared():
    (fault,), _ = columns("who", "at", "score", "zebra")

    assert fault.fix == "Drop the column, or add the feature to the spec."


@pytest.mark.parametrize("names", [("user-age", "user_age"), ("user-age", "user-age")])
def test_a_column_given_twice_is_a_fault(names):
    (fault,), found = columns("who", "at", "score", *names)

    assert (fault.row, fault.feature) == (-1, "user-age")
    assert fault.reason == f"The column is given 2 times: {', '.join(names)}."
    assert found["user-age"] == 3


def test_a_name_on_aws_wins_over_the_python_name_of_another():
    contract = a_contract(
        a_column("a", float, field="b", optional=True, required=False),
        a_column("b", float, field="c", optional=True, required=False),
        who=str,
        at="datetime",
    )

    faults, found = check_columns(pa.schema([(n, pa.float64()) for n in ("who", "at", "b", "a")]), contract)

    assert faults == []
    assert (found["b"], found["a"]) == (2, 3)
