"""Trino's functions in DuckDB's words, where sqlglot's own translation is not Trino's meaning.

Each builder takes the arguments as they were written and answers an expression of DuckDB. Names that are not here are
translated by sqlglot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from reconciler.emulator.athena import formats
from reconciler.emulator.athena.failures import failed

if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS = ("millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")


def call(name: str, *arguments: Any) -> exp.Expr:
    """A function of the engine, by its name."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def whole(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _unit(argument: exp.Expr, function: str) -> str:
    name = argument.name.lower() if isinstance(argument, exp.Literal) else ""
    if name not in _UNITS:
        raise failed("INVALID_FUNCTION_ARGUMENT", f"'{name}' is not a valid {function} field")
    return name


def interval(number: exp.Expr, unit: str) -> exp.Expr:
    """So many units, as an interval."""
    return call(f"to_{unit}s", exp.cast(number, "DOUBLE" if unit in {"millisecond", "second"} else "BIGINT"))


def _date_add(arguments: list[exp.Expr]) -> exp.Expr:
    unit, number, moment = arguments
    return call("trino_plus", moment, interval(number, _unit(unit, "DATE")))


def _date_diff(arguments: list[exp.Expr]) -> exp.Expr:
    unit, start, end = arguments
    return call("date_sub", text(_unit(unit, "DATE")), start, end)


def _date_trunc(arguments: list[exp.Expr]) -> exp.Expr:
    unit, moment = arguments
    return call("trino_trunc", text(_unit(unit, "DATE")), moment)


def _formatting(name: str, to: Callable[[str], str | None], function: str) -> Any:
    """A function of a moment or a text, and a constant pattern."""

    def build(arguments: list[exp.Expr]) -> exp.Expr:
        value, pattern = arguments
        if not isinstance(pattern, exp.Literal):
            return call(name, value, pattern)
        found = to(pattern.name)
        if found is None:
            raise failed("INVALID_FUNCTION_ARGUMENT", f"Invalid {function} pattern: {pattern.name}")
        return call(name, value, text(found))

    return build


def _zoned(build: Any) -> Any:
    return lambda arguments: call("timezone", text("UTC"), build(arguments))


def _as_date(build: Any) -> Any:
    return lambda arguments: exp.cast(build(arguments), "DATE")


def _at_timezone(arguments: list[exp.Expr]) -> exp.Expr:
    moment, zone = arguments
    if isinstance(zone, exp.Literal) and zone.name.upper() in {"UTC", "Z", "+00:00", "GMT"}:
        return exp.cast(moment, "TIMESTAMPTZ")
    return call("trino_at_zone", moment, zone)


def _from_unixtime(arguments: list[exp.Expr]) -> exp.Expr:
    moment = call("trino_from_unixtime", arguments[0])
    return _at_timezone([moment, arguments[1]]) if len(arguments) == 2 else moment


def _regexp_replace(arguments: list[exp.Expr]) -> exp.Expr:
    """All matches; groups are $1 in Trino and \\1 in DuckDB."""
    subject, pattern, *rest = arguments
    new = rest[0] if rest else text("")
    if isinstance(new, exp.Literal):
        new = text(_groups(new.name))
    return call("regexp_replace", subject, pattern, new, text("g"))


def _groups(replacement: str) -> str:
    import re  # noqa: PLC0415 - one small use

    escaped = re.sub(r"\\(?!\$)", r"\\\\", replacement)
    return re.sub(r"(?<!\\)\$(\d)", r"\\\1", escaped).replace("\\$", "$")


def _regexp_extract(arguments: list[exp.Expr]) -> exp.Expr:
    subject, pattern, *group = arguments
    return call("trino_regexp_extract", subject, pattern, *(group or [whole(0)]))


def _json(name: str) -> Any:
    def build(arguments: list[exp.Expr]) -> exp.Expr:
        value, path = arguments
        if isinstance(path, exp.Literal):
            path = text(path.name.removeprefix("lax ").removeprefix("strict "))
        return call(name, value, path)

    return build


def _matches(name: str) -> Any:
    def build(arguments: list[exp.Expr]) -> exp.Expr:
        kept = call("len", exp.ArrayFilter(this=arguments[0], expression=arguments[1]))
        every = call("len", arguments[0].copy())
        if name == "all":
            return exp.EQ(this=kept, expression=every)
        return exp.GT(this=kept, expression=whole(0)) if name == "any" else exp.EQ(this=kept, expression=whole(0))

    return build


def renamed(name: str) -> Any:
    return lambda arguments: call(name, *arguments)


def _binary(kind: Any) -> Any:
    return lambda arguments: exp.Paren(this=kind(this=arguments[0], expression=arguments[1]))


def _constant(value: str) -> Any:
    return lambda _: exp.cast(text(value), "DOUBLE")


def _random(arguments: list[exp.Expr]) -> exp.Expr:
    """random(), random(n) and random(m, n)."""
    if not arguments:
        return call("random")
    low = arguments[0] if len(arguments) == 2 else whole(0)
    high = arguments[-1]
    span = exp.Paren(this=exp.Sub(this=high, expression=low.copy()))
    return exp.cast(
        exp.Add(this=low, expression=call("floor", exp.Mul(this=call("random"), expression=span))), "BIGINT"
    )


def _split(arguments: list[exp.Expr]) -> exp.Expr:
    if len(arguments) == 2:
        return call("string_split", *arguments)
    raise failed("NOT_SUPPORTED", "The emulator does not have split with a limit")


def _millisecond(arguments: list[exp.Expr]) -> exp.Expr:
    return exp.Paren(this=exp.Mod(this=call("millisecond", *arguments), expression=whole(1000)))


def _iso(arguments: list[exp.Expr]) -> exp.Expr:
    return call("strftime", arguments[0], text("%Y-%m-%dT%H:%M:%S.%g"))


BUILDERS: dict[str, Callable[[list[exp.Expr]], exp.Expr]] = {
    "date_add": _date_add,
    "date_diff": _date_diff,
    "date_trunc": _date_trunc,
    "date_format": _formatting("strftime", formats.mysql, "date_format"),
    "date_parse": _formatting("strptime", formats.mysql, "date_parse"),
    "format_datetime": _formatting("strftime", formats.joda, "format_datetime"),
    "parse_datetime": _zoned(_formatting("strptime", formats.joda, "parse_datetime")),
    "to_timestamp": _formatting("strptime", formats.teradata, "to_timestamp"),
    "to_date": _as_date(_formatting("strptime", formats.teradata, "to_date")),
    "to_char": _formatting("strftime", formats.teradata, "to_char"),
    "from_iso8601_timestamp": renamed("trino_from_iso8601_timestamp"),
    "from_iso8601_timestamp_nanos": renamed("trino_from_iso8601_timestamp"),
    "from_iso8601_date": renamed("trino_from_iso8601_date"),
    "to_iso8601": _iso,
    "from_unixtime": _from_unixtime,
    "to_unixtime": renamed("trino_to_unixtime"),
    "at_timezone": _at_timezone,
    "with_timezone": lambda arguments: call("timezone", arguments[1], arguments[0]),
    "json_extract_scalar": _json("trino_json_scalar"),
    "json_extract": _json("trino_json_extract"),
    "json_array_length": renamed("json_array_length"),
    "json_parse": renamed("json"),
    "json_format": lambda arguments: exp.cast(arguments[0], "VARCHAR"),
    "regexp_extract": _regexp_extract,
    "regexp_replace": _regexp_replace,
    "regexp_extract_all": renamed("regexp_extract_all"),
    "regexp_split": renamed("regexp_split_to_array"),
    "regexp_count": lambda arguments: call("len", call("regexp_extract_all", *arguments)),
    "split": _split,
    "sequence": renamed("trino_sequence"),
    "typeof": lambda arguments: call("lower", call("typeof", *arguments)),
    "split_part": renamed("trino_split_part"),
    "element_at": renamed("trino_element_at"),
    "cardinality": renamed("cardinality"),
    "contains": renamed("list_contains"),
    "array_join": renamed("trino_array_join"),
    "array_distinct": renamed("list_distinct"),
    "array_sort": renamed("list_sort"),
    "array_max": renamed("list_max"),
    "array_min": renamed("list_min"),
    "array_position": lambda arguments: exp.Coalesce(this=call("list_position", *arguments), expressions=[whole(0)]),
    "array_intersect": renamed("list_intersect"),
    "array_union": lambda arguments: call("list_distinct", call("list_concat", *arguments)),
    "array_except": lambda arguments: call("list_distinct", call("list_except", *arguments)),
    "arrays_overlap": renamed("list_has_any"),
    "array_first": lambda arguments: call("trino_element_at", arguments[0], whole(1)),
    "array_last": lambda arguments: call("trino_element_at", arguments[0], whole(-1)),
    "slice": renamed("trino_slice"),
    "flatten": renamed("flatten"),
    "any_match": _matches("any"),
    "all_match": _matches("all"),
    "none_match": _matches("none"),
    "map_agg": renamed("trino_map_agg"),
    "map_keys": renamed("map_keys"),
    "map_values": renamed("map_values"),
    "map_entries": renamed("map_entries"),
    "map_concat": renamed("map_concat"),
    "url_extract_host": renamed("trino_url_host"),
    "url_extract_path": renamed("trino_url_path"),
    "url_extract_query": renamed("trino_url_query"),
    "url_extract_protocol": renamed("trino_url_protocol"),
    "url_extract_parameter": renamed("trino_url_parameter"),
    "url_encode": renamed("url_encode"),
    "url_decode": renamed("url_decode"),
    "approx_percentile": renamed("quantile_disc"),
    "approx_distinct": lambda arguments: exp.Count(this=exp.Distinct(expressions=arguments[:1])),
    "bitwise_and": _binary(exp.BitwiseAnd),
    "bitwise_or": _binary(exp.BitwiseOr),
    "bitwise_xor": renamed("xor"),
    "bitwise_not": lambda arguments: exp.BitwiseNot(this=arguments[0]),
    "day_of_week": renamed("isodow"),
    "dow": renamed("isodow"),
    "day_of_month": renamed("day"),
    "day_of_year": renamed("dayofyear"),
    "doy": renamed("dayofyear"),
    "week": renamed("week"),
    "week_of_year": renamed("week"),
    "year_of_week": renamed("isoyear"),
    "yow": renamed("isoyear"),
    "last_day_of_month": renamed("last_day"),
    "millisecond": _millisecond,
    "is_nan": renamed("isnan"),
    "is_finite": renamed("isfinite"),
    "is_infinite": renamed("isinf"),
    "nan": _constant("NaN"),
    "infinity": _constant("Infinity"),
    "e": lambda _: call("exp", whole(1)),
    "truncate": renamed("trunc"),
    "rand": _random,
    "random": _random,
    "codepoint": renamed("unicode"),
    "hamming_distance": renamed("hamming"),
    "levenshtein_distance": renamed("levenshtein"),
    "to_utf8": renamed("encode"),
    "from_utf8": renamed("decode"),
    "to_hex": renamed("hex"),
    "from_hex": renamed("unhex"),
    "to_base64": renamed("to_base64"),
    "from_base64": renamed("from_base64"),
    "md5": lambda arguments: call("unhex", call("md5", arguments[0])),
    "sha1": lambda arguments: call("unhex", call("sha1", arguments[0])),
    "sha256": lambda arguments: call("unhex", call("sha256", arguments[0])),
    "every": renamed("bool_and"),
    "bool_and": renamed("bool_and"),
    "bool_or": renamed("bool_or"),
    "date": lambda arguments: call("trino_cast_date", arguments[0]),
    "format": renamed("printf"),
    "strpos": renamed("strpos"),
    "listagg": renamed("string_agg"),
    "mod": lambda arguments: exp.Mod(this=exp.Paren(this=arguments[0]), expression=exp.Paren(this=arguments[1])),
}


def _reduce(arguments: list[exp.Expr]) -> exp.Expr:
    """The last function is applied to what the reduction found."""
    values, start, step, finish = arguments
    found = exp.Reduce(this=values, initial=start, merge=step)
    if not isinstance(finish, exp.Lambda):
        return found
    (name,) = finish.expressions
    inner = finish.this.copy()
    replaced = inner.transform(
        lambda node: found.copy() if isinstance(node, exp.Identifier | exp.Column) and node.name == name.name else node
    )
    result: exp.Expr = replaced
    return result


BUILDERS["reduce"] = _reduce
