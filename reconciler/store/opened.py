"""One environment, opened: its runtime, and the groups by what names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from reconciler.aws import FeatureStore, check_account
from reconciler.config import Config, Environment
from reconciler.contract import Contract
from reconciler.errors import Usage
from reconciler.records.target import Target
from reconciler.state.words import live_from_reply

if TYPE_CHECKING:
    from reconciler.aws.runtime import Runtime
    from reconciler.datasets.question import Question
    from reconciler.spec import GroupSpec

Named: TypeAlias = "type | GroupSpec | Contract"
"""What names a feature group: its class, or its spec or contract."""


class Opened:
    """What every part of a store has in common."""

    def __init__(self, config: Config, environment: Environment) -> None:
        self._root, self.environment = config.root, environment
        self._contracts: dict[int, tuple[Any, Target]] = {}
        self._questions: dict[int, tuple[Any, Question, Mapping[str, Target]]] = {}
        self._is_checked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections and threads. The store can be used again."""
        if "_runtime" in self.__dict__:
            self._runtime.close()

    @cached_property
    def _runtime(self) -> Runtime:
        from reconciler.aws.runtime import Runtime  # noqa: PLC0415

        return Runtime(self.environment, self._root)

    def check_account(self) -> None:
        """Refuse credentials of another account than the environment names, and an emulator that is not up; once."""
        if not self._is_checked:
            check_account(self.environment, self._root)
            self._is_checked = True

    def _target(self, group: Any) -> Target:
        """The group by its name here. A class is read once."""
        known = self._contracts.get(id(group))
        if known is None or known[0] is not group:
            contract = _contract(group)
            known = self._contracts[id(group)] = (
                group,
                Target(contract, self.environment.name_prefix + contract.group),
            )
        return known[1]

    def _live_target(self, group: Any) -> Target:
        """The group as it is now; raises `Usage` where there is none."""
        self.check_account()
        target = self._target(group)
        reply = FeatureStore(self.environment, self._root).describe(target.name)
        if reply is None:
            raise Usage(
                f"{self.environment.name} has no feature group {target.name!r}. "
                f"`reconciler apply --env {self.environment.name}` makes it."
            )
        return Target(target.contract, target.name, live_from_reply(reply))


def _contract(group: Any) -> Contract:
    if isinstance(group, Contract):
        return group
    spec = getattr(group, "__feature_group__", None)
    if spec is None:
        raise Usage(f"{group!r} is no feature group: give the class that @feature_group decorates.")
    contract: Contract = spec.contract(group if isinstance(group, type) else None)
    return contract


def many(record_ids: Iterable[Any]) -> Iterable[Any]:
    """Several identifiers; raises `Usage` for one text, each letter of which would be one."""
    if isinstance(record_ids, (str, bytes)):
        raise Usage(f"Give a list of record identifiers, as in [{record_ids!r}].")
    return record_ids
