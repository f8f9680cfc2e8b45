"""Iceberg tables as queries read them: data files less what position deletes remove, at a snapshot, and metadata.

pyiceberg is imported inside: most queries are of other tables.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator.athena import sources
from reconciler.emulator.athena.digits import whole
from reconciler.emulator.athena.failures import failed
from reconciler.emulator.athena.types import engine_type, literal, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.emulator.athena.engine import Engine
    from reconciler.emulator.calls import Site

METADATA = frozenset({"snapshots", "history", "files", "manifests", "partitions", "refs"})
_TYPES = {"long": "bigint", "timestamptz": "timestamptz", "fixed": "binary"}
PATH, POSITION = "$path", "$position"


class Version(NamedTuple):
    """FOR TIMESTAMP AS OF (milliseconds) or FOR VERSION AS OF (a snapshot's number, or a name)."""

    milliseconds: int | None = None
    snapshot: str | None = None


class ScanFile(NamedTuple):
    """A data file and the position deletes that may be about it."""

    uri: str
    path: str
    size: int
    deletes: tuple[str, ...]


class Scan(NamedTuple):
    """What a query of the table reads."""

    columns: Sequence[tuple[str, str]]
    files: Sequence[ScanFile]

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)


def is_iceberg(table: Mapping[str, Any]) -> bool:
    return str(table.get("Parameters", {}).get("table_type", "")).upper() == "ICEBERG"


def load(site: Site, table: Mapping[str, Any]) -> Any:
    """The table as pyiceberg knows it."""
    from reconciler.emulator.offline import iceberg  # noqa: PLC0415 - heavy

    try:
        return iceberg.load(site, table["DatabaseName"], table["Name"])
    except (FileNotFoundError, KeyError):
        name = f"{table['DatabaseName']}.{table['Name']}"
        raise failed("ICEBERG_MISSING_METADATA", f"Metadata not found in metadata location for table {name}") from None


def scan(site: Site, table: Mapping[str, Any], version: Version | None = None) -> Scan:
    """The files of a snapshot, and the columns it had."""
    found = load(site, table)
    snapshot = _snapshot(found, version) if version else found.current_snapshot()
    schema = found.schema()
    if version and snapshot.schema_id is not None:
        schema = found.schemas()[snapshot.schema_id]
    columns = [(field.name.lower(), _hive_type(str(field.field_type))) for field in schema.fields]
    return Scan(columns, _planned(site, found, snapshot.snapshot_id) if snapshot else [])


def _planned(site: Site, table: Any, snapshot: int) -> list[ScanFile]:
    from reconciler.emulator.offline import iceberg  # noqa: PLC0415

    try:
        found = iceberg.scan_files(site, table, snapshot)
    except ValueError as error:
        raise failed("NOT_SUPPORTED", f"The emulator cannot read this Iceberg table: {error}") from None
    return sorted(
        ScanFile(file.uri, file.path, os.path.getsize(file.path), tuple(file.deletes))  # noqa: PTH202
        for file in found
    )


def _snapshot(table: Any, version: Version) -> Any:
    if version.milliseconds is not None:
        found = table.snapshot_as_of_timestamp(version.milliseconds)
        if found is None:
            name = '"."'.join(table.name())
            moment = _iso(version.milliseconds)
            raise failed("INVALID_ARGUMENTS", f'No version history table "{name}" at or before {moment}')
        return found
    wanted = str(version.snapshot)
    number = whole(wanted)
    found = table.snapshot_by_name(wanted) if number is None else table.snapshot_by_id(number)
    if found is None:
        raise failed("INVALID_ARGUMENTS", f"Iceberg snapshot ID does not exists: {wanted}")
    return found


def engine_columns(columns: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, engine_type(kind)) for name, kind in columns]


def query(engine: Engine, found: Scan, *, positions: bool = False) -> str:
    """A SELECT of all columns, and, where asked for, of where each row lies."""
    whole = [file for file in found.files if not file.deletes]
    parts = [_whole(engine, found, whole, positions)] if whole else []
    less = [file for file in found.files if file.deletes]
    if less:
        parts.append(_less(engine, found, less, positions))
    if parts:
        return " UNION ALL ".join(parts)
    places = [(PATH, "string"), (POSITION, "bigint")] if positions else []
    return sources.nothing([*found.columns, *places])


_PLACES = f'filename AS "{PATH}", file_row_number AS "{POSITION}"'
_NUMBERED = "hive_partitioning = false, filename = true, file_row_number = true"


def _whole(engine: Engine, found: Scan, files: Sequence[ScanFile], positions: bool) -> str:  # noqa: FBT001
    options = _NUMBERED if positions else "hive_partitioning = false"
    source, columns = sources.parquet(engine, [file.path for file in files], found.columns, options)
    return f"SELECT {', '.join([*columns, *([_PLACES] if positions else [])])} FROM {source}"


def _less(engine: Engine, found: Scan, files: Sequence[ScanFile], positions: bool) -> str:  # noqa: FBT001
    source, columns = sources.parquet(engine, [file.path for file in files], found.columns, _NUMBERED)
    deletes = sorted({path for file in files for path in file.deletes})
    known = ", ".join(f"({literal(file.uri)}, {literal(file.path)})" for file in files)
    gone = (
        f"SELECT k.path, d.pos FROM read_parquet({sources.paths_literal(deletes)}, union_by_name = true, "
        f"hive_partitioning = false) AS d JOIN (VALUES {known}) AS k(uri, path) ON d.file_path = k.uri"
    )
    return (
        f"SELECT {', '.join([*columns, *([_PLACES] if positions else [])])} FROM {source} AS rows "
        f"WHERE NOT EXISTS (SELECT 1 FROM ({gone}) AS gone "
        "WHERE gone.path = rows.filename AND gone.pos = rows.file_row_number)"
    )


def _hive_type(kind: str) -> str:
    """Iceberg's name of a type as the catalogue would have it."""
    text = kind.replace(" ", "")
    for ours, theirs in (("list<", "array<"),):
        text = text.replace(ours, theirs)
    return _TYPES.get(text, text)


def metadata(site: Site, table: Mapping[str, Any], part: str) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    """Columns and rows of `"name$part"` (Athena user guide, querying Iceberg table metadata)."""
    return _METADATA[part](load(site, table))


def _snapshots(table: Any) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    columns = [
        ("committed_at", "TIMESTAMPTZ"),
        ("snapshot_id", "BIGINT"),
        ("parent_id", "BIGINT"),
        ("operation", "VARCHAR"),
        ("manifest_list", "VARCHAR"),
        ("summary", "MAP(VARCHAR, VARCHAR)"),
    ]
    rows = []
    for one in table.snapshots():
        summary = dict(one.summary.additional_properties) if one.summary else {}
        operation = one.summary.operation.value if one.summary else None
        rows.append(
            (_iso(one.timestamp_ms), one.snapshot_id, one.parent_snapshot_id, operation, one.manifest_list, summary)
        )
    return columns, rows


def _history(table: Any) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    columns = [
        ("made_current_at", "TIMESTAMPTZ"),
        ("snapshot_id", "BIGINT"),
        ("parent_id", "BIGINT"),
        ("is_current_ancestor", "BOOLEAN"),
    ]
    ancestors, at = set(), table.current_snapshot()
    while at is not None:
        ancestors.add(at.snapshot_id)
        at = table.snapshot_by_id(at.parent_snapshot_id) if at.parent_snapshot_id else None
    rows: list[tuple[Any, ...]] = []
    for entry in table.history():
        snapshot = table.snapshot_by_id(entry.snapshot_id)
        parent = snapshot.parent_snapshot_id if snapshot else None
        rows.append((_iso(entry.timestamp_ms), entry.snapshot_id, parent, entry.snapshot_id in ancestors))
    return columns, rows


def _files(table: Any) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    columns = [
        ("content", "INTEGER"),
        ("file_path", "VARCHAR"),
        ("file_format", "VARCHAR"),
        ("record_count", "BIGINT"),
        ("file_size_in_bytes", "BIGINT"),
    ]
    found = table.inspect.files().to_pylist() if table.current_snapshot() else []
    return columns, [tuple(row[name] for name, _ in columns) for row in found]


def _manifests(table: Any) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    columns = [
        ("path", "VARCHAR"),
        ("length", "BIGINT"),
        ("partition_spec_id", "INTEGER"),
        ("added_snapshot_id", "BIGINT"),
        ("added_data_files_count", "INTEGER"),
        ("existing_data_files_count", "INTEGER"),
        ("deleted_data_files_count", "INTEGER"),
    ]
    found = table.inspect.manifests().to_pylist() if table.current_snapshot() else []
    return columns, [tuple(row[name] for name, _ in columns) for row in found]


def _partitions(table: Any) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    fields = table.spec().fields
    row_type = f"STRUCT({', '.join(f'{quoted(field.name.lower())} VARCHAR' for field in fields)})" if fields else ""
    columns = [
        *([("partition", row_type)] if row_type else []),
        ("record_count", "BIGINT"),
        ("file_count", "BIGINT"),
        ("total_size", "BIGINT"),
    ]
    found = table.inspect.partitions().to_pylist() if table.current_snapshot() else []
    rows = []
    for row in found:
        named = {name.lower(): value for name, value in (row.get("partition") or {}).items()}
        counts = (row["record_count"], row["file_count"], row["total_data_file_size_in_bytes"])
        rows.append((*([named] if row_type else []), *counts))
    return columns, rows


def _refs(table: Any) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    columns = [("name", "VARCHAR"), ("type", "VARCHAR"), ("snapshot_id", "BIGINT")]
    return columns, [
        (name, ref.snapshot_ref_type.value.upper(), ref.snapshot_id) for name, ref in sorted(table.refs().items())
    ]


_METADATA = {
    "snapshots": _snapshots,
    "history": _history,
    "files": _files,
    "manifests": _manifests,
    "partitions": _partitions,
    "refs": _refs,
}


def _iso(milliseconds: int) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415 - rare

    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
