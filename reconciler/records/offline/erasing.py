"""Erasing records from both stores, their history included."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from reconciler.config import Environment
from reconciler.records.offline.erasure import ErasureReport, Proof
from reconciler.records.offline.waiting import LIMIT
from reconciler.records.target import Target


def erase(
    environment: Environment,
    root: Path,
    target: Target,
    ids: Sequence[str],
    *,
    purge_versions: bool = False,
    proof: Proof | None = None,
    settle: timedelta | None = None,
    limit: timedelta = LIMIT,
    dry_run: bool = False,
    tell: Callable[[str], None] | None = None,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> ErasureReport:
    """Erase every row of these record identifiers, online and offline, and prove that none is left.

    `purge_versions` also removes old versions of S3 objects and files without an owner that hold some. `proof` None
    asks Athena where that is permitted, and scans otherwise. `settle` is how long rows that were written shortly
    before may still be on their way offline: default 15 minutes, nothing on an emulator. `dry_run` only says what
    holds rows now.
    """
    raise NotImplementedError
