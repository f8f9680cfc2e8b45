"""What a registry file does: declare groups, and retire them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Never, TypeVar, dataclass_transform

from reconciler.errors import Fault
from reconciler.spec import collect
from reconciler.spec.group import OFFLINE, ON_DEMAND, ONLINE, GroupSpec
from reconciler.spec.read import Reader
from reconciler.spec.record import declarations, make_record, refer
from reconciler.spec.words import NOT_GIVEN, Offline, OnDemand, Online, Provisioned, feature, forgiving
from reconciler.state import Retirement, Source

C = TypeVar("C", bound=type)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(feature,))
@forgiving
def feature_group(
    *,
    name: str | None = None,
    record_id: str,
    event_time: str,
    online: Online | None = ONLINE,
    offline: Offline | None = OFFLINE,
    description: str | None = None,
    tags: Mapping[str, str] = {},
    role_arn: str | None = None,
    throughput: OnDemand | Provisioned = ON_DEMAND,
    protected: bool | None = None,
    keep_live: Iterable[str] = (),
    **unknown: Never,
) -> Callable[[C], C]:
    """Make a class a feature group, and its instances validated records.

    `record_id` and `event_time` name fields of the class. `name` is the class's name in kebab-case where it is left
    out (`HTTPLog2` is http-log2), `description` the first paragraph of its docstring. `protected=None` leaves it to
    the environment. Fields inherited from another class are features too.
    """
    words = {
        "name": name,
        "record_id": record_id,
        "event_time": event_time,
        "online": online,
        "offline": offline,
        "description": description,
        "tags": tags,
        "role_arn": role_arn,
        "throughput": throughput,
        "protected": protected,
        "keep_live": keep_live,
    }
    place = collect.caller()

    def declare(cls: C) -> C:
        return _declare(cls, words, unknown, place)

    return declare


def _declare(cls: C, words: dict[str, Any], unknown: Mapping[str, Any], place: collect.Place) -> C:
    reader = Reader()
    local = _local_names()
    found = declarations(cls, local, reader)
    if words["description"] is None:
        words = {**words, "description": _first_paragraph(cls)}
    _is_plain(cls, reader)
    spec = GroupSpec.of_class(words, unknown, found, place, reader, cls.__name__)
    if not spec.faults:
        cls = make_record(cls, spec)
    refer(cls, spec, {declaration.field: declaration for declaration in found})
    collect.take(spec.desired, spec.faults, partial(spec.contract, cls))
    return cls


def _local_names() -> Mapping[str, Any]:
    """The names that the class's annotations may use where it stands inside a function."""
    return sys._getframe(3).f_locals  # noqa: SLF001  (documented, and what dataclass_transform libraries do)


def _first_paragraph(cls: type) -> str | None:
    # Not inherited: a base class's docstring is about the base class.
    text = inspect.cleandoc(cls.__dict__.get("__doc__") or "")
    return " ".join(text.split("\n\n")[0].split()) or None


def _is_plain(cls: type, reader: Reader) -> None:
    for base in cls.__mro__[:-1]:
        params = base.__dict__.get("__dataclass_params__")
        if base is cls and params:
            fix = "Leave @dataclass out: feature_group makes it one."
            reader.findings.append(("", cls.__name__, "The class is a dataclass already.", fix))
        elif params and not params.frozen:
            fix = "Write @dataclass(frozen=True, kw_only=True) on it, or leave @dataclass out."
            reader.findings.append(("", base.__name__, "Records are frozen, and this base is not.", fix))


@forgiving
def retire(name: str, *, reason: str, **unknown: Never) -> None:
    """Ask for a live group to be deleted, and say why. Its spec has to go at the same time."""
    reader = Reader()
    reader.unknown("", unknown.items(), ["reason"])
    if reason is NOT_GIVEN:
        reader.wrong("reason", reason, "It has to be said.", 'Write retire("weather", reason="...").')
        reason = "not given"
    group = reader.text("name", name, 'Write retire("weather", reason="...").') or ""
    text = reader.text("reason", reason, 'Write reason="...".')
    place = collect.caller()
    retired = Retirement(group, text if text is not None else "not a text", Source(place.file, place.line))
    faults = [Fault(place.file, place.line, group, *finding) for finding in reader.findings]
    collect.take(lambda: retired, faults)
