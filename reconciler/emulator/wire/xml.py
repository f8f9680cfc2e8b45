"""Writing XML: small replies, written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def element(name: str, value: Any) -> str:
    """One element: a mapping holds elements, a list repeats the element, None leaves it out."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(element(name, item) for item in value)
    if isinstance(value, bool):
        value = "true" if value else "false"
    inner = elements(value) if isinstance(value, dict) else escaped(str(value))
    return f"<{name}>{inner}</{name}>"


def elements(members: Mapping[str, Any]) -> str:
    """Elements one after the other."""
    return "".join(element(name, value) for name, value in members.items())


def escaped(text: str) -> str:
    """Text for XML 1.0, which cannot hold most control characters."""
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\r", "&#13;")):
        text = text.replace(mark, entity)
    return text if text.isprintable() else "".join(c if c >= " " or c in "\t\n" else " " for c in text)
