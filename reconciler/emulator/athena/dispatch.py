"""Which part runs which statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from reconciler.emulator.athena import (
    changes,
    ddl,
    hive,
    maintenance,
    merging,
    plans,
    preparing,
    selecting,
    showing,
    views,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.athena.outcomes import Job, Outcome


def run(job: Job) -> Outcome:
    """Run a statement to its end; QueryFailed is its failure."""
    for kind, part in _PARTS:
        if isinstance(job.statement, kind):
            return part(job)
    return selecting.run(job)


_PARTS: tuple[tuple[Any, Callable[[Job], Outcome]], ...] = (
    (preparing.TableFromQuery, writing.create_table),
    (preparing.Unload, writing.unload),
    (preparing.Explain, plans.explain),
    (hive.Maintain, maintenance.run),
    ((hive.Show, hive.Describe), showing.run),
    (
        (
            *(hive.CreateTable, hive.CreateDatabase, hive.Drop, hive.Repair),
            *(hive.AlterPartitions, hive.AlterColumns, hive.AlterTable),
        ),
        ddl.run,
    ),
    (exp.Insert, writing.insert),
    (exp.Delete, changes.delete),
    (exp.Update, changes.update),
    (exp.Merge, merging.merge),
    (exp.Create, views.create),
)
