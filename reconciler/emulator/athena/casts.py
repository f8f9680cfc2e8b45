"""Division, moments plus intervals, and casts: what they mean depends on types.

The engine picks a macro's overload by the types of its arguments, but it cannot while they hold an aggregate or a
window; then the types that were inferred decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from reconciler.emulator.athena import patterns
from reconciler.emulator.athena.failures import failed
from reconciler.emulator.athena.functions import call

if TYPE_CHECKING:
    from reconciler.emulator.athena.inference import Types

_KIND = exp.DataType.Type
_WHOLE = {_KIND.TINYINT: "tinyint", _KIND.SMALLINT: "smallint", _KIND.INT: "integer", _KIND.BIGINT: "bigint"}
_TEXTS = frozenset({_KIND.VARCHAR, _KIND.TEXT, _KIND.CHAR, _KIND.NVARCHAR})
_TIMESTAMPS = frozenset({_KIND.TIMESTAMP, _KIND.DATETIME, _KIND.TIMESTAMP_S, _KIND.TIMESTAMP_MS, _KIND.TIMESTAMP_NS})


def is_opaque(node: exp.Expr) -> bool:
    """Whether it holds an aggregate or a window of its own query."""
    for inner in node.walk(prune=lambda found: isinstance(found, exp.Subquery | exp.Select)):
        if isinstance(inner, exp.AggFunc | exp.Window):
            return True
        if isinstance(inner, exp.Anonymous) and str(inner.this).lower() in _AGGREGATES:
            return True
    return False


_AGGREGATES = frozenset({"trino_map_agg", "string_agg", "bool_and", "bool_or"})


def quotient(node: exp.Div, types: Types) -> exp.Expr:
    """Whole numbers are divided as such; by zero is an error, of doubles it is not."""
    decimal = _decimal_quotient(node, types)
    if decimal is not None:
        return decimal
    left, right = node.left.copy(), node.right.copy()
    if not is_opaque(left) and not is_opaque(right):
        return call("trino_div", left, right)
    kinds = {types.family(node.left), types.family(node.right)}
    if kinds == {"whole"}:
        return exp.Paren(this=exp.IntDiv(this=exp.Paren(this=left), expression=exp.Paren(this=right)))
    if "real" in kinds:
        return call("trino_double_div", exp.cast(left, "DOUBLE"), exp.cast(right, "DOUBLE"))
    return node


_DIGITS = {_KIND.TINYINT: (3, 0), _KIND.SMALLINT: (5, 0), _KIND.INT: (10, 0), _KIND.BIGINT: (19, 0)}


def _decimal_quotient(node: exp.Div, types: Types) -> exp.Expr | None:
    """Of decimals whose digits are known: with as many decimals as the longer of both (Trino, decimal operators)."""
    kinds = [_kind(side, types) for side in (node.left, node.right)]
    digits = [_digits(kind) for kind in kinds]
    if None in digits or all(kind.this != _KIND.DECIMAL for kind in kinds):
        return None
    (precision, scale), (_, other) = digits
    wide = min(38, precision + other + max(other - scale, 0))
    ratio = exp.Div(this=exp.Paren(this=node.left.copy()), expression=exp.Paren(this=node.right.copy()))
    found = call("round", ratio, exp.Literal.number(max(scale, other)))
    return exp.cast(found, f"DECIMAL({max(wide, scale, other)},{max(scale, other)})")


def _kind(node: exp.Expr, types: Types) -> Any:
    """What a cast says of itself, or what was inferred."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node.to if type(node) is exp.Cast else types.of(node)


def _digits(kind: Any) -> Any:
    if kind is None:
        return None
    if kind.this == _KIND.DECIMAL and len(kind.expressions) == 2:
        return int(kind.expressions[0].name), int(kind.expressions[1].name)
    return _DIGITS.get(kind.this)


def shifted(node: exp.Add | exp.Sub, types: Types) -> exp.Expr | None:
    """A date plus an interval stays a date."""
    left, right = node.left, node.right
    if isinstance(node, exp.Sub) and types.family(left) == types.family(right) == "date":
        return call("to_days", exp.cast(exp.Paren(this=node.copy()), "INTEGER"))
    if isinstance(left, exp.Interval) and not isinstance(right, exp.Interval):
        left, right = right, left
    if not isinstance(right, exp.Interval) or isinstance(left, exp.Interval):
        return None
    if is_opaque(left):
        return exp.cast(node.copy(), "DATE") if types.family(left) == "date" else None
    return call("trino_plus" if isinstance(node, exp.Add) else "trino_minus", left.copy(), right.copy())


def subscript(node: exp.Bracket, types: Types) -> exp.Expr | None:
    """Beyond the end of an array is an error; of a map, a key that is not there stays NULL."""
    kind = types.of(node.this)
    if kind is None or kind.this != _KIND.ARRAY or len(node.expressions) != 1 or is_opaque(node.this):
        return None
    place = exp.Add(this=exp.Paren(this=node.expressions[0].copy()), expression=exp.Literal.number(1))
    return call("trino_subscript", node.this.copy(), place)


def cast(node: exp.Cast, types: Types) -> exp.Expr | None:
    """CAST and TRY_CAST with Trino's rules for what a value may be."""
    changed = _cast(node, types)
    if changed is None or not isinstance(node, exp.TryCast):
        return changed
    return call("try", changed)


def _cast(node: exp.Cast, types: Types) -> exp.Expr | None:
    value, kind = node.this, node.to.this
    if isinstance(value, exp.Literal) and value.is_string:
        return _constant(node, value, kind)
    if kind in _WHOLE:
        return (
            None
            if is_opaque(value) and types.family(value) != "text"
            else call(f"trino_cast_{_WHOLE[kind]}", value.copy())
        )
    if kind in _TEXTS:
        return _text(node, types)
    if kind == _KIND.DATE and not is_opaque(value):
        return call("trino_cast_date", value.copy())
    if kind in _TIMESTAMPS:
        if not is_opaque(value):
            return call("trino_cast_timestamp", value.copy())
        return exp.cast(value.copy(), "TIMESTAMP") if not isinstance(node, exp.TryCast) else None
    return None


def _constant(node: exp.Cast, value: exp.Literal, kind: Any) -> exp.Expr | None:
    """A constant text is judged here, so that the engine sees a constant value and can skip files by it."""
    text = value.name
    shown = {_KIND.INT: "INT"}.get(kind, str(kind.value))
    if kind in _WHOLE and not patterns.is_whole(text):
        return _refused(node, f"Cannot cast '{text}' to {shown}")
    if kind == _KIND.DATE and not patterns.is_date(text):
        return _refused(node, f"Value cannot be cast to date: {text}")
    if kind in _TIMESTAMPS:
        if not patterns.is_timestamp(text):
            return _refused(node, f"Value cannot be cast to timestamp: {text}")
        return exp.cast(value.copy(), "TIMESTAMP")
    if kind == _KIND.DECIMAL and not node.to.expressions:
        return exp.cast(value.copy(), patterns.decimal_type(text))
    if kind in _TEXTS and node.to.expressions:
        return exp.Literal.string(text[: int(node.to.expressions[0].name)])
    return None


def _refused(node: exp.Cast, sentence: str) -> exp.Expr | None:
    if isinstance(node, exp.TryCast):
        return exp.cast(exp.Null(), node.to.copy())
    if node.find_ancestor(exp.Try) is not None:
        return None  # the engine refuses it too, and TRY makes NULL of that
    raise failed("INVALID_CAST_ARGUMENT", sentence)


def _text(node: exp.Cast, types: Types) -> exp.Expr | None:
    value = node.this.copy()
    if not is_opaque(value):
        found = call("trino_text", value)
    elif types.family(node.this) == "real":
        found = call("trino_double_text", value, exp.cast(value.copy(), "VARCHAR"))
    elif types.family(node.this) == "timestamp":
        found = call("trino_stamp", value)
    else:
        found = exp.cast(value, "VARCHAR")
    longest = node.to.expressions
    return call("left", found, longest[0].this.copy()) if longest else found
