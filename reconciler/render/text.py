"""A plan for a terminal: what destroys first, a line a change, details under it, the verdict last."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from textwrap import wrap

from reconciler.plan import Change, Plan
from reconciler.render import phrases
from reconciler.render.escape import terminal
from reconciler.rules import Refusal

Paint = Callable[[str, str], str]
"""Text and a colour's name to text with that colour, or without."""

WIDTH = 80
_MARKS = {"delete": ("-", "red"), "create": ("+", "green"), "recreate_failed": ("+", "green"), "adopt": ("+", "green")}


def plain(text: str, _colour: str) -> str:
    """No colour."""
    return text


def as_text(plan: Plan, paint: Paint = plain, width: int = WIDTH) -> str:
    """The plan in lines of at most `width` characters, where its words allow."""
    lines = [terminal(f"Plan for {plan.environment}" + (f", registry {plan.registry}" if plan.registry else "")), ""]
    changes, made = phrases.in_order(plan), phrases.made_now(plan)
    for change in (c for c in changes if c.is_destructive):
        lines += _change(change, made, paint, width)
    for refusal in plan.refusals:
        lines += _refusal(refusal, paint, width)
    for change in (c for c in changes if not c.is_destructive):
        lines += _change(change, made, paint, width)
    for note in plan.notes:
        head = f"{note.group}: " if note.group else ""
        lines += _wrapped(f"note: {head}{note.text}", width, "  ", "    ")
    if plan.notes:
        lines.append("")
    return "\n".join([*lines, *_verdict(plan, paint, width)]) + "\n"


def _change(change: Change, made: Collection[str], paint: Paint, width: int) -> Iterator[str]:
    mark, colour = _MARKS.get(change.action, ("~", "yellow"))
    place = f"{change.source.file}:{change.source.line}" if change.source.file else ""
    yield _line(f"  {mark} {change.group}  {change.action}", place, width, lambda text: paint(text, colour))
    yield from _wrapped(phrases.headline(change), width, "      ", "      ")
    for detail in phrases.details(change, made):
        yield from _wrapped(detail, width, "      ", "        ")
    yield ""


def _refusal(refusal: Refusal, paint: Paint, width: int) -> Iterator[str]:
    place = f"{refusal.file}:{refusal.line}" if refusal.file else ""
    head = f"  ! {phrases.subject(refusal)}  {refusal.code} refused"
    yield _line(head, place, width, lambda text: paint(text, "red"))
    if refusal.live is not None or refusal.desired is not None:
        both = f"live: {phrases.shown(refusal.live)}; wanted: {phrases.shown(refusal.desired)}"
        yield from _wrapped(both, width, "      ", "        ")
    yield from _wrapped(f"why: {refusal.reason}", width, "      ", "        ")
    yield from _with_code(f"way out: {refusal.way_out}", width)
    yield ""


def _with_code(text: str, width: int) -> Iterator[str]:
    """A sentence; code in it that is long enough to be pasted stands on a line of its own, unbroken."""
    indent = "      "
    for n, part in enumerate(re.split(r"`([^`]{30,})`", text)):
        if n % 2:
            yield f"          {terminal(part)}"
        elif part.strip(" ."):
            yield from _wrapped(part.strip(), width, indent, "        ")
        indent = "        "


def _line(head: str, place: str, width: int, painted: Callable[[str], str]) -> str:
    head, place = terminal(head), terminal(place)
    gap = max(2, width - len(head) - len(place))
    return painted(head) + (" " * gap + place if place else "")


def _wrapped(text: str, width: int, first: str, rest: str) -> list[str]:
    return wrap(
        terminal(text),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def _verdict(plan: Plan, paint: Paint, width: int) -> Iterator[str]:
    if plan.changes or not plan.is_blocked:
        counts = phrases.summary(plan)
        yield from _wrapped(f"{counts[0].upper()}{counts[1:]}.", width, "", "")
    if plan.is_blocked:
        blocked = f"Blocked: {phrases.codes(plan)}. Apply would change nothing."
        yield from (paint(line, "red") for line in _wrapped(blocked, width, "", ""))
    if not plan.is_empty:
        yield f"Digest {plan.digest}"
