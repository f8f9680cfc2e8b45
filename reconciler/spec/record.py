"""A class of fields made into a record: a dataclass whose instances pydantic has validated."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import sys
import typing
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, ClassVar, Final, TypeVar, cast

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as pydantic_dataclass

from reconciler.spec.group import Declaration, GroupSpec
from reconciler.spec.read import Reader
from reconciler.spec.refs import Attribute, FeatureRef
from reconciler.spec.types import NotAFeature
from reconciler.spec.words import NOT_GIVEN, FeatureWords

C = TypeVar("C", bound=type)

CONFIG: Final = ConfigDict(extra="forbid", validate_default=True, defer_build=True)
"""What pydantic is told about every record; how strict values are taken is said value by value, in `values`.

Building is put off to the first record: reading a registry declares a thousand groups and makes none.
"""


def declarations(cls: type, local: Mapping[str, Any], reader: Reader) -> list[Declaration]:
    """The fields of a class and of the classes it derives from, base first."""
    found: dict[str, Declaration] = {}
    for base in reversed(cls.__mro__[:-1]):
        annotations = _annotations(base, reader)
        hints = _resolved(base, annotations, local)
        for name, annotation in annotations.items():
            if _is_classvar(annotation, hints.get(name)):
                continue
            words = _words(base.__dict__.get(name, NOT_GIVEN))
            hint = hints[name]
            problem = hint if isinstance(hint, NotAFeature) else None
            found[name] = Declaration(name, hint, words, problem)
        for name, value in base.__dict__.items():
            if isinstance(value, FeatureWords) and name not in annotations:
                fix = f"Write {name}: float = feature(...), with its type."
                reader.findings.append((name, "", "The field has no type.", fix))
    return list(found.values())


def make_record(cls: C, spec: GroupSpec) -> C:
    """Make the class a dataclass with these fields: keyword-only, frozen, validated when it is made."""
    for field in spec.fields:
        setattr(cls, field.field, _dataclass_field(field.default))
    # The dataclass keeps what pydantic checks; who asks the class for its annotations gets what was written.
    written = {field.field: field.annotation for field in spec.fields}
    cls.__annotations__ = {field.field: field.type.checked for field in spec.fields}
    cls.__doc__ = cls.__doc__ or ""  # dataclass would work out a signature instead
    made = pydantic_dataclass(cls, frozen=True, kw_only=True, config=CONFIG)
    made.__annotations__ = written
    return cast(C, made)


def refer(cls: type, spec: GroupSpec, declared: Mapping[object, Declaration]) -> None:
    """Make `Weather.temp_f` a reference, and `Weather.__feature_group__` the spec."""
    cls.__feature_group__ = spec  # type: ignore[attr-defined]
    for field in spec.fields:
        reference = FeatureRef(spec.name, field.name, field.field, cls)
        setattr(cls, field.field, Attribute(reference, declared[field.field].words))


def _dataclass_field(default: Any) -> Any:
    if default is NOT_GIVEN:
        return dataclasses.field()
    if isinstance(default, (list, set)):
        return dataclasses.field(default_factory=lambda: copy.copy(default))
    return dataclasses.field(default=default)


def _words(value: Any) -> FeatureWords:
    if isinstance(value, Attribute):  # the field of a group that this class derives from
        value = value.words
    if isinstance(value, FeatureWords):
        return value
    if isinstance(value, dataclasses.Field):
        value = NOT_GIVEN if value.default is dataclasses.MISSING else value.default
    given = {"default": value, "name": None, "about": "", "parameters": {}, "deprecated": None}
    return FeatureWords(given, {})


def _annotations(cls: type, reader: Reader) -> dict[str, Any]:
    try:
        return inspect.get_annotations(cls)
    except NameError as missing:  # Python 3.14 works annotations out only now
        reader.findings.append(("", "", f"An annotation cannot be resolved: {missing}.", "Import the name."))
        return {}


def _resolved(cls: type, annotations: Mapping[str, Any], local: Mapping[str, Any]) -> dict[str, Any]:
    """Each annotation as the type it names, or as the `NotAFeature` that says why there is none."""
    try:
        return _hints(cls, annotations, local)
    except Exception:  # noqa: BLE001  (one annotation is at fault: find out which)
        return {name: _hint(cls, name, annotation, local) for name, annotation in annotations.items()}


def _hint(cls: type, name: str, annotation: Any, local: Mapping[str, Any]) -> Any:
    try:
        return _hints(cls, {name: annotation}, local)[name]
    except Exception as error:  # noqa: BLE001  (an annotation is any expression)
        shown = annotation if isinstance(annotation, str) else repr(annotation)
        reason = f"{shown} cannot be resolved: {type(error).__name__}: {error}."
        return NotAFeature(reason, "Import the name above the class, not under TYPE_CHECKING.")


def _hints(cls: type, annotations: Mapping[str, Any], local: Mapping[str, Any]) -> dict[str, Any]:
    module = sys.modules.get(cls.__module__)
    holder = SimpleNamespace(__annotations__=dict(annotations))
    names = {**getattr(module, "__dict__", {}), **local}
    return typing.get_type_hints(holder, globalns=names, include_extras=True)


def _is_classvar(annotation: object, hint: object) -> bool:
    if isinstance(hint, NotAFeature):
        return isinstance(annotation, str) and annotation.startswith(("ClassVar", "typing.ClassVar"))
    return hint is ClassVar or typing.get_origin(hint) is ClassVar
