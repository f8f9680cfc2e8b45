"""What became of a plan."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.errors import AwsFailed
from reconciler.plan.changes import Change


@dataclass(frozen=True, slots=True)
class Outcome:
    """Changes done, failed with AWS's own reason, and not begun."""

    done: tuple[Change, ...]
    failed: tuple[tuple[Change, AwsFailed], ...]
    left: tuple[Change, ...]

    @property
    def is_complete(self) -> bool:
        return not self.failed and not self.left
