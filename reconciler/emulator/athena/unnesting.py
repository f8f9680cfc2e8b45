"""UNNEST of several arrays, of maps and of arrays of rows, which DuckDB's own takes one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from reconciler.emulator.athena.functions import call

if TYPE_CHECKING:
    from reconciler.emulator.athena.inference import Types

UNNAMED = "unnamed column "
_KIND = exp.DataType.Type


def unnested(node: exp.Unnest, types: Types) -> exp.Expr | None:
    """A lateral query that unnests side by side; shorter columns end in nulls, as Trino's do."""
    values = node.expressions
    alias = node.args.get("alias")
    offset = node.args.get("offset")
    names = len(alias.columns) if alias else 0
    plain = names - (1 if offset else 0) <= len(values)
    if len(values) == 1 and plain and not _is_map(values[0], types):
        return _numbered(node, alias, 1 + bool(offset)) if not names else None
    columns: list[Any] = []
    for value in values:
        columns += _columns(value, types, wide=not plain)
    lists = [column.expressions[0] for column in columns if isinstance(column, exp.Anonymous)]
    if offset and lists:
        columns.append(_ordinality(lists))
    query = exp.select(*columns)
    return exp.Lateral(this=exp.Subquery(this=query), alias=_alias(alias, offset))


def _numbered(node: exp.Unnest, alias: Any, count: int) -> exp.Expr:
    """Columns without names are numbered by whoever shows them."""
    found: exp.Expr = node.copy()
    names = [exp.to_identifier(f"{UNNAMED}of unnest {number}", quoted=True) for number in range(count)]
    found.set("alias", exp.TableAlias(this=alias.this if alias else exp.to_identifier("unnested"), columns=names))
    return found


def _alias(alias: Any, offset: Any) -> Any:
    """Names of columns; the number's is among them or stands apart."""
    if alias is None:
        return None
    found = alias.copy()
    named = isinstance(offset, exp.Identifier)
    if named and offset.name not in [column.name for column in found.columns]:
        found.append("columns", offset.copy())
    return found


def _columns(value: exp.Expr, types: Types, *, wide: bool) -> list[exp.Expr]:
    kind = types.of(value)
    if _is_rows(kind):
        return [_row_unnest(value)]
    if _is_map(value, types) or (wide and kind is None):
        return [call("unnest", call("map_keys", value.copy())), call("unnest", call("map_values", value.copy()))]
    return [call("unnest", value.copy())]


def _row_unnest(value: exp.Expr) -> exp.Expr:
    """All fields of the rows of an array, each a column."""
    depth = exp.PropertyEQ(this=exp.to_identifier("max_depth"), expression=exp.Literal.number(2))
    return call("unnest", value.copy(), depth)


def _is_rows(kind: Any) -> bool:
    inner = kind.expressions[0] if kind is not None and kind.this == _KIND.ARRAY and kind.expressions else None
    return isinstance(inner, exp.DataType) and inner.this == _KIND.STRUCT


def _is_map(value: exp.Expr, types: Types) -> bool:
    kind = types.of(value)
    return isinstance(value, exp.Map) or (kind is not None and kind.this == _KIND.MAP)


def _ordinality(lists: list[exp.Expr]) -> exp.Expr:
    lengths = [exp.Coalesce(this=call("len", item.copy()), expressions=[exp.Literal.number(0)]) for item in lists]
    longest = call("greatest", *lengths) if len(lengths) > 1 else lengths[0]
    return call("unnest", call("generate_series", exp.Literal.number(1), longest))
