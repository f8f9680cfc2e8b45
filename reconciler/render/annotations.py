"""Faults and refusals as workflow commands of GitHub Actions, which show them on the line of the spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.errors import Fault
from reconciler.plan import Plan
from reconciler.render.escape import command_message, command_property


def of_plan(plan: Plan) -> Iterator[str]:
    """One line a refusal."""
    for refusal in plan.refusals:
        subject = f"{refusal.group}.{refusal.field}" if refusal.group else "the whole plan"
        text = f"{subject}: {refusal.reason} Way out: {refusal.way_out}"
        yield _error(refusal.file, refusal.line, f"{refusal.code} refused", text)


def of_faults(faults: Iterable[Fault]) -> Iterator[str]:
    """One line a fault."""
    for fault in faults:
        subject = ".".join(part for part in (fault.group, fault.field) if part)
        yield _error(fault.file, fault.line, subject or "registry", f"{fault.value} {fault.reason} {fault.fix}".strip())


def _error(file: str, line: int, title: str, text: str) -> str:
    properties = {"file": file, "line": str(line) if line else "", "title": title}
    said = ",".join(f"{key}={command_property(value)}" for key, value in properties.items() if value)
    return f"::error {said}::{command_message(text)}"
