"""A query of Trino as DuckDB runs it: tables become views, functions what they mean, output columns get their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlglot import exp

from reconciler.emulator.athena import casts, functions, refusals, unnesting
from reconciler.emulator.athena.digits import whole
from reconciler.emulator.athena.failures import failed
from reconciler.emulator.athena.icebergs import Version
from reconciler.emulator.athena.inference import Types, infer, refuse_mismatches, take_over
from reconciler.emulator.athena.names import FUNCTIONS
from reconciler.emulator.athena.sources import PATH
from reconciler.emulator.athena.syntax import parse, where, written
from reconciler.emulator.athena.types import literal
from reconciler.emulator.athena.unnesting import UNNAMED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.emulator.athena.tables import Context, Names, Relation

_NAMED = (exp.Alias, exp.Column, exp.Star)
# What sqlglot makes of Trino's own syntax; these are no calls of functions by name.
_SYNTAX = (
    exp.Cast,
    exp.Case,
    exp.If,
    exp.And,
    exp.Or,
    exp.Not,
    exp.Exists,
    exp.Extract,
    exp.Array,
    exp.Struct,
    exp.AtTimeZone,
    exp.JSONExtract,
    exp.JSONExtractScalar,
    exp.JSONCast,
)


class Query(NamedTuple):
    """A query that was translated."""

    sql: str
    tree: exp.Expr


def translate(sql: str, tree: exp.Expr, names: Names) -> Query:
    """The query as DuckDB's text; QueryFailed for what Trino would not run."""
    names.expand = lambda text, context: _expanded(text, context, names)
    name_outputs(tree)
    names.hidden = any(column.name == PATH for column in tree.find_all(exp.Column))
    relations = _resolve(sql, tree, names)
    _strip_qualifiers(tree)
    refuse_unknown_functions(sql, tree)
    types = infer(tree, {relation.view: dict(relation.columns) for relation in relations})
    refuse_mismatches(sql, tree, types)
    refusals.refuse(sql, tree, types)
    translated = _rewritten(tree, types, names)
    return Query(translated.sql("duckdb", identify=True), translated)


def scalar(text: str, tree: exp.Expr, names: Names) -> Any:
    """The value of an expression without columns."""
    wrapped: exp.Expr = exp.select(exp.alias_(tree.copy(), "value"))
    return names.engine.rows(f"SELECT CAST(value AS VARCHAR) FROM ({translate(text, wrapped, names).sql})")[0][0]


def _expanded(text: str, context: Context, names: Names) -> str:
    """The text of a view, whose names are looked up where the view is."""
    before, names.context = names.context, context
    try:
        return translate(text, parse(text), names).sql
    finally:
        names.context = before


def name_outputs(tree: exp.Expr) -> None:
    """Columns without a name get one that no user writes, so that the result can number them."""
    count = 0
    for select in tree.find_all(exp.Select):
        for column in select.expressions:
            if not isinstance(column, _NAMED) and not column.is_star:
                count += 1
                column.replace(exp.alias_(column.copy(), f"{UNNAMED}{count}", quoted=True))


def _resolve(sql: str, tree: exp.Expr, names: Names) -> list[Relation]:
    found = []
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier):
            raise failed(
                "FUNCTION_NOT_FOUND", f"Table function '{_called(table.this)}' not registered", where(sql, table)
            )
        parts = [part.name for part in table.parts]
        if len(parts) == 1 and _is_bound(table, parts[0].lower()):
            continue
        relation = names.find(parts, where(sql, table), _version(sql, table, names))
        found.append(relation)
        if any(name == PATH for name, _ in relation.columns):
            _leave_out_path(table)
        view = exp.to_table(relation.view)
        view.set(
            "alias", table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(parts[-1].lower(), quoted=True))
        )
        for kept in ("joins", "sample", "laterals"):
            view.set(kept, table.args.get(kept))
        table.replace(view)
    return found


def _leave_out_path(table: exp.Expr) -> None:
    """A star does not stand for a hidden column."""
    select = table.find_ancestor(exp.Select)
    for column in select.expressions if select is not None else []:
        star = column.this if isinstance(column, exp.Column) else column
        if isinstance(star, exp.Star):
            star.set("except_", [exp.to_identifier(PATH, quoted=True)])


def _is_bound(table: exp.Table, name: str) -> bool:
    """Whether a common table expression of this name is in sight."""
    inner: exp.Expr = table
    while (outer := inner.parent) is not None:
        for part in outer.args.values():
            if isinstance(part, exp.With):
                for cte in _in_sight(part, table):
                    if cte.alias.lower() == name:
                        return True
        inner = outer
    return False


def _in_sight(clause: exp.With, table: exp.Table) -> Iterator[exp.CTE]:
    """All of a WITH, or, from within one of its queries, those before it, and itself if it is recursive."""
    for cte in clause.expressions:
        inside = any(ancestor is cte for ancestor in _ancestors(table))
        if inside and not clause.args.get("recursive"):
            return
        yield cte
        if inside:
            return


def _ancestors(node: exp.Expr) -> Iterator[exp.Expr]:
    at: exp.Expr | None = node
    while at is not None:
        yield at
        at = at.parent


def _version(sql: str, table: exp.Table, names: Names) -> Version | None:
    version = table.args.get("version")
    if version is None:
        return None
    asked = version.expression
    if version.name.upper() == "VERSION":
        return Version(snapshot=asked.name)
    moment = scalar(sql, exp.cast(asked.copy(), "TIMESTAMPTZ"), names)
    return Version(milliseconds=int(names.engine.rows(f"SELECT epoch_ms({literal(moment)}::TIMESTAMPTZ)")[0][0]))


def _strip_qualifiers(tree: exp.Expr) -> None:
    """`db.t.a` is `t.a`: a view has no database."""
    for column in tree.find_all(exp.Column):
        if column.args.get("db") is not None and column.table:
            column.set("db", None)
            column.set("catalog", None)


def refuse_unknown_functions(sql: str, tree: exp.Expr) -> None:
    """FUNCTION_NOT_FOUND for every name that is none of Trino's."""
    for node in tree.find_all(exp.Func):
        if isinstance(node, _SYNTAX) and not isinstance(node, exp.Anonymous):
            continue
        name = _called(node) if isinstance(node, exp.Anonymous) else (written(sql, node) or "")
        if isinstance(node, exp.Anonymous) or (name and name.isidentifier()):
            if name.lower() not in FUNCTIONS:
                raise failed("FUNCTION_NOT_FOUND", f"Function '{name.lower()}' not registered", where(sql, node))
        elif type(node).__name__.startswith("Read"):
            raise failed("FUNCTION_NOT_FOUND", f"Function '{node.sql_name().lower()}' not registered", where(sql, node))


def _called(node: exp.Expr) -> str:
    return (
        str(node.this)
        if isinstance(node, exp.Anonymous)
        else node.sql_name().lower()
        if isinstance(node, exp.Func)
        else node.sql()
    )


def _rewritten(tree: exp.Expr, types: Types, names: Names) -> exp.Expr:
    """From the leaves up, so that what an argument became is what its function gets."""
    for node in list(tree.walk(bfs=False))[::-1]:
        new = _rewrite(node, types, names)
        if new is not None and new is not node:
            take_over(new, node)
            if node is tree:
                tree = new
            else:
                node.replace(new)
    return tree


def _rewrite(node: exp.Expr, types: Types, names: Names) -> exp.Expr | None:
    if isinstance(node, exp.Anonymous):
        build = functions.BUILDERS.get(str(node.this).lower())
        return _built(node, build) if build else None
    for kind, change in _CHANGES:
        if isinstance(node, kind):
            return change(node, types, names)
    return None


def _built(node: exp.Anonymous, build: Callable[[list[exp.Expr]], exp.Expr]) -> exp.Expr:
    arguments: Sequence[exp.Expr] = node.expressions
    try:
        return build([argument.copy() for argument in arguments])
    except (ValueError, IndexError):
        name = str(node.this).lower()
        raise failed("FUNCTION_NOT_FOUND", f"Unexpected parameters for function {name}") from None


def _literal(node: exp.Literal, _: Types, __: Names) -> exp.Expr | None:
    """Athena takes 1.5 as a double (seen on live Athena); DuckDB would as a decimal."""
    decimal = not node.is_string and "." in node.name and "e" not in node.name.lower()
    if not decimal or isinstance(node.parent, exp.DataTypeParam | exp.Interval | exp.TableSample | exp.Cast):
        return None
    return exp.cast(node.copy(), "DOUBLE")


def _moment(node: exp.Expr, _: Types, names: Names) -> exp.Expr:
    """Now is the emulator's."""
    whole = exp.cast(exp.Literal.string(names.now), "TIMESTAMPTZ")
    if isinstance(node, exp.CurrentDate):
        return exp.cast(whole, "DATE")
    if isinstance(node, exp.Localtimestamp):
        return exp.cast(whole, "TIMESTAMP")
    if isinstance(node, exp.CurrentTime | exp.Localtime):
        return exp.cast(exp.cast(whole, "TIMESTAMP"), "TIME")
    return whole


def _interval(node: exp.Interval, _types: Types, _names: Names) -> exp.Expr | None:
    """INTERVAL '1-2' YEAR TO MONTH and INTERVAL '1 02:03:04' DAY TO SECOND."""
    unit, value = node.args.get("unit"), node.this
    if not isinstance(unit, exp.IntervalSpan) or not isinstance(value, exp.Literal):
        return None
    sign, digits = (-1, value.name[1:]) if value.name.startswith("-") else (1, value.name)
    years, months = (whole(part) for part in (digits.partition("-")[0], digits.partition("-")[2]))
    if years is not None and months is not None:
        return functions.call("to_months", functions.whole(sign * (years * 12 + months)))
    days, _, clock = digits.partition(" ")
    if whole(days) is not None and clock:
        return exp.cast(functions.text(f"{'-' if sign < 0 else ''}{days} days {clock}"), "INTERVAL")
    return None


def _count_if(node: exp.CountIf, _: Types, __: Names) -> exp.Expr:
    """Nothing to count is 0 and not NULL."""
    counted = exp.Case(ifs=[exp.If(this=node.this.copy(), true=functions.whole(1))])
    return exp.Count(this=counted)


def _zone(node: exp.AtTimeZone, _: Types, __: Names) -> exp.Expr:
    return functions.BUILDERS["at_timezone"]([node.this.copy(), node.args["zone"].copy()])


def _extract(node: exp.Extract, _: Types, __: Names) -> exp.Expr | None:
    name = node.name.upper()
    part = {
        "DOW": "isodow",
        "DAY_OF_WEEK": "isodow",
        "DAYOFWEEK": "isodow",
        "DOY": "dayofyear",
        "DAY_OF_YEAR": "dayofyear",
        "YOW": "isoyear",
        "YEAR_OF_WEEK": "isoyear",
    }.get(name)
    return functions.call(part, node.expression.copy()) if part else None


_CHANGES: tuple[tuple[Any, Callable[[Any, Types, Names], exp.Expr | None]], ...] = (
    (exp.Literal, _literal),
    ((exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime, exp.Localtimestamp, exp.Localtime), _moment),
    (exp.CountIf, _count_if),
    (exp.AtTimeZone, _zone),
    (exp.Extract, _extract),
    (exp.Interval, _interval),
    (exp.Unnest, lambda node, types, _: unnesting.unnested(node, types)),
    (exp.Div, lambda node, types, _: casts.quotient(node, types)),
    ((exp.Add, exp.Sub), lambda node, types, _: casts.shifted(node, types)),
    (exp.Bracket, lambda node, types, _: casts.subscript(node, types)),
    ((exp.TryCast, exp.Cast), lambda node, types, _: casts.cast(node, types)),
)
