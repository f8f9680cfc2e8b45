"""References to features: what `Weather.temp_f` gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.errors import Fault, Invalid

if TYPE_CHECKING:
    from reconciler.spec.group import GroupSpec


@dataclass(frozen=True, slots=True, repr=False)
class FeatureRef:
    """One feature of one group. `name` is AWS's, `field` the record's, `owner` the class (or the `GroupSpec`)."""

    group: str
    name: str
    field: str
    owner: Any

    def __repr__(self) -> str:
        return f"<feature {self.group}.{self.name}>"


class Attribute:
    """A feature as an attribute of its class. An instance has its value in its own dictionary, which wins."""

    __slots__ = ("ref", "words")

    def __init__(self, ref: FeatureRef, words: object) -> None:
        self.ref, self.words = ref, words

    def __get__(self, instance: object, owner: type) -> FeatureRef:
        if instance is not None:
            raise AttributeError(self.ref.field)
        return self.ref


def ref(group: type | GroupSpec, name: str) -> FeatureRef:
    """The feature of a group by its field's name, or by the name it has on AWS: the typed form of `Weather.temp_f`."""
    spec: GroupSpec | None = getattr(group, "__feature_group__", None)
    if spec is None:
        raise Invalid([_wrong("", "", repr(group), "It is no feature group.", "Decorate the class first.")])
    for field in spec.fields:
        if name in (field.field, field.name):
            return FeatureRef(spec.name, field.name, field.field, group)
    from difflib import get_close_matches  # noqa: PLC0415  (only who makes a mistake waits for it)

    close = get_close_matches(name, [field.field for field in spec.fields], 1) if isinstance(name, str) else []
    fix = f"Did you mean {close[0]!r}?" if close else f"It has {', '.join(f.field for f in spec.fields)}."
    raise Invalid([_wrong(spec.name, "", repr(name), "The group has no such feature.", fix)])


def _wrong(group: str, field: str, value: str, reason: str, fix: str) -> Fault:
    return Fault("", 0, group, field, value, reason, fix)
