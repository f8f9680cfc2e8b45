"""A feature store from Python: the records of the declared feature groups in one environment.

    from reconciler import connect

    store = connect("local")
    report = store.ingest(Weather, frame)
    store.wait_offline(report)
    store.get(Weather, "JFK")

A group is named by its class, or by its `GroupSpec` or `Contract`; records of those come as dictionaries.
"""

from __future__ import annotations

from pathlib import Path

from reconciler.config import read_config
from reconciler.store.datasets import Datasets
from reconciler.store.deleting import Deleting
from reconciler.store.reading import Reading
from reconciler.store.writing import Writing

__all__ = ["Store", "connect"]


def connect(environment: str | None = None, *, folder: Path | str | None = None) -> Store:
    """The feature store of an environment of pyproject.toml; the default one where none is named.

    The configuration is looked for in `folder` (default: the working directory) and above it. Nothing is asked of AWS
    before the first call. Raises `Usage` for an environment that is not there, `Invalid` for a file at fault.
    """
    config = read_config(Path(folder) if folder is not None else None)
    return Store(config, config.environment(environment))


class Store(Writing, Reading, Deleting, Datasets):
    """Records and datasets of one environment. Safe to use from several threads, event loops and forked processes."""
