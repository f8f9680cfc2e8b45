"""Text that people wrote, made harmless where a machine reads it: Markdown, and workflow commands on a log."""

from __future__ import annotations

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:])")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def markdown(text: str) -> str:
    """Text as itself in Markdown: no markup, no HTML, no mention, no link, no line of its own."""
    text = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split()))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    return _MARKDOWN.sub(r"\\\1", text)


def code(text: str) -> str:
    """Text in a code span, however many backticks it has."""
    text = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split()))
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def terminal(text: str) -> str:
    """Text without what would move the cursor, hide or reorder other text."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


def command_message(text: str) -> str:
    """Text as the message of a workflow command of GitHub Actions."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: str) -> str:
    """Text as a property of a workflow command of GitHub Actions."""
    return command_message(text).replace(":", "%3A").replace(",", "%2C")
