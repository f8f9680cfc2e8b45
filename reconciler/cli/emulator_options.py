"""What the commands of the emulator share."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.config import read_config

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where its data lives. Default: .reconciler/emulator in the project, which environment `local` uses too.",
)


def directory_of(data: Path | None) -> Path:
    """The one that was given, or the project's."""
    return data or read_config().root / ".reconciler" / "emulator"
