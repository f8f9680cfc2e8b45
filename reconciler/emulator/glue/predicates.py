"""The `Expression` of GetPartitions: a WHERE clause over partition keys (API reference; getmoto/moto, whose author
compared it with AWS)."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator.glue import patterns, refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Test = Callable[[Sequence[str]], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<quoted>\"[^\"]+\"|`[^`]+`)|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<mark><>|!=|>=|<=|=|>|<|\(|\)|,)|(?P<word>[A-Za-z_][\w.]*))"
)
_WHOLE = frozenset({"int", "integer", "bigint", "long", "tinyint", "smallint"})
_TEXTS = frozenset({"string", "char", "varchar"})
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


class _Token(NamedTuple):
    kind: str
    text: str


class _Key(NamedTuple):
    place: int
    type: str

    def literal(self, token: _Token) -> Any:
        """A literal is read as the key's type, whatever it looks like."""
        try:
            return _typed(self.type, token.text)
        except ValueError as refused:
            raise refusals.invalid(str(refused)) from None

    def value(self, values: Sequence[str]) -> Any:
        try:
            return _typed(self.type, values[self.place] if self.place < len(values) else "null")
        except ValueError as refused:
            raise refusals.CatalogueError("InvalidStateException", str(refused)) from None


def predicate(expression: str | None, keys: Sequence[dict[str, Any]]) -> Test:
    """Whether a partition's values satisfy an expression; a blank one keeps all (getmoto/moto#10122)."""
    if not expression or not expression.strip():
        return lambda _: True
    try:
        return _Parser(expression, keys).parsed()
    except RecursionError:
        raise _unsupported(expression) from None


class _Parser:
    def __init__(self, expression: str, keys: Sequence[dict[str, Any]]) -> None:
        self._expression = expression
        self._keys = {key["Name"].lower(): _Key(place, key.get("Type", "string")) for place, key in enumerate(keys)}
        self._tokens = [*_tokens(expression), _Token("end", "")]
        self._at = 0

    def parsed(self) -> Test:
        test = self._either()
        self._expect("end", "")
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda values: any(test(values) for test in tests)

    def _both(self) -> Test:
        tests = [self._negated()]
        while self._take("and"):
            tests.append(self._negated())
        return tests[0] if len(tests) == 1 else lambda values: all(test(values) for test in tests)

    def _negated(self) -> Test:
        if self._take("not"):
            test = self._negated()
            return lambda values: not test(values)
        if not self._key_in_brackets() and self._take("("):
            test = self._either()
            self._expect("mark", ")")
            return test
        return self._condition()

    def _condition(self) -> Test:
        key = self._key()
        if self._take("is"):
            wanted = self._take("not")
            self._expect("word", "null")
            return lambda _: wanted  # a partition value is a text, and never null
        inverted = self._take("not")
        test = self._list(key) or self._range(key) or self._pattern(key) or (None if inverted else self._compared(key))
        if test is None:
            raise _unsupported(self._expression)
        found = test
        return (lambda values: not found(values)) if inverted else found

    def _list(self, key: _Key) -> Test | None:
        if not self._take("in"):
            return None
        self._expect("mark", "(")
        listed = [key.literal(self._literal())]
        while self._take(","):
            listed.append(key.literal(self._literal()))
        self._expect("mark", ")")
        return lambda values: key.value(values) in listed

    def _range(self, key: _Key) -> Test | None:
        if not self._take("between"):
            return None
        low = key.literal(self._literal())
        self._expect("word", "and")
        high = key.literal(self._literal())
        return lambda values: low <= key.value(values) <= high

    def _pattern(self, key: _Key) -> Test | None:
        if not self._take("like"):
            return None
        kind = _base(key.type)
        if kind not in _TEXTS:
            named = "Integral" if kind in _WHOLE else kind.capitalize()
            raise refusals.invalid(f"{named} data type doesn't support operation 'LIKE'")
        pattern = patterns.like(self._literal().text)
        return lambda values: pattern.matches(key.value(values))

    def _compared(self, key: _Key) -> Test | None:
        token = self._next()
        compare = _COMPARISONS.get(token.text) if token.kind == "mark" else None
        if compare is None:
            return None
        wanted = key.literal(self._literal())
        return lambda values: compare(key.value(values), wanted)

    def _key_in_brackets(self) -> bool:
        """AWS reads `(month) > 1` too; the bracket then holds no condition."""
        depth = 0
        while self._tokens[self._at + depth].text == "(":
            depth += 1
        closing = self._tokens[self._at + depth + 1 : self._at + 2 * depth + 1]
        return depth > 0 and len(closing) == depth and all(token == ("mark", ")") for token in closing)

    def _key(self) -> _Key:
        token = self._next()
        if token == ("mark", "("):
            inner = self._key()
            self._expect("mark", ")")
            return inner
        if token.kind not in {"word", "quoted"}:
            raise _unsupported(self._expression)
        key = self._keys.get(token.text.lower())
        if key is None:
            raise refusals.invalid("Invalid partition expression!")  # getmoto/moto#9306
        return key

    def _literal(self) -> _Token:
        token = self._next()
        if token.kind == "word" and token.text.lower() in {"date", "timestamp"}:
            token = self._next()
        if token.kind == "mark" and token.text == "(":
            token = self._literal()
            self._expect("mark", ")")
        if token.kind not in {"text", "number"}:
            raise _unsupported(self._expression)
        return token

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _take(self, wanted: str) -> bool:
        token = self._tokens[self._at]
        found = token.kind in {"word", "mark"} and token.text.lower() == wanted
        self._at += found
        return found

    def _expect(self, kind: str, text: str) -> None:
        token = self._next()
        if token.kind != kind or token.text.lower() != text:
            raise _unsupported(self._expression)


def _tokens(expression: str) -> list[_Token]:
    found, at, text = [], 0, expression.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _unsupported(expression)
        at, kind = match.end(), match.lastgroup
        token = match[kind]
        if kind == "text":
            token = token[1:-1].replace("''", "'")
        elif kind == "quoted":
            token = token[1:-1]
        found.append(_Token(kind, token))
    return found


def _base(kind: str) -> str:
    return kind.lower().partition("(")[0].strip()


def _typed(declared: str, value: str) -> Any:
    """A value in the key's type. The sentences are AWS's (aws/aws-sdk#670) or moto's."""
    kind = _base(declared)
    if kind in _TEXTS:
        return value
    if kind in _WHOLE:
        if not re.fullmatch(r"[+-]?[0-9]{1,19}", value):
            raise ValueError(f'For input string: "{value}" is not an integer.')
        return int(value)
    if kind == "decimal":
        return _decimal(value)
    if kind == "date":
        return _date(value)
    if kind == "timestamp":
        return _moment(value)
    raise refusals.invalid(f"Unknown type : '{declared}'")


def _decimal(value: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value} is not a decimal.") from None
    if not number.is_finite():
        raise ValueError(f"{value} is not a decimal.")
    return number


def _date(value: str) -> date:
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise ValueError(f"{value} is not a date.") from None


def _moment(value: str) -> tuple[datetime, str]:
    whole, _, fraction = value.partition(".")
    try:
        moment = datetime.strptime(whole, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - nor has a partition value
    except ValueError:
        moment = None
    if moment is None or not re.fullmatch(r"[0-9]{0,9}", fraction):
        raise ValueError(
            f"Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff] {value} is not a timestamp."
        ) from None
    return moment, fraction.ljust(9, "0")


def _unsupported(expression: str) -> refusals.CatalogueError:
    return refusals.invalid(f"Unsupported expression '{expression}'")
