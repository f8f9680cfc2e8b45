"""`reconciler records get` and `list`: what is in the online store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import env_option
from reconciler.cli.records_options import ids_option, open_group, rows_format
from reconciler.cli.tables import print_rows
from reconciler.errors import Usage

if TYPE_CHECKING:
    from reconciler.contract import Contract
    from reconciler.records.decoding import Stored

_EXPIRES = "expires_at"


@click.command()
@click.argument("group")
@click.argument("ids", nargs=-1, metavar="ID...")
@ids_option
@env_option
@click.option("--expires-at", is_flag=True, help="Also show when each record expires.")
@rows_format
def get(
    group: str, ids: Sequence[str], ids_file: Path | None, env: str | None, output: str, *, expires_at: bool
) -> int:
    """Read records from the online store.

    Without --format one record is shown a line a feature, several as a table.

    \b
    Exit codes: 0 all are there; 1 some are not: never written, deleted or expired, which AWS does not tell apart.
    """
    with open_group(group, env) as (store, contract):
        wanted = all_ids(ids, ids_file, contract)
        found = store.get_many(contract, wanted, expires_at=True)
    rows = [_row(contract, name, stored) for name, stored in found.items() if stored is not None]
    head = [column.name for column in contract.columns] + ([_EXPIRES] if expires_at else [])
    if output == "table" and len(wanted) == 1 and rows:
        width = max(map(len, head)) + 2
        for name in head:
            print_pair(name, rows[0].get(name), width)
    elif rows or output != "table":
        print_rows(head, rows, output)
    missing = [name for name, stored in found.items() if stored is None]
    for name in missing[:20]:
        click.echo(f"There is no record {name!r}: it was never written, is deleted, or has expired.", err=True)
    if len(missing) > 20:
        click.echo(f"... and {len(missing) - 20:,} more are not there.", err=True)
    return 1 if missing else 0


@click.command("list")
@click.argument("group")
@env_option
@click.option("--include-deleted", is_flag=True, help="Also those that were deleted softly.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@rows_format
def list_ids(group: str, env: str | None, output: str, *, include_deleted: bool, limit: int | None) -> None:
    """List the record identifiers of the online store.

    One a line, in no order. With --format csv the output is a file for --ids.
    """
    with open_group(group, env) as (store, contract):
        found = islice(store.list(contract, include_deleted=include_deleted), limit)
        if output == "table":
            from reconciler.render.escape import terminal  # noqa: PLC0415

            for record_id in found:
                click.echo(terminal(str(record_id)))
        else:
            name = contract.record_id
            print_rows([name], ({name: record_id} for record_id in found), output)


def all_ids(ids: Sequence[str], ids_file: Path | None, contract: Contract) -> list[str]:
    """The identifiers that a command names, each once, in their order; raises `Usage` where there are none."""
    from reconciler.records.identifiers import read_ids  # noqa: PLC0415
    from reconciler.records.values import id_text  # noqa: PLC0415

    def named() -> Iterator[str]:
        yield from (id_text(contract, text) for text in ids)
        if ids_file is not None:
            yield from read_ids(ids_file, contract)

    found = list(dict.fromkeys(named()))
    if not found:
        raise Usage("Name at least one record identifier, or a file of them with --ids.")
    return found


def print_pair(name: str, value: Any, width: int) -> None:
    """One feature of one record."""
    from reconciler.render.escape import terminal  # noqa: PLC0415

    shown = "-" if value is None else plain(value)
    click.echo(f"{name + ':':<{width}}{terminal(str(shown))}")


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (list, set)):
        return [plain(item) for item in value]
    return value


def _row(contract: Contract, name: str, stored: Stored) -> dict[str, Any]:
    row = {feature: plain(value) for feature, value in stored.record.items()}
    row[contract.record_id] = row.get(contract.record_id, name)
    return row | {_EXPIRES: plain(stored.expires_at)}
