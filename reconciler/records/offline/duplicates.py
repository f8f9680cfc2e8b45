"""Rows that are offline twice, because the answer to their first try was lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconciler.config import Environment
from reconciler.records.report import IngestReport
from reconciler.records.target import Target


@dataclass(frozen=True, slots=True)
class DuplicatesReport:
    """Rows that repeat another one in everything but when they were written: found, and removed (or not: `dry_run`)."""

    group: str
    environment: str
    rows: int
    found: int
    removed: int = 0
    rewritten: int = 0
    dry_run: bool = False


def remove_duplicates(
    environment: Environment,
    root: Path,
    target: Target,
    *,
    report: IngestReport | None = None,
    dry_run: bool = False,
    tell: Callable[[str], None] | None = None,
) -> DuplicatesReport:
    """Count and remove rows that are offline twice: same identifier, event time, values and marker.

    Of each the one that the service received first stays. With a `report`, only the partitions of that ingest are
    looked at.
    """
    raise NotImplementedError
