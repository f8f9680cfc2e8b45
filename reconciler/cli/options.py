"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

F = TypeVar("F", bound=Callable[..., object])
Decorator = Callable[[F], F]

env_option: Decorator[Callable[..., object]] = click.option(
    "-e",
    "--env",
    "env",
    envvar="RECONCILER_ENV",
    metavar="NAME",
    help="Environment in pyproject.toml (also RECONCILER_ENV). Default: default_environment, else local.",
)

specs_option: Decorator[Callable[..., object]] = click.option(
    "--specs",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Take the desired state from a file of `validate --specs-out` instead of reading the registry.",
)

annotations_option: Decorator[Callable[..., object]] = click.option(
    "--annotations", is_flag=True, help="Also print refusals and faults as GitHub annotations, to stderr."
)


def format_option(*formats: str) -> Decorator[Callable[..., object]]:
    """--format with these choices; the first is the default."""
    return click.option(
        "--format", "output", type=click.Choice(formats), default=formats[0], show_default=True, help="How to print."
    )
