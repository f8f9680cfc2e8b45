"""`reconciler validate`: specs alone, without AWS."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.options import annotations_option
from reconciler.cli.output import annotate
from reconciler.cli.planning import registry_of
from reconciler.config import read_config
from reconciler.errors import Invalid
from reconciler.load import start, write_specs
from reconciler.render.counts import count


@click.command()
@click.option(
    "--specs-out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the desired state as JSON, for `plan --specs` and `apply --specs` on another machine.",
)
@annotations_option
def validate(specs_out: Path | None, *, annotations: bool) -> None:
    """Check the registry: names, types, limits, combinations. No AWS, no credentials.

    Every fault of every file is shown at once, with its place and what works instead.
    """
    config = read_config()
    try:
        registry = registry_of(start(config.root, config.registry))
    except Invalid as invalid:
        if annotations:
            from reconciler.render.annotations import of_faults  # noqa: PLC0415

            annotate(of_faults(invalid.faults))
        raise
    if specs_out:
        try:
            write_specs(registry, specs_out)
        except OSError as error:
            raise click.ClickException(f"{specs_out} cannot be written: {error.strerror}.") from None
    features = sum(len(desired.group.features) for desired in registry.groups.values())
    held = f"{count(len(registry.groups), 'feature group')} with {count(features, 'feature')}"
    if registry.datasets:
        held += f", and {count(len(registry.datasets), 'dataset')}"
    click.echo(f"{config.registry}/ is valid: {held}.")
