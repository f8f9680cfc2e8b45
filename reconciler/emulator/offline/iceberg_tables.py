"""The Iceberg table of a group: made with it, and grown with it, by writing its metadata (format version 2).

A table without data is a small JSON document, so neither pyiceberg nor pyarrow is needed to create a group. These
functions run inside the transaction that creates or updates it: the file is written first, and named in the catalogue
by the same commit that makes the group what it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError
from reconciler.emulator.offline.addresses import as_s3
from reconciler.emulator.s3 import places
from reconciler.emulator.store import directory_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

_TYPES = {"Integral": "long", "Fractional": "double", "String": "string"}
_GLUE_TYPES = {"long": "bigint", "timestamptz": "timestamp"}
PREVIOUS_VERSIONS = 100
"""So many metadata files are remembered (Iceberg's default of write.metadata.previous-versions-max)."""
_LATEST_S = 7_258_118_400
"""The year 2200: what file systems know of time ends before the emulator's clock does."""
PARTITION_WIDTH = 10
"""YYYY-MM-DD of the event time's text."""


def partition_name(event_time: str) -> str:
    """As the developer guide has it, and as Iceberg names a truncation by default."""
    return f"{event_time}_trunc"


def create(db: sqlite3.Connection, doc: dict[str, Any]) -> dict[str, Any]:
    """Write an empty table for a new group; answers what the catalogue says of it."""
    location = as_s3(doc["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]).removesuffix("/data")
    timestamp = "timestamptz" if assumptions.ICEBERG_TIMESTAMPS_HAVE_A_ZONE else "timestamp"
    own = [("write_time", timestamp), ("api_invocation_time", timestamp), ("is_deleted", "boolean")]
    fields = _fields([*_columns(doc["FeatureDefinitions"]), *own], 1)
    event_time = assumptions.offline_column(doc["EventTimeFeatureName"])
    source = next(field["id"] for field in fields if field["name"] == event_time)
    partition = {
        "source-id": source,
        "field-id": 1000,
        "name": partition_name(doc["EventTimeFeatureName"]),
        "transform": f"truncate[{PARTITION_WIDTH}]",
    }
    metadata = {
        "format-version": 2,
        "table-uuid": str(uuid.uuid4()),
        "location": location,
        "last-sequence-number": 0,
        "last-updated-ms": _milliseconds(doc["CreationTime"]),
        "last-column-id": len(fields),
        "current-schema-id": 0,
        "schemas": [{"type": "struct", "schema-id": 0, "fields": fields}],
        "default-spec-id": 0,
        "partition-specs": [{"spec-id": 0, "fields": [partition]}],
        "last-partition-id": 1000,
        "default-sort-order-id": 0,
        "sort-orders": [{"order-id": 0, "fields": []}],
        "properties": {},
        "refs": {},
        "snapshots": [],
        "snapshot-log": [],
        "metadata-log": [],
    }
    written = f"{location}/metadata/00000-{uuid.uuid4()}.metadata.json"
    _put(db, written, metadata, doc["CreationTime"])
    return {
        "StorageDescriptor": {"Columns": columns(metadata), "Location": location},
        "PartitionKeys": [],
        "Parameters": {"table_type": "ICEBERG", "metadata_location": written},
    }


def add(db: sqlite3.Connection, table: dict[str, Any], added: Iterable[dict[str, Any]], moment: float) -> None:
    """Give the table of a group columns for new features, last, as Iceberg adds columns; `table` is the catalogue's."""
    before = table["Parameters"]["metadata_location"]
    metadata = _get(db, before)
    schema = _current(metadata)
    taken = {field["name"].lower() for field in schema["fields"]}
    new = [(name, kind) for name, kind in _columns(added) if name.lower() not in taken]
    fields = _fields(new, metadata["last-column-id"] + 1)
    number = max(found["schema-id"] for found in metadata["schemas"]) + 1
    log = [*metadata.get("metadata-log", []), {"metadata-file": before, "timestamp-ms": metadata["last-updated-ms"]}]
    grown = {
        **metadata,
        "last-updated-ms": max(_milliseconds(moment), metadata["last-updated-ms"]),
        "last-column-id": metadata["last-column-id"] + len(fields),
        "current-schema-id": number,
        "schemas": [*metadata["schemas"], {**schema, "schema-id": number, "fields": [*schema["fields"], *fields]}],
        "metadata-log": log[-PREVIOUS_VERSIONS:],
    }
    after = f"{metadata['location']}/metadata/{version(before) + 1:05d}-{uuid.uuid4()}.metadata.json"
    _put(db, after, grown, moment)
    table["StorageDescriptor"]["Columns"] = columns(grown)
    table["Parameters"] |= {"metadata_location": after, "previous_metadata_location": before}


def version(location: str) -> int:
    """The number at the beginning of a metadata file's name; 0 where somebody named it in another way."""
    number = location.rpartition("/")[2].partition("-")[0]
    return int(number) if number.isascii() and number.isdigit() else 0


def columns(metadata: dict[str, Any]) -> list[dict[str, Any]]:
    """The current columns as Iceberg's Glue catalogs write them; names are lower case in Glue."""
    return [
        {
            "Name": field["name"].lower(),
            "Type": _GLUE_TYPES.get(field["type"], field["type"]),
            "Parameters": {
                "iceberg.field.current": "true",
                "iceberg.field.id": str(field["id"]),
                "iceberg.field.optional": str(not field["required"]).lower(),
            },
        }
        for field in _current(metadata)["fields"]
    ]


def _columns(features: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (assumptions.offline_column(feature["FeatureName"]), _TYPES[feature["FeatureType"]]) for feature in features
    ]


def _current(metadata: dict[str, Any]) -> dict[str, Any]:
    number = metadata["current-schema-id"]
    found: dict[str, Any] = next(schema for schema in metadata["schemas"] if schema["schema-id"] == number)
    return found


def _fields(pairs: Sequence[tuple[str, str]], first: int) -> list[dict[str, Any]]:
    return [
        {"id": number, "name": name, "required": False, "type": kind}
        for number, (name, kind) in enumerate(pairs, first)
    ]


def _milliseconds(moment: float) -> int:
    return round(moment * 1000)


def _path(db: sqlite3.Connection, uri: str) -> str:
    """Where the file of an object lies. The layer above may not be asked inside a transaction."""
    bucket, _, key = uri.partition("://")[2].partition("/")
    places.check_bucket_name(bucket)
    names = places.segments(key)
    if names is None:
        raise AwsError("InvalidArgument", f"No file can have this key: {key}")
    return os.path.join(directory_of(db), places.BUCKETS, bucket, *names)  # noqa: PTH118 - start-up is counted


def _get(db: sqlite3.Connection, uri: str) -> dict[str, Any]:
    with open(_path(db, uri), "rb") as file:  # noqa: PTH123
        found: dict[str, Any] = json.load(file)
    return found


def _put(db: sqlite3.Connection, uri: str, metadata: dict[str, Any], moment: float) -> None:
    """Whole or not at all; what a transaction that fails leaves behind, nothing refers to."""
    path, staging = _path(db, uri), os.path.join(directory_of(db), places.STAGING)  # noqa: PTH118
    for folder in (staging, os.path.dirname(path)):  # noqa: PTH120
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    draft = os.path.join(staging, uuid.uuid4().hex)  # noqa: PTH118
    try:
        with open(draft, "xb") as file:  # noqa: PTH123
            file.write(as_json(metadata).encode())
        os.utime(draft, (min(moment, _LATEST_S), min(moment, _LATEST_S)))
        os.replace(draft, path)  # noqa: PTH105
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)  # noqa: PTH108
        raise
