"""The emulator as a server for any AWS client, on uvicorn and httptools (the extra `emulator`)."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.errors import UnusableDirectory
from reconciler.emulator.http.request_log import RequestLog
from reconciler.emulator.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Running", "running", "serve"]

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on


def serve(
    directory: Path | str,
    *,
    on_ready: Callable[[str], None],
    port: int = 0,
    host: str = "127.0.0.1",
    quiet: bool = False,
    **settings: Any,
) -> None:
    """Serve a directory until SIGINT or SIGTERM; `on_ready` is told the URL. Needs uvicorn and httptools.

    Raises OSError where the port is taken, and UnusableDirectory.
    """
    import uvicorn  # noqa: PLC0415 - an extra; the command line explains its absence

    from reconciler.emulator.http.application import App  # noqa: PLC0415
    from reconciler.emulator.http.flushes import flush_at_the_end, keep_flushing  # noqa: PLC0415
    from reconciler.emulator.http.protocol import Protocol  # noqa: PLC0415

    class Server(uvicorn.Server):
        """Tells when it listens, writes files while it runs, and ends in silence when it is asked to."""

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                on_ready(url_of(host, self.servers[0].sockets[0].getsockname()[1]))

        async def main_loop(self) -> None:
            async with keep_flushing(emulator):
                await super().main_loop()

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            with _signals_to(self.handle_exit):
                yield

    with _listen(host, port) as listening, open_emulator(directory, **settings) as emulator:
        app = App(emulator, RequestLog(None if quiet else sys.stderr), host)
        config = uvicorn.Config(
            app,
            http=Protocol,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_level="critical",  # the application says itself what goes wrong
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=2,
        )
        try:
            Server(config).run(sockets=[listening])
        finally:
            app.close()
            flush_at_the_end(emulator)


def url_of(host: str, port: int) -> str:
    """Where a server that listens on a host is reached from this machine."""
    name = _ANY_ADDRESS.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket that names its protocol.

    asyncio switches Nagle's algorithm off only then; without that, a reply in two pieces waits 40 ms for the client's
    delayed acknowledgement.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol or socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(2048)
    except BaseException:
        listening.close()
        raise
    return listening


@contextmanager
def _signals_to(stop: Callable[[int, Any], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _main() -> None:
    import argparse  # noqa: PLC0415 - not on the path of `serve`

    parser = argparse.ArgumentParser(prog="python -m reconciler.emulator.server", description=__doc__)
    parser.add_argument("--data", required=True, help="the directory")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--quiet", action="store_true", help="no line per request")
    parser.add_argument("--attached", action="store_true", help="end when standard input does: with who started it")
    parser.add_argument("--settings", type=json.loads, default={}, help="a JSON object: the fields of Settings")
    given = parser.parse_args()
    if given.attached:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    try:
        serve(
            given.data,
            port=given.port,
            host=given.host,
            quiet=given.quiet,
            on_ready=_say,
            **given.settings,
        )
    except ImportError as error:
        sys.exit(f"The emulator's server needs the extra `emulator`: pip install 'reconciler[emulator]' ({error}).")
    except (UnusableDirectory, OSError, TypeError) as error:
        sys.exit(f"The emulator cannot start: {error}")


def _end_with_stdin() -> None:
    while os.read(0, 4096):  # not through sys.stdin: its lock would be held when the interpreter ends
        pass
    signal.raise_signal(signal.SIGTERM)


def _say(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main()
