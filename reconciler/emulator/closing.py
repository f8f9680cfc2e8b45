"""Rows become files when whoever wrote them ends: at once, or in a process of its own where it is too late for that."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from reconciler.emulator.offline import pending

if TYPE_CHECKING:
    from reconciler.emulator.embedded import Emulator

_LONGEST_S = 60


def flush_at_the_end(emulator: Emulator) -> None:
    """Write what is due. What cannot be written stays pending, and is written for the next reader."""
    try:
        if not _is_due(emulator):
            return
        if threading.main_thread().is_alive():
            emulator.flush()
        else:
            # The interpreter ends: libraries can start no threads any more, nor be imported.
            command = [sys.executable, "-P", "-m", "reconciler.emulator.closing", emulator.store.directory]
            subprocess.run(command, stdin=subprocess.DEVNULL, timeout=_LONGEST_S, check=False)  # noqa: S603 - our own
    except Exception as error:  # noqa: BLE001 - whoever ends has been told that all is well
        logging.getLogger("reconciler.emulator").debug("not flushed at the end: %s", error)


def _is_due(emulator: Emulator) -> bool:
    moment = emulator.clock()["epoch_seconds"]
    with emulator.store.reading() as db:
        return pending.is_due(db, moment)


def _main() -> None:
    from reconciler.emulator.embedded import open_emulator  # noqa: PLC0415 - only in the process of its own

    logging.getLogger("reconciler.emulator").setLevel(logging.CRITICAL)
    with open_emulator(sys.argv[1]) as emulator:
        emulator.flush()


if __name__ == "__main__":
    _main()
