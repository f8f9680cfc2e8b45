"""Where the rows of a group go: what of the group counts for its files, also when the group is gone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator import assumptions
from reconciler.emulator.control import groups
from reconciler.emulator.offline.addresses import as_s3

if TYPE_CHECKING:
    import sqlite3


class Target(NamedTuple):
    """A group's offline store."""

    group_id: int
    scope: str
    doc: dict[str, Any]
    is_departed: bool = False

    @property
    def offline(self) -> dict[str, Any]:
        config: dict[str, Any] = self.doc["OfflineStoreConfig"]
        return config

    @property
    def uri(self) -> str:
        """Where the data lies; ends in /data."""
        return as_s3(self.offline["S3StorageConfig"]["ResolvedOutputS3Uri"])

    @property
    def region(self) -> str:
        return self.scope.rpartition("/")[2]

    @property
    def is_iceberg(self) -> bool:
        return self.offline.get("TableFormat") == "Iceberg"

    @property
    def table(self) -> tuple[str, str] | None:
        """Database and name of the Glue table the service made; a user's own table is the user's."""
        if self.offline["DisableGlueTableCreation"]:
            return None
        catalog = self.offline["DataCatalogConfig"]
        return catalog["Database"], catalog["TableName"]

    @property
    def features(self) -> list[tuple[str, str]]:
        """Name and type, in the order they were declared."""
        return [(feature["FeatureName"], feature["FeatureType"]) for feature in self.doc["FeatureDefinitions"]]

    @property
    def event_time(self) -> str:
        return str(self.doc["EventTimeFeatureName"])

    @property
    def event_time_column(self) -> str:
        return assumptions.offline_column(self.event_time)


def find(db: sqlite3.Connection, group_id: int) -> Target | None:
    """Of a group that is there, or of one that was deleted while it had rows to write."""
    group = groups.numbered(db, group_id)
    if group is not None:
        return Target(group_id, group.scope, group.doc) if "OfflineStoreConfig" in group.doc else None
    row = db.execute("SELECT scope, doc FROM departed WHERE group_id = ?", (group_id,)).fetchone()
    return Target(group_id, row[0], json.loads(row[1]), is_departed=True) if row else None
