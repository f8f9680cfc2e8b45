"""What a name in a query stands for: its files, its columns, and the view of it that the engine sees."""

from __future__ import annotations

import base64
import json
import os
import re
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from reconciler.emulator import assumptions
from reconciler.emulator.athena import icebergs, sources
from reconciler.emulator.athena.failures import failed
from reconciler.emulator.athena.sources import Files
from reconciler.emulator.athena.types import engine_type, literal, quoted
from reconciler.emulator.glue import catalogue
from reconciler.emulator.s3 import objects, places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reconciler.emulator.athena.engine import Engine
    from reconciler.emulator.calls import Site
    from reconciler.emulator.store import Store

CATALOG = "awsdatacatalog"
# Where the service itself writes: its partitions are seen as soon as their files are there.
_OWN_LOCATION = re.compile(r"/\d{12}/sagemaker/[a-z0-9-]+/offline-store/[^/]+/data/?$")
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
VIEW_MARK = "/* Presto View: "


class Context(NamedTuple):
    """Where names without catalog and database are looked up."""

    catalog: str
    database: str

    def full(self, parts: Sequence[str]) -> tuple[str, str, str]:
        """Catalog, database and table, in lower case."""
        *before, name = (part.lower() for part in parts)
        database = before[-1] if before else self.database
        catalog = before[-2] if len(before) > 1 else self.catalog
        return catalog, database, name


class Relation(NamedTuple):
    """A table as the engine sees it."""

    view: str
    columns: Sequence[tuple[str, str]]
    """Names, and DuckDB's types."""
    table: Mapping[str, Any]
    scanned: int = 0
    parts: int = 1
    """How many files."""
    files: Sequence[icebergs.ScanFile] = ()
    """Of an Iceberg table."""


class Names:
    """The tables of one query; each becomes a view when it is first met."""

    def __init__(self, site: Site, engine: Engine, context: Context) -> None:
        self.site = site
        self.engine = engine
        self.context = context
        self._known: dict[tuple[Any, ...], Relation] = {}
        self.share = 1.0
        self.hidden = False
        """Whether the query names hidden columns."""
        self.expand: Callable[[str, Context], str] | None = None
        """Translates the text of a view; set by whoever translates."""

    @cached_property
    def now(self) -> str:
        """The emulator's time when the query first asked for it."""
        return datetime.fromtimestamp(self.site.now(), UTC).isoformat(" ", "milliseconds")

    @property
    def scanned(self) -> int:
        """Bytes of the files a query reads; those a plan passes over are left out as a share of the whole."""
        return round(sum(relation.scanned for relation in self._known.values()) * self.share)

    @property
    def has_many_files(self) -> bool:
        return any(relation.parts > 1 for relation in self._known.values())

    def find(
        self, parts: Sequence[str], at: tuple[int, int] | None = None, version: icebergs.Version | None = None
    ) -> Relation:
        """The relation of a name; QueryFailed where there is none."""
        key = (self.context.full(parts), version)
        if key not in self._known:
            made = self._make(self.context.full(parts), at, version)
            view = f"relation_{len(self._known) + 1}"
            self.engine.run(f"CREATE TEMP VIEW {view} AS {made.view}")
            self._known[key] = made._replace(view=view)
        return self._known[key]

    def adopt(self, view: str, columns: Sequence[tuple[str, str]], scanned: int) -> None:
        """A view that somebody else made, under its own name."""
        self._known[(self.context.full([view]), None)] = Relation(view, columns, {}, scanned)

    def table(self, parts: Sequence[str], at: tuple[int, int] | None = None) -> dict[str, Any]:
        """The catalogue's entry of a name."""
        catalog, database, name = self.context.full(parts)
        if catalog != CATALOG:
            raise failed("CATALOG_NOT_FOUND", f"Catalog '{catalog}' does not exist", at)
        with self.site.store.reading() as db:
            found = catalogue.find_table(db, self.site.scope, database, name)
            if found is None and catalogue.find_database(db, self.site.scope, database) is None:
                raise failed("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist", at)
        if found is None:
            raise failed("TABLE_NOT_FOUND", f"Table '{catalog}.{database}.{name}' does not exist", at)
        return found

    def _make(self, full: tuple[str, str, str], at: tuple[int, int] | None, version: Any) -> Relation:
        if full[1] == "information_schema":
            return self._information(full, at)
        name, mark, part = full[2].partition("$")
        table = self.table((*full[:2], name), at)
        if mark:
            return self._metadata(table, part, full, at)
        if table.get("TableType") == "VIRTUAL_VIEW":
            return self._view(table)
        if icebergs.is_iceberg(table):
            return self._iceberg(table, version)
        if version is not None:
            raise failed("NOT_SUPPORTED", "This connector does not support versioned tables", at)
        return self._hive(table)

    def _hive(self, table: dict[str, Any]) -> Relation:
        shape = sources.layout(table)
        groups, scanned = files_of(self.site, table, shape)
        columns = [(name, engine_type(kind)) for name, kind in (*shape.columns, *shape.partitions)]
        count = sum(len(files.paths) for files in groups)
        root = _bucket_root(self.site.store) if self.hidden else None
        if root is not None:
            columns.append((sources.PATH, "VARCHAR"))
        return Relation(sources.query(self.engine, shape, groups, root), columns, table, scanned, count)

    def _iceberg(self, table: dict[str, Any], version: icebergs.Version | None) -> Relation:
        scan = icebergs.scan(self.site, table, version)
        columns = icebergs.engine_columns(scan.columns)
        return Relation(icebergs.query(self.engine, scan), columns, table, scan.bytes, len(scan.files), scan.files)

    def _view(self, table: dict[str, Any]) -> Relation:
        if self.expand is None:
            raise failed("NOT_SUPPORTED", "Views cannot be used here")
        doc = _view_doc(table)
        sql, database = str(doc["originalSql"]), str(doc.get("schema") or table["DatabaseName"])
        columns = [(column["Name"], engine_type(column["Type"])) for column in table["StorageDescriptor"]["Columns"]]
        return Relation(self.expand(sql, Context(CATALOG, database.lower())), columns, table)

    def _metadata(
        self, table: dict[str, Any], part: str, full: tuple[str, str, str], at: tuple[int, int] | None
    ) -> Relation:
        """`"name$partitions"` of a Hive table, and the metadata tables of an Iceberg table."""
        if icebergs.is_iceberg(table) and part in icebergs.METADATA:
            columns, rows = icebergs.metadata(self.site, table, part)
        elif part == "partitions" and table.get("PartitionKeys"):
            shape = sources.layout(table)
            columns = [(name, engine_type(kind)) for name, kind in shape.partitions]
            rows = [tuple(value) for value in partition_values(self.site, table, shape)]
        else:
            raise failed("TABLE_NOT_FOUND", f"Table '{'.'.join(full)}' does not exist", at)
        return Relation(values(columns, rows), columns, table)

    def _information(self, full: tuple[str, str, str], at: tuple[int, int] | None) -> Relation:
        """information_schema.schemata, tables and columns, as far as tools read them."""
        from reconciler.emulator.athena.information import listed  # noqa: PLC0415 - rare

        found = listed(self.site, full[2])
        if found is None:
            raise failed("TABLE_NOT_FOUND", f"Table '{'.'.join(full)}' does not exist", at)
        columns, rows = found
        return Relation(values(columns, rows), columns, {})


def _bucket_root(store: Store) -> str:
    return os.path.join(os.path.abspath(store.directory), places.BUCKETS)  # noqa: PTH100, PTH118 - as the store


def view_text(table: Mapping[str, Any]) -> str:
    """The query of a view."""
    return str(_view_doc(table)["originalSql"])


def _view_doc(table: Mapping[str, Any]) -> dict[str, Any]:
    text = str(table.get("ViewOriginalText", ""))
    try:
        doc: dict[str, Any] = json.loads(base64.b64decode(text.removeprefix(VIEW_MARK).removesuffix("*/").strip()))
        return {**doc, "originalSql": doc["originalSql"]}
    except (ValueError, KeyError, TypeError):
        raise failed("INVALID_VIEW", f"View '{table['DatabaseName']}.{table['Name']}' cannot be read") from None


def values(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> str:
    """A SELECT of rows that are known."""
    if not rows:
        typed = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in columns)
        return f"SELECT {typed} WHERE false"
    kinds = [kind for _, kind in columns]
    listed = ", ".join(f"({', '.join(map(_constant, row, kinds))})" for row in rows)
    names = ", ".join(f"c{number}" for number in range(len(columns)))
    typed = ", ".join(f"CAST(c{number} AS {kind}) AS {quoted(name)}" for number, (name, kind) in enumerate(columns))
    return f"SELECT {typed} FROM (VALUES {listed}) AS v({names})"


def _constant(value: Any, kind: str) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, dict):
        pairs = ", ".join(f"{literal(str(name))}: {_constant(item, '')}" for name, item in value.items())
        return f"{'MAP ' if kind.startswith('MAP') else ''}{{{pairs}}}"
    return literal(str(value))


def files_of(site: Site, table: Mapping[str, Any], shape: sources.Layout) -> tuple[list[Files], int]:
    """The files a query of the table reads, and their bytes."""
    location = table.get("StorageDescriptor", {}).get("Location", "")
    if not location:
        return [], 0
    if not shape.partitions:
        found = list(data_files(site, location))
        return [Files(tuple(entry.path for entry in found))], sum(entry.size for entry in found)
    if sees_all(table):
        named = [entry for entry in data_files(site, location) if named_values(location, entry.key, shape)]
        return [Files(tuple(entry.path for entry in named))], sum(entry.size for entry in named)
    return _registered_files(site, table, shape, location)


def _registered_files(
    site: Site, table: Mapping[str, Any], shape: sources.Layout, location: str
) -> tuple[list[Files], int]:
    """Of the partitions that the catalogue knows, wherever they lie."""
    usual: list[str] = []
    groups: list[Files] = []
    scanned = 0
    for value, place in registered(site, table):
        entries = list(data_files(site, place))
        scanned += sum(entry.size for entry in entries)
        paths = tuple(entry.path for entry in entries)
        if _is_usual(location, place, shape, value):
            usual += paths
        else:
            groups.append(Files(paths, tuple(value)))
    return [Files(tuple(usual)), *groups], scanned


def _is_usual(location: str, place: str, shape: sources.Layout, value: Sequence[str]) -> bool:
    """Whether the partition lies where its values say, so that DuckDB can tell them from the path."""
    named = named_values(location, f"{objects.split(place)[1].rstrip('/')}/x", shape)
    return named is not None and [*named] == [*value] and objects.split(place)[0] == objects.split(location)[0]


def sees_all(table: Mapping[str, Any]) -> bool:
    """Whether partitions need not be registered: of feature groups, and with partition projection."""
    location = table.get("StorageDescriptor", {}).get("Location", "")
    projected = str(table.get("Parameters", {}).get("projection.enabled", "")).lower() == "true"
    return projected or (assumptions.OWN_PARTITIONS_BY_LISTING and bool(_OWN_LOCATION.search(location)))


def data_files(site: Site, location: str) -> Iterable[objects.Entry]:
    """Hive and Trino read all below a location but empty files, and files and folders that begin with _ or a dot."""
    bucket, key = objects.split(location)
    if not objects.has_bucket(site.store, bucket):
        return
    prefix = f"{key.rstrip('/')}/" if key.rstrip("/") else ""
    for entry in objects.entries(site.store, bucket, prefix):
        below = entry.key[len(prefix) :].split("/")
        if entry.size and not any(name.startswith(("_", ".")) for name in below):
            yield entry


def named_values(location: str, key: str, shape: sources.Layout) -> tuple[str, ...] | None:
    """The values of `.../year=2024/month=01/...` below a table's location; None for other names."""
    prefix = objects.split(location)[1].rstrip("/")
    below = key[len(prefix) :].strip("/") if key.startswith(prefix) else ""
    segments = below.split("/")[:-1][: len(shape.partitions)]
    pairs = [segment.partition("=") for segment in segments]
    if [pair[0].lower() for pair in pairs if pair[1]] != [name for name, _ in shape.partitions]:
        return None
    return tuple(unquote(pair[2]) for pair in pairs)


def partition_values(site: Site, table: Mapping[str, Any], shape: sources.Layout) -> list[list[str | None]]:
    """The partitions a query sees, in order."""
    if not sees_all(table):
        return [[*value] for value, _ in registered(site, table)]
    location = table["StorageDescriptor"]["Location"]
    named = (named_values(location, entry.key, shape) for entry in data_files(site, location))
    found = sorted({value for value in named if value is not None})
    return [[None if one == _NULL_PARTITION else one for one in value] for value in found]


def registered(site: Site, table: Mapping[str, Any]) -> list[tuple[list[str], str]]:
    """The partitions of the catalogue: their values and where they lie."""
    with site.store.reading() as db:
        rows = db.execute(
            "SELECT spec, doc FROM partitions WHERE scope = ? AND database = ? AND name = ?",
            (site.scope, table["DatabaseName"], table["Name"]),
        ).fetchall()
    found = ((json.loads(spec), json.loads(doc)) for spec, doc in rows)
    return sorted((value, doc.get("StorageDescriptor", {}).get("Location", "")) for value, doc in found)
