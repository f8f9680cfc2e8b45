"""What became of a plan."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.errors import AwsFailed
from reconciler.plan.changes import Change

INTERRUPTED = "Interrupted"
"""The code of a wait that the user ended; AWS goes on with what it had begun."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Changes done, failed with AWS's own reason, and not begun."""

    done: tuple[Change, ...]
    failed: tuple[tuple[Change, AwsFailed], ...]
    left: tuple[Change, ...]

    @property
    def stopped(self) -> tuple[Change, ...]:
        """Changes that AWS was still at work on when the user stopped the run: among the failed, and no failures."""
        return tuple(change for change, failure in self.failed if failure.code == INTERRUPTED)

    @property
    def is_complete(self) -> bool:
        return not self.failed and not self.left
