"""What the offline store's tests share: rows to write, and the files they became, read by others than their writer."""

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import StaticTable

from reconciler.emulator.calls import Site
from reconciler.emulator.control import groups
from reconciler.emulator.glue import catalogue
from reconciler.emulator.offline import pending
from reconciler.emulator.offline.flushing import flush

REGION = "eu-west-1"
EVENT_TIME = "2024-02-03T04:05:06Z"


class Offline:
    """The offline store of an emulator."""

    def __init__(self, emulator):
        self.emulator = emulator
        self.site = Site(emulator.store, REGION, emulator.settings)
        self.root = Path(emulator.store.directory) / "s3"

    def create(self, request):
        """Create a group without boto3, whose clients are slow to make."""
        signed = f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/{REGION}/sagemaker/aws4_request"
        headers = {"X-Amz-Target": "SageMaker.CreateFeatureGroup", "Authorization": signed}
        reply = self.emulator.answer("POST", "http://localhost/", headers, json.dumps(request).encode())
        assert reply.status == 200, reply.body

    def group(self, name="weather"):
        with self.emulator.store.reading() as db:
            return groups.named(db, self.site.scope, name)

    def put(self, *records, name="weather", lag_s=0.0):
        """What one request writes."""
        number = self.group(name).id
        with self.emulator.store.writing() as db:
            pending.append(self.site.call(db), number, [json.dumps(record) for record in records], lag_s=lag_s)

    def flush(self, **how):
        return flush(self.site, **how)

    def waiting(self):
        """How many records are pending."""
        with self.emulator.store.reading() as db:
            return db.execute("SELECT coalesce(sum(count), 0) FROM pending").fetchone()[0]

    def files(self, pattern="**/*.parquet"):
        """Keys of objects, of whatever bucket."""
        return sorted(str(path.relative_to(self.root)).partition("/")[2] for path in self.root.glob(f"*/{pattern}"))

    def tables(self):
        """What pyarrow makes of the files, one by one."""
        return {key: pa.parquet.read_table(path, partitioning=None) for key, path in self._paths().items()}

    def rows(self):
        """What pyarrow makes of all files together."""
        return [row for table in self.tables().values() for row in table.to_pylist()]

    def table(self, name="weather"):
        """The Iceberg table as pyiceberg knows it, reading files by itself; None of a Glue-format group."""
        config = self.group(name).doc["OfflineStoreConfig"]
        if config.get("TableFormat") != "Iceberg":
            return None
        catalog = config["DataCatalogConfig"]
        with self.emulator.store.reading() as db:
            found = catalogue.find_table(db, self.site.scope, catalog["Database"], catalog["TableName"])
        properties = {"py-io-impl": "offline_help.FilesHere", "root": str(self.root)}
        return StaticTable.from_metadata(found["Parameters"]["metadata_location"], properties)

    def scanned(self, column):
        """A column of the table, Iceberg's own way; of a Glue-format group, of its files."""
        table = self.table()
        rows = self.rows() if table is None else table.scan().to_arrow().to_pylist()
        return [row[column] for row in rows]

    def query(self, sql="SELECT * FROM rows"):
        """What DuckDB makes of them."""
        with duckdb.connect() as db:
            db.execute("SET TimeZone = 'UTC'")
            paths = [str(path) for path in self._paths().values()]
            db.execute(
                f"CREATE VIEW rows AS FROM read_parquet({paths}, union_by_name = true, hive_partitioning = false)"
            )
            return db.execute(sql).fetchall()

    def _paths(self):
        return {str(path.relative_to(self.root)): path for path in sorted(self.root.glob("*/**/data/**/*.parquet"))}


def a_row(record_id="a", at=EVENT_TIME, **values):
    """A record of a group whose record identifier is `id` and whose event time is `at`."""
    return {"id": record_id, "at": at, **values}


def a_tombstone(record_id="a", at=EVENT_TIME):
    return a_row(record_id, at, is_deleted=True)


class FilesHere(PyArrowFileIO):
    """pyiceberg's own files, with s3:// under a folder: nothing of ours is asked."""

    def new_input(self, location):
        return super().new_input(self._here(location))

    def new_output(self, location):
        return super().new_output(self._here(location))

    def _here(self, location):
        return f"{self.properties['root']}/{location.removeprefix('s3://')}"
