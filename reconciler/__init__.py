"""A declarative feature registry with a Git-driven reconciler for Amazon SageMaker Feature Store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.store import Store, connect

__all__ = ["Store", "connect"]


def __getattr__(name: str) -> Any:
    # Imported when it is asked for: the command line starts without it.
    if name in __all__:
        import reconciler.store  # noqa: PLC0415

        return getattr(reconciler.store, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
