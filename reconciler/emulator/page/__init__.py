"""A small page for people: what the emulator holds, and what it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.emulator.admin import OwnSide
    from reconciler.emulator.wire.messages import Answer


def show(side: OwnSide, method: str, path: str, query: str) -> Answer | None:  # noqa: ARG001
    """The page at a path, if there is one."""
    return None
