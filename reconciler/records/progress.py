"""How far a long run is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

Stage: TypeAlias = Literal["checking", "sending"]


class Progress(NamedTuple):
    """Rows done of a stage, and out of how many, where that is known.

    `rate` is rows a second of late. `note` says what holds it up: that the service is throttling, for instance.
    """

    stage: Stage
    done: int
    total: int | None
    rate: float
    note: str = ""

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take at this rate."""
        if self.total is None or self.rate <= 0:
            return None
        return max(0.0, (self.total - self.done) / self.rate)


Tell: TypeAlias = Callable[[Progress], None]
