"""SELECT: the query, its parameters, and the names of its columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.errors import SqlglotError

from reconciler.emulator.athena import errors, resultfiles, syntax
from reconciler.emulator.athena.failures import failed
from reconciler.emulator.athena.outcomes import Job, Outcome
from reconciler.emulator.athena.translation import Query, translate
from reconciler.emulator.athena.unnesting import UNNAMED
from reconciler.emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Sequence

_FILES = re.compile(r"Scanning Files: (\d+)/(\d+)")


def run(job: Job) -> Outcome:
    query = prepared(job, job.statement)
    try:
        outputs, rows, size = resultfiles.write_query(job, query.sql, lambda names: shown_names(names, job.statement))
    except Exception as error:
        raise engine_failure(error, job, query) from error
    measure(job, query)
    return Outcome(outputs, updates=0, rows=rows, bytes=size)


def measure(job: Job, query: Query) -> None:
    """Which share of the files the plan reads, where there are several."""
    if not job.names.has_many_files:
        return
    plan = "\n".join(str(row[-1]) for row in job.engine.rows(f"EXPLAIN {query.sql}"))
    found = [(int(read), int(of)) for read, of in _FILES.findall(plan)]
    if found:
        job.names.share = sum(read for read, _ in found) / sum(of for _, of in found)


def prepared(job: Job, tree: exp.Expr, text: str | None = None) -> Query:
    """A query with its parameters in place, translated."""
    try:
        return translate(text or job.sql, with_parameters(job, tree), job.names)
    except Exception as error:
        raise engine_failure(error, job, None, tree) from error


def engine_failure(error: Exception, job: Job, query: Query | None, tree: exp.Expr | None = None) -> Exception:
    """An error of the engine in Athena's words; any other as it is."""
    import duckdb  # noqa: PLC0415 - heavy

    if not isinstance(error, duckdb.Error) or job.engine.stopped:
        return error
    return errors.translated(error, job.sql, query.tree if query else tree)


def shown_names(names: Sequence[str], tree: exp.Expr) -> list[str]:
    """Unnamed columns are numbered, columns that are read as they are have lower-case names, aliases stay."""
    aliased = _aliases(tree)
    return [
        f"_col{number}" if name.startswith(UNNAMED) else name if name in aliased else name.lower()
        for number, name in enumerate(_values_named(names, tree))
    ]


def _values_named(names: Sequence[str], tree: exp.Expr) -> list[str]:
    unnamed = isinstance(tree, exp.Values) or _is_values(tree)
    return [f"{UNNAMED}{number}" for number, _ in enumerate(names)] if unnamed else [*names]


def _is_values(tree: exp.Expr) -> bool:
    """`VALUES ...` alone is read as a SELECT of everything from them."""
    if not isinstance(tree, exp.Select) or not isinstance(source := tree.args.get("from_"), exp.From):
        return False
    found: Any = source.this
    return isinstance(found, exp.Values) and found.alias in {"", "_values"} and tree.is_star


def _aliases(tree: exp.Expr) -> set[str]:
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    if not isinstance(tree, exp.Select):
        return set()
    return {column.alias for column in tree.expressions if isinstance(column, exp.Alias)}


def with_parameters(job: Job, tree: exp.Expr) -> exp.Expr:
    """The values of ExecutionParameters for the question marks, in order."""
    marks = [mark for mark in tree.find_all(exp.Placeholder, bfs=False) if mark.name in {"", "?"}]
    marks.sort(key=lambda mark: mark.meta.get("start", 0))
    if not marks:
        return tree
    if len(marks) != len(job.parameters):
        raise failed(
            "INVALID_PARAMETER_USAGE",
            f"Incorrect number of parameters: expected {len(marks)} but found {len(job.parameters)}",
            (1, 1),
        )
    for mark, value in zip(marks, job.parameters, strict=True):
        mark.replace(_parameter(value))
    return tree


def _parameter(value: str) -> exp.Expr:
    """An expression without columns is taken as one, everything else as a text (seen on live Athena)."""
    try:
        tree = syntax.parse(f"SELECT ({value})")
    except (AwsError, SqlglotError):
        return exp.Literal.string(value)
    columns = tree.expressions
    if len(columns) != 1 or tree.find(exp.Column) or tree.args.get("from_"):
        return exp.Literal.string(value)
    found: exp.Expr = columns[0].copy()
    return found
