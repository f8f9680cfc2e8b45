"""`reconciler dataset`: training sets, listed, shown, built and checked."""

from __future__ import annotations

import click

from reconciler.cli.lazy import LazyGroup

COMMANDS = {
    "list": ("reconciler.cli.dataset_show:list_datasets", "List the declared datasets."),
    "show": ("reconciler.cli.dataset_show:show", "Show one declared dataset whole."),
    "build": ("reconciler.cli.dataset_build:build", "Build a dataset: the features of each label at its moment."),
    "check": ("reconciler.cli.dataset_check:check", "Compare online features with what the offline store says."),
}
"""Every command, where it lives, and the first sentence of its help, in the order a new user meets them."""


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def dataset() -> None:
    """List, show, build and check training sets.

    NAME is a Dataset's name in the registry.
    """
