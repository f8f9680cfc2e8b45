"""`reconciler records ingest`, `backfill` and `wait`: rows into the stores, and known to be there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.cli.bars import bar, waiting_line
from reconciler.cli.options import env_option
from reconciler.cli.output import nearby, painter, print_json, say
from reconciler.cli.records_options import Span, open_group, open_store, rows_format
from reconciler.cli.refused_rows import refusals_as
from reconciler.cli.tables import aligned, print_rows
from reconciler.errors import Usage
from reconciler.records.report import document_of
from reconciler.render.counts import count

if TYPE_CHECKING:
    from reconciler.records.deleting import Store as StoreName
    from reconciler.records.report import FailedRow, IngestReport
    from reconciler.store import Store

_SHOWN = 10
_STORES: Final[dict[str, StoreName]] = {"online": "OnlineStore", "offline": "OfflineStore"}

_files = click.argument("files", nargs=-1, required=True, metavar="FILE...")
_good_rows = click.option("--good-rows", is_flag=True, help="Send the rows that fit, and leave out those that do not.")
_allow = click.option(
    "--allow",
    multiple=True,
    type=click.Choice(("expired", "duplicates")),
    help="Take rows that are expired on arrival, or given twice (the last one counts).",
)
_faults = click.option(
    "--faults",
    "faults_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where the table of all faults goes, as CSV. Default: a file under .reconciler/.",
)
_dry_run = click.option("--dry-run", is_flag=True, help="Check the rows, and send nothing.")
_limit = click.option(
    "--limit", type=Span(), default="30m", show_default=True, help="How long to wait for rows to be offline."
)


@click.command()
@click.argument("group")
@_files
@env_option
@_dry_run
@_good_rows
@_allow
@click.option(
    "--store",
    "stores",
    multiple=True,
    type=click.Choice(tuple(_STORES)),
    help="Only to this store. Default: all that the group has.",
)
@click.option("--ttl", type=Span(), help="The records' own time to live, as in 12h or 7d; the group's if not given.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that send.")
@click.option("--connections", type=click.IntRange(1, 512), help="At most so many connections a process.")
@click.option("--again", is_flag=True, help="Send rows that an earlier run of the same input has written, too.")
@_faults
@click.option(
    "--dead-letter",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where rows go that AWS did not take: JSON Lines, to be ingested again. Default: a file under .reconciler/.",
)
@click.option("--wait-offline", is_flag=True, help="Return when every row is readable in the offline store.")
@_limit
@rows_format
def ingest(
    group: str,
    files: tuple[str, ...],
    env: str | None,
    limit: timedelta,
    output: str,
    *,
    wait_offline: bool,
    stores: tuple[str, ...],
    **options: Any,
) -> int:
    """Check rows against their spec and write them.

    FILE is CSV, JSON Lines or Parquet, a folder of such files, or a pattern. Every value is checked before a byte is
    sent; rows that do not fit stop the whole. A run that was killed or interrupted is resumed by running it again: only
    the rest is sent.

    \b
    Exit codes: 0 every row is written; 1 some are not: they are named, and written to a file.
    """
    with open_group(group, env, to_change=not options["dry_run"]) as (store, contract):
        if wait_offline and (contract.table_format is None or (stores and "offline" not in stores)):
            raise Usage(f"These rows of {group} go to no offline store: leave --wait-offline out.")
        with _resumable(), refusals_as(output), bar(contract.group) as tell:
            targets = tuple(_STORES[name] for name in stores) or None
            done = store.ingest(contract, list(files), stores=targets, tell=tell, **options)
        _show(done, output, dry_run=options["dry_run"])
        if wait_offline and not options["dry_run"]:
            _wait(store, done, limit)
    return 0 if done.failed == 0 and done.refused == 0 else 1


@click.command()
@click.argument("group")
@_files
@env_option
@_dry_run
@_good_rows
@_allow
@_faults
@rows_format
def backfill(group: str, files: tuple[str, ...], env: str | None, output: str, **options: Any) -> int:
    """Write rows straight to the offline store's files.

    For histories: no PutRecord is paid for, and the online store is left alone. The rows are checked as by `ingest`;
    either all of the run's files become visible, or none.
    """
    with open_group(group, env, to_change=not options["dry_run"]) as (store, contract), bar(contract.group) as tell:
        done = store.backfill(contract, list(files), tell=tell, **options)
    document = document_of(done)
    if output == "table":
        click.echo(str(done))
    else:
        print_rows(list(document), [document], output) if output == "csv" else print_json(document)
    return 0 if done.refused == 0 else 1


@click.command()
@click.argument("report", type=click.Path(path_type=Path, dir_okay=False))
@env_option
@_limit
def wait(report: Path, env: str | None, limit: timedelta) -> None:
    """Wait until every row of an ingest is readable offline.

    REPORT is what `records ingest --format json` printed. Rows that are still missing when the time is up are named.
    """
    from reconciler.records.report import IngestReport  # noqa: PLC0415

    try:
        document = json.loads(report.read_text(encoding="utf-8"))
    except OSError as error:
        raise Usage(f"The report {report} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise Usage(f"{report} is not JSON: write it with `reconciler records ingest --format json`.") from None
    done = IngestReport.from_json(document)
    with open_store(env or done.environment) as store:
        _wait(store, done, limit)


@contextmanager
def _resumable() -> Iterator[None]:
    """Tell whoever interrupts an ingest that nothing of it is lost."""
    try:
        yield
    except KeyboardInterrupt:
        say("\nStopped. The same command sends the rest.")
        raise SystemExit(1) from None


def _wait(store: Store, done: IngestReport, limit: timedelta) -> None:
    with waiting_line() as tell:
        found = store.wait_offline(done, limit=limit, tell=tell)
    say(f"{count(found.rows, 'row')} of {done.group} readable offline, after {found.seconds:,.0f} s.")


def _show(done: IngestReport, output: str, *, dry_run: bool) -> None:
    document = done.as_json()
    if output == "json":
        print_json(document)
        return
    if output == "csv":
        numbers = ("group", "environment", "rows", "written", "before", "refused", "dropped", "failed", "repeated")
        print_rows(numbers, [document], output)
        return
    paint = painter(sys.stdout)
    for line in _sentences(done, dry_run=dry_run):
        click.echo(paint(line, "red") if line.startswith("Not ") else line)
    if done.failures:
        click.echo(_failures(done.failures[:_SHOWN]))
    if done.failed > _SHOWN:
        click.echo(f"... and {done.failed - _SHOWN:,} more")


def _sentences(done: IngestReport, *, dry_run: bool) -> Iterator[str]:
    if dry_run:
        fit = done.rows - done.refused - done.dropped
        yield f"{count(fit, 'row')} of {done.rows:,} fit {done.group}. Nothing was sent."
    else:
        rate = f" ({done.written / done.seconds:,.0f} a second)" if done.seconds and done.written else ""
        yield f"{count(done.written, 'row')} of {done.rows:,} written to {done.group}{rate}."
    if done.before:
        yield f"{count(done.before, 'row')} were written by an earlier run of the same input: --again sends them anew."
    if done.dropped:
        yield f"{count(done.dropped, 'row')} left out: the same record and event time came again, and the last counts."
    if done.repeated:
        fix = f"`reconciler records deduplicate {done.group}` removes them."
        yield f"{count(done.repeated, 'row')} may be offline twice, since an answer was lost. {fix}"
    if done.refused:
        yield f"Not sent: {count(done.refused, 'row')} that do not fit; see {nearby(done.faults)}."
    if done.failed:
        yield f"Not written: {count(done.failed, 'row')}, kept in {nearby(done.dead_letter)}: ingest that file again."


def _failures(rows: tuple[FailedRow, ...]) -> str:
    return aligned(("ROW", "CODE", "MESSAGE"), [(row.place, row.code, row.message) for row in rows])
