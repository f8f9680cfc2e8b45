"""The store of an environment, and the registry that is read beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.config import read_config
from reconciler.load import Loading, start

if TYPE_CHECKING:
    from reconciler.store import Store


@contextmanager
def open_beside(rows_of: str, env: str | None, *, to_change: bool = False) -> Iterator[tuple[Store, Loading]]:
    """The store of an environment, and the registry being read, with the contracts of `rows_of`: a group or a dataset.

    The registry is read by its child process while the client comes up here.
    """
    config = read_config()
    environment = config.environment(env, to_change=to_change)
    with start(config.root, config.registry, rows_of=rows_of) as loading:
        from reconciler.store import Store  # noqa: PLC0415 - only commands that ask AWS wait for it

        with Store(config, environment) as store:
            store.check_account()
            yield store, loading
