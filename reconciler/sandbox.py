"""One import, and this process meets the emulator instead of AWS, and stays on this machine.

    import reconciler.sandbox

It goes first, before any client is made. The emulator is the one that RECONCILER_EMULATOR or AWS_ENDPOINT_URL names;
if neither does, one is started for as long as this process lives, with the data of the environment `local`, or of the
directory in RECONCILER_EMULATOR_DATA. Python programs that this process starts are in the sandbox too.
`reconciler emulator run -- COMMAND` does the same to any command.
"""

from __future__ import annotations

import atexit
import os
from pathlib import Path
from urllib.parse import urlsplit

from reconciler.sandboxing import clients, guard, variables

__all__ = ["url"]


def _emulator() -> str:
    """The address of the one that is named, or of one that is started now."""
    named = os.environ.get(variables.EMULATOR)
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    host = urlsplit(endpoint).hostname or ""
    if named or host in {"localhost", "::1"} or host.startswith("127."):
        return named or endpoint
    return _started()


def _started() -> str:
    from reconciler.config import read_config  # noqa: PLC0415 - only where a server has to be started
    from reconciler.emulator.running import start  # noqa: PLC0415

    data = os.environ.get("RECONCILER_EMULATOR_DATA") or read_config().root / ".reconciler" / "emulator"
    server, owner = start(Path(data)), os.getpid()
    # Not in a fork of this process: the server is not the fork's to stop.
    atexit.register(lambda: os.getpid() == owner and server.stop())
    return server.url


url: str = _emulator()
"""The emulator's address."""

for _name, _value in variables.whole(url, os.environ).items():
    if _value is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value
clients.redirect(url)
guard.install(url)
