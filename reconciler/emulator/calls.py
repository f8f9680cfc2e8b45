"""What an operation sees of its call: the store inside one transaction, the time, the place, and what faults ask."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from reconciler.emulator.faults import Fault
    from reconciler.emulator.settings import Settings
    from reconciler.emulator.shapes import Struct


class Call(NamedTuple):
    """One request being answered."""

    db: sqlite3.Connection
    now: float
    region: str
    settings: Settings
    faults: tuple[Fault, ...] = ()

    @property
    def scope(self) -> str:
        """Groups, tags and tables live in one account and region."""
        return f"{self.settings.account}/{self.region}"

    def fault(self, kind: str) -> Fault | None:
        """The fault of this kind that was drawn for this call."""
        return next((fault for fault in self.faults if fault.kind == kind), None)


class Operation(NamedTuple):
    """How one operation is answered: its input's shape, the function, and whether it changes anything."""

    shape: Struct
    answer: Callable[[Call, dict[str, Any]], str]
    writes: bool = False


as_json = json.JSONEncoder(separators=(",", ":")).encode


def partition(region: str) -> str:
    """The first part of an ARN after `arn:`."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
