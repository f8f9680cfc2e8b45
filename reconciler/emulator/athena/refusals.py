"""What Trino's analyzer refuses and DuckDB would run; types that cannot be told are left to the engine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from reconciler.emulator.athena.failures import failed
from reconciler.emulator.athena.inference import clash, is_null, shown_type, told
from reconciler.emulator.athena.syntax import place, where

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.emulator.athena.inference import Types


def refuse(sql: str, tree: exp.Expr, types: Types) -> None:
    """QueryFailed for the first thing that Trino would not analyze."""
    for node in tree.walk():
        if isinstance(node, exp.Select):
            _refuse_select(sql, node, types)
        elif isinstance(node, exp.SetOperation):
            _refuse_set_operation(sql, node, types)
        elif isinstance(node, exp.And | exp.Or | exp.Not):
            _refuse_terms(sql, node, types)
        elif isinstance(node, exp.Case | exp.Coalesce | exp.If):
            _refuse_mixed(sql, node, types)
        elif isinstance(node, exp.DPipe | exp.Concat):
            _refuse_concat(sql, node, types)


def _refuse_select(sql: str, select: exp.Select, types: Types) -> None:
    for name in ("where", "having"):
        clause = select.args.get(name)
        if clause is not None:
            _refuse_clause(sql, clause.this, name.upper(), types)
    for join in select.args.get("joins") or []:
        on = join.args.get("on")
        if on is not None and told(on, types) not in {None, "boolean"}:
            sentence = f"JOIN ON clause must evaluate to a boolean: actual type {shown_type(on, types)}"
            raise failed("TYPE_MISMATCH", sentence, where(sql, on))
    inner = select.args.get("where")
    found = next(_own_aggregates(inner), None) if inner is not None else None
    if found is not None:
        sentence = "WHERE clause cannot contain aggregations, window functions or grouping operations"
        raise failed("EXPRESSION_NOT_SCALAR", f"{sentence}: [{found.sql('trino').lower()}]", where(sql, found))
    for call in _nested_aggregates(select):
        raise failed("NESTED_AGGREGATION", f"Cannot nest aggregations: {call.sql('trino').lower()}", where(sql, call))
    _refuse_order(sql, select)


def _refuse_clause(sql: str, condition: exp.Expr, name: str, types: Types) -> None:
    if told(condition, types) not in {None, "boolean"}:
        sentence = f"{name} clause must evaluate to a boolean: actual type {shown_type(condition, types)}"
        raise failed("TYPE_MISMATCH", sentence, where(sql, condition))


def _own_aggregates(node: exp.Expr) -> Iterator[exp.Expr]:
    """Aggregates and windows, but for those of queries within."""
    for inner in node.walk(prune=lambda found: isinstance(found, exp.Query)):
        if isinstance(inner, exp.AggFunc | exp.Window):
            yield inner


def _nested_aggregates(select: exp.Select) -> Iterator[exp.Expr]:
    for column in select.expressions:
        for outer in _own_aggregates(column):
            if isinstance(outer, exp.Window) or isinstance(outer.parent, exp.Window):
                continue
            if any(inner is not outer for inner in _own_aggregates(outer)):
                yield outer


def _refuse_order(sql: str, select: exp.Select) -> None:
    order = select.args.get("order")
    if order is None or any(column.is_star for column in select.expressions):
        return
    names = {column.alias_or_name.lower() for column in select.expressions}
    written = {
        (column.this if isinstance(column, exp.Alias) else column).sql().lower() for column in select.expressions
    }
    for ordered in order.expressions:
        key = ordered.this
        if isinstance(key, exp.Literal) and not key.is_string:
            if not key.is_int or not 1 <= int(key.name) <= len(select.expressions):
                sentence = f"ORDER BY position {key.name} is not in select list"
                raise failed("INVALID_COLUMN_REFERENCE", sentence, where(sql, key))
        elif select.args.get("distinct") and key.sql().lower() not in written and key.name.lower() not in names:
            sentence = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
            raise failed("EXPRESSION_NOT_IN_DISTINCT", sentence, where(sql, key))


def _refuse_set_operation(sql: str, node: exp.SetOperation, types: Types) -> None:
    sides = [_outputs(node.left), _outputs(node.right)]
    if any(side is None for side in sides):
        return
    left, right = (side or [] for side in sides)
    name = node.key.upper()
    if len(left) != len(right):
        sentence = f"{name} query has different number of fields: {len(left)}, {len(right)}"
        raise failed("TYPE_MISMATCH", sentence, _operator(sql, node))
    for number, (one, other) in enumerate(zip(left, right, strict=True), 1):
        if clash(told(one, types), told(other, types)):
            kinds = f"{shown_type(one, types)}, {shown_type(other, types)}"
            sentence = f"column {number} in {name} query has incompatible types: {kinds}"
            raise failed("TYPE_MISMATCH", sentence, _operator(sql, node))


def _operator(sql: str, node: exp.SetOperation) -> tuple[int, int] | None:
    """Where its word stands: the first of them after the left side."""
    ends = [inner.meta["end"] for inner in node.left.walk() if "end" in inner.meta]
    found = re.compile(rf"\b{node.key}\b", re.IGNORECASE).search(sql, max(ends, default=0))
    return place(sql, found.start()) if found else None


def _outputs(query: exp.Expr) -> list[exp.Expr] | None:
    """The columns of a SELECT, unless one stands for many."""
    while isinstance(query, exp.Subquery | exp.SetOperation):
        query = query.this
    if not isinstance(query, exp.Select) or any(column.is_star for column in query.expressions):
        return None
    return [column.unalias() for column in query.expressions]


def _refuse_terms(sql: str, node: exp.And | exp.Or | exp.Not, types: Types) -> None:
    terms = [node.this] if isinstance(node, exp.Not) else [node.left, node.right]
    for term in terms:
        if told(term, types) not in {None, "boolean"}:
            what = "Value of logical NOT expression" if isinstance(node, exp.Not) else "Logical expression term"
            sentence = f"{what} must evaluate to a boolean (actual: {shown_type(term, types)})"
            raise failed("TYPE_MISMATCH", sentence, where(sql, term))


def _refuse_mixed(sql: str, node: exp.Case | exp.Coalesce | exp.If, types: Types) -> None:
    if isinstance(node, exp.If) and isinstance(node.parent, exp.Case):
        return
    values = [value for value in _values(node) if value is not None and not is_null(value)]
    first = next((value for value in values if told(value, types)), None)
    for value in values:
        if first is None or not clash(told(first, types), told(value, types)):
            continue
        one, other = shown_type(first, types), shown_type(value, types)
        if isinstance(node, exp.If):
            raise failed("TYPE_MISMATCH", f"Result types for IF must be the same: {one} vs {other}", where(sql, value))
        what = "CASE results" if isinstance(node, exp.Case) else "COALESCE operands"
        kinds = ", ".join(dict.fromkeys(shown_type(each, types) for each in values))
        sentence = (
            f"All {what} must be the same type or coercible to a common type. Cannot find common type between "
            f"{one} and {other}, all types (without duplicates): [{kinds}]"
        )
        raise failed("TYPE_MISMATCH", sentence, where(sql, value))


def _values(node: exp.Case | exp.Coalesce | exp.If) -> Iterable[exp.Expr | None]:
    if isinstance(node, exp.Case):
        return [*(branch.args.get("true") for branch in node.args["ifs"]), node.args.get("default")]
    if isinstance(node, exp.If):
        return [node.args.get("true"), node.args.get("false")]
    return [node.this, *node.expressions]


def _refuse_concat(sql: str, node: exp.DPipe | exp.Concat, types: Types) -> None:
    parts = [node.left, node.right] if isinstance(node, exp.DPipe) else node.expressions
    kinds = {told(part, types) for part in parts if not is_null(part)}
    if kinds - {None, "text"} and None not in kinds:
        given = ", ".join(shown_type(part, types) for part in parts)
        raise failed("FUNCTION_NOT_FOUND", f"Unexpected parameters ({given}) for function concat", where(sql, node))
