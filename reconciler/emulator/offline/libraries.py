"""What the offline store is written and read with, and what to say where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from reconciler.emulator.errors import AwsError


class NotInstalled(AwsError):
    """Rows stay pending; whoever wants to read them is told what to install."""

    def __init__(self, library: str) -> None:
        super().__init__(
            "NotImplemented",
            f"The emulator's offline store needs {library}: pip install 'reconciler[emulator]'",
            501,
        )


def check(library: str) -> None:
    """Raise if it is not there."""
    if find_spec(library) is None:
        raise NotInstalled(library)
