"""From pending rows to files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.emulator.calls import Site


def flush(site: Site, *, everything: bool = False) -> int:  # noqa: ARG001
    """Write what is due, or everything that is pending; answers the number of rows that became visible."""
    return 0
