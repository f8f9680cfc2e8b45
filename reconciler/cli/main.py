"""The entry point: every command, and every error as a sentence and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

import click

from reconciler.cli.output import report
from reconciler.errors import ReconcilerError

COMMANDS = {
    "init": "reconciler.cli.init:init",
    "validate": "reconciler.cli.validate:validate",
    "plan": "reconciler.cli.plan:plan",
    "apply": "reconciler.cli.apply:apply",
    "list": "reconciler.cli.show:list_groups",
    "show": "reconciler.cli.show:show",
    "emulator": "reconciler.cli.emulator:emulator",
}
"""Every command and where it lives, in the order a new user meets them."""


class _Commands(click.Group):
    """Commands that are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        del ctx
        if name not in COMMANDS:
            return None
        from importlib import import_module  # noqa: PLC0415

        module, _, function = COMMANDS[name].partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="reconciler", message="%(prog)s %(version)s")
def cli() -> None:
    """Keep Amazon SageMaker Feature Store in Git.

    Feature groups are Python dataclasses in registry/. `plan` shows what would happen to the live store, `apply`
    makes it happen. Without any configuration both work on an emulator on this machine: no AWS account is needed.

    \b
    A first round:
      reconciler init        a registry with one example group
      reconciler plan        what would be created
      reconciler apply       create it

    Exit codes: 0 done; 1 an error; 2 changes (plan --detailed-exitcode); 3 something is refused; 4 what was
    approved no longer holds.
    """


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    # A command makes very many values and lives for seconds: looking through them for cycles costs it a tenth.
    gc.set_threshold(100_000, 50, 100)
    try:
        result = cli.main(standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
    except click.ClickException as wrong:
        # click's own code for a wrong command line is 2, which here means that a plan has changes.
        wrong.show()
    except ReconcilerError as error:
        report(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever read the output has seen enough; the interpreter must not fail again on closing it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)
