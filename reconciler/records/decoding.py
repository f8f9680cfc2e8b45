"""From what AWS answers to typed Python: one record as an instance of its class, many as columns.

An instance is made without being validated again: it was valid when it was written, perhaps by an older spec, and a
read has to be quick. What it holds has the types that its class says; a feature the row lacks is None, whether its type
allows for that or not.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple

from reconciler.contract import Column, Contract
from reconciler.errors import ReconcilerError
from reconciler.records.values import reader_of

Feature = Mapping[str, Any]
"""A feature value, as AWS writes it."""


class Stored(NamedTuple):
    """A record that is in the online store, and when it will be gone; None where it stays, or nobody asked."""

    record: Any
    expires_at: datetime | None = None


class Unreadable(ReconcilerError):
    """The store holds a value that the spec has no reading for."""

    def __init__(self, group: str, feature: str, record_id: str, value: Any, kind: str) -> None:
        self.group, self.feature, self.record_id, self.value = group, feature, record_id, value
        super().__init__(
            f"{group}.{feature} of {record_id!r} holds {str(value)[:80]!r}, which is no {kind}.\n"
            "It was written by something else, or under another spec: ingest the record anew, or correct the spec."
        )


class _Slot(NamedTuple):
    """Where a feature's value goes, and what makes it one."""

    field: str
    read: Callable[[str], Any]
    collect: Callable[[Iterable[Any]], Any] | None
    kind: str


class Decoder:
    """Reads the rows of one contract, as instances of a class, or as dictionaries by AWS's names."""

    def __init__(self, contract: Contract, record: Any) -> None:
        self.contract, self._class = contract, record
        self._slots = {column.name: self._slot(column) for column in contract.columns}
        self._blank = dict.fromkeys(slot.field for slot in self._slots.values())

    def record(self, features: Iterable[Feature], record_id: str) -> Any:
        """One record; raises `Unreadable`. Features that the contract does not know are left out."""
        values = self.values(features, record_id)
        if self._class is None:
            return values
        made = object.__new__(self._class)
        made.__dict__.update(values)
        return made

    def values(self, features: Iterable[Feature], record_id: str) -> dict[str, Any]:
        """The values of one record, by field where there is a class."""
        values, slots, name, value = dict(self._blank), self._slots, "", None
        try:
            for feature in features:
                name = feature["FeatureName"]
                slot = slots.get(name)
                if slot is None:
                    continue
                field, read, collect, _ = slot
                if collect is None:
                    value = feature.get("ValueAsString")
                    if value is not None:
                        values[field] = read(value)
                else:
                    value = feature.get("ValueAsStringList")
                    if value is not None:
                        values[field] = collect(map(read, value))
        except (ValueError, KeyError, TypeError, OverflowError) as failed:
            kind = slots[name].kind if name in slots else "feature"
            raise Unreadable(self.contract.group, name, record_id, value, kind) from failed
        return values

    def stored(self, reply: Mapping[str, Any], record_id: str) -> Stored | None:
        """What a reply says of one record; None where it has none."""
        features = reply.get("Record")
        if not features:
            return None
        expires = reply.get("ExpiresAt")
        return Stored(self.record(features, record_id), instant(expires) if expires else None)

    def _slot(self, column: Column) -> _Slot:
        enum = _enum_of(self._class, column.field) if self._class is not None else None
        collect = {None: None, "Set": set}.get(column.collection, list)
        field = column.field if self._class is not None else column.name
        kind = f"{column.collection} of {column.kind}" if column.collection else column.kind
        return _Slot(field, reader_of(column, enum), collect, enum.__name__ if enum else _named(column, kind))


def decoder_of(contract: Contract) -> Decoder:
    """The decoder of a contract, made once as long as the same contract is given."""
    found = _made.get(id(contract))
    if found is None or found.contract is not contract:
        if len(_made) >= _MOST:
            _made.clear()
        found = _made[id(contract)] = Decoder(contract, contract.record)
    return found


_MOST = 256
_made: dict[int, Decoder] = {}  # each holds on to its contract, so that its id is nobody else's


def instant(text: str) -> datetime:
    """An instant of AWS's, in UTC."""
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _named(column: Column, kind: str) -> str:
    return f"one of {', '.join(map(repr, column.choices))}" if column.choices else kind


def _enum_of(record: Any, field: str) -> type[Enum] | None:
    """The enumeration that the annotation of a field names, wherever in it that stands."""
    found = getattr(record, "__dataclass_fields__", {}).get(field)
    return _enum_within(found.type) if found is not None else None


def _enum_within(annotation: Any) -> type[Enum] | None:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return annotation
    if typing.get_origin(annotation) is typing.Literal:
        return None
    return next((found for arg in typing.get_args(annotation) if (found := _enum_within(arg))), None)
