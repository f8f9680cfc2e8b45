"""`reconciler dataset check`: is what is served what is trained on?"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.bars import dataset_bar
from reconciler.cli.dataset_options import open_dataset
from reconciler.cli.options import env_option, format_option
from reconciler.cli.output import print_json
from reconciler.cli.records_options import Span

if TYPE_CHECKING:
    from reconciler.store.datasets import EngineName


@click.command()
@click.argument("name")
@env_option
@click.option(
    "--sample", type=click.IntRange(1), default=1000, show_default=True, help="Records of each store, drawn at random."
)
@click.option("--all", "everything", is_flag=True, help="All records.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws another sample.")
@click.option(
    "--labels",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The records that these labels name, instead of a sample.",
)
@click.option("--wait", type=Span(), default="0s", help="Look again at what is at odds, for so long, as in 15m.")
@click.option(
    "--engine",
    type=click.Choice(("duckdb", "athena", "spark")),
    default="duckdb",
    show_default=True,
    help="What reads the offline stores.",
)
@format_option("text", "json")
def check(
    name: str,
    env: str | None,
    sample: int,
    seed: int,
    labels: tuple[Path, ...],
    wait: timedelta,
    engine: EngineName,
    output: str,
    *,
    everything: bool,
) -> int:
    """Compare online features with what the offline store says.

    Records of both stores are held against each other, value by value. What is on its way offline, expired or deleted
    is told apart from what is at odds.

    \b
    Exit codes: 0 no skew; 1 some records are at odds: how many, which features, with examples.
    """
    opened = open_dataset(name, env, to_change=engine == "athena")
    with opened as (store, declared), dataset_bar(name) as tell:
        found = store.check_dataset(
            declared,
            labels=list(labels) or None,
            sample=None if everything else sample,
            seed=seed,
            wait=wait,
            engine=engine,
            tell=tell,
        )
    if output == "json":
        print_json(found.as_json())
    else:
        click.echo(found.as_text())
    return found.exit_code
