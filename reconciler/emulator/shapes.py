"""Request shapes and the check AWS makes against them: every violation of a request at once, in AWS's words."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

from reconciler.emulator.errors import AwsError, serialization

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_VIOLATIONS = 100
_MOST_SHOWN = 300
_INT_32 = 2**31


class Shape:
    """What a member of a request may be. Plain classes: cheaper to define than any kind of record."""

    __slots__ = ()


class Text(Shape):
    """A string. `plain` lists the marks allowed beside letters, separators and digits of any script."""

    __slots__ = ("enum", "longest", "pattern", "plain", "shortest")

    def __init__(
        self,
        longest: int | None = None,
        shortest: int | None = None,
        pattern: str | None = None,
        *,
        enum: tuple[str, ...] = (),
        plain: str | None = None,
    ) -> None:
        self.longest = longest
        self.shortest = shortest
        self.pattern = pattern
        self.enum = enum
        self.plain = plain


class Whole(Shape):
    """An integer."""

    __slots__ = ("least", "most")

    def __init__(self, least: int | None = None, most: int | None = None) -> None:
        self.least = least
        self.most = most


class Flag(Shape):
    """A boolean."""

    __slots__ = ()


class Moment(Shape):
    """A time, as epoch seconds."""

    __slots__ = ()


class Map(Shape):
    """A map of strings."""

    __slots__ = ()


class Many(Shape):
    """A list."""

    __slots__ = ("longest", "member", "shortest")

    def __init__(self, member: Shape, longest: int | None = None, shortest: int | None = None) -> None:
        self.member = member
        self.longest = longest
        self.shortest = shortest


class Struct(Shape):
    """A structure; `keep_null` names members whose explicit null says something."""

    __slots__ = ("keep_null", "members", "required")

    def __init__(
        self, members: Mapping[str, Shape], required: tuple[str, ...] = (), *, keep_null: tuple[str, ...] = ()
    ) -> None:
        self.members = members
        self.required = required
        self.keep_null = keep_null


def checked(shape: Struct, value: object, code: str = "ValidationException") -> dict[str, Any]:
    """The request with unknown members and nulls left out, as AWS's own parsers do; or all its violations."""
    if not isinstance(value, dict):
        raise serialization("Start of structure or map found where not expected.")
    found: list[str] = []
    clean: dict[str, Any] = _struct(shape, value, "", found)
    if found:
        some = "error" if len(found) == 1 else "errors"
        raise AwsError(code, f"{len(found)} validation {some} detected: {'; '.join(found)}")
    return clean


def _check(shape: Shape, value: Any, path: str, found: list[str]) -> Any:
    if isinstance(shape, Text):
        _text(shape, value, path, found)
        return value
    if isinstance(shape, Struct):
        return _struct(shape, value, path, found)
    if isinstance(shape, Many):
        return _many(shape, value, path, found)
    if isinstance(shape, Whole):
        _whole(shape, value, path, found)
    elif isinstance(shape, Flag):
        _expect(isinstance(value, bool), value, "Boolean", path)
    elif isinstance(shape, Moment):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        _expect(number and abs(value) < 1e15 and math.isfinite(value), value, "Timestamp", path)
    elif isinstance(shape, Map):
        fits = isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
        _expect(fits, value, "Map", path)
    return value


def _struct(shape: Struct, value: Any, path: str, found: list[str]) -> dict[str, Any]:
    _expect(isinstance(value, dict), value, "Structure", path)
    clean: dict[str, Any] = {}
    for name, member in shape.members.items():
        given = value.get(name)
        if given is not None:
            clean[name] = _check(member, given, _below(path, name), found)
        elif name in shape.required:
            _violated(found, "null", _below(path, name), "Member must not be null")
        elif name in value and name in shape.keep_null:
            clean[name] = None
    return clean


def _many(shape: Many, value: Any, path: str, found: list[str]) -> list[Any]:
    _expect(isinstance(value, list), value, "List", path)
    _length(shape, value, path, found)
    if shape.longest is not None and len(value) > shape.longest:
        return []  # AWS reports the length alone; checking a list that is far too long would only cost time
    clean = []
    for number, item in enumerate(value, 1):
        if item is None:
            _violated(found, "null", f"{path}.{number}.member", "Member must not be null")
        else:
            clean.append(_check(shape.member, item, f"{path}.{number}.member", found))
    return clean


def _text(shape: Text, value: Any, path: str, found: list[str]) -> None:
    if not isinstance(value, str):
        _expect(fits=False, value=value, wanted="String", path=path)
    if shape.enum:
        if value not in shape.enum:
            listed = ", ".join(shape.enum)
            _violated(found, value, path, f"Member must satisfy enum value set: [{listed}]")
        return
    _length(shape, value, path, found)
    if shape.pattern and not _compiled(shape.pattern).fullmatch(value):
        _violated(found, value, path, f"Member must satisfy regular expression pattern: {shape.pattern}")
    if shape.plain is not None and not _is_plain(value, shape.plain):
        pattern = rf"([\p{{L}}\p{{Z}}\p{{N}}{shape.plain}]*)".replace("-", r"\-")
        _violated(found, value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _whole(shape: Whole, value: Any, path: str, found: list[str]) -> None:
    _expect(isinstance(value, int) and not isinstance(value, bool) and abs(value) < _INT_32, value, "Integer", path)
    if shape.least is not None and value < shape.least:
        _violated(found, value, path, f"Member must have value greater than or equal to {shape.least}")
    if shape.most is not None and value > shape.most:
        _violated(found, value, path, f"Member must have value less than or equal to {shape.most}")


def _length(shape: Text | Many, value: str | list[Any], path: str, found: list[str]) -> None:
    if shape.shortest is not None and len(value) < shape.shortest:
        _violated(found, value, path, f"Member must have length greater than or equal to {shape.shortest}")
    if shape.longest is not None and len(value) > shape.longest:
        _violated(found, value, path, f"Member must have length less than or equal to {shape.longest}")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when first met: most processes need few of them, and start-up is counted."""
    return re.compile(pattern)


def _is_plain(value: str, marks: str) -> bool:
    return all(c.isalnum() or c in marks or unicodedata.category(c)[0] in "LZN" for c in value)


def _below(path: str, name: str) -> str:
    lowered = name[0].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _violated(found: list[str], value: object, path: str, constraint: str) -> None:
    if len(found) < _MOST_VIOLATIONS:
        shown = value if isinstance(value, str) else json.dumps(value)
        quoted = "null" if shown == "null" else f"'{shown[:_MOST_SHOWN]}'"
        found.append(f"Value {quoted} at '{path}' failed to satisfy constraint: {constraint}")


def _expect(fits: bool, value: object, wanted: str, path: str) -> None:  # noqa: FBT001 - the condition is the subject
    if not fits:
        raise serialization(f"{_kind(value)} can not be converted to {wanted} at '{path}'")


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    return {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE", list: "LIST_VALUE"}.get(
        type(value), "STRUCT_VALUE"
    )
