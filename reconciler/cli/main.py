"""The entry point: every command, and every error as a sentence and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

import click

from reconciler.cli.lazy import LazyGroup
from reconciler.cli.output import report
from reconciler.errors import ReconcilerError

COMMANDS = {
    "init": ("reconciler.cli.init:init", "Set up a registry in this repository."),
    "validate": ("reconciler.cli.validate:validate", "Check the registry: names, types, limits, combinations."),
    "plan": ("reconciler.cli.plan:plan", "Show what apply would do to the live store."),
    "apply": ("reconciler.cli.apply:apply", "Make the live store what the registry says."),
    "list": ("reconciler.cli.show:list_groups", "List the live feature groups: owner, health, stores, features."),
    "show": ("reconciler.cli.show:show", "Show one live feature group whole."),
    "records": ("reconciler.cli.records:records", "Write, read and delete the records of a feature group."),
    "dataset": ("reconciler.cli.dataset:dataset", "List, show, build and check training sets."),
    "emulator": ("reconciler.cli.emulator:emulator", "SageMaker Feature Store on this machine."),
}
"""Every command, where it lives, and the first sentence of its help, in the order a new user meets them."""


@click.group(
    cls=LazyGroup,
    commands_at=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
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
