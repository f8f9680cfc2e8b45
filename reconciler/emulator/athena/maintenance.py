"""OPTIMIZE and VACUUM of an Iceberg table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from reconciler.emulator.athena import hive, icebergs, syntax
from reconciler.emulator.athena.failures import QueryFailed, failed
from reconciler.emulator.athena.outcomes import Job, Outcome
from reconciler.emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Five days, and one snapshot at least (Athena user guide, Iceberg table properties).
_AGE_S = 432_000


def run(job: Job) -> Outcome:
    statement: hive.Maintain = job.statement
    table = job.names.table(statement.name, (1, 1))
    if not icebergs.is_iceberg(table):
        raise failed("NOT_SUPPORTED", f"{statement.how} is only supported for Iceberg tables")
    named = (table["DatabaseName"], table["Name"])
    job.engine.check()
    if statement.how == "OPTIMIZE":
        _optimize(job, named, statement.where)
    else:
        from reconciler.emulator.offline import iceberg  # noqa: PLC0415 - heavy

        iceberg.expire(job.site, *named, older_than=job.site.now() - _age(job, table))
    return Outcome(lines=[])


def _optimize(job: Job, named: tuple[str, str], where: str | None) -> None:
    from pyparsing import ParseException  # noqa: PLC0415 - pyiceberg reads filters with it

    from reconciler.emulator.offline import iceberg  # noqa: PLC0415 - heavy

    try:
        iceberg.rewrite(job.site, *named, where=_filter(where) if where else None)
    except (ParseException, ValueError, TypeError):
        raise failed("NOT_SUPPORTED", f"OPTIMIZE cannot filter by this: {where}") from None


def _filter(where: str) -> str:
    """A condition of Trino's as pyiceberg reads it: dates and timestamps are texts."""
    try:
        condition = syntax.parse(f"SELECT 1 WHERE {where}").find(exp.Where)
    except AwsError as error:
        raise failed("SYNTAX_ERROR", error.message) from None
    if condition is None:
        raise failed("SYNTAX_ERROR", f"mismatched input '{where}'")
    for moment in list(condition.find_all(exp.Cast)):
        if isinstance(moment.this, exp.Literal):
            moment.replace(exp.Literal.string(moment.name.strip().replace(" ", "T")))
    text: str = condition.this.sql("trino")
    return text


def _age(job: Job, table: Mapping[str, Any]) -> float:
    given = icebergs.load(job.site, table).properties.get("vacuum_max_snapshot_age_seconds", str(_AGE_S))
    try:
        return float(given)
    except ValueError:
        raise QueryFailed(f"Invalid value of vacuum_max_snapshot_age_seconds: {given}", 1103) from None
