"""From a command's words to a plan: configuration, registry and live store, read side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.output import say
from reconciler.config import Config, Environment, read_config
from reconciler.errors import Usage
from reconciler.load import Loading, read_specs, start
from reconciler.state import Live, Registry

if TYPE_CHECKING:
    from reconciler.aws import FeatureStore
    from reconciler.live import Reader
    from reconciler.plan import Plan, Scope


@dataclass(slots=True)
class Session:
    """One environment, the registry placed in it, and the way to its live groups."""

    config: Config
    environment: Environment
    owner: str
    registry: Registry
    store: FeatureStore
    reader: Reader
    scope: Scope

    def read(self) -> dict[str, Live]:
        """The live groups that the registry names or owns."""
        return self.reader.read(self.registry, self.owner)

    def plan(self, live: Mapping[str, Live], only: Collection[str] = ()) -> Plan:
        """What would bring the live groups to what the registry says; `only` names groups, as specs or AWS do."""
        from reconciler.plan import make_plan  # noqa: PLC0415

        return make_plan(self.registry, live, self.scope, self.named(only, live))

    def named(self, only: Collection[str], live: Mapping[str, Live]) -> set[str] | None:
        """The groups that a command names, as AWS has them; None where it names none and means all."""
        if not only:
            return None
        known = {*self.registry.groups, *self.registry.retired, *live}
        prefix = self.environment.name_prefix
        found = {name: next((n for n in (name, prefix + name) if n in known), None) for name in only}
        for name in (name for name, place in found.items() if place is None):
            close = get_close_matches(name, known, 1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise Usage(f"Neither the registry nor the live store has a group {name!r}.{hint}")
        return {place for place in found.values() if place}

    def read_again(self) -> dict[str, Live]:
        """The same, with the search index asked anew."""
        from reconciler.live import Reader  # noqa: PLC0415

        self.reader.close()
        self.reader = Reader(self.store, self.environment.ignore_tags)
        return self.read()


@contextmanager
def open_session(env: str | None, specs: Path | None, *, to_change: bool = False) -> Iterator[Session]:
    """Everything a plan needs. The registry is read by its child process while the AWS client comes up here."""
    config = read_config()
    environment = config.environment(env, to_change=to_change)
    with _reading(config, specs) as registry_of:
        from reconciler.aws import FeatureStore, check_account, place_of  # noqa: PLC0415
        from reconciler.live import Reader  # noqa: PLC0415
        from reconciler.placement import place  # noqa: PLC0415
        from reconciler.plan import Scope  # noqa: PLC0415
        from reconciler.rules.brakes import Limits  # noqa: PLC0415

        store = FeatureStore(environment, config.root)
        check_account(environment, config.root)
        reader = Reader(store, environment.ignore_tags)
        owner, brakes = config.owner(environment), environment.brakes
        limits = Limits(brakes.deletes, brakes.updates, brakes.floor, environment.name)
        scope = Scope(
            owner, config.name or "", environment.name, place_of(environment), limits, environment.name_prefix
        )
        try:
            registry = place(registry_of(), environment, owner)
            session = Session(config, environment, owner, registry, store, reader, scope)
            yield session
            reader = session.reader
        finally:
            reader.close()


@contextmanager
def _reading(config: Config, specs: Path | None) -> Iterator[_RegistryOf]:
    if specs is not None:
        registry = read_specs(specs)
        yield lambda: registry
        return
    loading = start(config.root, config.registry)
    try:
        yield lambda: registry_of(loading)
    finally:
        loading.close()


if TYPE_CHECKING:
    from collections.abc import Callable

    _RegistryOf = Callable[[], Registry]


def registry_of(loading: Loading) -> Registry:
    """The registry, with what its files printed passed on as a warning."""
    import warnings  # noqa: PLC0415

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        registry = loading.result()
    for warning in caught:
        say(f"Warning: {warning.message}")
    return registry
