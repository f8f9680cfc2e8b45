"""The words of Hive's data definition language, and a reader over them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from reconciler.emulator.athena.failures import malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.emulator.errors import AwsError

_TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
      | (?P<name>`(?:[^`]|``)*`)
      | (?P<word>[^\W\d]\w*|\d\w*[A-Za-z_]\w*)
      | (?P<number>[0-9]+)
      | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|[0-7]{3}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}


class Token(NamedTuple):
    """A word and where it stands."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Reader:
    """Reads a statement from its first word to its last."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._tokens = [*_tokens(sql), Token("end", "<EOF>", len(sql))]
        self._at = 0

    @property
    def next(self) -> Token:
        """The word that comes."""
        return self._tokens[self._at]

    def take(self) -> Token:
        token = self.next
        if token.kind != "end":
            self._at += 1
        return token

    def has(self, *wanted: str) -> bool:
        """Whether these words come; then they are read."""
        coming = self._tokens[self._at : self._at + len(wanted)]
        if [token.text.upper() for token in coming if token.kind in {"word", "mark"}] != [*wanted]:
            return False
        self._at += len(wanted)
        return True

    def expect(self, *wanted: str) -> None:
        if not self.has(*wanted):
            raise self.surprise()

    def surprise(self) -> AwsError:
        """The word that comes was not expected; ANTLR's sentence, without its list of what would do."""
        return malformed(f"mismatched input '{self.next.text}'", self.place(self.next))

    def place(self, token: Token) -> tuple[int, int]:
        """Line and column of a word, from one."""
        before = self.sql[: token.start]
        return before.count("\n") + 1, token.start - (before.rfind("\n") + 1) + 1

    def identifier(self) -> str:
        """A name, in lower case: Glue keeps no other."""
        token = self.take()
        if token.kind == "name":
            return token.text[1:-1].replace("``", "`").lower()
        if token.kind == "word":
            return token.text.lower()
        if token.kind == "string" and token.text[0] == '"':
            text = self.sql[self._tokens[0].start : token.end].replace("\n", "\\n")
            raise malformed(f"no viable alternative at input '{text}'", self.place(token))
        self._at -= token.kind != "end"
        raise self.surprise()

    def qualified(self) -> tuple[str, ...]:
        """Up to three names with dots between."""
        parts = [self.identifier()]
        while self.has("."):
            parts.append(self.identifier())
        if len(parts) > 3:
            raise malformed(f"Invalid table name {'.'.join(parts)}")
        return tuple(parts)

    def string(self) -> str:
        if self.next.kind != "string":
            raise self.surprise()
        return unescaped(self.take().text)

    def finish(self) -> None:
        """Nothing but semicolons may be left."""
        while self.has(";"):
            pass
        if self.next.kind != "end":
            raise self.surprise()

    def rest(self) -> str:
        """What is left, as it stands, without a last semicolon."""
        text = self.sql[self.next.start :]
        self._at = len(self._tokens) - 1
        return text.strip().rstrip(";").strip()


def unescaped(quoted: str) -> str:
    """What a string of Hive says."""
    mark, inner = quoted[0], quoted[1:-1]
    return _ESCAPE.sub(_replaced, inner.replace(mark * 2, mark))


def _replaced(found: re.Match[str]) -> str:
    code = found.group(1)
    if len(code) == 5:
        return chr(int(code[1:], 16))
    if len(code) == 3:
        return chr(int(code, 8))
    return _ESCAPED.get(code, code)


def _tokens(sql: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(sql):
        kind = str(found.lastgroup)
        if kind != "blank":
            yield Token(kind, found.group(), found.start())
