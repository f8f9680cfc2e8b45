"""The Glue tables that a question reads, held against what it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from reconciler.aws.tables import Tables
from reconciler.datasets.question import Join
from reconciler.datasets.sql import TRINO, Source
from reconciler.errors import Fault, Invalid
from reconciler.records.offline.place import INVOKED, IS_DELETED, WRITE_TIME, Place

_HIVE = {"Integral": "bigint", "Fractional": "double", "String": "string"}
_WHOLE = frozenset({"tinyint", "smallint", "int", "integer", "bigint"})
_READS = {
    "Integral": _WHOLE,
    "Fractional": frozenset({"double", "float", "real"}),
    "String": frozenset({"string"}),
}
"""Which types of a table may stand for AWS's."""


HOURS = ("year", "month", "day", "hour")
"""The partition keys of a table in Glue's format (developer guide, offline store data format)."""
_PROJECTED = "projection.enabled"


class Table(NamedTuple):
    """The table of a join's group, and how a statement reads it. Of partitions by hour somebody has to tell Glue."""

    database: str
    name: str
    is_partitioned: bool
    source: Source


def tables_of(joins: Sequence[Join], places: Mapping[str, Place], tables: Tables) -> list[Table]:
    """The table of each join; raises `Invalid` with everything that a table lacks."""
    found: list[Table] = []
    faults: list[Fault] = []
    for join in joins:
        place = places[join.name]
        catalog = place.live.table
        if catalog is None:
            reason = "Its offline store has no table in the Data Catalog, and Athena reads nothing else."
            faults.append(
                Fault("", 0, join.group, "", "", reason, "Use the duckdb or the spark engine: they read files.")
            )
            continue
        name = f"{catalog.database}.{catalog.table}"
        table = tables.find(catalog.database, catalog.table)
        if table is None:
            fix = "Make the table again, or use the duckdb or the spark engine: they read files."
            faults.append(Fault("", 0, join.group, "", "", f"There is no table {name} in the Data Catalog.", fix))
            continue
        columns = {str(c["Name"]).lower(): str(c.get("Type", "")) for c in _columns(table)}
        faults += _faults(join, name, columns)
        relation = f"{TRINO.name(catalog.database)}.{TRINO.name(catalog.table)}"
        source = Source(relation, {n: t for n, t in columns.items() if t not in _HIVE.values()})
        found.append(Table(catalog.database, catalog.table, _is_partitioned(table), source))
    if faults:
        raise Invalid(list(dict.fromkeys(faults)))
    return found


def _is_partitioned(table: Mapping[str, Any]) -> bool:
    keys = tuple(str(key["Name"]).lower() for key in table.get("PartitionKeys") or ())
    return keys == HOURS and str(table.get("Parameters", {}).get(_PROJECTED, "")).lower() != "true"


def _columns(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*table.get("StorageDescriptor", {}).get("Columns", ()), *table.get("PartitionKeys", ())]


def _faults(join: Join, table: str, columns: Mapping[str, str]) -> Iterator[Fault]:
    features = [(join.record_id, join.key.type), (join.event_time, join.event_time_type)]
    features += [(column.feature, column.type) for column in join.columns]
    for name, aws_type in features:
        found = columns.get(name.lower())
        if found is None:
            # Feature Store adds columns only to tables that it has made (AWS's notebook on catalogs of one's own).
            fix = f"Add it there: ALTER TABLE ... ADD COLUMNS ({name.lower()} {_HIVE[aws_type]})."
            yield Fault("", 0, join.group, name, "", f"The table {table} has no such column.", fix)
        elif found not in _READS[aws_type] and not (aws_type == "String" and found.startswith(("varchar", "char"))):
            fix = f"It has to be {_HIVE[aws_type]}."
            yield Fault("", 0, join.group, name, "", f"It is {aws_type}, and {found} in the table {table}.", fix)
    for name in (WRITE_TIME, INVOKED, IS_DELETED):
        if name not in columns:
            fix = "Every offline row has it: the table has to say so."
            yield Fault("", 0, join.group, name, "", f"The table {table} has no such column.", fix)
