"""Text that people wrote, made harmless where a machine reads it: Markdown, and workflow commands on a log."""

from __future__ import annotations

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:])")
_COMMAND = re.compile(r"(^|\s)::")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def markdown(text: str) -> str:
    """Text as itself in Markdown: no markup, no HTML, no mention, no reference, no link, no line of its own."""
    text = _MARKDOWN.sub(r"\\\1", _seen(" ".join(text.split())))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # GitHub looks for mentions and issues in what was rendered, where an entity is the character it stands for.
    return text.replace("@", "@&#8203;").replace("\\#", "\\#&#8203;")


def code(text: str) -> str:
    """Text in a code span, however many backticks it has."""
    text = _no_command(_seen(" ".join(text.split())))
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def terminal(text: str) -> str:
    """Text without what would move the cursor, hide or reorder other text, or command whoever reads the log."""
    return _no_command(_seen(text))


def command_message(text: str) -> str:
    """Text as the message of a workflow command of GitHub Actions."""
    return _seen(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def command_property(text: str) -> str:
    """Text as a property of a workflow command of GitHub Actions."""
    return command_message(text).replace(":", "%3A").replace(",", "%2C")


def _seen(text: str) -> str:
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


def _no_command(text: str) -> str:
    """GitHub's runner obeys `::command::` where a line begins, indented or not, and `##[command]` anywhere."""
    return _COMMAND.sub(r"\1: :", text).replace("##[", "# #[")
