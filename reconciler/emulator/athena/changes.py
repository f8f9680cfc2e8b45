"""DELETE and UPDATE: position deletes and new rows in an Iceberg table, and no change to any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from reconciler.emulator.athena import icebergs, selecting, syntax
from reconciler.emulator.athena.failures import QueryFailed, failed
from reconciler.emulator.athena.outcomes import Job, Outcome
from reconciler.emulator.athena.writing import ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NOT_TRANSACTIONAL = "Modifying Hive table rows is only supported for transactional tables"


def delete(job: Job) -> Outcome:
    """The rows are found by a query; files stay as they are, and a delete file says which of their rows are gone."""
    tree: exp.Delete = job.statement
    table = transactional(job, tree.this)
    where = tree.args.get("where")
    found = _positions(job, tree.this, table, where.this if where else None)
    count = sum(map(len, found.values()))
    if count:
        from reconciler.emulator.offline import iceberg  # noqa: PLC0415 - heavy

        job.engine.check()
        _committing(lambda: iceberg.delete_rows(job.site, table["DatabaseName"], table["Name"], found))
    return Outcome([ROWS], updates=count, rows=count, update_type="DELETE")


def _committing(commit: Any) -> None:
    from pyiceberg.exceptions import CommitFailedException  # noqa: PLC0415

    from reconciler.emulator.offline.iceberg_snapshots import ChangedMeanwhile  # noqa: PLC0415

    try:
        commit()
    except (ChangedMeanwhile, CommitFailedException):
        raise QueryFailed("ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table", 233) from None


def transactional(job: Job, target: exp.Expr) -> dict[str, Any]:
    """The table that is changed."""
    parts = [part.name for part in target.parts] if isinstance(target, exp.Table) else [target.name]
    table = job.names.table(parts, (1, 1))
    if not icebergs.is_iceberg(table):
        raise failed("NOT_SUPPORTED", _NOT_TRANSACTIONAL)
    return table


def view(job: Job, table: Mapping[str, Any], name: str) -> icebergs.Scan:
    """The table's rows with where they lie, under a name of the engine's."""
    scan = icebergs.scan(job.site, table)
    job.engine.run(f"CREATE OR REPLACE TEMP VIEW {name} AS {icebergs.query(job.engine, scan, positions=True)}")
    return scan


def _positions(job: Job, target: exp.Expr, table: Mapping[str, Any], where: exp.Expr | None) -> dict[str, list[int]]:
    """By data file, the rows a condition is true of."""
    scan = view(job, table, TARGET)
    columns = [exp.column(icebergs.PATH, quoted=True), exp.column(icebergs.POSITION, quoted=True)]
    query = exp.select(*columns).from_(stand_in(target))
    if where is not None:
        query = query.where(where.copy())
    rows = _run(job, query, scan)
    return _by_file(rows, scan)


TARGET = "changed_table"
KEPT = "$kept"
"""The column that says whether a row is written anew."""


def stand_in(target: exp.Expr) -> exp.Table:
    """The table under its own name, read from the engine's view of it."""
    alias = target.alias_or_name
    view: exp.Table = exp.to_table(TARGET)
    view.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    return view


def _run(job: Job, query: exp.Expr, scan: icebergs.Scan) -> list[tuple[Any, ...]]:
    columns = [*icebergs.engine_columns(scan.columns), (icebergs.PATH, "VARCHAR"), (icebergs.POSITION, "BIGINT")]
    job.names.adopt(TARGET, columns, scan.bytes)
    translated = selecting.prepared(job, query)
    try:
        return job.engine.rows(translated.sql)
    except Exception as error:
        raise selecting.engine_failure(error, job, translated) from error


def _by_file(rows: Sequence[tuple[Any, ...]], scan: icebergs.Scan) -> dict[str, list[int]]:
    uris = {file.path: file.uri for file in scan.files}
    found: dict[str, list[int]] = {}
    for path, position, *_ in rows:
        found.setdefault(uris[path], []).append(position)
    return found


def update(job: Job) -> Outcome:
    """Rows that change are deleted where they lie and written anew, in one snapshot."""
    tree: exp.Update = job.statement
    table = transactional(job, tree.this)
    scan = view(job, table, TARGET)
    names = [name for name, _ in scan.columns]
    changed = {}
    for assignment in tree.expressions:
        name = assignment.this.name.lower()
        if name not in names:
            raise failed(
                "COLUMN_NOT_FOUND",
                f"The UPDATE SET target column {name} doesn't exist",
                syntax.where(job.sql, assignment.this),
            )
        changed[name] = assignment.expression
    where = tree.args.get("where")
    columns = [exp.alias_(changed.get(name, exp.column(name, quoted=True)).copy(), name, quoted=True) for name in names]
    found = _changed_rows(job, tree.this, scan, columns, where.this if where else None)
    return apply(job, table, scan, found, "UPDATE")


def _changed_rows(job: Job, target: exp.Expr, scan: icebergs.Scan, columns: list[Any], where: exp.Expr | None) -> Any:
    """The new rows as Arrow, after the two columns that say where the old ones lie."""
    places = [exp.column(icebergs.PATH, quoted=True), exp.column(icebergs.POSITION, quoted=True)]
    query = exp.select(*places, *columns).from_(stand_in(target))
    if where is not None:
        query = query.where(where.copy())
    return arrow(job, query, scan)


def arrow(job: Job, query: exp.Expr, scan: icebergs.Scan, more: Sequence[str] = ()) -> Any:
    """The rows of a query over the table: where they lie, what else is asked for, and the table's columns."""
    every = [*icebergs.engine_columns(scan.columns), (icebergs.PATH, "VARCHAR"), (icebergs.POSITION, "BIGINT")]
    job.names.adopt(TARGET, every, scan.bytes)
    translated = selecting.prepared(job, query)
    typed = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in icebergs.engine_columns(scan.columns))
    first = ", ".join(f'"{name}"' for name in (icebergs.PATH, icebergs.POSITION, *more))
    outer = f"SELECT {first}, {typed} FROM ({translated.sql})"
    try:
        return job.engine.relation(outer).to_arrow_table()
    except Exception as error:
        raise selecting.engine_failure(error, job, translated) from error


def apply(job: Job, table: Mapping[str, Any], scan: icebergs.Scan, found: Any, kind: str) -> Outcome:
    """Old rows go and new ones come, in one snapshot."""
    from reconciler.emulator.athena.iceberg_tables import change_rows  # noqa: PLC0415 - pyiceberg comes with it

    places = zip(found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True)
    gone = _by_file([place for place in places if place[0] is not None], scan)
    count = found.num_rows
    if KEPT in found.column_names:
        found = found.filter(found.column(KEPT)).drop_columns([KEPT])
    added = found.drop_columns([icebergs.PATH, icebergs.POSITION])
    if added.num_rows or gone:
        job.engine.check()
        _committing(lambda: change_rows(job.site, table, added, gone))
    return Outcome([ROWS], updates=count, rows=count, update_type=kind)
