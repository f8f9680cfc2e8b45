"""OPTIMIZE and VACUUM of an Iceberg table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.athena import hive, icebergs
from reconciler.emulator.athena.failures import QueryFailed, failed
from reconciler.emulator.athena.outcomes import Job, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

# Five days, and one snapshot at least (Athena user guide, Iceberg table properties).
_AGE_S = 432_000


def run(job: Job) -> Outcome:
    from reconciler.emulator.offline import iceberg  # noqa: PLC0415 - heavy

    statement: hive.Maintain = job.statement
    table = job.names.table(statement.name, (1, 1))
    if not icebergs.is_iceberg(table):
        raise failed("NOT_SUPPORTED", f"{statement.how} is only supported for Iceberg tables")
    named = (table["DatabaseName"], table["Name"])
    job.engine.check()
    if statement.how == "OPTIMIZE":
        try:
            iceberg.rewrite(job.site, *named, where=statement.where)
        except ValueError as error:
            raise failed("NOT_SUPPORTED", f"OPTIMIZE cannot filter so: {error}") from None
    else:
        iceberg.expire(job.site, *named, older_than=job.site.now() - _age(job, table))
    return Outcome(lines=[])


def _age(job: Job, table: Mapping[str, Any]) -> float:
    given = icebergs.load(job.site, table).properties.get("vacuum_max_snapshot_age_seconds", str(_AGE_S))
    try:
        return float(given)
    except ValueError:
        raise QueryFailed(f"Invalid value of vacuum_max_snapshot_age_seconds: {given}", 1103) from None
