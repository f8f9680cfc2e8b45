"""Types of expressions, as far as text and catalogue tell them, and Trino's refusals that need them.

DuckDB compares a number with a text by itself, Trino never does. What cannot be told is left to the engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from reconciler.emulator.athena.failures import failed
from reconciler.emulator.athena.syntax import dialect, where

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = "n"
_KIND = exp.DataType.Type
_FAMILIES = {
    "whole": (_KIND.TINYINT, _KIND.SMALLINT, _KIND.INT, _KIND.BIGINT, _KIND.INT128),
    "real": (_KIND.FLOAT, _KIND.DOUBLE),
    "decimal": (_KIND.DECIMAL,),
    "text": (_KIND.VARCHAR, _KIND.CHAR, _KIND.TEXT, _KIND.NVARCHAR),
    "date": (_KIND.DATE,),
    "timestamp": (_KIND.TIMESTAMP, _KIND.DATETIME, _KIND.TIMESTAMPNTZ),
    "instant": (_KIND.TIMESTAMPTZ, _KIND.TIMESTAMPLTZ),
    "boolean": (_KIND.BOOLEAN,),
}
_FAMILY = {kind: family for family, kinds in _FAMILIES.items() for kind in kinds}
_NUMERIC = frozenset({"whole", "real", "decimal"})
_TEMPORAL = frozenset({"date", "timestamp", "instant"})
_TOLD = (exp.Column, exp.Literal, exp.Cast, exp.Neg, exp.Count, exp.Sum, exp.Avg, exp.Max, exp.Min, exp.Boolean)
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
_SIGNS: dict[Any, str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
}


class Types:
    """The types that were found, by node of the tree that was asked about."""

    def __init__(self, found: Mapping[int, exp.DataType]) -> None:
        self._found = found

    def of(self, node: exp.Expr) -> exp.DataType | None:
        return self._found.get(node.meta.get(_NUMBER, -1))

    def family(self, node: exp.Expr) -> str | None:
        kind = self.of(node)
        return _FAMILY.get(kind.this) if kind is not None else None


def infer(tree: exp.Expr, schema: Mapping[str, Mapping[str, str]]) -> Types:
    """Types of a tree whose tables are named as in the schema; the tree stays as it is."""
    for number, node in enumerate(tree.walk()):
        node.meta[_NUMBER] = number
    try:
        copy = qualify(
            tree.copy(),
            schema={name: dict(columns) for name, columns in schema.items()},
            dialect=dialect(),
            validate_qualify_columns=False,
            quote_identifiers=False,
            identify=False,
        )
        copy = annotate_types(copy, schema=dict(schema), dialect=dialect())
    except Exception:  # noqa: BLE001 - an optimizer that trips over a query tells nothing about it
        return Types({})
    return Types(
        {node.meta[_NUMBER]: node.type for node in copy.walk() if _NUMBER in node.meta and node.type is not None}
    )


def take_over(new: exp.Expr, old: exp.Expr) -> None:
    """What stands in for a node has its type."""
    if _NUMBER in old.meta:
        new.meta[_NUMBER] = old.meta[_NUMBER]


def refuse_mismatches(sql: str, tree: exp.Expr, types: Types) -> None:
    """TYPE_MISMATCH for what Trino does not compare or compute."""
    for node in tree.walk():
        if isinstance(node, _COMPARED):
            left, right = node.left, node.right
        elif isinstance(node, exp.In) and node.expressions:
            left, right = node.this, node.expressions[0]
        elif isinstance(node, exp.Between):
            left, right = node.this, node.args["low"]
        else:
            continue
        if clash(told(left, types), told(right, types)):
            raise failed("TYPE_MISMATCH", _sentence(node, left, right, types), where(sql, node))


def is_null(node: exp.Expr) -> bool:
    while isinstance(node, exp.Paren):
        node = node.this
    return isinstance(node, exp.Null)


def told(node: exp.Expr, types: Types) -> str | None:
    """The family of a type that is certain."""
    while isinstance(node, exp.Paren):
        node = node.this
    return types.family(node) if isinstance(node, _TOLD) else None


def clash(left: str | None, right: str | None) -> bool:
    """Whether Trino knows no common type of both."""
    if left is None or right is None or left == right:
        return False
    return not any(left in group and right in group for group in (_NUMERIC, _TEMPORAL))


def _sentence(node: exp.Expr, left: exp.Expr, right: exp.Expr, types: Types) -> str:
    names = [shown_type(side, types) for side in (left, right)]
    if isinstance(node, exp.In):
        return (
            "IN value and list items must be the same type or coercible to a common type. Cannot find common type "
            f"between {names[0]} and {names[1]}, all types (without duplicates): [{', '.join(names)}]"
        )
    if isinstance(node, exp.Between):
        return f"Cannot check if {names[0]} is BETWEEN {names[1]} and {shown_type(node.args['high'], types)}"
    return f"Cannot apply operator: {names[0]} {_SIGNS[type(node)]} {names[1]}"


def shown_type(node: exp.Expr, types: Types) -> str:
    """The type as Trino writes it."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Literal) and node.is_string:
        return f"varchar({len(node.name)})"
    kind = types.of(node)
    family = types.family(node)
    if family == "timestamp":
        return "timestamp(3)"
    if family == "instant":
        return "timestamp(3) with time zone"
    if kind is None:
        return "unknown"
    return {"INT": "integer", "TEXT": "varchar", "FLOAT": "real"}.get(kind.this.value, kind.sql("trino").lower())
