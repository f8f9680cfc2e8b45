"""How far a dataset is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias


class Progress(NamedTuple):
    """What is being done (`reading weather`, `on Athena`), how much of it, and out of how much where that is known.

    `unit` says what is counted: rows, files or bytes.
    """

    stage: str
    done: int
    total: int | None = None
    unit: str = "rows"
    note: str = ""


Tell: TypeAlias = Callable[[Progress], None]
