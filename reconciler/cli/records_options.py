"""What the commands about records share: the group they name, and how they print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.opening import open_beside
from reconciler.cli.options import format_option
from reconciler.cli.planning import registry_of
from reconciler.config import read_config
from reconciler.errors import Usage
from reconciler.load import Loading

if TYPE_CHECKING:
    from reconciler.contract import Contract
    from reconciler.store import Store

rows_format = format_option("table", "json", "csv")

ids_option: Callable[[Any], Any] = click.option(
    "--ids",
    "ids_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also take record identifiers from a file: one a line, or the column of the record identifier in CSV, JSON "
    "Lines or Parquet.",
)

yes_option: Callable[[Any], Any] = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


@contextmanager
def open_store(env: str | None) -> Iterator[Store]:
    """The store of an environment, for what needs no spec."""
    from reconciler.store import Store  # noqa: PLC0415

    config = read_config()
    with Store(config, config.environment(env)) as store:
        store.check_account()
        yield store


@contextmanager
def open_group(group: str, env: str | None, *, to_change: bool = False) -> Iterator[tuple[Store, Contract]]:
    """The store of an environment, and what the rows of one group of the registry have to be.

    The registry is read by its child process while the client comes up here.
    """
    with open_beside(group, env, to_change=to_change) as (store, loading):
        yield store, _contract(loading, group)


def _contract(loading: Loading, group: str) -> Contract:
    registry = registry_of(loading)
    contract = loading.contracts().get(group)
    if contract is None:
        close = get_close_matches(group, registry.groups, 1)
        there_are = f"There are: {', '.join(sorted(registry.groups))}." if registry.groups else "It has no groups."
        hint = f"Did you mean {close[0]!r}?" if close else there_are
        raise Usage(f"The registry has no feature group {group!r}. {hint}")
    return contract


class Span(click.ParamType[timedelta]):
    """A length of time on the command line: 90s, 15m, 12h, 7d, 2w."""

    name = "TIME"
    _UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}  # noqa: RUF012 - never changed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The text as a span."""
        if isinstance(value, timedelta):
            return value
        number, unit = str(value)[:-1], str(value)[-1:]
        if unit not in self._UNITS or not number.isascii() or not number.isdigit() or len(number) > 9:
            self.fail(f"{value!r} is no length of time: write 90s, 15m, 12h, 7d or 2w.", param, ctx)
        return timedelta(**{self._UNITS[unit]: int(number)})
