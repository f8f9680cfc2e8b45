"""Feature groups as datasets refer to them: which label column finds their rows, and how features are named there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload

from reconciler.contract import Contract
from reconciler.spec.refs import FeatureRef
from reconciler.state import model

if TYPE_CHECKING:
    from reconciler.spec.group import GroupSpec

G = TypeVar("G")

CONTRACT_OFFLINE = model.Offline()
"""A contract says that there is an offline store, and of its table only the format."""


class Member(NamedTuple):
    """A feature of a group: `field` in Python, `name` on AWS."""

    field: str
    name: str
    is_deprecated: bool


class Side(NamedTuple):
    """A feature group that a dataset uses, whatever stood for it: its class, its `GroupSpec` or its contract."""

    group: model.Group
    members: tuple[Member, ...]
    owner: Any

    @property
    def name(self) -> str:
        """The group's name in specs."""
        return self.group.name

    @property
    def values(self) -> list[str]:
        """What the group itself stands for: its features but the keys and what is deprecated."""
        keys = (self.group.record_id, self.group.event_time)
        return [member.name for member in self.members if member.name not in keys and not member.is_deprecated]

    def feature(self, name: str) -> str | None:
        """The name on AWS of a feature that is named by its field, or else by its name there."""
        by_name = {member.name: member.name for member in self.members}
        return {**by_name, **{member.field: member.name for member in self.members}}.get(name)

    def near(self, name: str) -> str:
        """What works instead of a name that is not there."""
        close = get_close_matches(name, [member.field for member in self.members], 1)
        return f"Did you mean {close[0]!r}?" if close else f"It has {', '.join(m.field for m in self.members)}."

    def contract(self) -> Contract:
        """What the rows of the group have to be."""
        if isinstance(self.owner, Contract):
            return self.owner
        spec: GroupSpec = self.owner.__feature_group__
        return spec.contract(self.owner if isinstance(self.owner, type) else None)


class Looked(NamedTuple):
    """A group under a key of the labels, as it was written: nothing of it is checked yet."""

    group: object
    key: object = None
    prefix: object = ""


class Using:
    """What `using(...)` gives. Its attributes are features; it stands for all of them itself."""

    __slots__ = ("__looked__",)

    __looked__: Looked

    def __init__(self, group: object, key: object, prefix: object) -> None:
        self.__looked__ = Looked(group, key, prefix)

    def __getattr__(self, name: str) -> Picked:
        if name.startswith("_"):
            raise AttributeError(name)
        return Picked(self.__looked__, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Using) and self.__looked__ == other.__looked__

    def __hash__(self) -> int:
        return hash(id(self.__looked__.group))

    def __repr__(self) -> str:
        group, key, prefix = self.__looked__
        said = [f"{word}={value!r}" for word, value in (("key", key), ("prefix", prefix)) if value]
        return f"using({', '.join([group_name(group), *said])})"


@dataclass(frozen=True, slots=True, repr=False)
class Picked:
    """One feature of a group under a key: held against the group where a dataset is made of it."""

    looked: Looked
    name: str

    def __repr__(self) -> str:
        return f"{Using(*self.looked)!r}.{self.name}"


if TYPE_CHECKING:

    @overload
    def using(group: type[G], *, key: str | None = None, prefix: str = "") -> type[G]: ...
    @overload
    def using(group: GroupSpec | Contract, *, key: str | None = None, prefix: str = "") -> Any: ...


def using(group: object, *, key: str | None = None, prefix: str = "") -> Any:
    """A feature group under a key of the labels, for the features of a dataset.

        using(Weather, key="dest", prefix="dest_").temp_f

    `key` is the label column with record identifiers; left out, it is what `keys=` of the dataset says, or the column
    named as the group's record identifier. `prefix` goes before the features' names in the result. To type checkers
    the result is the class, so that its attributes are those of the class. Faults are told by the dataset.
    """
    return Using(group, key, prefix)


def side_of(group: object) -> Side | None:
    """The group that a class, a `GroupSpec` or a contract stands for; None where it is none of them."""
    if isinstance(group, Contract):
        return _side_of_contract(group)
    spec: GroupSpec | None = getattr(group, "__feature_group__", None)
    if spec is None:
        return None
    return Side(spec.group, _members((f.field, f.name, f.deprecated is not None) for f in spec.fields), group)


def looked_at(reference: object) -> tuple[Looked, str | None] | None:
    """The group of a reference, and its feature: None for all of them. None where it is no reference."""
    match reference:
        case FeatureRef():
            return Looked(reference.owner), reference.field
        case Picked():
            return reference.looked, reference.name
        case Using():
            return reference.__looked__, None
        case _ if side_of(reference) is not None:
            return Looked(reference), None
    return None


def group_name(group: object) -> str:
    """A group as its user wrote it, nearly."""
    return group.__name__ if isinstance(group, type) else getattr(side_of(group), "name", None) or repr(group)


def _side_of_contract(contract: Contract) -> Side:
    group = model.Group(
        contract.group,
        contract.record_id,
        contract.event_time,
        tuple(model.Feature(c.name, c.aws_type, c.collection, c.dimension) for c in contract.columns),
        offline=CONTRACT_OFFLINE if contract.table_format else None,
    )
    return Side(group, _members((c.field, c.name, c.deprecated) for c in contract.columns), contract)


def _members(found: Iterable[tuple[str, str, bool]]) -> tuple[Member, ...]:
    return tuple(Member(*one) for one in found)
