"""Where the offline rows of a group are, and how to reach them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.aws import FeatureStore
from reconciler.aws.objects import Objects, as_s3
from reconciler.config import Environment
from reconciler.errors import ReconcilerError
from reconciler.live import read_one
from reconciler.state import Live

if TYPE_CHECKING:
    from pyiceberg.table import Table

    from reconciler.aws.catalog import Catalog

WRITE_TIME, INVOKED, IS_DELETED = "write_time", "api_invocation_time", "is_deleted"
"""The service's own columns: when a row was written offline, when the service received it, whether it is a marker."""


class NoOffline(ReconcilerError):
    """The group has no offline store, or one that takes no rows now. Waiting would not help."""


@dataclass(frozen=True)
class Place:
    """The offline store of a live group."""

    environment: Environment
    root: Path
    store: FeatureStore
    live: Live
    objects: Objects

    @property
    def name(self) -> str:
        return self.live.group.name

    @property
    def data(self) -> str:
        """The address of the data, in s3:// form; ends in a slash."""
        return as_s3(self.live.data_uri).rstrip("/") + "/"

    @property
    def is_iceberg(self) -> bool:
        offline = self.live.group.offline
        return offline is not None and offline.table_format == "Iceberg"

    @property
    def kms_key(self) -> str | None:
        """The key that the group's files are encrypted with, if it has one of its own."""
        offline = self.live.group.offline
        return offline.kms_key if offline else None

    @property
    def record_id(self) -> str:
        return self.live.group.record_id

    @property
    def event_time(self) -> str:
        return self.live.group.event_time

    @property
    def counts_seconds(self) -> bool:
        """The event time is a number: seconds since 1970."""
        return any(f.name == self.event_time and f.type == "Fractional" for f in self.live.group.features)

    def table(self) -> Table:
        """The Iceberg table as it is now."""
        if self.live.table is None:
            raise NoOffline(f"{self.name} has an Iceberg offline store without a table in the Data Catalog.")
        return self._catalog.load_table((self.live.table.database, self.live.table.table))

    @cached_property
    def _catalog(self) -> Catalog:
        from reconciler.aws.catalog import Catalog  # noqa: PLC0415 - imports pyiceberg

        return Catalog(self.environment, self.root, self.objects)

    def check(self) -> None:
        """Raise `NoOffline` if the group takes no rows any more."""
        _usable(self.store, self.name, self.environment)


def open_place(environment: Environment, root: Path, name: str) -> Place:
    """The offline store of a group, by its name on AWS; `NoOffline` where it has none, or where it is blocked."""
    store = FeatureStore(environment, root)
    live = _usable(store, name, environment)
    return Place(environment, root, store, live, Objects(environment, root))


def _usable(store: FeatureStore, name: str, environment: Environment) -> Live:
    live = read_one(store, name)
    if live is None:
        raise NoOffline(f"There is no feature group {name} in {environment.name}. Run `reconciler apply` first.")
    group, health = live.group, live.health
    if group.online is not None and group.online.storage_type == "InMemory" and group.offline is None:
        raise NoOffline(f"{name} is InMemory: its records are never written to an offline store.")
    if group.offline is None or not live.data_uri:
        raise NoOffline(f"{name} has no offline store.")
    if health.offline_status == "Blocked":
        raise NoOffline(
            f"The offline store of {name} is blocked, so its rows wait: {health.blocked_reason or 'no reason given'}. "
            "Mend what the reason names; AWS goes on with the rows that wait."
        )
    return live
