"""What the commands about datasets share: the dataset they name, and the environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING

from reconciler.cli.opening import open_beside
from reconciler.cli.planning import registry_of
from reconciler.errors import Usage

if TYPE_CHECKING:
    from reconciler.state import Dataset, Registry
    from reconciler.store import Store
    from reconciler.store.datasets import WithContracts


@contextmanager
def open_dataset(name: str, env: str | None, *, to_change: bool = False) -> Iterator[tuple[Store, WithContracts]]:
    """The store of an environment, and a dataset of the registry, which its child process reads meanwhile."""
    with open_beside(name, env, to_change=to_change) as (store, loading):
        from reconciler.store.datasets import WithContracts  # noqa: PLC0415

        dataset = dataset_of(registry_of(loading), name)
        yield store, WithContracts(dataset, loading.contracts())


def dataset_of(registry: Registry, name: str) -> Dataset:
    """The dataset of that name; raises `Usage` where there is none."""
    found = registry.datasets.get(name)
    if found is None:
        close = get_close_matches(name, registry.datasets, 1)
        there_are = f"There are: {', '.join(sorted(registry.datasets))}." if registry.datasets else "It has none."
        hint = f"Did you mean {close[0]!r}?" if close else there_are
        raise Usage(f"The registry has no dataset {name!r}. {hint}")
    return found
