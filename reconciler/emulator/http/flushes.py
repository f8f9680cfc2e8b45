"""Rows become files while the server runs, and at its end."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reconciler.emulator.embedded import Emulator

_EVERY_S = 1.0
_log = logging.getLogger("reconciler.emulator")


@asynccontextmanager
async def keep_flushing(emulator: Emulator) -> AsyncIterator[None]:
    """Write what is due about once a second, in a thread of its own; a failure is said and tried again."""
    with ThreadPoolExecutor(1, "emulator-flush") as thread:
        task = asyncio.create_task(_repeat(emulator, thread))
        try:
            yield
        finally:
            task.cancel()


async def _repeat(emulator: Emulator, thread: ThreadPoolExecutor) -> None:
    said = ""
    while True:
        await asyncio.sleep(_EVERY_S)
        try:
            await asyncio.get_running_loop().run_in_executor(thread, emulator.flush)
        except Exception as error:  # noqa: BLE001 - the rows are kept, and the next time may do
            if said != (said := f"{type(error).__name__}: {error}"):
                _log.error("The offline store cannot be written; it will be tried again. %s", said)
        else:
            said = ""


def flush_at_the_end(emulator: Emulator) -> None:
    """Write all that is pending; where a delay was asked for, what is not due stays pending."""
    try:
        emulator.flush(everything=emulator.settings.offline_delay_s == 0)
    except Exception as error:  # noqa: BLE001 - the rows are kept, and whoever opens the directory next writes them
        _log.error("The offline store cannot be written; its rows are kept. %s: %s", type(error).__name__, error)
