"""From a Python annotation to the type of a feature."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

from reconciler.contract import AWS_TYPES, Kind
from reconciler.spec.values import Dimension, Leaf, UnixSeconds, Vector

WORKS: Final = (
    "Use int, float, str, bool, datetime, UnixTime, Literal or StrEnum of strings, list[T], set[T] or Vector[n]; "
    "X | None for what may be missing."
)
_SCALARS: Final[dict[object, Kind]] = {
    int: "int",
    float: "float",
    str: "str",
    bool: "bool",
    datetime: "datetime",
}
_SAMPLES: Final[dict[Kind, Any]] = {
    "int": 0,
    "float": 0.0,
    "str": "",
    "bool": False,
    "datetime": datetime(2000, 1, 1, tzinfo=UTC),
    "unix": 0.0,
}
_HINTS: Final[dict[object, str]] = {
    date: "Use datetime: midnight UTC stands for the day.",
    Decimal: "Use float, or str to keep every digit.",
    bytes: "Use str, for instance base64.",
    dict: "Use str with JSON in it, or one feature for each key.",
    list: "Say what is in it: list[str], list[float].",
    set: "Say what is in it: set[str].",
    tuple: "Use list[T].",
    frozenset: "Use set[T].",
    Vector: "Say how long it is: Vector[384].",
    typing.Any: WORKS,
}


class NotAFeature(Exception):
    """An annotation that no feature can have: why, and what works."""

    def __init__(self, reason: str, fix: str = WORKS) -> None:
        self.reason, self.fix = reason, fix
        super().__init__(f"{reason} {fix}")


class FeatureType(NamedTuple):
    """What an annotation says. `kind` is that of the value, or of a collection's elements.

    `checked` is the annotation that pydantic validates by.
    """

    kind: Kind
    checked: Any
    collection: str | None = None
    dimension: int | None = None
    optional: bool = False
    choices: tuple[str, ...] = ()

    @property
    def aws_type(self) -> str:
        """Integral, Fractional or String."""
        return AWS_TYPES[self.kind]

    def holds(self, value: object) -> bool:
        """Whether a default could be such a value; pydantic has the last word when a record is made."""
        if value is None:
            return self.optional
        if self.collection:
            return isinstance(value, set if self.collection == "Set" else (list, tuple))
        if self.kind in ("float", "unix"):
            return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if self.choices:
            return isinstance(value, str) and value in self.choices
        if isinstance(value, datetime) and value.tzinfo is None:
            return False
        sample = type(_SAMPLES[self.kind])
        return isinstance(value, sample) and (sample is bool or not isinstance(value, bool))


STRING: Final = FeatureType("str", str)
"""Stands in for a type at fault, so that the rest of its group can still be checked."""


def read_type(annotation: Any) -> FeatureType:
    """The type of a feature so annotated; raises `NotAFeature`."""
    try:
        return _remembered(annotation)
    except TypeError:  # metadata of Annotated need not be hashable
        return _read(annotation)


def shown(annotation: object) -> str:
    """An annotation as its author wrote it, nearly."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    return str(annotation).replace("typing.", "")


def _read(annotation: Any) -> FeatureType:
    if isinstance(annotation, type) and annotation in _SCALARS:
        kind = _SCALARS[annotation]
        return FeatureType(kind, Annotated[annotation, Leaf(kind)])
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _enum(annotation)
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _annotated(args[0], args[1:])
    if origin in (Union, types.UnionType):
        return _union(annotation, args)
    if origin is Literal:
        return _literal(annotation, args)
    if origin in (list, set):
        return _collection(annotation, origin, args)
    # A NewType and `type X = int` stand for what they name.
    named = getattr(annotation, "__supertype__", None) or getattr(annotation, "__value__", None)
    if named is not None and not isinstance(annotation, type):
        return read_type(named)
    raise NotAFeature(f"{shown(annotation)} is no type of a feature.", _hint(origin or annotation))


# Each annotation of a registry is met many times, each time with the same answer.
_remembered = lru_cache(maxsize=4096)(_read)


def _hint(annotation: object) -> str:
    try:
        return _HINTS.get(annotation, WORKS)
    except TypeError:
        return WORKS


def _enum(annotation: type[Enum]) -> FeatureType:
    values = [member.value for member in annotation]
    if not issubclass(annotation, str) or not values:
        raise NotAFeature(
            f"{annotation.__name__} is no enumeration of strings.", "Derive it from enum.StrEnum, with members."
        )
    return FeatureType("str", annotation, choices=tuple(values))


def _literal(annotation: object, args: tuple[object, ...]) -> FeatureType:
    if None in args and all(isinstance(arg, str) for arg in args if arg is not None):
        raise NotAFeature(f"{shown(annotation)} has None among its values.", 'Write Literal["..."] | None.')
    if not all(isinstance(arg, str) and not isinstance(arg, Enum) for arg in args):
        raise NotAFeature(
            f"{shown(annotation)} has values that are no strings.",
            "Use strings only, or int with Annotated[int, Ge(...), Le(...)].",
        )
    return FeatureType("str", annotation, choices=tuple(str(arg) for arg in args))


def _union(annotation: object, args: tuple[object, ...]) -> FeatureType:
    kept = [arg for arg in args if arg is not types.NoneType]
    if len(kept) != 1 or len(kept) == len(args):
        raise NotAFeature(f"{shown(annotation)} could be several things.", "A feature has one type, or X | None.")
    inner = read_type(kept[0])
    return inner._replace(optional=True, checked=inner.checked | None)


def _collection(annotation: object, origin: type, args: tuple[object, ...]) -> FeatureType:
    inner = read_type(args[0])
    if inner.collection:
        raise NotAFeature(f"{shown(annotation)} is a collection of collections.", "AWS keeps flat ones only.")
    if inner.optional:
        raise NotAFeature(
            f"{shown(annotation)} may hold None.",
            "AWS refuses a record with None inside a collection: leave such elements out.",
        )
    checked = origin[inner.checked]  # type: ignore[index]  # list or set
    return inner._replace(collection=origin.__name__.title(), checked=checked)


def _annotated(base: object, metadata: tuple[object, ...]) -> FeatureType:
    inner = _marked(base, metadata)
    constraints = [mark for mark in metadata if not isinstance(mark, (Dimension, UnixSeconds))]
    for constraint in constraints:
        _fits(constraint, inner)
    for constraint in constraints:
        inner = inner._replace(checked=Annotated[inner.checked, constraint])
    return inner


def _marked(base: object, metadata: Iterable[object]) -> FeatureType:
    for mark in metadata:
        if isinstance(mark, UnixSeconds):
            return FeatureType("unix", Annotated[float, Leaf("unix")])
        if isinstance(mark, Dimension):
            return _vector(mark.length)
    return read_type(base)


def _vector(length: object) -> FeatureType:
    if not isinstance(length, int) or isinstance(length, bool) or length < 1:
        raise NotAFeature(f"Vector[{shown(length)}] has no length.", "Give a whole number: Vector[384].")
    floats = list[Annotated[float, Leaf("float")]]
    return FeatureType("float", Annotated[floats, Length(length, length)], "Vector", length)


class Length(NamedTuple):
    """Exactly so many elements, in the words that pydantic knows from annotated-types."""

    min_length: int
    max_length: int

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return {**handler(source), "min_length": self.min_length, "max_length": self.max_length}


def _fits(constraint: object, inner: FeatureType) -> None:
    """A bound that cannot be compared with the value would fail only when the first record is made."""
    sample = [] if inner.collection else _SAMPLES[inner.kind]
    for word in ("gt", "ge", "lt", "le", "min_length", "max_length"):
        bound = getattr(constraint, word, None)
        if bound is None or isinstance(constraint, type):
            continue
        try:
            _ = (len(sample) if word.endswith("length") else sample) >= bound
        except TypeError:
            what = inner.collection or inner.kind
            raise NotAFeature(
                f"{constraint!r} cannot constrain {what}.", "Compare numbers with numbers; give texts a Len."
            ) from None
