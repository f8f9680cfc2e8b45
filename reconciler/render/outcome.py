"""What became of an apply, for a terminal and for a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.plan import Change, Outcome
from reconciler.plan.codec import change_as_json
from reconciler.render.escape import code, markdown, terminal
from reconciler.render.text import Paint, plain


def as_text(outcome: Outcome, paint: Paint = plain) -> str:
    """What is done, what failed and why, what was not begun."""
    return "\n".join(_lines(outcome, paint)) + "\n"


def _lines(outcome: Outcome, paint: Paint) -> Iterator[str]:
    counts = [f"{len(outcome.done)} done"]
    stopped = outcome.stopped
    failed = [(change, failure) for change, failure in outcome.failed if change not in stopped]
    if failed:
        counts.append(f"{len(failed)} failed")
    if stopped:
        counts.append(f"{len(stopped)} stopped")
    if outcome.left:
        counts.append(f"{len(outcome.left)} not begun")
    yield paint(f"Applied: {', '.join(counts)}.", "green" if outcome.is_complete else "red")
    for change, failure in failed:
        yield f"  failed     {_name(change)}"
        yield from (f"             {terminal(line)}" for line in str(failure).splitlines())
    for change in stopped:
        yield f"  stopped    {_name(change)}, which AWS goes on with"
    for change in outcome.left:
        yield f"  not begun  {_name(change)}"
    if not outcome.is_complete:
        when = " when the cause is gone" if failed else ""
        yield f"Run apply again{when}: it does the rest."


def _name(change: Change) -> str:
    return f"{change.group}  {change.action}"


def as_markdown(outcome: Outcome) -> str:
    """The same for a job summary."""
    lines = [f"## {'Applied' if outcome.is_complete else 'Applied in part'}", ""]
    lines += [f"- done: {code(c.group)} {code(c.action)}" for c in outcome.done]
    stopped = outcome.stopped
    lines += [
        f"- **failed**: {code(c.group)} {code(c.action)}: {markdown(str(f))}"
        for c, f in outcome.failed
        if c not in stopped
    ]
    lines += [f"- stopped: {code(c.group)} {code(c.action)}, which AWS goes on with" for c in stopped]
    lines += [f"- not begun: {code(c.group)} {code(c.action)}" for c in outcome.left]
    return "\n".join(lines).rstrip() + "\n"


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The same for programs."""
    return {
        "complete": outcome.is_complete,
        "done": [change_as_json(c) for c in outcome.done],
        "failed": [
            change_as_json(c) | {"call": f.call, "code": f.code, "message": f.message} for c, f in outcome.failed
        ],
        "left": [change_as_json(c) for c in outcome.left],
    }
