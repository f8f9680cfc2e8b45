"""Patterns over names and values, matched in time that grows with their lengths only: a hostile one costs little.

`Expression` of GetTables is a regular expression in the API reference, and on AWS a `*` in it also stands for any
text, as in Hive (getmoto/moto#5533, awswrangler). Both are understood; groups and counts are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reconciler.emulator import assumptions
from reconciler.emulator.glue import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


class _Token(NamedTuple):
    takes: Callable[[str], bool]
    optional: bool = False
    again: bool = False


def _any(_: str) -> bool:
    return True


_CLASSES: Mapping[str, Callable[[str], bool]] = {
    "d": str.isdigit,
    "D": lambda char: not char.isdigit(),
    "w": lambda char: char.isalnum() or char == "_",
    "W": lambda char: not (char.isalnum() or char == "_"),
    "s": str.isspace,
    "S": lambda char: not char.isspace(),
}


_ANY_TEXT = _Token(_any, optional=True, again=True)


class Pattern:
    """Alternatives, one of which has to match the whole text."""

    def __init__(self, alternatives: Iterable[list[_Token]]) -> None:
        self._alternatives = [_Alternative(tokens) for tokens in alternatives]

    def matches(self, text: str) -> bool:
        return any(alternative.matches(text) for alternative in self._alternatives)


class _Alternative:
    """All positions a text may have reached are the bits of one number."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._optional = sum(1 << place for place, token in enumerate(tokens) if token.optional)
        self._again = sum(1 << place for place, token in enumerate(tokens) if token.again)
        self._known: dict[str, int] = {}

    def matches(self, text: str) -> bool:
        reached = self._skip(1)
        for char in text:
            taken = reached & self._takers(char)
            reached = self._skip((taken & self._again) | (taken << 1))
            if not reached:
                return False
        return bool(reached >> len(self._tokens) & 1)

    def _takers(self, char: str) -> int:
        if char not in self._known:
            self._known[char] = sum(1 << place for place, token in enumerate(self._tokens) if token.takes(char))
        return self._known[char]

    def _skip(self, reached: int) -> int:
        while True:
            further = reached | (reached & self._optional) << 1
            if further == reached:
                return reached
            reached = further


def like(pattern: str) -> Pattern:
    """SQL's LIKE: % is any text, _ any character."""
    wild = {"%": _ANY_TEXT, "_": _Token(_any)}
    return Pattern([[wild[char] if char in wild else _Token(char.__eq__) for char in pattern]])


def of_names(expression: str) -> Pattern:
    """The `Expression` of GetTables."""
    if "(" in expression or "{" in expression:
        _refuse_groups(expression)
    rest = [] if assumptions.EXPRESSION_MATCHES_WHOLE_NAME else [_ANY_TEXT]
    return Pattern([*tokens, *rest] for tokens in _Reader(expression).alternatives())


def _refuse_groups(expression: str) -> None:
    if any(expression.count(opened) != expression.count(closed) for opened, closed in ("()", "{}")):
        raise _malformed(expression)
    raise refusals.not_emulated("GetTables", "groups and counts in Expression")


class _Reader:
    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._at = 0

    def alternatives(self) -> list[list[_Token]]:
        found: list[list[_Token]] = [[]]
        while self._at < len(self._expression):
            char = self._expression[self._at]
            self._at += 1
            if char == "|":
                found.append([])
            elif char in "*+?":
                self._repeat(found[-1], char)
            elif (char == "^" and not found[-1]) or (char == "$" and self._at_end()):
                continue
            else:
                found[-1].append(_Token(self._single(char)))
        return found

    def _at_end(self) -> bool:
        return self._at == len(self._expression) or self._expression[self._at] == "|"

    def _repeat(self, tokens: list[_Token], mark: str) -> None:
        after_any = self._expression[self._at - 2 : self._at - 1] == "." and tokens and tokens[-1].takes is _any
        if mark == "*":
            tokens[len(tokens) - bool(after_any) :] = [_ANY_TEXT]
        elif not tokens or (tokens[-1].again and mark == "+"):
            raise _malformed(self._expression)
        elif mark == "?" and not tokens[-1].again:
            tokens[-1] = tokens[-1]._replace(optional=True)
        elif mark == "+":
            tokens[-1] = tokens[-1]._replace(again=True)

    def _single(self, char: str) -> Callable[[str], bool]:
        if char == ".":
            return _any
        if char == "[":
            return self._class()
        if char == "\\":
            escaped = self._expression[self._at : self._at + 1]
            self._at += 1
            if not escaped:
                raise _malformed(self._expression)
            return _CLASSES.get(escaped, escaped.__eq__)
        return char.__eq__

    def _class(self) -> Callable[[str], bool]:
        excluded = self._expression[self._at : self._at + 1] == "^"
        start = self._at + excluded
        end = self._expression.find("]", start + 1)
        if end < 0:
            raise _malformed(self._expression)
        self._at = end + 1
        ranges = [*_ranges(self._expression[start:end])]
        return lambda char: any(first <= char <= last for first, last in ranges) is not excluded


def _ranges(inside: str) -> Iterator[tuple[str, str]]:
    """What stands between brackets: single characters and stretches of them."""
    at = 0
    while at < len(inside):
        if inside[at] == "\\" and at + 1 < len(inside):
            at += 1
        if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
            yield inside[at], inside[at + 2]
            at += 3
        else:
            yield inside[at], inside[at]
            at += 1


def _malformed(expression: str) -> refusals.CatalogueError:
    return refusals.invalid(f"Invalid expression: {expression}")
