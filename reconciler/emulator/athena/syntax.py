"""Texts to trees: Trino's grammar as sqlglot knows it, with functions left as they were written."""

from __future__ import annotations

import itertools
import logging
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, TokenError

from reconciler.emulator.athena.failures import malformed
from reconciler.emulator.athena.functions import BUILDERS

if TYPE_CHECKING:
    from reconciler.emulator.errors import AwsError

# The sentence of live Athena for a text that does not begin as any statement does.
EXPECTED = (
    "Expecting: 'ALTER', 'ANALYZE', 'CALL', 'COMMENT', 'COMMIT', 'CREATE', 'DEALLOCATE', 'DELETE', 'DENY', 'DESC', "
    "'DESCRIBE', 'DROP', 'EXECUTE', 'EXPLAIN', 'GRANT', 'INSERT', 'MERGE', 'PREPARE', 'REFRESH', 'RESET', 'REVOKE', "
    "'ROLLBACK', 'SET', 'SHOW', 'START', 'TRUNCATE', 'UNLOAD', 'UPDATE', 'USE', <query>"
)


_WORDS = re.compile(r"\w+(?: \w+)*")


@cache
def _dialect() -> Any:
    # sqlglot logs what it cannot say in DuckDB's words; whoever runs the query is told by its failure.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

    class Reading(Trino):
        """Trino, whose functions that are translated here keep their arguments in order."""

        class Parser(Trino.Parser):  # type: ignore[valid-type, misc]
            FUNCTIONS = {  # noqa: RUF012 - as sqlglot has it
                name: build for name, build in Trino.Parser.FUNCTIONS.items() if name.lower() not in BUILDERS
            }

    return Reading


def dialect() -> Any:
    return _dialect()


def tokens(sql: str) -> list[Any]:
    """The words of a text, as sqlglot cuts them."""
    try:
        found: list[Any] = _dialect()().tokenize(sql)
    except TokenError:
        raise malformed("mismatched input. The text ends inside a string, a name or a comment", (1, 1)) from None
    return found


def parse(sql: str) -> exp.Expr:
    """The tree of one statement."""
    _refuse_words(sql)
    try:
        trees = [tree for tree in _dialect()().parse(sql) if tree is not None]
    except ParseError as error:
        raise _unexpected(sql, error) from None
    except RecursionError:
        raise malformed("The statement is nested too deeply") from None
    except Exception:  # noqa: BLE001 - a parser that trips over a text has not understood it
        raise malformed("mismatched input", (1, 1)) from None
    if len(trees) > 1:
        raise malformed(f"Only one sql statement is allowed. Got: {sql}")
    if not trees:
        raise malformed(f"mismatched input '<EOF>'. {EXPECTED}", place(sql, len(sql)))
    _refuse_foreign(sql, trees[0])
    found: exp.Expr = trees[0]
    return found


def place(sql: str, offset: int) -> tuple[int, int]:
    """Line and column, from one."""
    before = sql[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def where(sql: str, node: exp.Expr) -> tuple[int, int] | None:
    """Where the text of a node begins, as far as the parser kept it."""
    starts = [inner.meta["start"] for inner in node.walk() if "start" in inner.meta]
    return place(sql, min(starts)) if starts else None


def written(sql: str, node: exp.Expr) -> str:
    """The text of a node that is one word."""
    return sql[node.meta["start"] : node.meta["end"] + 1] if "start" in node.meta else ""


def _unexpected(sql: str, error: ParseError) -> AwsError:
    first = error.errors[0] if error.errors else {}
    word = first.get("highlight") or ""
    offset = _offset(sql, first.get("line") or 1, first.get("col") or 1) - len(word)
    if not word or (offset + len(word) >= len(sql.rstrip().rstrip(";").rstrip()) and "Expected" in str(error)):
        return malformed("Queries of this type are not supported")
    return malformed(f"mismatched input '{word}'", place(sql, max(offset, 0)))


def _offset(sql: str, line: int, column: int) -> int:
    lines = sql.split("\n")
    return sum(len(text) + 1 for text in lines[: line - 1]) + column


# What sqlglot reads for other databases' sake and Trino does not have.
# fmt: off
_FOREIGN = frozenset(
    {
        "Command", "Copy", "Pragma", "Set", "Attach", "Detach", "Pivot", "Qualify", "Hint", "Parameter",
        "SessionParameter", "Directory", "Lock", "Use", "LoadData", "Cache", "Kill", "Analyze", "Comment",
    }
)
# Words that are names only in quotes (Athena user guide, reserved keywords in SELECT statements).
_RESERVED = frozenset(
    {
        "ALTER", "AND", "AS", "BETWEEN", "BY", "CASE", "CAST", "CONSTRAINT", "CREATE", "CROSS", "CUBE",
        "CURRENT_CATALOG", "CURRENT_DATE", "CURRENT_PATH", "CURRENT_SCHEMA", "CURRENT_TIME", "CURRENT_TIMESTAMP",
        "CURRENT_USER", "DEALLOCATE", "DELETE", "DESCRIBE", "DISTINCT", "DROP", "ELSE", "END", "ESCAPE", "EXCEPT",
        "EXECUTE", "EXISTS", "EXTRACT", "FALSE", "FOR", "FROM", "FULL", "GROUP", "GROUPING", "HAVING", "IN", "INNER",
        "INSERT", "INTERSECT", "INTO", "IS", "JOIN", "JSON_ARRAY", "JSON_EXISTS", "JSON_OBJECT", "JSON_QUERY",
        "JSON_VALUE", "LEFT", "LIKE", "LISTAGG", "LOCALTIME", "LOCALTIMESTAMP", "NATURAL", "NORMALIZE", "NOT", "NULL",
        "ON", "OR", "ORDER", "OUTER", "PREPARE", "RECURSIVE", "RIGHT", "ROLLUP", "SELECT", "SKIP", "TABLE", "THEN",
        "TRIM", "TRUE", "UESCAPE", "UNION", "UNNEST", "USING", "VALUES", "WHEN", "WHERE", "WITH",
    }
)
# fmt: on


def _refuse_foreign(sql: str, tree: exp.Expr) -> None:
    for node in tree.walk():
        word = _foreign(sql, node)
        if word is not None:
            raise malformed(f"mismatched input '{word}'", where(sql, node) or (1, 1))


def _foreign(sql: str, node: exp.Expr) -> str | None:
    """The word at which Trino would stop."""
    if isinstance(node, exp.Identifier):
        text = written(sql, node)
        return text if not node.quoted and text.upper() in _RESERVED else None
    if isinstance(node, exp.Join):
        return _foreign_join(sql, node)
    if isinstance(node, exp.Distinct):
        return "ON" if node.args.get("on") is not None else None
    if isinstance(node, exp.Var | exp.DataTypeParam):
        return None if _is_plain(node) else node.name
    name = type(node).__name__
    starred = isinstance(node, exp.Star) and any(node.args.values())
    return name.upper() if starred or name in _FOREIGN else None


def _is_plain(node: exp.Var | exp.DataTypeParam) -> bool:
    """sqlglot writes these out as they are, quoted or not: more than words or a number would be SQL of its own."""
    if isinstance(node, exp.DataTypeParam):
        return isinstance(node.this, exp.Literal) and node.this.is_int
    return _WORDS.fullmatch(node.name) is not None


def _foreign_join(sql: str, join: exp.Join) -> str | None:
    """A join has a condition, unless it is a cross join, which has none."""
    conditioned = join.args.get("on") or join.args.get("using")
    if join.kind == "CROSS":
        return "ON" if conditioned else None
    if conditioned or join.method == "NATURAL":
        return None
    return "JOIN" if join.side or join.kind or _follows_join(sql, join) else None


def _follows_join(sql: str, join: exp.Join) -> bool:
    """Whether the word was JOIN and not a comma, which reads the same."""
    starts = [node.meta["start"] for node in join.this.walk() if "start" in node.meta]
    before = sql[: min(starts, default=0)].rstrip(" \t\r\n(")
    return re.search(r"\bJOIN(\s+(UNNEST|LATERAL))?$", before, re.IGNORECASE) is not None


def _refuse_words(sql: str) -> None:
    """What goes wrong between two words: no column after SELECT, a name that begins with a digit."""
    for one, next_one in itertools.pairwise(tokens(sql)):
        kinds = one.token_type.name, next_one.token_type.name
        if kinds == ("SELECT", "FROM"):
            expected = "Expecting: '*', 'ALL', 'DISTINCT', <expression>"
            raise malformed(f"mismatched input '{next_one.text}'. {expected}", place(sql, next_one.start))
        if kinds == ("NUMBER", "VAR") and one.end + 1 == next_one.start:
            sentence = "identifiers must not start with a digit; surround the identifier with double quotes"
            raise malformed(sentence, place(sql, one.start))
