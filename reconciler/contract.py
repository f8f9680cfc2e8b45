"""What the rows of a feature group have to be: the spec as a contract of its data.

A value, so that it can be worked out where the registry is read, which has no credentials, and used where they are.
Only a contract made in this process knows the record's class; constraints that are Python code need it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["int", "float", "str", "bool", "datetime", "unix"]
"""What one value is in Python; `unix` is a float of seconds since 1970."""

AWS_TYPES: Final[Mapping[Kind, str]] = {
    "int": "Integral",
    "bool": "Integral",
    "float": "Fractional",
    "unix": "Fractional",
    "str": "String",
    "datetime": "String",
}
"""What AWS calls each of them."""

BOUNDS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")
"""The constraints that can be checked without Python code of the spec's, in annotated-types' and pydantic's words."""


class Bound(NamedTuple):
    """One constraint: a word of `BOUNDS`, and a number, a length, a regular expression or an ISO-8601 instant."""

    word: str
    value: Any


class Column(NamedTuple):
    """One feature as rows have it: `name` on AWS, `field` in Python.

    `kind` is that of a value, or of a collection's elements. `bounds` constrain the value (a collection as a whole),
    `element_bounds` each element. `code` names the constraints that only the record's class can check.
    `required` says that a row has to have the column; where it is not, `default` stands in for a missing column.
    `is_live` is False for a deprecated feature that the live group was made without: it takes no values.
    """

    name: str
    field: str
    kind: Kind
    optional: bool = False
    required: bool = True
    default: Any = None
    choices: tuple[str, ...] = ()
    bounds: tuple[Bound, ...] = ()
    element_bounds: tuple[Bound, ...] = ()
    code: tuple[str, ...] = ()
    collection: str | None = None
    dimension: int | None = None
    line: int = 0
    deprecated: bool = False
    is_live: bool = True

    @property
    def aws_type(self) -> str:
        """Integral, Fractional or String."""
        return AWS_TYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Contract:
    """The rows of one feature group, by the names that its spec uses: an environment's prefix is not in `group`.

    `record_id` and `event_time` are names of columns on AWS. `ttl_s` is how long a record lives online, in seconds from
    its event time. `table_format` is Glue, Iceberg or None; `file` is where the spec stands. `record` is the class;
    `code` names the validators of it that see whole records.
    """

    group: str
    record_id: str
    event_time: str
    columns: tuple[Column, ...]
    online: bool = True
    ttl_s: int | None = None
    storage_type: str | None = None
    table_format: str | None = None
    file: str = ""
    line: int = 0
    code: tuple[str, ...] = ()
    record: Any = field(default=None, compare=False, repr=False)

    def column(self, name: str) -> Column:
        """The column by its name on AWS; raises `KeyError`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def key(self) -> Column:
        """The record identifier."""
        return self.column(self.record_id)

    @property
    def moment(self) -> Column:
        """The event time."""
        return self.column(self.event_time)

    def as_json(self) -> dict[str, Any]:
        """The contract without the class, as JSON has it."""
        columns = [
            column._asdict()
            | {"bounds": [list(b) for b in column.bounds], "element_bounds": [list(b) for b in column.element_bounds]}
            for column in self.columns
        ]
        return {
            "group": self.group,
            "record_id": self.record_id,
            "event_time": self.event_time,
            "columns": columns,
            "online": self.online,
            "ttl_s": self.ttl_s,
            "storage_type": self.storage_type,
            "table_format": self.table_format,
            "file": self.file,
            "line": self.line,
            "code": list(self.code),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Contract:
        """What `as_json` wrote."""
        columns = tuple(_column(column) for column in document["columns"])
        return cls(**{**document, "columns": columns, "code": tuple(document["code"])})


def _column(document: Mapping[str, Any]) -> Column:
    lists = {name: tuple(document[name]) for name in ("choices", "code")}
    bounds = {name: _bounds(document[name]) for name in ("bounds", "element_bounds")}
    return Column(**{**document, **lists, **bounds})


def _bounds(document: Sequence[Sequence[Any]]) -> tuple[Bound, ...]:
    return tuple(Bound(word, value) for word, value in document)
