"""`reconciler records delete`, `erase` and `deduplicate`: what takes rows away asks before it does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import env_option
from reconciler.cli.output import painter, print_json, say
from reconciler.cli.records_options import Span, ids_option, open_group, rows_format, yes_option
from reconciler.cli.records_read import all_ids
from reconciler.cli.tables import aligned, print_rows
from reconciler.errors import Usage
from reconciler.records.report import document_of
from reconciler.render.counts import count
from reconciler.render.escape import terminal

if TYPE_CHECKING:
    from reconciler.contract import Contract
    from reconciler.records.offline.erasure import ErasureReport

_SHOWN = 20

_ids = click.argument("ids", nargs=-1, metavar="ID...")
_dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")


@click.command()
@click.argument("group")
@_ids
@ids_option
@env_option
@click.option(
    "--event-time",
    required=True,
    metavar="TIME",
    help="When the records ceased to be true; has to be later than theirs. ISO-8601 with a zone, Unix seconds, or now.",
)
@click.option("--hard", is_flag=True, help="Leave no marker online: an older row that comes late is taken again.")
@_dry_run
@yes_option
@rows_format
def delete(
    group: str,
    ids: Sequence[str],
    ids_file: Path | None,
    env: str | None,
    event_time: str,
    output: str,
    *,
    hard: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """Delete records.

    They are gone from the online store. The offline store gets a row that says so and keeps its history, which `erase`
    removes, too.

    \b
    Exit codes: 0 all are gone; 1 some are still there: they are named.
    """
    with open_group(group, env, to_change=not dry_run) as (store, contract):
        wanted = all_ids(ids, ids_file, contract)
        at = _moment(contract, event_time)
        what = f"{'Hard-delete' if hard else 'Delete'} {count(len(wanted), 'record')} of {contract.group}"
        if dry_run:
            say(f"{what}, as of {at}: nothing was done.")
            print_rows([contract.record_id], ({contract.record_id: name} for name in wanted), output)
            return 0
        _ask(f"{what} in {store.environment.name}?", yes=yes or len(wanted) == 1)
        done = store.delete_many(contract, wanted, at=at, hard=hard)
    if output == "table":
        click.echo(f"{count(done.deleted, 'record')} of {done.asked:,} deleted.")
        if done.failures:
            click.echo(aligned(("ID", "CODE", "MESSAGE"), done.failures[:_SHOWN]))
        if len(done.failures) > _SHOWN:
            click.echo(f"... and {len(done.failures) - _SHOWN:,} more")
    elif output == "csv":
        print_rows(("record_id", "code", "message"), [failure._asdict() for failure in done.failures], output)
    else:
        failures = [failure._asdict() for failure in done.failures]
        print_json({"group": done.group, "asked": done.asked, "deleted": done.deleted, "failures": failures})
    return 0 if done.is_complete else 1


@click.command()
@click.argument("group")
@_ids
@ids_option
@env_option
@click.option(
    "--purge-versions",
    is_flag=True,
    help="Also remove old versions of S3 objects, and files nobody owns, that hold some.",
)
@click.option(
    "--proof",
    type=click.Choice(("athena", "scan")),
    help="How to prove that no row is left. Default: by Athena where that is permitted, else by a scan.",
)
@click.option(
    "--settle",
    type=Span(),
    help="How long to wait for rows that are on their way offline. Default: 15m, and nothing on an emulator.",
)
@_dry_run
@yes_option
@rows_format
def erase(
    group: str,
    ids: Sequence[str],
    ids_file: Path | None,
    env: str | None,
    output: str,
    *,
    dry_run: bool,
    yes: bool,
    **options: Any,
) -> int:
    """Erase records from both stores, history included.

    Deletes them online for good, removes every row of them from the offline store's files, and proves by a query that
    none is left. What still holds some, such as old versions in a bucket that keeps them, is named with the way to
    remove it.

    \b
    Exit codes: 0 nothing is left; 1 something still holds rows: it is named.
    """
    with open_group(group, env, to_change=not dry_run) as (store, contract):
        wanted = all_ids(ids, ids_file, contract)
        what = f"Erase {count(len(wanted), 'record')} of {contract.group}, history included, from"
        if not dry_run:
            _ask(f"{what} {store.environment.name}? This cannot be undone.", yes=yes)
        done = store.erase(contract, wanted, dry_run=dry_run, tell=say, **options)
    if output == "json":
        print_json(document_of(done))
    elif output == "csv":
        print_rows(("kind", "where", "reason", "fix"), [one._asdict() for one in done.remaining], output)
    else:
        _show_erasure(done)
    return 0 if done.is_complete or dry_run else 1


def _show_erasure(done: ErasureReport) -> None:
    paint = painter(sys.stdout)
    if done.dry_run:
        click.echo(f"{count(done.left, 'row')} of {count(done.ids, 'record')} would be erased from {done.group}.")
    else:
        click.echo(
            f"{count(done.ids, 'record')} erased from {done.group}: {done.online:,} online, {count(done.rows, 'row')} "
            f"offline ({count(done.rewritten, 'file')} rewritten, {done.removed:,} removed)."
        )
        proved = f"{'None' if not done.left else f'{done.left:,}'} left, by {done.proof}"
        click.echo(paint(proved, "red" if done.left else "green") + (f": {done.query}" if done.query else "."))
        if done.instead:
            say(terminal(f"Athena was not asked: {done.instead}"))
        if done.late_until:
            until = done.late_until.isoformat(timespec="seconds")
            click.echo(f"Rows written shortly before may arrive until {until}: erase once more after that.")
    for one in done.remaining:
        click.echo(terminal(f"\n{one.kind}  {one.where}\n    {one.reason}\n    {one.fix}"))


@click.command()
@click.argument("group")
@env_option
@_dry_run
@yes_option
@rows_format
def deduplicate(group: str, env: str | None, output: str, *, dry_run: bool, yes: bool) -> int:
    """Remove rows that repeats have written to the offline store twice.

    Rows with the same identifier, event time and values: an ingest repeats a row when the answer to its first try was
    lost, and the offline store keeps both. Of each the first stays.
    """
    with open_group(group, env, to_change=not dry_run) as (store, contract):
        if not dry_run:
            _ask(f"Remove duplicates from the offline store of {contract.group}?", yes=yes)
        done = store.remove_duplicates(contract, dry_run=dry_run, tell=say)
    numbers = ("group", "environment", "rows", "found", "removed", "rewritten")
    if output == "json":
        print_json(document_of(done))
    elif output == "csv":
        print_rows(numbers, [document_of(done)], output)
    else:
        removed = "none was removed" if dry_run else f"{done.removed:,} removed"
        click.echo(f"{count(done.found, 'duplicate')} among {count(done.rows, 'row')} of {done.group}; {removed}.")
        for one in done.failed:
            click.echo(terminal(f"\n{one.kind}  {one.where}\n    {one.reason}\n    {one.fix}"))
    return 1 if done.failed else 0


def _ask(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Usage(f"{question} There is no terminal to ask on: give --yes.")
    if not click.confirm(question, default=False, err=True):
        raise click.Abort


def _moment(contract: Contract, text: str) -> str:
    """An event time of the command line as AWS has it."""
    from reconciler.records.values import moment_text  # noqa: PLC0415

    return moment_text(contract.moment, datetime.now(UTC) if text == "now" else text)
