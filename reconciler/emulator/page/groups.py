"""The page of one feature group: what it is, its latest records, and the files of its offline store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator.page import records
from reconciler.emulator.page.buckets import listing
from reconciler.emulator.page.html import Html, element, join
from reconciler.emulator.page.layout import Page, facts, moment, number, section, status, table
from reconciler.emulator.s3 import objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.admin import OwnSide
    from reconciler.emulator.store import Store

_FEATURES_SHOWN = 500
_FILES_SHOWN = 50


def page(side: OwnSide, path: str, query: Mapping[str, str]) -> Page | None:
    """At account/region/name."""
    scope, _, name = path.rpartition("/")
    store = side.emulator.store
    with store.reading() as db:
        row = db.execute("SELECT id, doc FROM groups WHERE scope = ? AND name = ?", (scope, name)).fetchone()
        if row is None:
            return None
        described = db.execute(
            "SELECT name, type, description FROM features WHERE group_id = ? ORDER BY id LIMIT ?",
            (row[0], _FEATURES_SHOWN),
        ).fetchall()
    doc = json.loads(row[1])
    parts = [
        element("h1", name, status(doc["FeatureGroupStatus"])),
        _facts(scope, doc),
        records.found(store, records.Of(row[0], scope, name, doc), query) if _is_online(doc) else None,
        _files(store, doc),
        _features(doc, described),
    ]
    return Page(name, join(parts))


def _is_online(doc: dict[str, Any]) -> bool:
    return bool(doc.get("OnlineStoreConfig", {}).get("EnableOnlineStore"))


def _facts(scope: str, doc: dict[str, Any]) -> Html:
    online, offline = doc.get("OnlineStoreConfig", {}), doc.get("OfflineStoreConfig", {})
    catalog = offline.get("DataCatalogConfig", {})
    ttl = online.get("TtlDuration", {})
    return facts(
        ("Place", scope.replace("/", " · ")),
        ("Description", doc.get("Description")),
        ("Created", moment(doc["CreationTime"])),
        ("Record identifier", doc["RecordIdentifierFeatureName"]),
        ("Event time", doc["EventTimeFeatureName"]),
        ("Online", online.get("StorageType", "Standard") if _is_online(doc) else "off"),
        ("Time to live", f"{ttl['Value']} {ttl['Unit'].lower()}" if ttl.get("Value") else None),
        ("Offline", offline.get("TableFormat", "Glue") if offline else "off"),
        ("Offline status", _offline_status(doc)),
        ("Table", f"{catalog['Database']}.{catalog['TableName']}" if catalog else None),
        ("Files at", offline.get("S3StorageConfig", {}).get("ResolvedOutputS3Uri")),
        ("Failure", doc.get("FailureReason")),
    )


def _offline_status(doc: dict[str, Any]) -> Html | None:
    found = doc.get("OfflineStoreStatus")
    return join([status(found["Status"]), " ", found.get("BlockedReason", "")]) if found else None


def _features(doc: dict[str, Any], described: list[tuple[str, str, str | None]]) -> Html:
    collections = {
        feature["FeatureName"]: feature["CollectionType"]
        for feature in doc["FeatureDefinitions"]
        if feature.get("CollectionType")
    }
    rows = (
        (name, f"{collections[name]} of {kind}" if name in collections else kind, description or "")
        for name, kind, description in described
    )
    count = len(doc["FeatureDefinitions"])
    note = number(count) if count <= _FEATURES_SHOWN else f"the first {_FEATURES_SHOWN} of {number(count)}"
    return section("features", "Features", table(("Name", "Type", "Description"), rows), note=note)


def _files(store: Store, doc: dict[str, Any]) -> Html | None:
    offline = doc.get("OfflineStoreConfig")
    if not offline:
        return None
    bucket, prefix = objects.split(offline["S3StorageConfig"]["ResolvedOutputS3Uri"])
    inside, note = listing(store, bucket, prefix.removesuffix("data"), _FILES_SHOWN)
    return section("files", "Offline files", inside, note=note)
