"""The engine's errors in Athena's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.emulator.athena.failures import QueryFailed, Stopped, failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlglot import exp

_OURS = re.compile(r"Could not convert string '([A-Z][A-Z_]+): (.*)' to INT32", re.DOTALL)
_CAST = re.compile(r"Could not convert string '(.*)' to (\w+)", re.DOTALL)
_DATE = re.compile(r'invalid (date|timestamp) field format: "(.*?)"', re.DOTALL)
_NO_DATE = re.compile(r'(date|timestamp) field value out of range: "(.*?)"', re.DOTALL)
_NARROW = re.compile(r"Type \w+ with value (\S+) can't be cast .* the destination type (\w+)")
_OVERFLOW = re.compile(r"Overflow in (\w+) of (\w+) \((.*?)\)")
_COLUMN = re.compile(r'Referenced column "(.*?)" not found')
_QUALIFIED = re.compile(r'"(.*?)" does not have a column named "(.*?)"')
_TABLE = re.compile(r'Referenced table "(.*?)" not found')
_AMBIGUOUS = re.compile(r'Ambiguous reference to column name "(.*?)"')
_UNGROUPED = re.compile(r'column "?(.*?)"? must appear in the GROUP BY')
_UNMATCHED = re.compile(r"No function matches the given name and argument types '(.*?)\((.*)\)'")
_UNKNOWN = re.compile(r"(?:Scalar|Aggregate|Table|Macro)? ?Function with name \"?(\w+)\"? (?:does not exist|is not)")
_MACRO = re.compile(r"Macro \"?trino_(\w+?)\"?\(\) (?:does not support|has multiple overloads)")
_COMPARED = re.compile(r"Cannot compare values of type (.*?) and type (.*?) - an explicit cast")
_SHOWN = {"INT8": "TINYINT", "INT16": "SMALLINT", "INT32": "INT", "INT64": "BIGINT", "BOOL": "BOOLEAN"}
# Functions that have another name in the engine.
_OURS_OF = {"arg_max": "max_by", "arg_min": "min_by", "substring": "substr", "list": "array_agg"}
_KINDS = {"STRING_LITERAL": "varchar", "INTEGER_LITERAL": "integer", "TIMESTAMP": "timestamp(3)", "BLOB": "varbinary"}


def translated(error: Exception, sql: str = "", tree: exp.Expr | None = None) -> QueryFailed:
    """What the query failed of."""
    import duckdb  # noqa: PLC0415 - heavy

    text = str(error).partition("\n\nLINE ")[0]
    if isinstance(error, duckdb.InterruptException):
        raise Stopped from None
    if isinstance(error, duckdb.ConversionException):
        return _conversion(text)
    if isinstance(error, duckdb.OutOfRangeException):
        return _out_of_range(text)
    if isinstance(error, duckdb.OutOfMemoryException):
        return failed("EXCEEDED_LOCAL_MEMORY_LIMIT", "Query exhausted resources at this scale factor")
    for pattern, build in _BINDING:
        if found := pattern.search(text):
            return build(found, sql, tree)
    return _other(text)


def _out_of_range(text: str) -> QueryFailed:
    if found := _OVERFLOW.search(text):
        operation, kind, values = found.groups()
        done = {"subtraction": "subtraction", "multiplication": "multiplication"}.get(operation, "addition")
        return failed("NUMERIC_VALUE_OUT_OF_RANGE", f"{_trino(kind)} {done} overflow: {values}")
    return failed("NUMERIC_VALUE_OUT_OF_RANGE", text.removeprefix("Out of Range Error: "))


def _trino(kind: str) -> str:
    return {"INT": "integer"}.get(found := _SHOWN.get(kind, kind), found.lower())


def _conversion(text: str) -> QueryFailed:
    if ours := _OURS.search(text):
        return failed(ours.group(1), ours.group(2))
    if found := _CAST.search(text):
        kind = _SHOWN.get(found.group(2), found.group(2))
        return failed("INVALID_CAST_ARGUMENT", f"Cannot cast '{found.group(1)}' to {kind}")
    if found := _DATE.search(text):
        return failed("INVALID_CAST_ARGUMENT", f"Value cannot be cast to {found.group(1)}: {found.group(2)}")
    if found := _NARROW.search(text):
        return failed("NUMERIC_VALUE_OUT_OF_RANGE", f"Out of range for {_trino(found.group(2))}: {found.group(1)}")
    if found := _NO_DATE.search(text):
        return failed("INVALID_CAST_ARGUMENT", f"Value cannot be cast to {found.group(1)}: {found.group(2)}")
    return failed("INVALID_CAST_ARGUMENT", text.removeprefix("Conversion Error: "))


def _no_column(name: str, sql: str, tree: exp.Expr | None) -> QueryFailed:
    sentence = f"Column '{name}' cannot be resolved or requester is not authorized to access requested resources"
    return failed("COLUMN_NOT_FOUND", sentence, _position(name.rpartition(".")[2], sql, tree))


def _unmatched(found: re.Match[str], sql: str, tree: exp.Expr | None) -> QueryFailed:
    """Operators are named by their sign, functions by their name; those of our own macros are told by the macro."""
    name = found.group(1).strip('"').lower()
    name, given = _OURS_OF.get(name, name), [_kind(kind) for kind in found.group(2).split(", ")]
    if not name.isidentifier() and len(given) == 2:
        written = _macro_call(tree)
        if written is None:
            sentence = f"Cannot apply operator: {given[0]} {name} {given[1]}"
            return failed("TYPE_MISMATCH", sentence, _operator_position(name, sql, tree))
        name, given = written, given[:1]
    return _unexpected(name.removeprefix("trino_").lower(), ", ".join(given), sql, tree)


def _unexpected(name: str, given: str, sql: str, tree: exp.Expr | None) -> QueryFailed:
    expected = _EXPECTED if name == "from_unixtime" else ""
    sentence = f"Unexpected parameters ({given}) for function {name}{expected}"
    return failed("FUNCTION_NOT_FOUND", sentence, _position(name, sql, tree))


_EXPECTED = (
    ". Expected: from_unixtime(double), from_unixtime(double, bigint, bigint), from_unixtime(double, varchar(x))"
)


def _no_overload(found: re.Match[str], sql: str, tree: exp.Expr | None) -> QueryFailed:
    """A macro is chosen by types that the engine does not tell; most often it was given a text."""
    name = found.group(1)
    return _unexpected({"div": "/", "plus": "+", "minus": "-"}.get(name, name), "varchar", sql, tree)


def _macro_call(tree: exp.Expr | None) -> str | None:
    """from_unixtime multiplies inside, so that its refusal of a text looks like the operator's."""
    from sqlglot import exp  # noqa: PLC0415

    if tree is None:
        return None
    named = (str(node.this) for node in tree.find_all(exp.Anonymous))
    return next((name for name in named if name == "trino_from_unixtime"), None)


def _operator_position(sign: str, sql: str, tree: exp.Expr | None) -> tuple[int, int] | None:
    """Where the first expression with this sign begins."""
    from sqlglot import exp  # noqa: PLC0415

    from reconciler.emulator.athena.syntax import where  # noqa: PLC0415

    kinds = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul, "/": exp.Div, "%": exp.Mod, "||": exp.DPipe}
    found = tree.find(kinds[sign]) if tree is not None and sign in kinds else None
    return where(sql, found) if found is not None else None


def _kind(engine: str) -> str:
    return _KINDS.get(engine.strip(), engine.strip().lower())


def _position(name: str, sql: str, tree: exp.Expr | None) -> tuple[int, int] | None:
    """Where a name first stands in the text."""
    from reconciler.emulator.athena.syntax import place  # noqa: PLC0415

    if tree is None:
        return None
    starts = [
        node.meta["start"]
        for node in tree.walk()
        if "start" in node.meta and str(node.name).lower() == name.lower() and node.meta["start"] < len(sql)
    ]
    return place(sql, min(starts)) if starts else None


def _ungrouped(found: re.Match[str], sql: str, tree: exp.Expr | None) -> QueryFailed:
    name = found.group(1)
    sentence = f"'{name}' must be an aggregate expression or appear in GROUP BY clause"
    return failed("EXPRESSION_NOT_AGGREGATE", sentence, _position(name, sql, tree))


def _ambiguous(found: re.Match[str], sql: str, tree: exp.Expr | None) -> QueryFailed:
    name = found.group(1)
    return failed("AMBIGUOUS_NAME", f"Column '{name}' is ambiguous", _position(name, sql, tree))


def _unknown(found: re.Match[str], sql: str, tree: exp.Expr | None) -> QueryFailed:
    name = found.group(1).lower()
    return failed("NOT_SUPPORTED", f"The emulator does not have the function {name}", _position(name, sql, tree))


_BINDING: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str, exp.Expr | None], QueryFailed]], ...] = (
    (_COLUMN, lambda found, sql, tree: _no_column(found.group(1), sql, tree)),
    (_QUALIFIED, lambda found, sql, tree: _no_column(f"{found.group(1)}.{found.group(2)}", sql, tree)),
    (_TABLE, lambda found, sql, tree: _no_column(found.group(1), sql, tree)),
    (_AMBIGUOUS, _ambiguous),
    (_UNGROUPED, _ungrouped),
    (_UNMATCHED, _unmatched),
    (_UNKNOWN, _unknown),
    (_MACRO, _no_overload),
    (
        _COMPARED,
        lambda found, _, __: failed(
            "TYPE_MISMATCH", f"Cannot apply operator: {_kind(found.group(1))} = {_kind(found.group(2))}"
        ),
    ),
    (re.compile("Division by zero"), lambda *_: failed("DIVISION_BY_ZERO", "Division by zero")),
    (
        re.compile(r'Could not parse string "(.*?)" according to format', re.DOTALL),
        lambda found, *_: failed("INVALID_FUNCTION_ARGUMENT", f'Invalid format: "{found.group(1)}"'),
    ),
    (
        re.compile(r"Malformed JSON .*Input: \"(.*)\"", re.DOTALL),
        lambda found, *_: failed("INVALID_FUNCTION_ARGUMENT", f"Cannot convert value to JSON: '{found.group(1)}'"),
    ),
    (
        re.compile("Window functions are not supported here"),
        lambda *_: failed("MISSING_OVER", "Window function requires an OVER clause"),
    ),
    (
        re.compile("UNNEST requires a single list or array as input"),
        lambda *_: failed("TYPE_MISMATCH", "Cannot unnest what is neither an array nor a map"),
    ),
    (
        re.compile("More than one row returned by a subquery"),
        lambda *_: failed("SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows"),
    ),
    (
        re.compile(r"No magic bytes found at end of file '(.*?)'"),
        lambda found, *_: failed("HIVE_CURSOR_ERROR", f"Not valid Parquet file: {_name_of(found.group(1))}"),
    ),
    (
        re.compile("File '(.*?)' too small to be a Parquet file"),
        lambda found, *_: failed("HIVE_CURSOR_ERROR", f"Not valid Parquet file: {_name_of(found.group(1))}"),
    ),
)


def _name_of(path: str) -> str:
    """A file's key, without where it lies on this machine."""
    return path.rpartition("/s3/")[2] or path.rpartition("/")[2]


def _other(text: str) -> QueryFailed:
    first = text.partition("\n")[0]
    kind, _, sentence = first.partition(": ")
    if kind == "Parser Error":
        return failed("SYNTAX_ERROR", sentence)
    cleaned = re.sub(r"(/[^\s'\"]+)+/s3/", "s3://", sentence or first)
    return failed("NOT_SUPPORTED", f"The emulator cannot run this query: {cleaned}")
