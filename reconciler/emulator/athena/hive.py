"""What statements of Hive's data definition language ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Name: TypeAlias = tuple[str, ...]


class Column(NamedTuple):
    name: str
    type: str
    comment: str | None = None


class CreateTable(NamedTuple):
    """CREATE [EXTERNAL] TABLE; `partitions` are columns of a Hive table, `transforms` those of an Iceberg table."""

    name: Name
    external: bool
    if_not_exists: bool
    columns: tuple[Column, ...]
    partitions: tuple[Column, ...]
    transforms: tuple[str, ...]
    comment: str | None
    serde: str | None
    serde_properties: Mapping[str, str]
    stored_as: str | None
    formats: tuple[str, str] | None
    location: str | None
    properties: Mapping[str, str]


class CreateDatabase(NamedTuple):
    name: str
    if_not_exists: bool
    comment: str | None
    location: str | None
    properties: Mapping[str, str]


class Drop(NamedTuple):
    what: str
    name: Name
    if_exists: bool
    cascade: bool = False


class Show(NamedTuple):
    """SHOW of any kind: in which database or of which table, and what it must match."""

    what: str
    name: Name = ()
    like: str | None = None
    key: str | None = None


class Describe(NamedTuple):
    name: Name
    column: str | None = None


class Repair(NamedTuple):
    name: Name


class AlterPartitions(NamedTuple):
    """ALTER TABLE ADD or DROP PARTITION: specifications, each with its location if it has one."""

    name: Name
    add: bool
    lenient: bool
    partitions: tuple[tuple[Mapping[str, str], str | None], ...]


class AlterColumns(NamedTuple):
    name: Name
    how: str
    columns: tuple[Column, ...] = ()
    column: str | None = None


class AlterTable(NamedTuple):
    """SET TBLPROPERTIES, SET LOCATION, RENAME TO."""

    name: Name
    how: str
    properties: Mapping[str, str] = {}
    value: str | None = None


class Maintain(NamedTuple):
    """OPTIMIZE ... REWRITE DATA USING BIN_PACK, or VACUUM."""

    name: Name
    how: str
    where: str | None = None


Statement: TypeAlias = (
    "CreateTable | CreateDatabase | Drop | Show | Describe | Repair | AlterPartitions | AlterColumns | AlterTable"
    " | Maintain"
)
