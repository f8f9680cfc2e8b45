"""A plan for a pull request: the verdict first, then what destroys, what is refused, and the rest.

Names, values and reasons come from specs and from live tags: all of it is escaped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reconciler.plan import Change, Plan
from reconciler.render import phrases
from reconciler.render.escape import code, markdown
from reconciler.rules import Refusal

SIZE = 60_000
"""Characters; GitHub takes 65,536 in a comment."""


def as_markdown(plan: Plan, size: int = SIZE) -> str:
    """The plan as one Markdown document of at most `size` characters."""
    head = [f"## {_verdict(plan)}", "", f"Environment {code(plan.environment)}: {phrases.summary(plan)}.", ""]
    foot = [] if plan.is_empty else ["", f"Digest {code(plan.digest)}"]
    body = list(_body(plan))
    room = size - sum(len(line) + 1 for line in (*head, *foot)) - 120
    kept: list[str] = []
    for line in body:
        room -= len(line) + 1
        if room < 0:
            kept += ["", f"{len(body) - len(kept)} more lines are in the full plan."]
            break
        kept.append(line)
    return "\n".join([*head, *kept, *foot]).rstrip() + "\n"


def _verdict(plan: Plan) -> str:
    if plan.is_blocked:
        return f"Blocked: {phrases.codes(plan)}"
    if plan.is_empty:
        return "Nothing to change"
    deleted = [c for c in plan.changes if c.is_destructive]
    return f"Deletes {len(deleted)} live feature group{'s' * (len(deleted) != 1)}" if deleted else "Ready to apply"


def _body(plan: Plan) -> Iterator[str]:
    changes, made = phrases.in_order(plan), phrases.made_now(plan)
    destructive = [c for c in changes if c.is_destructive]
    if destructive:
        yield from ("### Deleted", "")
        for change in destructive:
            yield from _change(change, made)
        yield ""
    if plan.refusals:
        yield from ("### Refused", "")
        for refusal in plan.refusals:
            yield from _refusal(refusal)
        yield ""
    if len(changes) > len(destructive):
        yield from ("### Changed", "")
        for change in changes[len(destructive) :]:
            yield from _change(change, made)
        yield ""
    if plan.notes:
        yield from ("### Notes", "")
        for note in plan.notes:
            yield f"- {code(note.group) + ': ' if note.group else ''}{markdown(note.text)}"


def _change(change: Change, made: Collection[str]) -> Iterator[str]:
    place = f" {code(f'{change.source.file}:{change.source.line}')}" if change.source.file else ""
    yield f"- **{code(change.group)}** {code(change.action)} {markdown(phrases.headline(change))}{place}"
    yield from (f"  - {markdown(detail)}" for detail in phrases.details(change, made))


def _refusal(refusal: Refusal) -> Iterator[str]:
    place = f" {code(f'{refusal.file}:{refusal.line}')}" if refusal.file else ""
    yield f"- **{refusal.code}** {code(phrases.subject(refusal))}{place}"
    if refusal.live is not None or refusal.desired is not None:
        yield f"  - live {code(phrases.shown(refusal.live))}, wanted {code(phrases.shown(refusal.desired))}"
    yield f"  - Why: {markdown(refusal.reason)}"
    yield f"  - Way out: {_with_code(refusal.way_out)}"


def _with_code(text: str) -> str:
    """A sentence in which backticks mark code to paste."""
    parts = text.split("`")
    return "".join(code(part) if n % 2 and n < len(parts) - 1 else _prose(part) for n, part in enumerate(parts))


def _prose(text: str) -> str:
    """A part of a sentence, with the spaces that keep it apart from the code beside it."""
    before, after = (" " if edge.isspace() else "" for edge in (text[:1], text[-1:]))
    return f"{before}{markdown(text)}{after}"
