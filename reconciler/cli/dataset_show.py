"""`reconciler dataset list` and `show`: what is declared. No AWS, no credentials."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.dataset_options import dataset_of
from reconciler.cli.options import format_option
from reconciler.cli.output import print_json
from reconciler.cli.planning import registry_of
from reconciler.cli.tables import aligned
from reconciler.config import read_config
from reconciler.load import start
from reconciler.render.escape import terminal

if TYPE_CHECKING:
    from reconciler.state import Asked, Dataset, Registry


@click.command("list")
@format_option("text", "json")
def list_datasets(output: str) -> None:
    """List the declared datasets.

    Their label time, features and groups, as the registry says. No AWS is asked.
    """
    registry = _registry()
    found = [registry.datasets[name] for name in sorted(registry.datasets)]
    if output == "json":
        print_json([_as_json(dataset, registry) for dataset in found])
    elif not found:
        click.echo("The registry declares no datasets.")
    else:
        rows = [(one.name, one.time, str(len(one.features)), ", ".join(one.groups)) for one in found]
        click.echo(aligned(("DATASET", "TIME", "FEATURES", "GROUPS"), rows))


@click.command()
@click.argument("name")
@format_option("text", "json")
def show(name: str, output: str) -> None:
    """Show one declared dataset whole.

    The columns that labels have to have, the features in the order of the result, and how old each may be.
    """
    registry = _registry()
    dataset = dataset_of(registry, name)
    if output == "json":
        print_json(_as_json(dataset, registry))
        return
    click.echo(f"{dataset.name}  {dataset.source.file}:{dataset.source.line}")
    if dataset.description:
        click.echo(f"  {terminal(dataset.description)}")
    click.echo(f"  labels have {', '.join(_label_columns(dataset))}")
    click.echo(f"  rows count {_moment_words(dataset)}")
    click.echo()
    rows = [
        (asked.output, _type(asked, registry), asked.group, asked.feature, asked.key, _age(dataset, asked))
        for asked in dataset.features
    ]
    click.echo(aligned(("COLUMN", "TYPE", "GROUP", "FEATURE", "KEY", "MAX AGE"), rows))


def _registry() -> Registry:
    config = read_config()
    with start(config.root, config.registry) as loading:
        return registry_of(loading)


def _label_columns(dataset: Dataset) -> list[str]:
    return list(dict.fromkeys([*(asked.key for asked in dataset.features), dataset.time]))


def _moment_words(dataset: Dataset) -> str:
    when = f"{'before' if dataset.strict else 'at or before'} {dataset.time}"
    return f"{when}, if the store had them by then" if dataset.known_at else when


def _type(asked: Asked, registry: Registry) -> str:
    features = registry.groups[asked.group].group.features
    return next(feature.type for feature in features if feature.name == asked.feature)


def _age(dataset: Dataset, asked: Asked) -> str:
    age = dataset.max_ages.get((asked.group, asked.key))
    return "-" if age is None else span(age)


def span(age: timedelta) -> str:
    """A length of time in words: 2 h, 90 s, 1 d 6 h."""
    left, words = age, []
    for unit, size in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        whole, left = divmod(left, size)
        words += [f"{whole} {unit}"] if whole else []
    if left or not words:
        words.append(f"{left.total_seconds():g} s")
    return " ".join(words)


def _as_json(dataset: Dataset, registry: Registry) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "description": dataset.description,
        "time": dataset.time,
        "labels": _label_columns(dataset),
        "strict": dataset.strict,
        "known_at": dataset.known_at,
        "features": [
            {
                "name": asked.output,
                "type": _type(asked, registry),
                "group": asked.group,
                "feature": asked.feature,
                "key": asked.key,
                "max_age_s": None
                if (age := dataset.max_ages.get((asked.group, asked.key))) is None
                else age.total_seconds(),
            }
            for asked in dataset.features
        ],
        "file": dataset.source.file,
        "line": dataset.source.line,
    }
