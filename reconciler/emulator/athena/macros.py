"""Trino's functions in DuckDB's SQL, where the two differ; overloads are chosen by the types of the arguments.

A macro refuses a value by casting a sentence that begins with the error's name: DuckDB quotes what it could not
cast, TRY() turns it into NULL, and `errors` reads the sentence.
"""

from __future__ import annotations

from reconciler.emulator.athena.patterns import TIMESTAMP

_REFUSE = "CAST({text} AS INTEGER)"


def _refusing(condition: str, value: str, text: str, kind: str) -> str:
    refusal = _REFUSE.format(text=text)
    return f"CASE WHEN {condition} THEN {value} ELSE CAST({refusal} AS {kind}) END"


def _overloads(name: str, *cases: str) -> str:
    return f"CREATE MACRO {name} {', '.join(cases)}"


_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_DOUBLE_QUOTIENT = (
    "CASE WHEN b <> 0 THEN a / b WHEN a = 0 OR isnan(a) OR isnan(b) THEN 'NaN'::DOUBLE "
    "WHEN b IS NULL OR a IS NULL THEN NULL WHEN a > 0 THEN 'Infinity'::DOUBLE ELSE '-Infinity'::DOUBLE END"
)
_ZONED = ("DATE", "TIMESTAMP", "TIMESTAMPTZ")


def _cast_to_whole(kind: str, shown: str) -> str:
    """Trino rounds halves away from zero and takes nothing but digits from text."""
    text = _refusing(
        "x IS NULL OR regexp_full_match(x, '[+-]?[0-9]+')",
        f"CAST(x AS {kind})",
        f"'INVALID_CAST_ARGUMENT: Cannot cast ''' || x || ''' to {shown}'",
        kind,
    )
    return _overloads(
        f"trino_cast_{kind.lower()}",
        f"(x VARCHAR) AS {text}",
        f"(x DOUBLE) AS CAST(round(x) AS {kind})",
        f"(x FLOAT) AS CAST(round(x) AS {kind})",
        f"(x BIGINT) AS CAST(x AS {kind})",
        f"(x HUGEINT) AS CAST(x AS {kind})",
        f"(x) AS CAST(x AS {kind})",
    )


# Java's text of a double, from DuckDB's, which has the same digits.
_MANTISSA = "regexp_replace(replace(regexp_replace(t, 'e.*', ''), '.', ''), '^-?0*', '')"
_DIGITS = f"regexp_replace({_MANTISSA}, '0+$', '')"
_EXPONENT = (
    "CASE WHEN contains(t, 'e') THEN CAST(split_part(t, 'e', 2) AS INTEGER) "
    "WHEN abs(x) >= 1 THEN length(regexp_replace(split_part(t, '.', 1), '^-', '')) - 1 "
    "ELSE length(split_part(t, '.', 2)) * -1 + length(regexp_replace(split_part(t, '.', 2), '^0*', '')) - 1 END"
)
_DOUBLE_TEXT = (
    "CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END "
    "WHEN x = 0 OR (abs(x) >= 0.001 AND abs(x) < 10000000) THEN t "
    f"ELSE CASE WHEN x < 0 THEN '-' ELSE '' END || {_DIGITS}[1] || '.' || "
    f"CASE WHEN length({_DIGITS}) > 1 THEN {_DIGITS}[2:] ELSE '0' END || 'E' || ({_EXPONENT}) END"
)
_STAMP = (
    "CASE WHEN epoch_us(x) % 1000 = 0 THEN strftime(x, '%Y-%m-%d %H:%M:%S.%g') "
    "ELSE strftime(x, '%Y-%m-%d %H:%M:%S.%f') END"
)

_ISO_PATTERN = r"\d{4}(-\d{2}(-\d{2}(T(\d{2}(:\d{2}(:\d{2}([.,]\d+)?)?)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?)?)?"

MACROS = (
    _overloads(
        "trino_div",
        *(f"(a {kind}, b {kind}) AS a // b" for kind in _WHOLE),
        f"(a FLOAT, b FLOAT) AS {_DOUBLE_QUOTIENT}",
        f"(a DOUBLE, b DOUBLE) AS {_DOUBLE_QUOTIENT}",
        "(a INTERVAL, b DOUBLE) AS a / b",
    ),
    f"CREATE MACRO trino_double_div(a, b) AS {_DOUBLE_QUOTIENT}",
    _cast_to_whole("TINYINT", "TINYINT"),
    _cast_to_whole("SMALLINT", "SMALLINT"),
    _cast_to_whole("INTEGER", "INT"),
    _cast_to_whole("BIGINT", "BIGINT"),
    "CREATE MACRO trino_double_text(x, t) AS " + _DOUBLE_TEXT,
    f"CREATE MACRO trino_stamp(x) AS {_STAMP}",
    _overloads(
        "trino_text",
        "(x VARCHAR) AS x",
        "(x BIGINT) AS CAST(x AS VARCHAR)",
        "(x HUGEINT) AS CAST(x AS VARCHAR)",
        "(x DOUBLE) AS trino_double_text(x, CAST(x AS VARCHAR))",
        "(x FLOAT) AS trino_double_text(x, CAST(x AS VARCHAR))",
        "(x DATE) AS CAST(x AS VARCHAR)",
        "(x TIMESTAMP) AS trino_stamp(x)",
        "(x TIMESTAMPTZ) AS trino_stamp(CAST(x AS TIMESTAMP)) || ' UTC'",
        "(x) AS CAST(x AS VARCHAR)",
    ),
    _overloads(
        "trino_cast_date",
        "(x VARCHAR) AS "
        + _refusing(
            r"x IS NULL OR regexp_full_match(trim(x), '\d{4,}-\d{1,2}-\d{1,2}')",
            "CAST(x AS DATE)",
            "'INVALID_CAST_ARGUMENT: Value cannot be cast to date: ' || x",
            "DATE",
        ),
        "(x DATE) AS x",
        "(x TIMESTAMP) AS CAST(x AS DATE)",
        "(x TIMESTAMPTZ) AS CAST(x AS DATE)",
    ),
    _overloads(
        "trino_cast_timestamp",
        "(x VARCHAR) AS "
        + _refusing(
            f"x IS NULL OR regexp_full_match(trim(x), '{TIMESTAMP}')",
            "CAST(x AS TIMESTAMP)",
            "'INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: ' || x",
            "TIMESTAMP",
        ),
        *(f"(x {kind}) AS CAST(x AS TIMESTAMP)" for kind in _ZONED),
    ),
    _overloads(
        "trino_plus",
        *(
            f"(x {kind}, i INTERVAL) AS {value}"
            for kind, value in (
                ("DATE", "CAST(x + i AS DATE)"),
                ("TIMESTAMP", "x + i"),
                ("TIMESTAMPTZ", "x + i"),
                ("TIME", "x + i"),
                ("INTERVAL", "x + i"),
            )
        ),
    ),
    _overloads(
        "trino_minus",
        *(
            f"(x {kind}, i INTERVAL) AS {value}"
            for kind, value in (
                ("DATE", "CAST(x - i AS DATE)"),
                ("TIMESTAMP", "x - i"),
                ("TIMESTAMPTZ", "x - i"),
                ("TIME", "x - i"),
                ("INTERVAL", "x - i"),
            )
        ),
    ),
    _overloads(
        "trino_trunc",
        *(
            f"(u, x {kind}) AS {value}"
            for kind, value in (
                ("DATE", "CAST(date_trunc(u, x) AS DATE)"),
                ("TIMESTAMP", "CAST(date_trunc(u, x) AS TIMESTAMP)"),
                ("TIMESTAMPTZ", "date_trunc(u, x)"),
            )
        ),
    ),
    "CREATE MACRO trino_from_iso8601_timestamp(x) AS "
    + _refusing(
        f"x IS NULL OR regexp_full_match(x, '{_ISO_PATTERN}')",
        "CAST(x AS TIMESTAMPTZ)",
        "'INVALID_FUNCTION_ARGUMENT: Invalid format: \"' || x || '\"'",
        "TIMESTAMPTZ",
    ),
    "CREATE MACRO trino_from_iso8601_date(x) AS CAST(x AS DATE)",
    "CREATE MACRO trino_from_unixtime(x DOUBLE) AS to_timestamp(round(x * 1000) / 1000)",
    _overloads(
        "trino_sequence",
        "(a DATE, b DATE) AS list_transform(generate_series(a, b, INTERVAL 1 DAY), lambda d: CAST(d AS DATE))",
        "(a DATE, b DATE, s INTERVAL) AS list_transform(generate_series(a, b, s), lambda d: CAST(d AS DATE))",
        "(a TIMESTAMP, b TIMESTAMP, s INTERVAL) AS generate_series(a, b, s)",
        "(a BIGINT, b BIGINT) AS generate_series(a, b, CASE WHEN a <= b THEN 1 ELSE -1 END)",
        "(a BIGINT, b BIGINT, s BIGINT) AS generate_series(a, b, s)",
    ),
    _overloads(
        "trino_to_unixtime",
        "(x TIMESTAMP) AS epoch(x)",
        "(x TIMESTAMPTZ) AS epoch(x)",
    ),
    _overloads(
        "trino_at_zone",
        "(x TIMESTAMPTZ, z) AS timezone(z, x)",
        "(x TIMESTAMP, z) AS timezone(z, timezone('UTC', x))",
    ),
    (
        "CREATE MACRO trino_json_scalar(x, p) AS CASE WHEN NOT json_valid(x) "
        "OR json_type(x, p) IN ('OBJECT', 'ARRAY') THEN NULL ELSE json_extract_string(x, p) END"
    ),
    "CREATE MACRO trino_json_extract(x, p) AS CASE WHEN json_valid(x) THEN json_extract(x, p) END",
    "CREATE MACRO trino_regexp_extract(s, p, g) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END",
    (
        "CREATE MACRO trino_subscript(x, i) AS x[CASE WHEN i BETWEEN 1 AND len(x) THEN i WHEN i < 1 THEN "
        "CAST('INVALID_FUNCTION_ARGUMENT: Array subscript is less than 1: ' || i AS INTEGER) ELSE CAST("
        "'INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: ' || i || ' > ' "
        "|| len(x) AS INTEGER) END]"
    ),
    "CREATE MACRO trino_element_at(x, k) AS x[k]",
    (
        "CREATE MACRO trino_map_agg(k, v) AS "
        "map(list(k) FILTER (WHERE k IS NOT NULL), list(v) FILTER (WHERE k IS NOT NULL))"
    ),
    "CREATE MACRO trino_slice(x, a, n) AS list_slice(x, a, a + n - 1)",
    "CREATE MACRO trino_split_part(s, d, n) AS CASE WHEN n <= len(string_split(s, d)) THEN split_part(s, d, n) END",
    _overloads(
        "trino_array_join",
        "(x, d) AS array_to_string(x, d)",
        "(x, d, n) AS array_to_string(list_transform(x, lambda e: coalesce(CAST(e AS VARCHAR), n)), d)",
    ),
    (
        "CREATE MACRO trino_url_host(x) AS "
        "nullif(regexp_extract(x, '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]*)', 1), '')"
    ),
    r"CREATE MACRO trino_url_path(x) AS regexp_extract(x, '^(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?(?://[^/?#]*)?([^?#]*)', 1)",
    r"CREATE MACRO trino_url_query(x) AS nullif(regexp_extract(x, '\?([^#]*)', 1), '')",
    r"CREATE MACRO trino_url_protocol(x) AS nullif(regexp_extract(x, '^([a-zA-Z][a-zA-Z0-9+.-]*):', 1), '')",
    (
        "CREATE MACRO trino_url_parameter(x, n) AS list_extract(list_transform(list_filter("
        r"string_split(regexp_extract(x, '\?([^#]*)', 1), '&'), lambda p: split_part(p, '=', 1) = n), "
        "lambda p: url_decode(CASE WHEN contains(p, '=') THEN p[length(n) + 2:] ELSE '' END)), 1)"
    ),
)
