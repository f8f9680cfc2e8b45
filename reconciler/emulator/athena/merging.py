"""MERGE INTO an Iceberg table: one join tells what becomes of each row, one snapshot does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlglot import exp

from reconciler.emulator.athena import changes, icebergs
from reconciler.emulator.athena.failures import failed
from reconciler.emulator.athena.syntax import where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.athena.outcomes import Job, Outcome


class _Clause(NamedTuple):
    """WHEN [NOT] MATCHED [AND ...] THEN: of which rows, and their new values; None if they go."""

    condition: exp.Expr
    values: Mapping[str, exp.Expr] | None


def merge(job: Job) -> Outcome:
    """The first clause that holds of a pair of rows is what happens."""
    tree: exp.Merge = job.statement
    table = changes.transactional(job, tree.this)
    scan = changes.view(job, table, changes.TARGET)
    names = [name for name, _ in scan.columns]
    clauses = [_clause(job, when, tree.this.alias_or_name, names) for when in tree.args["whens"].expressions]
    query = _query(tree, clauses, names)
    found = changes.arrow(job, query, scan, [changes.KEPT])
    places = [place for place in zip(found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True) if place[0]]
    if len(set(places)) < len(places):
        sentence = "One MERGE target table row matched more than one source row"
        raise failed("MERGE_TARGET_ROW_MULTIPLE_MATCHES", sentence)
    return changes.apply(job, table, scan, found, "MERGE")


def _place(alias: str, name: str) -> exp.Column:
    return exp.column(name, alias, quoted=True)


def _clause(job: Job, when: exp.When, alias: str, names: list[str]) -> _Clause:
    matched: exp.Expr = exp.Not(this=exp.Is(this=_place(alias, icebergs.POSITION), expression=exp.Null()))
    if not when.args["matched"]:
        matched = exp.Is(this=_place(alias, icebergs.POSITION), expression=exp.Null())
    if when.args.get("condition") is not None:
        matched = exp.and_(matched, when.args["condition"].copy())
    return _Clause(matched, _values(job, when.args["then"], alias, names))


def _values(job: Job, then: exp.Expr, alias: str, names: list[str]) -> Mapping[str, exp.Expr] | None:
    if isinstance(then, exp.Update):
        kept: dict[str, exp.Expr] = {name: _place(alias, name) for name in names}
        given = {each.this.name.lower(): each.expression for each in then.expressions}
        _check(job, then, given, names)
        return {**kept, **given}
    if isinstance(then, exp.Insert):
        columns = [column.name.lower() for column in then.this.expressions] if then.this else names
        values = then.expression.expressions if then.expression else []
        if len(columns) != len(values):
            raise failed("TYPE_MISMATCH", "Insert query has mismatched column types", where(job.sql, then))
        _check(job, then, dict.fromkeys(columns), names)
        return dict(zip(columns, values, strict=True))
    return None


def _check(job: Job, then: exp.Expr, given: Mapping[str, object], names: list[str]) -> None:
    unknown = next((name for name in given if name not in names), None)
    if unknown is not None:
        sentence = f"Merge column name does not exist in target table: {unknown}"
        raise failed("COLUMN_NOT_FOUND", sentence, where(job.sql, then))


def _query(tree: exp.Merge, clauses: list[_Clause], names: list[str]) -> exp.Expr:
    """Rows of the source with what they match, as far as any clause is about them."""
    target = changes.stand_in(tree.this)
    alias = tree.this.alias_or_name
    columns = [
        *(exp.alias_(_place(alias, name), name, quoted=True) for name in (icebergs.PATH, icebergs.POSITION)),
        exp.alias_(_kept(clauses), changes.KEPT, quoted=True),
        *(exp.alias_(_chosen(clauses, name), name, quoted=True) for name in names),
    ]
    joined = (
        exp.select(*columns).from_(tree.args["using"].copy()).join(target, on=tree.args["on"].copy(), join_type="left")
    )
    return joined.where(exp.or_(*(clause.condition.copy() for clause in clauses)))


def _kept(clauses: list[_Clause]) -> exp.Expr:
    ifs = [exp.If(this=each.condition.copy(), true=exp.Boolean(this=each.values is not None)) for each in clauses]
    return exp.Case(ifs=ifs)


def _chosen(clauses: list[_Clause], name: str) -> exp.Expr:
    ifs = [
        exp.If(this=each.condition.copy(), true=(each.values or {}).get(name, exp.Null()).copy()) for each in clauses
    ]
    return exp.Case(ifs=ifs)
