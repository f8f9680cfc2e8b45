"""HTML in which text is text: whatever is put between two tags, or into an attribute, is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_WITHOUT_END = {"input", "link", "meta"}
# What turns the direction of the text that follows: embeddings, overrides, isolates.
_TURNING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_UNTURNED = dict.fromkeys(_TURNING, "\N{REPLACEMENT CHARACTER}")


class Html(str):
    """Text that is HTML already; only `element` and `join` make it."""

    __slots__ = ()


def element(tag: str, /, *inside: object, **attributes: str | bool | None) -> Html:
    """`element("a", "text", href="/")`; `class_` is class, other underscores are hyphens; True has no value."""
    given = "".join(_attribute(key, value) for key, value in attributes.items() if value not in {None, False})
    if tag in _WITHOUT_END:
        return Html(f"<{tag}{given}>")
    return Html(f"<{tag}{given}>{join(inside)}</{tag}>")


def join(parts: Iterable[object]) -> Html:
    """One after the other; None is nothing."""
    return Html("".join(part if isinstance(part, Html) else _text(part) for part in parts if part is not None))


def _attribute(key: str, value: str | bool | None) -> str:  # noqa: FBT001 - an attribute of HTML may be a truth
    name = "class" if key == "class_" else key.replace("_", "-")
    return f" {name}" if value is True else f' {name}="{_text(value)}"'


def _text(value: object) -> str:
    return escape(str(value).translate(_UNTURNED))
