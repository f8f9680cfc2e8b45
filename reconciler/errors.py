"""What can go wrong, as a user meets it.

    ReconcilerError             exit code 1 unless a child says otherwise
    ├── Invalid                 specs, configuration or a specs file are at fault; every fault at once
    ├── Usage                   the command asks for something that is not there
    ├── AwsFailed               AWS answered with an error; which call, which group, and what would help
    └── PlanStale               what was approved no longer holds (exit code 4)

Faults are values: a reader collects them and raises once, so that one run shows them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong in a file a person wrote: where, what, why, and what works."""

    file: str
    line: int
    group: str
    field: str
    value: str
    reason: str
    fix: str

    @property
    def file_and_line(self) -> str:
        """`file:line`, as far as each is known."""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def subject(self) -> str:
        """`group.field = value`, as far as each is known."""
        name = ".".join(part for part in (self.group, self.field) if part)
        return f"{name} = {self.value}" if self.value and name else name or self.value

    def __str__(self) -> str:
        place = (part for part in (self.file_and_line, self.subject) if part)
        return ": ".join((*place, f"{self.reason} {self.fix}".rstrip()))


class ReconcilerError(Exception):
    """Anything this tool says no to. The text is for the user; there is no traceback to read."""

    exit_code = 1


class Invalid(ReconcilerError):
    """What a person wrote cannot be used. `faults` has all of it, in the order of the files."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


class Usage(ReconcilerError):
    """The command line names something that does not exist or does not go together."""


class AwsFailed(ReconcilerError):
    """AWS refused a call, or could not be reached.

    `code` is AWS's own (`AccessDeniedException`), or botocore's name for what kept the call from arriving.
    """

    def __init__(self, call: str, group: str, code: str, message: str, hint: str = "") -> None:
        self.call, self.group, self.code, self.message, self.hint = call, group, code, message, hint
        about = f" for {group}" if group else ""
        super().__init__(f"{call}{about} failed: {code}: {message}" + (f"\n{hint}" if hint else ""))


class PlanStale(ReconcilerError):
    """The plan that was approved is not the plan that apply would carry out now."""

    exit_code = 4

    def __init__(self, moved: Iterable[str]) -> None:
        self.moved = tuple(moved)
        super().__init__(
            "What was approved no longer holds; nothing was changed.\n"
            + "\n".join(f"  {line}" for line in self.moved)
            + "\nRun `reconciler plan` again, review what it says now, and approve that."
        )
