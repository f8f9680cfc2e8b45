"""`reconciler dataset build`: labels in, a training set out."""

from __future__ import annotations

import glob
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from reconciler.cli.bars import dataset_bar
from reconciler.cli.dataset_options import open_dataset
from reconciler.cli.options import env_option, format_option
from reconciler.cli.output import nearby, print_json, say, write_file
from reconciler.errors import Usage
from reconciler.render.counts import count

if TYPE_CHECKING:
    from reconciler.datasets.results.manifest import Manifest
    from reconciler.datasets.results.result import Result
    from reconciler.store.datasets import EngineName


_TOLD = ("as_of", "ignore_deletes", "drop_unmatched", "time_zone", "form", "partition_by", "replace", "picture")
"""Options that a manifest answers, or that have no sense in a repetition."""


class Moment(click.ParamType[datetime]):
    """A moment on the command line: ISO-8601 with a zone."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The text as a moment."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no moment: write it like 2013-07-10T16:00:00Z.", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} could be anywhere: add Z for UTC, or an offset like +09:00.", param, ctx)
        return moment


@click.command()
@click.argument("name")
@click.option(
    "--labels",
    "labels",
    multiple=True,
    required=True,
    metavar="FILE",
    help="Labels: CSV, JSON Lines, Parquet, folders.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Where the dataset goes: a file, or a folder."
)
@env_option
@click.option(
    "--engine",
    type=click.Choice(("duckdb", "athena", "spark")),
    default="duckdb",
    show_default=True,
    help="Where it is worked out.",
)
@click.option("--to", "form", type=click.Choice(("parquet", "csv")), help="Default: by the ending of --out.")
@click.option("--partition-by", multiple=True, metavar="COLUMN", help="Write a folder, by the values of this column.")
@click.option("--replace", is_flag=True, help="Replace what is there.")
@click.option("--time-zone", metavar="ZONE", help="The zone of moments that have none, as in UTC or America/New_York.")
@click.option("--as-of", type=Moment(), help="Only rows that were written offline by then. Default: now.")
@click.option("--ignore-deletes", is_flag=True, help="Look past tombstones.")
@click.option(
    "--drop-unmatched", type=click.Choice(("any", "all")), help="Leave out labels that any group, or all, lack."
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Read copies of the offline stores in this folder, by the groups' names.",
)
@click.option("--picture", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="The report as SVG.")
@click.option(
    "--repeat",
    type=click.Path(path_type=Path),
    metavar="MANIFEST",
    help="Build again what a manifest tells of, into an empty folder --out, and compare every byte.",
)
@click.option("--dry-run", is_flag=True, help="Check the labels. With athena: print the query, and run nothing.")
@format_option("text", "json")
def build(
    name: str,
    labels: tuple[str, ...],
    out: Path | None,
    env: str | None,
    engine: EngineName,
    form: str | None,
    partition_by: tuple[str, ...],
    picture: Path | None,
    repeat: Path | None,
    output: str,
    *,
    replace: bool,
    dry_run: bool,
    **how: Any,
) -> int:
    """Build a dataset: the features of each label at its moment.

    One row for each label, in the labels' order: their columns as they are, then the features. A manifest beside the
    output says what it was made of, so that it can be made again.

    \b
    Exit codes: 0 built; 1 an error, or --repeat found a difference.
    """
    if out is None and not dry_run:
        raise Usage("Say where the dataset goes: --out training.parquet.")
    if picture:
        _check_picture(picture)
    if out is not None:
        _keep_labels(out, labels)
    if repeat is not None:
        _check_repeat()
    # Whoever ends this kindly wants the temporary things gone, as at a key press.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with open_dataset(name, env, to_change=engine == "athena" and not dry_run) as (store, declared):
        if dry_run:
            click.echo(store.explain(list(labels), declared, engine=engine, **how))
            return 0
        before = _manifest(repeat)
        how |= _options_of(before) if before else {"as_of": how["as_of"] or datetime.now(UTC)}
        with dataset_bar(name) as tell, store.dataset(list(labels), declared, engine=engine, tell=tell, **how) as built:
            if before is not None:
                return _repeated(before, built, Path(str(out)), output)
            manifest = _written(built, Path(str(out)), form, partition_by, replace=replace)
        if picture:
            write_file(picture, manifest.report.picture())
        _show(manifest, Path(str(out)), picture, output)
    return 0


def _keep_labels(out: Path, labels: tuple[str, ...]) -> None:
    """Refuse an output that would take the labels' place, or lie among them."""
    place = out.resolve()
    for label in labels:
        for found in map(Path, glob.glob(label) or [label]):  # noqa: PTH207 - patterns may be absolute
            if place == found.resolve() or found.resolve() in place.parents:
                raise Usage(f"{out} would be written over the labels or among them ({found}): name another place.")


def _check_repeat() -> None:
    """Refuse options that a manifest answers itself."""
    context = click.get_current_context()
    given = [
        f"--{name.replace('_', '-')}"
        for name in _TOLD
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise Usage(f"--repeat takes {', '.join(given).replace('--form', '--to')} from the manifest: leave that out.")


def _check_picture(picture: Path) -> None:
    from reconciler.datasets.results.report import check_picture  # noqa: PLC0415 - only who wants one needs it

    check_picture(picture)


def _manifest(path: Path | None) -> Manifest | None:
    if path is None:
        return None
    from reconciler.datasets.results.manifest import read_manifest  # noqa: PLC0415 - heavy

    return read_manifest(path)


def _options_of(before: Manifest) -> dict[str, Any]:
    return {
        "as_of": before.as_of,
        "ignore_deletes": before.ignore_deletes,
        "drop_unmatched": before.drop_unmatched,
        "time_zone": before.time_zone or None,
    }


def _written(built: Result, out: Path, form: str | None, partition_by: tuple[str, ...], *, replace: bool) -> Manifest:
    form = form or out.suffix.removeprefix(".").lower()
    if form not in ("parquet", "csv"):
        if not partition_by:
            raise Usage(f"{out} does not say what it is: call it .parquet or .csv, or say --to parquet.")
        form = "parquet"
    write = built.to_csv if form == "csv" else built.to_parquet
    return write(out, partition_by=partition_by, replace=replace)


def _repeated(before: Manifest, built: Result, out: Path, output: str) -> int:
    from reconciler.datasets.results.manifest import damages, repeat  # noqa: PLC0415 - heavy

    try:
        out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise Usage(f"{out} is no folder: what is built again goes into an empty one.") from None
    except OSError as failed:
        raise Usage(f"{out} cannot be made: {failed.strerror}.") from failed
    if any(out.iterdir()):
        raise Usage(f"{out} is not empty: what is built again goes into an empty folder.")
    for damage in damages(before):
        say(damage)
    found = repeat(before, built, out)
    if output == "json":
        print_json({"is_same": found.is_same, "differences": list(found.differences)})
    elif found.is_same:
        click.echo(f"The same to the byte: {count(len(before.files), 'file')}, {count(before.rows, 'row')}.")
    for difference in found.differences:
        say(difference)
    return 0 if found.is_same else 1


def _show(manifest: Manifest, out: Path, picture: Path | None, output: str) -> None:
    if output == "json":
        print_json(manifest.as_json())
        return
    click.echo(manifest.report.as_text())
    say(f"Written to {nearby(out)}; {nearby(manifest.file)} says what it was made of.")
    if picture:
        say(f"How old the features were is drawn in {nearby(picture)}.")
