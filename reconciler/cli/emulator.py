"""`reconciler emulator`: AWS on this machine, for any AWS client."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.options import format_option
from reconciler.cli.output import print_json, say
from reconciler.config import LOCAL_DEFAULTS, read_config
from reconciler.render.counts import count

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where its data lives. Default: .reconciler/emulator in the project, which environment `local` uses too.",
)


def _directory(data: Path | None) -> Path:
    return data or read_config().root / ".reconciler" / "emulator"


@click.group()
def emulator() -> None:
    """SageMaker Feature Store on this machine.

    It speaks AWS's own wire protocol. The environment `local` needs no server: it has the emulator in its own
    process. Serve it for other clients.
    """


@emulator.command()
@click.option("--port", type=click.IntRange(0, 65535), default=4566, show_default=True, help="0 picks a free one.")
@data_option
@click.option("--quiet", is_flag=True, help="No line per request.")
@click.option("--realistic", is_flag=True, help="Take as long as AWS: a creation 30 seconds, in memory 12 minutes.")
def serve(port: int, data: Path | None, *, quiet: bool, realistic: bool) -> None:
    """Serve it on 127.0.0.1 until interrupted.

    \b
    Example:
      reconciler emulator serve --port 4566 &
      AWS_ENDPOINT_URL=http://127.0.0.1:4566 aws sagemaker list-feature-groups
    """
    from reconciler.emulator.server import serve as run  # noqa: PLC0415
    from reconciler.emulator.settings import REALISTIC  # noqa: PLC0415

    directory = _directory(data)
    directory.mkdir(parents=True, exist_ok=True)
    try:
        run(directory, port=port, quiet=quiet, on_ready=_instructions, **(REALISTIC if realistic else {}))
    except ImportError:
        raise click.ClickException(
            "The server needs the extra `emulator`: pip install 'reconciler[emulator]'."
        ) from None
    except OSError as error:
        raise click.ClickException(
            f"It cannot listen on port {port}: {error.strerror or error}. Give another --port."
        ) from None


def _instructions(url: str) -> None:
    click.echo(f"The emulator answers on {url}. To point an AWS client at it:")
    click.echo(f"  export AWS_ENDPOINT_URL={url}")
    click.echo(
        f"  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION={LOCAL_DEFAULTS['region']}"
    )
    say("Stop it with Ctrl-C; what it holds is kept.")


@emulator.command()
@data_option
@format_option("text", "json")
def status(data: Path | None, output: str) -> None:
    """Show what it holds: groups, features, sizes. Needs no server."""
    from reconciler.emulator.status import describe_directory  # noqa: PLC0415

    found = describe_directory(_directory(data))
    if output == "json":
        print_json(found)
        return
    groups = found["groups"]
    click.echo(f"{found['directory']}: {count(len(groups), 'feature group')}, {found['bytes']:,} bytes")
    for group in groups:
        click.echo(f"  {group['name']}  {group['status']}  {group['region']}  {count(group['features'], 'feature')}")


@emulator.command()
@data_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def reset(data: Path | None, *, yes: bool) -> None:
    """Forget everything it holds."""
    from reconciler.emulator.status import describe_directory  # noqa: PLC0415
    from reconciler.emulator.status import reset as forget  # noqa: PLC0415

    directory = _directory(data)
    held = len(describe_directory(directory)["groups"])
    if held and not yes:
        click.confirm(f"Delete the {count(held, 'feature group')} of {directory}?", abort=True, err=True)
    if held:
        forget(directory)
    click.echo(f"{directory} is empty.")
