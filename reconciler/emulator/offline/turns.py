"""One writer of offline files at a time in a directory, whatever process or thread it is in."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.emulator.store import Store

_FILE = "offline.lock"


@contextmanager
def turn(store: Store) -> Iterator[None]:
    """Wait for it. A process that is killed gives it up. It cannot be taken twice: not inside another turn."""
    import fcntl  # noqa: PLC0415 - only where files are written

    with open(os.path.join(store.directory, _FILE), "ab") as file:  # noqa: PTH118, PTH123 - as the store does
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
