"""A group of commands that are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """Commands by name: where each lives (`module:function`), and the first sentence of its help."""

    def __init__(self, *args: Any, commands_at: Mapping[str, tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self._commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self._commands_at)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        del ctx
        if name not in self._commands_at:
            return None
        from importlib import import_module  # noqa: PLC0415

        module, _, function = self._commands_at[name][0].partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self._commands_at.items()])
