"""From annotations to the types of features."""

from __future__ import annotations

import math
from collections import deque
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, Literal, NewType, Optional, Union

import pytest
from annotated_types import Ge, Len, MinLen

from reconciler.spec import UnixTime, Vector
from reconciler.spec.types import NotAFeature, read_type


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Mixed(str, Enum):  # noqa: UP042
    A = "a"


class Number(IntEnum):
    ONE = 1


class Empty(StrEnum):
    pass


Miles = NewType("Miles", float)


@pytest.mark.parametrize(
    ("annotation", "aws_type", "collection", "dimension", "optional", "choices"),
    [
        (int, "Integral", None, None, False, ()),
        (float, "Fractional", None, None, False, ()),
        (str, "String", None, None, False, ()),
        (bool, "Integral", None, None, False, ()),
        (datetime, "String", None, None, False, ()),
        (UnixTime, "Fractional", None, None, False, ()),
        (Miles, "Fractional", None, None, False, ()),
        (Literal["a", "b"], "String", None, None, False, ("a", "b")),
        (Colour, "String", None, None, False, ("red", "blue")),
        (Mixed, "String", None, None, False, ("a",)),
        (list[str], "String", "List", None, False, ()),
        (set[int], "Integral", "Set", None, False, ()),
        (list[Literal["a"]], "String", "List", None, False, ("a",)),
        (Vector[384], "Fractional", "Vector", 384, False, ()),
        (Vector[Literal[384]], "Fractional", "Vector", 384, False, ()),
        (Vector[3] | None, "Fractional", "Vector", 3, True, ()),
        (int | None, "Integral", None, None, True, ()),
        (Optional[float], "Fractional", None, None, True, ()),  # noqa: UP045
        (Union[None, str], "String", None, None, True, ()),  # noqa: UP007
        (Annotated[int, Ge(0)], "Integral", None, None, False, ()),
        (Annotated[int | None, Ge(0)], "Integral", None, None, True, ()),
        (Annotated[UnixTime, Ge(0)] | None, "Fractional", None, None, True, ()),
        (Annotated[list[str], MinLen(1)], "String", "List", None, False, ()),
        (Annotated[str, "just a remark", {"un": "hashable"}], "String", None, None, False, ()),
    ],
    ids=str,
)
def test_an_annotation_says_what_aws_stores(annotation, aws_type, collection, dimension, optional, choices):
    kind = read_type(annotation)

    assert (kind.aws_type, kind.collection, kind.dimension) == (aws_type, collection, dimension)
    assert (kind.optional, kind.choices) == (optional, choices)


@pytest.mark.parametrize(
    ("annotation", "named"),
    [
        (dict, "dict"),
        (dict[str, int], "dict[str, int]"),
        (bytes, "bytes"),
        (Decimal, "Decimal"),
        (date, "date"),
        (list, "list"),
        (set, "set"),
        (tuple[int, ...], "tuple[int, ...]"),
        (frozenset[str], "frozenset[str]"),
        (list[list[int]], "collection of collections"),
        (list[Vector[3]], "collection of collections"),
        (list[int | None], "None"),
        (int | str, "int | str"),
        (Union[int, str, None], "several things"),  # noqa: UP007
        (None, "None"),
        (Any, "Any"),
        (object, "object"),
        (Literal[1, 2], "Literal[1, 2]"),
        (Literal["a", 1], "no strings"),
        (Literal["a", None], '"..."] | None'),  # noqa: PYI061
        (Number, "Number"),
        (Empty, "Empty"),
        (Vector, "Vector[384]"),
        (Vector[0], "Vector[0]"),
        (Vector[True], "Vector[True]"),
        (Vector["x"], "Vector[x]"),
        (Vector[Literal[1, 2]], "no length"),
        (deque, "deque"),
        (42, "42"),
        (Annotated[str, Ge(0)], "Ge(ge=0)"),
        (Annotated[int, Len(1)], "Len"),
        (Annotated[float | None, Ge("a")], "Ge"),
    ],
    ids=str,
)
def test_any_other_annotation_is_refused_by_name_with_what_works(annotation, named):
    with pytest.raises(NotAFeature) as refused:
        read_type(annotation)

    assert named in str(refused.value)
    assert refused.value.reason.endswith(".")
    assert refused.value.fix.endswith(".")


@pytest.mark.parametrize(
    ("annotation", "fits", "does_not"),
    [
        (int, [0, -1], [1.0, "1", True, None]),
        (float, [0, 0.5], ["1", True, None, math.nan, math.inf]),
        (bool, [True], [1, "yes"]),
        (str, ["", "x"], [1]),
        (Literal["a"], ["a"], ["b", 1]),
        (Colour, [Colour.RED, "blue"], ["green"]),
        (list[int], [[], [1], (1,)], [1, {1}, None]),
        (set[int], [set()], [[1]]),
        (int | None, [None, 1], ["x"]),
        (datetime, [datetime(2013, 1, 1, tzinfo=UTC)], ["2013-01-01", datetime(2013, 1, 1)]),  # noqa: DTZ001
    ],
    ids=str,
)
def test_a_default_is_a_value_of_its_type(annotation, fits, does_not):
    kind = read_type(annotation)

    assert [value for value in fits if not kind.holds(value)] == []
    assert [value for value in does_not if kind.holds(value)] == []
