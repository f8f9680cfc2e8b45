"""What kind of statement a text is, from its first words, as Athena tells it before it runs anything.

StatementType, SubstatementType and the name of the result file were measured on live Athena by
aoyagikouhei/athena-local (its docs/dev/measurements); of UNLOAD and OPTIMIZE the Athena user guide tells less.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from reconciler.emulator import assumptions

_COMMENT = re.compile(r"\s+|--[^\n]*(?:\n|$)|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"\w+|\S")
_QUERY = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "("})
# CREATE TABLE "name" [WITH (...)] AS, whatever is inside parentheses and quotes.
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`", re.DOTALL)


class Kind(NamedTuple):
    """Of a statement: both types, and where its result goes under the output location."""

    type: str
    sub: str | None
    place: str = "{id}.txt"
    hive: bool = False
    """Whether the DDL engine runs it: failures are worded and filed in another way."""


_UPDATES = {name: Kind("DML", name, "{id}.csv") for name in ("UPDATE", "DELETE", "MERGE")}
_FIRST: dict[str, Kind] = {
    **_UPDATES,
    "INSERT": Kind("DML", "INSERT", "{id}"),
    "UNLOAD": Kind("DML", "UNLOAD", "{id}.csv"),
    "EXPLAIN": Kind("DML", "EXPLAIN"),
    "OPTIMIZE": Kind("DDL", "CREATE_TABLE_AS_SELECT", assumptions.UPKEEP_RESULT),
    "VACUUM": Kind("DDL", "VACUUM_TABLE", assumptions.UPKEEP_RESULT),
    "DESCRIBE": Kind("UTILITY", "DESCRIBE_TABLE", hive=True),
    "DESC": Kind("UTILITY", "DESCRIBE_TABLE", hive=True),
    "MSCK": Kind("DDL", "MSCK_REPAIR", hive=True),
}
_PAIRS: dict[str, Kind] = {
    "CREATE TABLE": Kind("DDL", "CREATE_TABLE", hive=True),
    "CREATE EXTERNAL": Kind("DDL", "CREATE_TABLE", hive=True),
    "CREATE VIEW": Kind("DDL", "CREATE_VIEW"),
    "CREATE OR": Kind("DDL", "CREATE_VIEW"),
    "CREATE DATABASE": Kind("DDL", "CREATE_DATABASE", hive=True),
    "CREATE SCHEMA": Kind("DDL", "CREATE_DATABASE", hive=True),
    "DROP TABLE": Kind("DDL", "DROP_TABLE", hive=True),
    "DROP VIEW": Kind("DDL", "DROP_VIEW"),
    "DROP DATABASE": Kind("DDL", "DROP_DATABASE", hive=True),
    "DROP SCHEMA": Kind("DDL", "DROP_DATABASE", hive=True),
    "SHOW TABLES": Kind("UTILITY", "SHOW_TABLES", hive=True),
    "SHOW VIEWS": Kind("UTILITY", "SHOW_VIEWS", hive=True),
    "SHOW DATABASES": Kind("UTILITY", "SHOW_DATABASES", hive=True),
    "SHOW SCHEMAS": Kind("UTILITY", "SHOW_DATABASES", hive=True),
    "SHOW COLUMNS": Kind("UTILITY", "SHOW_COLUMNS", hive=True),
    "SHOW PARTITIONS": Kind("UTILITY", "SHOW_PARTITIONS", hive=True),
    "SHOW TBLPROPERTIES": Kind("UTILITY", "SHOW_TABLE_PROPERTIES", hive=True),
    "SHOW CREATE": Kind("UTILITY", "SHOW_CREATE_TABLE", hive=True),
}
_ALTERATIONS = {
    "ADD COLUMNS": "ALTER_TABLE_ADD_COLUMN",
    "REPLACE COLUMNS": "ALTER_TABLE_REPLACE_COLUMN",
    "DROP COLUMN": "ALTER_TABLE_DROP_COLUMN",
    "CHANGE COLUMN": None,
    "ADD PARTITION": "ALTER_TABLE_ADD_PARTITION",
    "ADD IF": "ALTER_TABLE_ADD_PARTITION",
    "DROP PARTITION": "ALTER_TABLE_DROP_PARTITION",
    "DROP IF": "ALTER_TABLE_DROP_PARTITION",
    "SET TBLPROPERTIES": "ALTER_TABLE_PROPERTIES",
    "SET LOCATION": "ALTER_TABLE_SET_LOCATION",
    "RENAME TO": "ALTER_TABLE_RENAME",
}


def without_comments(sql: str) -> str:
    """The text from its first word on."""
    start = 0
    while found := _COMMENT.match(sql, start):
        start = found.end()
    return sql[start:]


def words(sql: str, count: int) -> list[str]:
    """The first words, in capitals, comments between them left out; marks count as words."""
    found: list[str] = []
    rest = sql
    while len(found) < count:
        rest = without_comments(rest)
        word = _WORD.match(rest)
        if word is None:
            break
        found.append(word.group().upper())
        rest = rest[word.end() :]
    return found


def classify(sql: str) -> Kind | None:
    """The kind of a statement, or None of what is none."""
    first, second, third, *_ = [*words(sql, 3), "", "", ""]
    if first in _QUERY:
        return Kind("DML", "SELECT", "{id}.csv")
    if first == "ALTER" and second == "TABLE":
        return Kind("DDL", _alteration(sql), hive=True)
    if first == "SHOW" and second == "CREATE" and third == "VIEW":
        return Kind("UTILITY", "SHOW_CREATE_VIEW", hive=True)
    if (first, second) == ("CREATE", "TABLE") and _has_query(sql):
        return Kind("DDL", "CREATE_TABLE_AS_SELECT", "tables/{id}")
    return _FIRST.get(first) or _PAIRS.get(f"{first} {second}")


def _has_query(sql: str) -> bool:
    """Whether AS follows the table's name and its properties, outside of any parentheses."""
    bare = _QUOTED.sub("x", without_comments(sql))
    depth = 0
    for mark in re.finditer(r"[()]|--[^\n]*|/\*.*?\*/|\bAS\b", bare, re.IGNORECASE | re.DOTALL):
        word = mark.group()
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
        elif word.upper() == "AS" and depth == 0:
            return True
    return False


def _alteration(sql: str) -> str | None:
    bare = _QUOTED.sub("x", sql).upper()
    found = re.search(r"\b(ADD|DROP|SET|RENAME|REPLACE|CHANGE)\s+(\w+)", bare)
    return _ALTERATIONS.get(f"{found.group(1)} {found.group(2)}") if found else None
