"""What came of an erasure: values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

Proof: TypeAlias = Literal["athena", "scan"]
"""How it was proved that no row is left: by a query of Athena, or by reading every file that may hold some."""

Kind: TypeAlias = Literal["online record", "file", "version", "delete marker", "snapshot", "unowned file", "upload"]


class Remaining(NamedTuple):
    """Something that still holds rows: what it is, where, why it is still there, and how to remove it."""

    kind: Kind
    where: str
    reason: str
    fix: str


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """An erasure, accounted for. `rows` were removed offline, out of `rewritten` and `removed` files.

    `online` says of how many identifiers a record was deleted online. `snapshots` are those of the Iceberg table that
    were expired. `left` is how many rows the proof found (0 is what is wanted; of a dry run: how many there are),
    `proof` which one it was, and `instead` why Athena was not asked. `remaining` names what still holds rows. Until
    `late_until` rows may arrive that were on their way.
    """

    group: str
    environment: str
    ids: int
    online: int = 0
    rows: int = 0
    rewritten: int = 0
    removed: int = 0
    purged: int = 0
    snapshots: tuple[int, ...] = ()
    left: int = 0
    proof: Proof = "scan"
    query: str = ""
    instead: str = ""
    remaining: tuple[Remaining, ...] = ()
    late_until: datetime | None = None
    dry_run: bool = False

    @property
    def is_complete(self) -> bool:
        """No row is left, and nothing that still holds some."""
        return self.left == 0 and not self.remaining
