"""EXPLAIN: the engine's own plan, which is not Trino's, in the form of a result that Athena gives."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from reconciler.emulator.athena import selecting
from reconciler.emulator.athena.outcomes import Job, Outcome
from reconciler.emulator.athena.rendering import Output

if TYPE_CHECKING:
    from reconciler.emulator.athena.preparing import Explain

_LONGEST = 2147483647


def explain(job: Job) -> Outcome:
    statement: Explain = job.statement
    query = selecting.prepared(job, statement.query, statement.text)
    if statement.type == "VALIDATE":
        return Outcome([Output("Valid", "boolean")], ["Valid", "true", "", ""])
    verb = "EXPLAIN ANALYZE" if statement.analyze else "EXPLAIN"
    try:
        rows = job.engine.rows(f"{verb} {query.sql}")
    except Exception as error:
        raise selecting.engine_failure(error, job, query) from error
    plan = "\n".join(str(row[-1]) for row in rows).rstrip("\n")
    plan = plan.replace(os.path.join(os.path.abspath(job.site.store.directory), "s3", ""), "s3://")  # noqa: PTH100, PTH118
    if statement.format == "JSON" or statement.type == "IO":
        plan = json.dumps({"plan": plan}, indent=2)
    lines = ["Query Plan", *plan.split("\n"), "", "", ""]
    return Outcome([Output("Query Plan", "varchar", _LONGEST, 0, case_sensitive=True)], lines)
