"""Hive's data definition language, as far as Athena has it: a statement's text to what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.athena.failures import malformed
from reconciler.emulator.athena.hive import (
    AlterColumns,
    AlterPartitions,
    AlterTable,
    Column,
    CreateDatabase,
    CreateTable,
    Describe,
    Drop,
    Maintain,
    Repair,
    Show,
)
from reconciler.emulator.athena.tokens import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.emulator.athena.hive import Name, Statement


def parse(sql: str) -> Statement:
    """The statement; AwsError for what is none."""
    reader = Reader(sql)
    first = reader.take().text.upper()
    found = _STATEMENTS[first](reader)
    reader.finish()
    return found


def _create(reader: Reader) -> Statement:
    if reader.has("DATABASE") or reader.has("SCHEMA"):
        return _create_database(reader)
    external = reader.has("EXTERNAL")
    reader.expect("TABLE")
    lenient = reader.has("IF", "NOT", "EXISTS")
    name = reader.qualified()
    columns = _columns(reader) if reader.has("(") else ()
    return _table_clauses(
        reader, CreateTable(name, external, lenient, columns, (), (), None, None, {}, None, None, None, {})
    )


def _table_clauses(reader: Reader, table: CreateTable) -> CreateTable:
    """The clauses after the columns, in whatever order."""
    while True:
        if reader.has("COMMENT"):
            table = table._replace(comment=reader.string())
        elif reader.has("PARTITIONED", "BY", "("):
            columns, transforms = _partitioning(reader)
            table = table._replace(partitions=columns, transforms=transforms)
        elif reader.has("CLUSTERED", "BY", "("):
            _skip_buckets(reader)
        elif reader.has("ROW", "FORMAT", "SERDE"):
            serde = reader.string()
            given = _properties(reader) if reader.has("WITH", "SERDEPROPERTIES") else {}
            table = table._replace(serde=serde, serde_properties=given)
        elif reader.has("ROW", "FORMAT", "DELIMITED"):
            table = table._replace(serde_properties=_delimited(reader))
        elif reader.has("WITH", "SERDEPROPERTIES"):
            table = table._replace(serde_properties=_properties(reader))
        elif reader.has("STORED", "AS", "INPUTFORMAT"):
            first = reader.string()
            reader.expect("OUTPUTFORMAT")
            table = table._replace(formats=(first, reader.string()))
        elif reader.has("STORED", "AS"):
            table = table._replace(stored_as=reader.identifier().upper())
        elif reader.has("LOCATION"):
            table = table._replace(location=reader.string())
        elif reader.has("TBLPROPERTIES"):
            table = table._replace(properties=_properties(reader))
        else:
            return table


def _columns(reader: Reader) -> tuple[Column, ...]:
    """Names, types and comments up to the closing parenthesis."""
    found = [_column(reader)]
    while reader.has(","):
        found.append(_column(reader))
    reader.expect(")")
    return tuple(found)


def _column(reader: Reader) -> Column:
    name = reader.identifier()
    reader.has(":")
    kind = _type(reader)
    comment = reader.string() if reader.has("COMMENT") else None
    return Column(name, kind, comment)


def _type(reader: Reader) -> str:
    """A type as Glue keeps it: lower case, without blanks."""
    text, depth = reader.identifier(), 0
    while True:
        mark = reader.next.text
        if mark in {"<", "("}:
            depth += 1
        elif mark in {">", ")"} and depth:
            depth -= 1
        elif not depth or reader.next.kind == "end":
            return text
        text += reader.take().text.lower().strip("`")


def _partitioning(reader: Reader) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """`(day string, ...)` of a Hive table, or `(country, day(at), ...)` of an Iceberg table."""
    columns: list[Column] = []
    transforms: list[str] = []
    while True:
        name = reader.identifier()
        if reader.has("("):
            inner = ""
            while not reader.has(")"):
                if reader.next.kind == "end":
                    raise reader.surprise()
                inner += reader.take().text.strip("`").lower()
            transforms.append(f"{name}({inner})")
        elif reader.next.text in {",", ")"}:
            transforms.append(name)
        else:
            kind = _type(reader)
            columns.append(Column(name, kind, reader.string() if reader.has("COMMENT") else None))
        if not reader.has(","):
            break
    reader.expect(")")
    return tuple(columns), tuple(transforms)


def _skip_buckets(reader: Reader) -> None:
    while not reader.has(")"):
        if reader.next.kind == "end":
            raise reader.surprise()
        reader.take()
    reader.expect("INTO")
    reader.take()
    reader.expect("BUCKETS")


def _properties(reader: Reader) -> dict[str, str]:
    """`('key' = 'value', ...)`."""
    reader.expect("(")
    found = {}
    while True:
        key = reader.string()
        reader.expect("=")
        found[key] = reader.string() if reader.next.kind == "string" else reader.take().text
        if not reader.has(","):
            break
    reader.expect(")")
    return found


def _delimited(reader: Reader) -> dict[str, str]:
    """ROW FORMAT DELIMITED in the words of LazySimpleSerDe's properties."""
    found: dict[str, str] = {}
    while True:
        if reader.has("FIELDS", "TERMINATED", "BY"):
            found["field.delim"] = found["serialization.format"] = reader.string()
        elif reader.has("ESCAPED", "BY"):
            found["escape.delim"] = reader.string()
        elif reader.has("COLLECTION", "ITEMS", "TERMINATED", "BY"):
            found["collection.delim"] = reader.string()
        elif reader.has("MAP", "KEYS", "TERMINATED", "BY"):
            found["mapkey.delim"] = reader.string()
        elif reader.has("LINES", "TERMINATED", "BY"):
            found["line.delim"] = reader.string()
        elif reader.has("NULL", "DEFINED", "AS"):
            found["serialization.null.format"] = reader.string()
        else:
            return found


def _create_database(reader: Reader) -> CreateDatabase:
    lenient = reader.has("IF", "NOT", "EXISTS")
    found = CreateDatabase(reader.identifier(), lenient, None, None, {})
    while True:
        if reader.has("COMMENT"):
            found = found._replace(comment=reader.string())
        elif reader.has("LOCATION"):
            found = found._replace(location=reader.string())
        elif reader.has("WITH", "DBPROPERTIES"):
            found = found._replace(properties=_properties(reader))
        else:
            return found


def _drop(reader: Reader) -> Drop:
    what = reader.take().text.upper()
    if what not in {"TABLE", "VIEW", "DATABASE", "SCHEMA"}:
        raise reader.surprise()
    lenient = reader.has("IF", "EXISTS")
    name = reader.qualified()
    cascade = reader.has("CASCADE")
    if not cascade:
        reader.has("RESTRICT") or reader.has("PURGE")
    return Drop({"SCHEMA": "DATABASE"}.get(what, what), name, lenient, cascade)


def _show(reader: Reader) -> Show:
    what = reader.take().text.upper()
    if what in {"DATABASES", "SCHEMAS"}:
        return Show("DATABASES", like=_like(reader))
    if what in {"TABLES", "VIEWS"}:
        name = reader.qualified() if reader.has("IN") or reader.has("FROM") else ()
        return Show(what, name, _like(reader))
    if what == "COLUMNS":
        if not (reader.has("IN") or reader.has("FROM")):
            raise reader.surprise()
        name = reader.qualified()
        if reader.has("IN") or reader.has("FROM"):
            name = (*reader.qualified(), name[-1])
        return Show(what, name)
    if what == "CREATE":
        kind = reader.take().text.upper()
        if kind not in {"TABLE", "VIEW"}:
            raise malformed("Queries of this type are not supported")
        return Show(f"CREATE {kind}", _name_of_create(reader))
    if what == "PARTITIONS":
        return Show(what, reader.qualified())
    if what == "TBLPROPERTIES":
        name = reader.qualified()
        key = None
        if reader.has("("):
            key = reader.string()
            reader.expect(")")
        return Show(what, name, key=key)
    raise malformed("Queries of this type are not supported")


def _name_of_create(reader: Reader) -> Name:
    if reader.next.kind == "string":
        raise malformed("Queries of this type are not supported")
    return reader.qualified()


def _like(reader: Reader) -> str | None:
    reader.has("LIKE")
    return reader.string() if reader.next.kind == "string" else None


def _describe(reader: Reader) -> Describe:
    if not reader.has("EXTENDED"):
        reader.has("FORMATTED")
    name = reader.qualified()
    column = reader.identifier() if reader.next.kind in {"word", "name"} else None
    return Describe(name, column)


def _repair(reader: Reader) -> Repair:
    reader.expect("REPAIR", "TABLE")
    return Repair(reader.qualified())


def _alter(reader: Reader) -> Statement:
    reader.expect("TABLE")
    if reader.next.text.upper() == "IF":
        raise malformed("no viable alternative at input 'ALTER TABLE IF EXISTS'", reader.place(reader.next))
    name = reader.qualified()
    if reader.has("ADD", "COLUMNS", "("):
        return AlterColumns(name, "ADD", _columns(reader))
    if reader.has("REPLACE", "COLUMNS", "("):
        return AlterColumns(name, "REPLACE", _columns(reader))
    if reader.has("DROP", "COLUMN"):
        return AlterColumns(name, "DROP", column=reader.identifier())
    if reader.has("CHANGE", "COLUMN") or reader.has("CHANGE"):
        old = reader.identifier()
        return AlterColumns(name, "CHANGE", (_column(reader),), old)
    if reader.has("SET", "TBLPROPERTIES"):
        return AlterTable(name, "PROPERTIES", _properties(reader))
    if reader.has("SET", "LOCATION"):
        return AlterTable(name, "LOCATION", value=reader.string())
    if reader.has("RENAME", "TO"):
        return AlterTable(name, "RENAME", value=reader.qualified()[-1])
    return _alter_partitions(reader, name)


def _alter_partitions(reader: Reader, name: Name) -> AlterPartitions:
    add = reader.has("ADD")
    if not add:
        reader.expect("DROP")
    lenient = reader.has("IF", "NOT", "EXISTS") if add else reader.has("IF", "EXISTS")
    found: list[tuple[Mapping[str, str], str | None]] = []
    while reader.has("PARTITION"):
        spec = _specification(reader)
        found.append((spec, reader.string() if reader.has("LOCATION") else None))
        reader.has(",")
    if not found:
        raise reader.surprise()
    return AlterPartitions(name, add, lenient, tuple(found))


def _specification(reader: Reader) -> dict[str, str]:
    """`(year = '2024', ...)`."""
    reader.expect("(")
    found = {}
    while True:
        key = reader.identifier()
        reader.expect("=")
        found[key] = reader.string() if reader.next.kind == "string" else reader.take().text
        if not reader.has(","):
            break
    reader.expect(")")
    return found


def _optimize(reader: Reader) -> Maintain:
    name = reader.qualified()
    reader.expect("REWRITE", "DATA", "USING", "BIN_PACK")
    where = reader.rest() if reader.has("WHERE") else None
    return Maintain(name, "OPTIMIZE", where)


def _vacuum(reader: Reader) -> Maintain:
    return Maintain(reader.qualified(), "VACUUM")


_STATEMENTS: Mapping[str, Callable[[Reader], Statement]] = {
    "CREATE": _create,
    "DROP": _drop,
    "SHOW": _show,
    "DESCRIBE": _describe,
    "DESC": _describe,
    "MSCK": _repair,
    "ALTER": _alter,
    "OPTIMIZE": _optimize,
    "VACUUM": _vacuum,
}
