"""`reconciler emulator run` and `env`: commands that meet the emulator and do not leave this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click

from reconciler.cli.emulator_options import data_option, directory_of
from reconciler.cli.shells import SHELLS, settings
from reconciler.sandboxing import variables

_NOT_FOUND, _NOT_RUN = 127, 126
"""What a shell answers for a command that is not there, and for one that cannot be run."""


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@data_option
@click.option("--fresh", is_flag=True, help="Use an empty directory, which is removed afterwards.")
@click.option("--endpoint", metavar="URL", help="Use the emulator that runs there, and start none.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def run(ctx: click.Context, data: Path | None, endpoint: str | None, command: tuple[str, ...], *, fresh: bool) -> None:
    """Run a command that meets the emulator wherever it looks for AWS.

    Every AWS client in it lands on the emulator, even where the code insists on AWS's own address, as both SageMaker
    SDKs do for STS. Python programs cannot leave this machine: what tries to is refused. The exit code is the
    command's.

    \b
    Examples:
      reconciler emulator run -- python train.py
      reconciler emulator run --fresh -- pytest tests/
    """
    if sum((bool(data), fresh, bool(endpoint))) > 1:
        raise click.UsageError("--data, --fresh and --endpoint do not go together.")
    with _emulator(data, endpoint, fresh=fresh) as url:
        ctx.exit(_run(command, variables.applied(url, os.environ)))


@contextmanager
def _emulator(data: Path | None, endpoint: str | None, *, fresh: bool) -> Iterator[str]:
    """The address of one; started here unless it runs already."""
    if endpoint:
        yield endpoint.rstrip("/")
        return
    from reconciler.emulator.running import start  # noqa: PLC0415

    with tempfile.TemporaryDirectory() if fresh else nullcontext(directory_of(data)) as directory:
        try:
            server = start(directory)
        except RuntimeError:
            raise click.ClickException("The emulator did not start; what it says stands above.") from None
        try:
            yield server.url
        finally:
            server.stop()


def _run(command: tuple[str, ...], environment: Mapping[str, str]) -> int:
    """The command's exit code; of one that a signal ended, what a shell makes of it."""
    with _signals_handed_on() as started:
        try:
            child = subprocess.Popen(command, env=dict(environment))  # noqa: S603 - what the user asked for
        except OSError as error:
            click.echo(f"{command[0]} cannot be run: {error.strerror}.", err=True)
            return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_RUN
        started(child)
        code = child.wait()
    return 128 - code if code < 0 else code


@contextmanager
def _signals_handed_on() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """An interrupt from the terminal reaches the command by itself, and its answer counts; others are sent on.

    The handlers are there before the command is: a program that is started begins with the usual ones.
    """
    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def hand_on(number: int, _frame: object) -> None:
        if children:
            children[0].send_signal(number)
        else:
            early.append(number)

    def started(child: subprocess.Popen[bytes]) -> None:
        children.append(child)
        for number in early:
            child.send_signal(number)

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, hand_on),
    }
    try:
        yield started
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@click.command()
@click.option("--endpoint", metavar="URL", default="http://127.0.0.1:4566", show_default=True, help="The emulator.")
@click.option("--shell", type=click.Choice(list(SHELLS)), help="Whose words to use. Default: by the variable SHELL.")
def env(endpoint: str, shell: str | None) -> None:
    """Print what sets a shell up for an emulator that runs.

    \b
    Example:
      eval "$(reconciler emulator env)"
    """
    for line in settings(variables.whole(endpoint.rstrip("/"), os.environ), shell):
        click.echo(line)
