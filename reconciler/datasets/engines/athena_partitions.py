"""Whether Athena sees the hours that lie on S3: it reads only partitions that the catalogue knows.

UNVERIFIED: who registers the partitions of a table that Feature Store has made. So Athena is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from reconciler.aws.objects import Objects
from reconciler.datasets.engines.athena_tables import HOURS, Table
from reconciler.datasets.question import Join
from reconciler.datasets.sql import TRINO
from reconciler.errors import Fault, Invalid
from reconciler.records.offline.place import Place


class Hour(NamedTuple):
    """The newest hour of a group that a question looks at, as its folder is called: year, month, day and hour."""

    join: Join
    table: Table
    values: tuple[str, ...]

    @property
    def folder(self) -> str:
        return "/".join(f"{key}={value}" for key, value in zip(HOURS, self.values, strict=True))


def hours_of(
    joins: Sequence[Join], places: Sequence[Place], tables: Sequence[Table], latest: datetime | None
) -> list[Hour]:
    """The newest hours until `latest` of the groups whose partitions have to be known."""
    found: dict[str, Hour] = {}
    for join, place, table in zip(joins, places, tables, strict=True):
        if join.name not in found and table.is_partitioned:
            values = newest(place.objects, place.data, latest)
            if values is not None:
                found[join.name] = Hour(join, table, values)
    return list(found.values())


def newest(objects: Objects, data: str, latest: datetime | None) -> tuple[str, ...] | None:
    """The values of the newest hour's folder that is not after `latest`; None where there is none."""
    # The year by itself: not every platform's %Y has four digits.
    bound = None if latest is None else (f"{latest.year:04}", *f"{latest:%m %d %H}".split())
    return _newest(objects, data, (), bound)


def _newest(
    objects: Objects, folder: str, values: tuple[str, ...], bound: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    if len(values) == len(HOURS):
        return values
    key = HOURS[len(values)]
    names = [path.rstrip("/").rpartition("/")[2] for path in objects.folders(folder)]
    below = sorted((name.partition("=")[2] for name in names if name.startswith(f"{key}=")), reverse=True)
    for value in below:
        some = (*values, value)
        if bound is None or some <= bound[: len(some)]:
            found = _newest(objects, f"{folder}{key}={value}/", some, bound)
            if found is not None:
                return found
    return None


def check_seen(hours: Sequence[Hour], ask: Callable[[str], list[list[str]]]) -> None:
    """Raise `Invalid` for every group whose newest hour Athena does not see. `ask` runs a query."""
    if not hours:
        return
    asked = "\nUNION ALL\n".join(_one(number, hour) for number, hour in enumerate(hours))
    seen = {int(row[0]) for row in ask(asked)}
    faults = [_fault(hour) for number, hour in enumerate(hours) if number not in seen]
    if faults:
        raise Invalid(faults)


def _one(number: int, hour: Hour) -> str:
    """The number of an hour, where Athena sees it."""
    values = zip(HOURS, hour.values, strict=True)
    where = " AND ".join(f"CAST({TRINO.name(key)} AS varchar) = {TRINO.text(value)}" for key, value in values)
    relation = f"{TRINO.name(hour.table.database)}.{TRINO.name(f'{hour.table.name}$partitions')}"
    return f"SELECT {number} AS number FROM {relation} WHERE {where}"  # noqa: S608 - names in quotes


def _fault(hour: Hour) -> Fault:
    table = f"{hour.table.database}.{hour.table.name}"
    reason = f"Athena does not see {hour.folder} of {table}, so rows would be missing: nobody has registered it."
    fix = f"Run MSCK REPAIR TABLE `{hour.table.name}` in Athena or a crawler, or use the duckdb engine: it reads files."
    return Fault("", 0, hour.join.group, "", "", reason, fix)
