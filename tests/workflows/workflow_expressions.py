"""The expressions of GitHub's workflows, as far as ours use them; anything else is an error, not a guess.

Rules that matter: texts compare without case, what is missing is null, null equals the empty text, `&&` and `||`
answer one of their operands.
"""

import re

_TOKEN = re.compile(
    r"\s*(?:('(?:[^']|'')*')|(\d+)|([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*)|(&&|\|\||[!=]=|[!()]))"
)
_EMBEDDED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
STATUS = ("success", "failure", "cancelled", "always")


def text(template, contexts):
    """A text with every `${{ }}` in it replaced."""
    return _EMBEDDED.sub(lambda found: _shown(evaluate(found[1], contexts)), template)


def condition(source, contexts, *, failed):
    """Whether an `if` holds; without a word on status it asks for success too, as GitHub has it."""
    source = source.strip()
    if source.startswith("${{") and source.endswith("}}"):
        source = source[3:-2]
    if not source:
        return not failed
    contexts = contexts | {"()": {"success": not failed, "failure": failed, "cancelled": False, "always": True}}
    asks_status = re.search(rf"\b({'|'.join(STATUS)})\(\)", source)
    return (bool(asks_status) or not failed) and _true(evaluate(source, contexts))


def evaluate(source, contexts):
    """The value of one expression."""
    parser = _Parser(source, contexts)
    value = parser.either()
    if parser.tokens:
        raise ValueError(f"{source!r} goes on with {parser.tokens[0]!r}")
    return value


class _Parser:
    def __init__(self, source, contexts):
        self.contexts = contexts
        self.tokens = []
        source, at = source.strip(), 0
        while at < len(source):
            found = _TOKEN.match(source, at)
            if not found:
                raise ValueError(f"{source!r}: this runner does not know {source[at:]!r}")
            self.tokens.append(found[0].strip())
            at = found.end()

    def _take(self, *words):
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in words else None

    def either(self):
        value = self._both()
        while self._take("||"):
            other = self._both()
            value = value if _true(value) else other
        return value

    def _both(self):
        value = self._equal()
        while self._take("&&"):
            other = self._equal()
            value = other if _true(value) else value
        return value

    def _equal(self):
        value = self._one()
        while sign := self._take("==", "!="):
            value = _same(value, self._one()) == (sign == "==")
        return value

    def _one(self):
        if self._take("!"):
            return not _true(self._one())
        if self._take("("):
            value = self.either()
            if not self._take(")"):
                raise ValueError("a bracket is not closed")
            return value
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token.isdigit():
            return int(token)
        if self._take("("):
            if not self._take(")") or token not in self.contexts.get("()", {}):
                raise ValueError(f"this runner does not know the function {token}, or not here")
            return self.contexts["()"][token]
        return _looked_up(token, self.contexts)


def _looked_up(path, contexts):
    if path in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[path]
    head, *rest = path.split(".")
    if head not in contexts:
        raise ValueError(f"there is no {head} here: {path}")
    value = contexts[head]
    for word in rest:
        value = value.get(word) if isinstance(value, dict) else None
    return value


def _same(one, other):
    one, other = ("" if value is None else value for value in (one, other))
    if type(one) is not type(other):
        raise ValueError(f"this runner does not compare {one!r} with {other!r}")
    return one.casefold() == other.casefold() if isinstance(one, str) else one == other


def _true(value):
    return value not in (None, "", 0, False)


def _shown(value):
    if isinstance(value, dict | list):
        raise TypeError("an expression in a text is a text")
    return {None: "", True: "true", False: "false"}.get(value, str(value)) if not isinstance(value, int) else str(value)
