"""Names of types: Hive's in the catalogue, DuckDB's in the engine, Trino's in messages."""

from __future__ import annotations

import re

_SIMPLE = {
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "string": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "binary": "BLOB",
    "uuid": "UUID",
}
_TRINO = {"VARCHAR": "varchar", "BLOB": "varbinary", "FLOAT": "real", "TIMESTAMP": "timestamp(3)"}
_HIVE = {
    "INTEGER": "int",
    "VARCHAR": "string",
    "BLOB": "binary",
    "HUGEINT": "bigint",
    "UBIGINT": "bigint",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
}


def engine_type(hive: str) -> str:
    """DuckDB's type for a type of the catalogue; what is not known is text."""
    kind = hive.strip().lower()
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if kind.startswith("decimal"):
        return kind.upper() if "(" in kind else "DECIMAL(10,0)"
    head, inner = _opened(kind)
    if head == "array":
        return f"{engine_type(inner)}[]"
    if head == "map":
        key, value = [*split_types(inner), "string"][:2]
        return f"MAP({engine_type(key)}, {engine_type(value)})"
    if head == "struct":
        fields = (field.partition(":") for field in split_types(inner))
        return f"STRUCT({', '.join(f'{quoted(name.strip())} {engine_type(kind)}' for name, _, kind in fields)})"
    return "VARCHAR"


def hive_type(engine: str) -> str:
    """The catalogue's type for a column the engine made."""
    if engine.endswith("[]"):
        return f"array<{hive_type(engine[:-2])}>"
    found = re.fullmatch(r"(MAP|STRUCT)\((.*)\)", engine, re.DOTALL)
    if found and found.group(1) == "MAP":
        key, value = split_types(found.group(2))
        return f"map<{hive_type(key.strip())},{hive_type(value.strip())}>"
    if found:
        fields = (_field(field.strip()) for field in split_types(found.group(2)))
        return f"struct<{','.join(f'{name}:{hive_type(kind)}' for name, kind in fields)}>"
    return _HIVE.get(engine, engine.lower())


def trino_type(engine: str) -> str:
    """The type as Trino writes it."""
    if engine.endswith("[]"):
        return f"array({trino_type(engine[:-2])})"
    return _TRINO.get(engine, engine.lower().replace(",", ", ") if engine.startswith("DECIMAL") else engine.lower())


def quoted(name: str) -> str:
    """An identifier for DuckDB."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def literal(text: str) -> str:
    """A string for DuckDB."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def _opened(kind: str) -> tuple[str, str]:
    head, mark, rest = kind.partition("<")
    return (head, rest[:-1]) if mark and rest.endswith(">") else ("", "")


def split_types(inner: str) -> list[str]:
    """At commas outside of brackets and quotes."""
    parts, depth, quote, start = [], 0, False, 0
    for at, mark in enumerate(inner):
        if mark == '"':
            quote = not quote
        elif quote:
            continue
        elif mark in "<(":
            depth += 1
        elif mark in ">)":
            depth -= 1
        elif mark == "," and not depth:
            parts.append(inner[start:at])
            start = at + 1
    return [*parts, inner[start:]] if inner else []


def _field(text: str) -> tuple[str, str]:
    if text.startswith('"'):
        name, _, kind = text[1:].partition('" ')
        return name.replace('""', '"'), kind
    name, _, kind = text.partition(" ")
    return name, kind
