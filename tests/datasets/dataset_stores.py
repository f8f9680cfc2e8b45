"""Offline stores as real files on an emulator: Parquet and Iceberg, written by the emulator's own hand or by this.

Nothing of the client's writes here, so that it cannot agree with itself.
"""

import shutil
import string
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from dataset_cases import FIRST, LAST, iso
from dataset_oracle import instant
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table.snapshots import Operation
from pyiceberg.typedef import Record

from reconciler.aws import FeatureStore, session
from reconciler.config import Environment, Overrides
from reconciler.emulator.calls import Site
from reconciler.emulator.control import groups
from reconciler.emulator.offline import iceberg_deleting, iceberg_files, targets
from reconciler.emulator.offline.iceberg_appending import identified
from reconciler.emulator.offline.iceberg_catalog import Catalog
from reconciler.emulator.offline.iceberg_snapshots import Change, commit
from reconciler.emulator.offline.parquet import make_bucket
from reconciler.emulator.s3 import objects

ROLE = "arn:aws:iam::000000000000:role/feature-store"
REGION = "us-east-1"
_ARROW = {"String": pa.string(), "Integral": pa.int64(), "Fractional": pa.float64()}
_UNITS = {
    "us": pa.timestamp("us", "UTC"),
    "ms": pa.timestamp("ms", "UTC"),
    "ns": pa.timestamp("ns", "UTC"),
    "naive": pa.timestamp("us"),
    "int96": pa.timestamp("us"),
}
_LETTERS = string.ascii_lowercase
_numbers = count()
_DAY, _HOUR = 10, 13


class Stores:
    """An environment with an emulator in this process, and groups in it whose rows are what a test says."""

    def __init__(self, root):
        self.root = root
        defaults = Overrides(role_arn=ROLE, s3_uri="s3://feature-store/offline", protected=False)
        self.environment = Environment("test", "embedded", region=REGION, defaults=defaults)
        self.store = FeatureStore(self.environment, root)
        self.emulator = session._opened[root / ".reconciler" / "emulator"]
        self.site = Site(self.emulator.store, REGION, self.emulator.settings)
        self._bucketed = False

    def begin_anew(self):
        """No group, no file."""
        self.emulator.reset()
        self._bucketed = False

    def make(self, shape, name=None):
        """A live group of a shape."""
        features = [(shape.record_id, shape.id_type), (shape.event_time, shape.event_type), *shape.features]
        self.store.create(
            {
                "FeatureGroupName": name or shape.name,
                "RecordIdentifierFeatureName": shape.record_id,
                "EventTimeFeatureName": shape.event_time,
                "FeatureDefinitions": [{"FeatureName": name, "FeatureType": kind} for name, kind in features],
                "OnlineStoreConfig": {"EnableOnlineStore": True},
                "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://feature-store/offline"}}
                | ({"TableFormat": "Iceberg"} if shape.table_format == "Iceberg" else {}),
                "RoleArn": ROLE,
            }
        )

    def names(self):
        """The groups that are there."""
        with self.emulator.store.reading() as db:
            return [name for (name,) in db.execute("SELECT name FROM groups ORDER BY name")]

    def target(self, name):
        """What the emulator knows of a group's offline store."""
        with self.emulator.store.reading() as db:
            return targets.find(db, groups.named(db, self.site.scope, name).id)

    def fill(self, shape, files, name=None):
        """Write files into a group's offline store."""
        target = self.target(name or shape.name)
        if not self._bucketed:
            make_bucket(self.site, target)
            self._bucketed = True
        if shape.table_format == "Iceberg":
            self._fill_iceberg(target, shape, files)
        else:
            self._fill_glue(target, shape, files)

    def delete_by_value(self, shape, record_id):
        """Delete an identifier's rows from an Iceberg table as other engines do: by a file with its value."""
        target = self.target(shape.name)

        def plan(table):
            number = table.schema().find_field(shape.record_id).field_id
            rows = identified(pa.table({shape.record_id: pa.array([record_id])}), table.schema())
            uri = f"{target.uri}/{self._name(16)}-deletes.parquet"
            self.put(uri, _encoded(rows))
            file = DataFile.from_args(
                content=DataFileContent.EQUALITY_DELETES,
                file_path=uri,
                file_format=FileFormat.PARQUET,
                partition=Record("2024-01-01"),
                record_count=1,
                file_size_in_bytes=100,
                equality_ids=[number],
            )
            file.spec_id = table.spec().spec_id
            return Change(Operation.DELETE, deletes=[file])

        commit(lambda: Catalog(self.site).load_table(target.table), plan)

    def lay(self, case, shapes):
        """Make the groups of a case anew, and write what they hold."""
        self.begin_anew()
        for shape in shapes:
            if shape.name in case:
                self.make(shape)
                self.fill(shape, case[shape.name])

    def copy(self, folder, name, under=None):
        """A group's offline store as somebody would copy it into a folder: `folder/<group name>/...`."""
        bucket, key = objects.split(self.target(name).uri)
        source = self.root / ".reconciler" / "emulator" / "s3" / bucket / Path(key).parent
        (folder / (under or name) / "data").mkdir(parents=True)
        if source.exists():
            shutil.copytree(source, folder / (under or name), dirs_exist_ok=True)

    # Glue's format

    def _fill_glue(self, target, shape, files):
        for file in files:
            for begins, rows in _parts(file.rows, _HOUR):
                hour = _shifted(begins, file.zone_h)
                day, _, clock = hour.partition("T")
                year, month, day = day.split("-")
                folder = f"{target.uri}/year={year}/month={month}/day={day}/hour={clock}"
                uri = f"{folder}/{year}{month}{day}T{clock}0000Z_{self._name(16)}.parquet"
                self.put(uri, _encoded(_table(shape, file, rows), int96=file.unit == "int96"))

    def put(self, uri, body):
        """An object, whatever is in it."""
        objects.write(self.site, *objects.split(uri), body)

    def _name(self, size):
        number, text = next(_numbers), ""
        for _ in range(size):
            number, digit = divmod(number, len(_LETTERS))
            text += _LETTERS[digit]
        return text

    # Iceberg

    def _fill_iceberg(self, target, shape, files):
        catalog = Catalog(self.site)
        for file in files:
            written, deletes = [], {}

            def plan(table, file=file, written=written, deletes=deletes):
                for day, rows in _parts(file.rows, _DAY, exact=True):
                    uri = f"{target.uri}/{self._name(8)}/{shape.event_time}_trunc={day}/{self._name(16)}.parquet"
                    found = identified(_table(shape, file, rows), table.schema())
                    spec_id = table.spec().spec_id
                    entry = iceberg_files.write(self.site, table.metadata, uri, Record(day), found, spec_id)
                    written.append(entry)
                    hidden = [n for n, row in enumerate(rows) if any(row is file.rows[h] for h in file.hidden)]
                    if hidden:
                        deletes[uri] = hidden
                return Change(Operation.APPEND, added=written)

            if file.rows:
                commit(lambda: catalog.load_table(target.table), plan)
            if deletes:
                iceberg_deleting.delete(self.site, target.table, deletes)


def _parts(rows, size, *, exact=False):
    """Rows by the beginning of their event time, in no order."""
    found = {}
    for row in rows:
        found.setdefault(_beginning(row.event, size, exact=exact), []).append(row)
    return found.items()


def _beginning(event, size, *, exact):
    """What names the partition. What is no instant lies somewhere, as far as Iceberg does not say where."""
    if exact:
        return None if event is None else event[:size]
    at = instant(event)
    if at is None:
        return "2024-01-01T00"
    if isinstance(event, str):
        return event[:size]
    return iso(int(at // 1) * 10**9)[:size]


def _shifted(hour, hours):
    """The hour of a clock in another zone; where there is no such year, that of UTC."""
    nanos = int(instant(f"{hour}:00:00Z") + hours * 3600) * 10**9
    return iso(nanos)[:_HOUR] if FIRST <= nanos <= LAST else hour


def _table(shape, file, rows):
    """Rows as a table: the features that the file has, and the service's own columns."""
    kinds = [(shape.record_id, shape.id_type), (shape.event_time, shape.event_type), *shape.features]
    columns = {}
    for name, kind in kinds:
        if name in file.lacks:
            continue
        own = {shape.record_id: lambda row: row.id, shape.event_time: lambda row: row.event}
        read = own.get(name) or (lambda row, name=name: row.values.get(name))
        columns[name] = pa.array([read(row) for row in rows], _ARROW[kind])
    for name, read in (("write_time", lambda row: row.written), ("api_invocation_time", lambda row: row.invoked)):
        if name in file.lacks:
            continue
        micros = pa.array([read(row) for row in rows], pa.int64()).cast(pa.timestamp("us", "UTC"))
        columns[name] = micros.cast(_UNITS[file.unit])
    if "is_deleted" not in file.lacks:
        columns["is_deleted"] = pa.array([row.deleted for row in rows], pa.bool_())
    table = pa.table(columns)
    return table.rename_columns([name.lower() for name in table.column_names]) if file.lower else table


def _encoded(table, *, int96=False):
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, store_schema=False, use_deprecated_int96_timestamps=int96, row_group_size=3)
    return sink.getvalue().to_pybytes()
