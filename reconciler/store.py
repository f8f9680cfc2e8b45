"""A feature store from Python: the records of the declared feature groups in one environment.

from reconciler import connect

store = connect("local")
store.get(Weather, "JFK")
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reconciler.config import Config, Environment, read_config
from reconciler.contract import Contract
from reconciler.errors import Usage
from reconciler.records.target import Target


def connect(environment: str | None = None, *, folder: Path | str | None = None) -> Store:
    """The feature store of an environment of pyproject.toml; the default one where none is named.

    The configuration is looked for in `folder` (default: the working directory) and above it.
    """
    config = read_config(Path(folder) if folder is not None else None)
    return Store(config, config.environment(environment))


class Store:
    """The records of one environment. Safe to use from several threads."""

    def __init__(self, config: Config, environment: Environment) -> None:
        self._config, self.environment = config, environment

    def _contract(self, group: Any) -> Contract:
        if isinstance(group, Contract):
            return group
        spec = getattr(group, "__feature_group__", None)
        if spec is None:
            raise Usage(f"{group!r} is no feature group: give the class that @feature_group decorates.")
        contract: Contract = spec.contract(group if isinstance(group, type) else None)
        return contract

    def _target(self, group: Any) -> Target:
        contract = self._contract(group)
        return Target(contract, self.environment.name_prefix + contract.group)
