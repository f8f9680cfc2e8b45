"""`reconciler emulator`: AWS on this machine, for any AWS client."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any

import click

from reconciler.cli.emulator_options import data_option, directory_of
from reconciler.cli.options import format_option
from reconciler.cli.output import painter, print_json, say
from reconciler.cli.shells import settings
from reconciler.config import LOCAL_DEFAULTS
from reconciler.render.counts import count
from reconciler.sandboxing import variables

_OF_THE_SANDBOX = ("run", "env")


class _Commands(click.Group):
    """Those of the sandbox are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [*self.commands, *_OF_THE_SANDBOX]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in _OF_THE_SANDBOX:
            from reconciler.cli import sandbox  # noqa: PLC0415

            command: click.Command = getattr(sandbox, name)
            return command
        return super().get_command(ctx, name)


def _finite(_ctx: click.Context, _param: click.Parameter, value: float) -> float:
    if not isfinite(value):
        raise click.BadParameter("it is a number of seconds.")
    return value


@click.group(cls=_Commands)
def emulator() -> None:
    """SageMaker Feature Store on this machine.

    It speaks AWS's own wire protocol. The environment `local` needs no server: it has the emulator in its own
    process. Serve it for other clients.
    """


@emulator.command()
@click.option("--port", type=click.IntRange(0, 65535), default=4566, show_default=True, help="0 picks a free one.")
@click.option(
    "--host",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen. Any other lets other machines in; it asks for no credentials.",
)
@data_option
@click.option("--quiet", is_flag=True, help="No line per request.")
@click.option("--realistic", is_flag=True, help="Take as long as AWS: a creation 30 seconds, in memory 12 minutes.")
@click.option(
    "--offline-delay",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    callback=_finite,
    help="How long after a write its row is in the offline store. Default: at once.",
)
def serve(port: int, host: str, data: Path | None, *, quiet: bool, realistic: bool, offline_delay: float) -> None:
    """Serve it until interrupted; its address shows a page in a browser.

    \b
    Example:
      reconciler emulator serve --port 4566 &
      AWS_ENDPOINT_URL=http://127.0.0.1:4566 aws sagemaker list-feature-groups
    """
    from reconciler.emulator.http.browsers import is_open  # noqa: PLC0415
    from reconciler.emulator.server import serve as run  # noqa: PLC0415
    from reconciler.emulator.settings import REALISTIC  # noqa: PLC0415

    more: dict[str, Any] = {**(REALISTIC if realistic else {}), "offline_delay_s": offline_delay}
    if is_open(host):
        _warn(host)
    try:
        with usable():
            run(directory_of(data), port=port, host=host, quiet=quiet, on_ready=_instructions, **more)
    except ImportError as missing:
        raise click.ClickException(
            f"The server needs the extra `emulator`: pip install 'reconciler[emulator]' ({missing})."
        ) from None
    except OSError as error:
        raise click.ClickException(
            f"It cannot listen on {host}, port {port}: {error.strerror or error}. Give another --port."
        ) from None


def _warn(host: str) -> None:
    paint = painter(sys.stderr)
    say(paint(f"Warning: it listens on {host}, and not for this machine alone.", "red"))
    say("It asks for no credentials: whoever reaches it can read, change and delete all it holds.")


def _instructions(url: str) -> None:
    click.echo(f"The emulator answers on {url}. To point an AWS client at it:")
    for line in settings(variables.basic(url, LOCAL_DEFAULTS["region"])):
        click.echo(f"  {line}")
    click.echo("SDKs that insist on AWS's own addresses: reconciler emulator run --endpoint URL -- COMMAND")
    click.echo(f"To look into it: {url} in a browser.")
    say("Stop it with Ctrl-C; what it holds is kept.")


@emulator.command()
@data_option
@format_option("text", "json")
def status(data: Path | None, output: str) -> None:
    """Show what it holds: groups, records, files, bytes. Needs no server."""
    from reconciler.emulator.status import describe_directory  # noqa: PLC0415

    with usable():
        found = describe_directory(directory_of(data))
    if output == "json":
        print_json(found)
        return
    from reconciler.cli.emulator_status import lines  # noqa: PLC0415

    for line in lines(found, painter(sys.stdout)):
        click.echo(line)


@emulator.command()
@data_option
@click.option("--everything", is_flag=True, help="Rows that are not due yet, too.")
def flush(data: Path | None, *, everything: bool) -> None:
    """Write rows that wait for the offline store to its files. Needs no server.

    Whoever reads through the emulator sees them anyway. This is for those who look at the files themselves.
    """
    from reconciler.emulator.embedded import open_emulator  # noqa: PLC0415
    from reconciler.emulator.errors import AwsError  # noqa: PLC0415

    with usable(), open_emulator(directory_of(data)) as opened:
        try:
            written = opened.flush(everything=everything)
        except AwsError as error:
            raise click.ClickException(error.message) from None
    click.echo(f"{count(written, 'row')} written.")


@emulator.command()
@data_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def reset(data: Path | None, *, yes: bool) -> None:
    """Forget everything it holds, files included."""
    from reconciler.emulator.errors import UnusableDirectory  # noqa: PLC0415
    from reconciler.emulator.status import describe_directory  # noqa: PLC0415
    from reconciler.emulator.status import reset as forget  # noqa: PLC0415

    directory = directory_of(data)
    try:
        found = describe_directory(directory)
        held = _held(found)
    except UnusableDirectory:
        held = "whatever another version left there"
    if held and not yes:
        click.confirm(f"Delete {held} in {directory}?", abort=True, err=True)
    with usable():
        forget(directory)
    click.echo(f"{directory} is empty.")


def _held(found: dict[str, Any]) -> str:
    things = ((len(found["groups"]), "feature group"), (len(found["buckets"]), "bucket"))
    return " and ".join(count(number, noun) for number, noun in things if number)


@contextmanager
def usable() -> Iterator[None]:
    """A directory that cannot be used is a sentence, not a traceback."""
    from reconciler.emulator.errors import UnusableDirectory  # noqa: PLC0415

    try:
        yield
    except UnusableDirectory as error:
        raise click.ClickException(str(error)) from None
