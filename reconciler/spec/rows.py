"""From a declared group to the contract of its rows."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from reconciler.contract import BOUNDS, Bound, Column, Contract
from reconciler.spec.types import FeatureType, Length
from reconciler.spec.values import Leaf
from reconciler.spec.words import NOT_GIVEN

if TYPE_CHECKING:
    from reconciler.spec.group import Field, GroupSpec


class Constraints(typing.NamedTuple):
    """What an annotation demands beyond its type: of the value, of a collection's elements, and in code."""

    value: tuple[Bound, ...]
    elements: tuple[Bound, ...]
    code: tuple[str, ...]


def contract_of(spec: GroupSpec, record: type | None = None) -> Contract:
    """The contract of a group's rows. `record` is its class, where there is one."""
    source = spec.source
    offline, online = spec.group.offline, spec.group.online
    return Contract(
        group=spec.name,
        record_id=spec.record_id,
        event_time=spec.event_time,
        columns=tuple(_column(field, source.fields.get(field.name, 0)) for field in spec.fields),
        online=online is not None,
        ttl_s=online.ttl_s if online else None,
        storage_type=online.storage_type if online else None,
        table_format=offline.table_format if offline else None,
        file=source.file,
        line=source.line,
        code=_validators(record),
        record=record,
    )


def _validators(record: type | None) -> tuple[str, ...]:
    """The names of a class's own validators: decorated methods, and what it does after it is made."""
    found = getattr(record, "__pydantic_decorators__", None)
    kinds = ("field_validators", "validators", "model_validators", "root_validators")
    names = [name for kind in kinds for name in getattr(found, kind, {})]
    return (*names, *(["__post_init__"] if hasattr(record, "__post_init__") else []))


def _column(field: Field, line: int) -> Column:
    kind = field.type
    demands = constraints(kind)
    return Column(
        name=field.name,
        field=field.field,
        kind=kind.kind,
        optional=kind.optional,
        required=field.required,
        default=None if field.default is NOT_GIVEN else plain(field.default),
        choices=kind.choices,
        bounds=demands.value,
        element_bounds=demands.elements,
        code=demands.code,
        collection=kind.collection,
        dimension=kind.dimension,
        line=line,
        deprecated=field.deprecated is not None,
    )


def plain(value: Any) -> Any:
    """A default as JSON has it: instants in ISO-8601, members of an enumeration as their text, sets as lists."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    return value


def constraints(kind: FeatureType) -> Constraints:
    """What the annotation of a feature demands, as data where it can be."""
    value: list[Bound] = []
    elements: list[Bound] = []
    code: list[str] = []
    for mark, is_element in _marks(kind.checked, within=False):
        if isinstance(mark, (Leaf, Length)):
            continue  # the kind and a vector's dimension say it already
        found = list(_bounds(mark))
        (elements if is_element else value).extend(found)
        if not found:
            code.append(repr(mark)[:120])
    return Constraints(tuple(value), tuple(elements), tuple(code))


def _marks(annotation: Any, *, within: bool) -> Iterator[tuple[Any, bool]]:
    """Every mark of an annotation, and whether it is about a collection's elements."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _marks(args[0], within=within)
        for mark in args[1:]:
            yield from ((one, within) for one in _grouped(mark))
    elif origin in (list, set):
        yield from _marks(args[0], within=True)
    elif origin is not typing.Literal:
        for arg in args:
            yield from _marks(arg, within=within)


def _grouped(mark: Any) -> Iterator[Any]:
    """The marks that one stands for: Interval, Len, pydantic's Field and StringConstraints."""
    import annotated_types  # noqa: PLC0415  (only a contract asks; reading a registry does not)

    metadata = getattr(mark, "metadata", None)
    if isinstance(metadata, list):
        yield from metadata
    elif isinstance(mark, annotated_types.GroupedMetadata) and not isinstance(mark, (Leaf, Length)):
        yield from mark
    else:
        yield mark


def _bounds(mark: Any) -> Iterator[Bound]:
    """The mark as bounds; nothing where it is code."""
    words = _words(mark)
    if any(word not in BOUNDS for word in words):
        return
    for word, given in words.items():
        if getattr(given, "flags", re.UNICODE) != re.UNICODE:
            return  # a compiled expression that is more than its text
        value = getattr(given, "pattern", given)
        if isinstance(value, (int, float, str, datetime)) and not isinstance(value, bool):
            yield Bound(word, plain(value))


def _words(mark: Any) -> Mapping[str, Any]:
    """What a mark says, by word. Whatever else it says than bounds is here too, so that it is not overlooked."""
    said = getattr(mark, "__dict__", None) or {
        name: getattr(mark, name, None) for base in type(mark).__mro__ for name in getattr(base, "__slots__", ())
    }
    return {word: value for word, value in said.items() if value is not None and value is not False}
