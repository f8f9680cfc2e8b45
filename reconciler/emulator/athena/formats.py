"""Patterns of dates in strftime's words: Joda's (format_datetime), MySQL's (date_format), Teradata's (to_timestamp)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_JODA: Mapping[str, str] = {
    "yyyy": "%Y",
    "YYYY": "%Y",
    "xxxx": "%G",
    "y": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%-m",
    "dd": "%d",
    "d": "%-d",
    "DDD": "%j",
    "D": "%-j",
    "ww": "%V",
    "e": "%u",
    "EEEE": "%A",
    "EEE": "%a",
    "E": "%a",
    "a": "%p",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "m": "%-M",
    "ss": "%S",
    "s": "%-S",
    "SSS": "%g",
    "SSSSSS": "%f",
    "Z": "%z",
    "ZZ": "%z",
    "z": "%Z",
}
_MYSQL: Mapping[str, str] = {
    "%a": "%a",
    "%b": "%b",
    "%c": "%-m",
    "%d": "%d",
    "%e": "%-d",
    "%f": "%f",
    "%H": "%H",
    "%h": "%I",
    "%I": "%I",
    "%i": "%M",
    "%j": "%j",
    "%k": "%-H",
    "%l": "%-I",
    "%M": "%B",
    "%m": "%m",
    "%p": "%p",
    "%r": "%I:%M:%S %p",
    "%S": "%S",
    "%s": "%S",
    "%T": "%H:%M:%S",
    "%v": "%V",
    "%W": "%A",
    "%w": "%w",
    "%x": "%G",
    "%Y": "%Y",
    "%y": "%y",
    "%%": "%%",
}
_TERADATA: Mapping[str, str] = {
    "yyyy": "%Y",
    "yy": "%y",
    "mm": "%m",
    "dd": "%d",
    "hh24": "%H",
    "hh": "%I",
    "mi": "%M",
    "ss": "%S",
}


def joda(pattern: str) -> str | None:
    """Letters in runs, text in quotes; None for a letter it has no word for."""
    found = []
    for run in re.finditer(r"'((?:[^']|'')*)'|([A-Za-z])\2*|.", pattern, re.DOTALL):
        text = run.group()
        if run.group(2):
            known = _JODA.get(text)
            if known is None:
                return None
            found.append(known)
        else:
            literal = run.group(1).replace("''", "'") or "'" if text.startswith("'") else text
            found.append(literal.replace("%", "%%"))
    return "".join(found)


def mysql(pattern: str) -> str | None:
    found = []
    for piece in re.finditer(r"%.?|[^%]+", pattern, re.DOTALL):
        text = piece.group()
        if not text.startswith("%"):
            found.append(text)
        elif text in _MYSQL:
            found.append(_MYSQL[text])
        else:
            return None
    return "".join(found)


def teradata(pattern: str) -> str | None:
    """Words in any case; marks stand for themselves."""
    found = []
    for piece in re.finditer(r"yyyy|yy|mm|dd|hh24|hh|mi|ss|[a-z]+|[^a-z]+", pattern.lower()):
        text = piece.group()
        if text.isalpha() or text == "hh24":
            if text not in _TERADATA:
                return None
            found.append(_TERADATA[text])
        else:
            found.append(text.replace("%", "%%"))
    return "".join(found)
