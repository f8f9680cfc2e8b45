"""Environment variables in the words of the user's shell."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping


def settings(values: Mapping[str, str | None], shell: str | None = None) -> Iterator[str]:
    """A line each; what has no value is taken out. Without a shell it is the one that SHELL names."""
    write = SHELLS[shell or _of_the_user()]
    for name, value in values.items():
        yield write(name, value)


def _of_the_user() -> str:
    if sys.platform == "win32":
        return "powershell"
    return "fish" if os.environ.get("SHELL", "").endswith("fish") else "sh"


def _sh(name: str, value: str | None) -> str:
    return f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str | None) -> str:
    quoted = (value or "").replace("\\", "\\\\").replace("'", "\\'")
    return f"set -e {name}" if value is None else f"set -gx {name} '{quoted}'"


def _powershell(name: str, value: str | None) -> str:
    quoted = (value or "").replace("'", "''")
    return f"Remove-Item Env:{name}" if value is None else f"$env:{name} = '{quoted}'"


SHELLS: dict[str, Callable[[str, str | None], str]] = {"sh": _sh, "fish": _fish, "powershell": _powershell}
