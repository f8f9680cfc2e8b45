"""From a text to a statement that can be run: whatever is refused before a query exists is refused here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlglot import exp

from reconciler.emulator.athena import hive, hive_parsing, statements, syntax
from reconciler.emulator.athena.digits import whole
from reconciler.emulator.athena.failures import malformed, refused
from reconciler.emulator.athena.tables import CATALOG, Context
from reconciler.emulator.athena.tokens import Reader
from reconciler.emulator.glue import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.athena.statements import Kind
    from reconciler.emulator.calls import Site

_HIVE = frozenset({"VACUUM_TABLE"})


class Unload(NamedTuple):
    """UNLOAD (query) TO 's3://...' WITH (...)."""

    query: exp.Expr
    text: str
    to: str
    properties: Mapping[str, Any]


class TableFromQuery(NamedTuple):
    """CREATE TABLE name WITH (...) AS query [WITH NO DATA]."""

    name: tuple[str, ...]
    properties: Mapping[str, Any]
    query: exp.Expr
    text: str
    if_not_exists: bool
    with_data: bool


class Explain(NamedTuple):
    """EXPLAIN of a statement; `analyze` runs it."""

    query: exp.Expr
    text: str
    analyze: bool
    format: str
    type: str


def parsed(site: Site, sql: str, kind: Kind, context: tuple[str, str]) -> Any:
    """A tree of sqlglot, one of the tuples above, or a statement of Hive's language."""
    first = statements.words(sql, 1)[0]
    if kind.sub == "UNLOAD":
        return _unload(sql)
    if kind.sub == "EXPLAIN":
        return _explain(sql)
    if kind.sub == "CREATE_TABLE_AS_SELECT" and first != "OPTIMIZE":
        return _table_from_query(sql)
    if kind.hive or kind.sub in _HIVE or first == "OPTIMIZE" or kind.sub == "DROP_VIEW":
        statement = hive_parsing.parse(statements.without_comments(sql))
        _check_entity(site, statement, Context(*context))
        return statement
    tree = syntax.parse(sql)
    _check_kind(tree, kind)
    return tree


_TREES = {
    "INSERT": exp.Insert,
    "UPDATE": exp.Update,
    "DELETE": exp.Delete,
    "MERGE": exp.Merge,
    "CREATE_VIEW": exp.Create,
}


def _check_kind(tree: exp.Expr, kind: Kind) -> None:
    wanted = _TREES.get(str(kind.sub), exp.Query)
    if not isinstance(tree, wanted) and not (wanted is exp.Query and isinstance(tree, exp.Values)):
        raise malformed("Queries of this type are not supported")
    if isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Merge):
        _check_change(tree)
    if isinstance(tree, exp.Create) and (tree.kind or "").upper() != "VIEW":
        raise malformed("mismatched input 'TABLE'. Expecting: 'MATERIALIZED', 'MULTI', 'PROTECTED', 'VIEW'", (1, 19))


def _check_change(tree: exp.Insert | exp.Update | exp.Delete | exp.Merge) -> None:
    """What is changed has a name, and what is inserted is a query."""
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    named = isinstance(target, exp.Table) and isinstance(target.this, exp.Identifier)
    if not named or (isinstance(tree, exp.Insert) and not isinstance(tree.expression, exp.Query | exp.Values)):
        raise malformed("Queries of this type are not supported")


def _check_entity(site: Site, statement: Any, context: Context) -> None:
    """DESCRIBE and SHOW COLUMNS of what is not there are refused at once (seen on live Athena)."""
    shown = isinstance(statement, hive.Show) and statement.what == "COLUMNS"
    if isinstance(statement, hive.CreateTable):
        _check_created(statement)
    if not (shown or isinstance(statement, hive.Describe)):
        return
    catalog, database, name = context.full(statement.name)
    if len(statement.name) == 3 and catalog != CATALOG:
        raise refused(f"Catalog '{statement.name[0]}' does not exist", "DATACATALOG_NOT_FOUND")
    with site.store.reading() as db:
        if catalogue.find_table(db, site.scope, database, name) is None:
            raise refused(
                "Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException)"
            )


def _check_created(statement: hive.CreateTable) -> None:
    iceberg = statement.properties.get("table_type", "").upper() == "ICEBERG"
    if statement.location is None:
        raise malformed("No location was specified for table. An S3 location must be specified")
    if not statement.external and not iceberg:
        raise malformed("External keyword required for table type HIVE")


def _unload(sql: str) -> Unload:
    """Its parentheses are found by sqlglot's own words, so that strings and comments inside do not matter."""
    words = syntax.tokens(sql)
    inner, after = _parenthesized(sql, words, 1)
    rest = [word.text for word in words[after:]]
    if len(rest) < 2 or rest[0].upper() != "TO":
        raise malformed("Queries of this type are not supported")
    properties: Mapping[str, Any] = {}
    if len(rest) > 2 and rest[2].upper() == "WITH":
        text, end = _parenthesized(sql, words, after + 3)
        properties = _properties(text)
        if any(word.text != ";" for word in words[end:]):
            raise malformed(f"mismatched input '{words[end].text}'")
    return Unload(syntax.parse(inner), inner, rest[1], properties)


def _parenthesized(sql: str, words: list[Any], at: int) -> tuple[str, int]:
    """The text between the parenthesis at a word and its match, and the number of the word after it."""
    if at >= len(words) or words[at].text != "(":
        raise malformed("Queries of this type are not supported")
    depth = 0
    for number in range(at, len(words)):
        depth += {"(": 1, ")": -1}.get(
            words[number].text if words[number].token_type.name in {"L_PAREN", "R_PAREN"} else "", 0
        )
        if depth == 0:
            return sql[words[at].end + 1 : words[number].start], number + 1
    raise malformed("mismatched input '<EOF>'")


def _properties(text: str) -> dict[str, Any]:
    """`name = value, ...`: texts, numbers, booleans and arrays of them."""
    reader = Reader(text)
    found: dict[str, Any] = {}
    while reader.next.kind != "end":
        name = reader.take().text.strip('"').lower()
        reader.expect("=")
        found[name] = _value(reader)
        if not reader.has(","):
            break
    reader.finish()
    return found


def _value(reader: Reader) -> Any:
    if reader.has("ARRAY", "["):
        items = []
        while not reader.has("]"):
            if reader.next.kind == "end":
                raise reader.surprise()
            items.append(_value(reader))
            reader.has(",")
        return items
    token = reader.take()
    if token.kind == "string":
        return token.text[1:-1].replace("''", "'")
    if token.kind == "number":
        number = whole(token.text)
        return token.text if number is None else number
    return {"true": True, "false": False}.get(token.text.lower(), token.text)


def _table_from_query(sql: str) -> TableFromQuery:
    words = syntax.tokens(sql)
    texts = [word.text.upper() for word in words]
    at = 2
    lenient = texts[2:5] == ["IF", "NOT", "EXISTS"]
    at += 3 if lenient else 0
    if at >= len(words):
        raise malformed("Queries of this type are not supported")
    name = [words[at].text]
    at += 1
    while at < len(words) and texts[at] == ".":
        name.append(words[at + 1].text if at + 1 < len(words) else "")
        at += 2
    if len(name) > 3:
        raise malformed(f"Invalid table name {'.'.join(name).lower()}")
    properties: Mapping[str, Any] = {}
    if at < len(words) and texts[at] == "WITH":
        text, at = _parenthesized(sql, words, at + 1)
        properties = _properties(text)
    if at >= len(words) or texts[at] != "AS":
        word = words[at].text if at < len(words) else "<EOF>"
        raise malformed(
            f"mismatched input '{word}'. Expecting: 'AS'",
            syntax.place(sql, words[at].start if at < len(words) else len(sql)),
        )
    text, with_data = _query_text(sql, words, texts, at)
    tree = syntax.parse(text)
    if not isinstance(tree, exp.Query | exp.Values):
        raise malformed("Queries of this type are not supported")
    return TableFromQuery(tuple(part.lower() for part in name), properties, tree, text, lenient, with_data)


def _query_text(sql: str, words: list[Any], texts: list[str], at: int) -> tuple[str, bool]:
    """The query after AS, in its place so that positions in messages are right, and whether its data is wanted."""
    end, with_data = len(sql), True
    while texts and texts[-1] == ";":
        end = words[len(texts) - 1].start
        texts = texts[:-1]
    if texts[-3:] == ["WITH", "NO", "DATA"]:
        end, with_data = words[len(texts) - 3].start, False
    elif texts[-2:] == ["WITH", "DATA"]:
        end = words[len(texts) - 2].start
    before = sql[: words[at].end + 1]
    return "".join(mark if mark == "\n" else " " for mark in before) + sql[words[at].end + 1 : end], with_data


_EXPLAIN = re.compile(
    r"EXPLAIN\s*(?P<analyze>ANALYZE\b(?:\s*VERBOSE\b)?)?\s*(?:\((?P<options>\s*(?:TYPE|FORMAT)\s[^)]*)\))?",
    re.IGNORECASE,
)


def _explain(sql: str) -> Explain:
    offset = len(sql) - len(statements.without_comments(sql))
    found = _EXPLAIN.match(sql, offset)
    if found is None:
        raise malformed("Queries of this type are not supported")
    options = dict(
        option.upper().split(maxsplit=1) for option in (found["options"] or "").split(",") if " " in option.strip()
    )
    text = " " * found.end() + sql[found.end() :]
    analyze = found["analyze"] is not None
    return Explain(
        syntax.parse(text),
        text,
        analyze,
        options.get("FORMAT", "TEXT").strip(),
        options.get("TYPE", "DISTRIBUTED").strip(),
    )
