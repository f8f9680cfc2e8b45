"""What an operation sees of its call, and the three kinds of operation there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from reconciler.emulator import clock

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from reconciler.emulator.faults import Fault
    from reconciler.emulator.settings import Settings
    from reconciler.emulator.shapes import Struct
    from reconciler.emulator.store import Store
    from reconciler.emulator.wire.messages import Answer, Request
    from reconciler.emulator.wire.protocols import Protocol


class Call(NamedTuple):
    """One request being answered inside one transaction."""

    db: sqlite3.Connection
    now: float
    region: str
    settings: Settings
    faults: tuple[Fault, ...]
    memory: dict[tuple[str, int], Any]
    """What this process remembers of the file: as of `Store`."""

    @property
    def scope(self) -> str:
        """Groups, tags and tables live in one account and region."""
        return f"{self.settings.account}/{self.region}"

    def fault(self, kind: str) -> Fault | None:
        """The fault of this kind that was drawn for this call."""
        return next((fault for fault in self.faults if fault.kind == kind), None)


class Site(NamedTuple):
    """Where an operation works that takes its time: it opens transactions itself, as short as it can."""

    store: Store
    region: str
    settings: Settings
    faults: tuple[Fault, ...] = ()

    @property
    def scope(self) -> str:
        """As of `Call`."""
        return f"{self.settings.account}/{self.region}"

    def call(self, db: sqlite3.Connection) -> Call:
        """This request inside a transaction that its holder opened."""
        return Call(db, clock.now(db), self.region, self.settings, self.faults, self.store.memory)

    def now(self) -> float:
        """The emulator's time, in epoch seconds."""
        with self.store.reading() as db:
            return clock.now(db)

    def fault(self, kind: str) -> Fault | None:
        """As of `Call`."""
        return next((fault for fault in self.faults if fault.kind == kind), None)


class Operation(NamedTuple):
    """Answered inside one transaction: its input's shape, the function, and whether it changes anything.

    Without a shape the function checks its input itself.
    """

    shape: Struct | None
    answer: Callable[[Call, dict[str, Any]], str]
    writes: bool = False


class Task(NamedTuple):
    """Answered outside any transaction, because it takes its time or touches files."""

    shape: Struct
    answer: Callable[[Site, dict[str, Any]], str]


class Raw(NamedTuple):
    """Answered from the HTTP request itself: S3, whose bodies are objects."""

    answer: Callable[[Site, Request], Answer]


AnyOperation: TypeAlias = "Operation | Task | Raw"


class Service(NamedTuple):
    """One AWS service: how it is spoken to, and what it answers."""

    protocol: Protocol
    operations: Mapping[str, AnyOperation]
    violation: str = "ValidationException"
    """The code of a request that does not fit its shape."""


as_json = json.JSONEncoder(separators=(",", ":")).encode


def partition(region: str) -> str:
    """The first part of an ARN after `arn:`."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
