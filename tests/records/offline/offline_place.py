"""What the tests of waiting and erasing share: groups with records, and what lies offline, seen by others than us."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from reconciler.aws import FeatureStore
from reconciler.aws.objects import Objects, split
from reconciler.aws.session import _opened, create_client
from reconciler.config import Environment, Overrides
from reconciler.live import read_whole
from reconciler.placement import place as placed
from reconciler.records.journal import KEYS, Acknowledged, open_journal
from reconciler.records.offline.place import Place, open_place
from reconciler.records.report import IngestReport
from reconciler.records.target import Target
from reconciler.spec import Offline, Online, UnixTime, feature_group
from reconciler.state import Registry
from reconciler.state.words import create_request

DEFAULTS = Overrides(
    role_arn="arn:aws:iam::000000000000:role/feature-store", s3_uri="s3://feature-store/offline", protected=False
)


class World:
    """An embedded emulator, groups in it, and a clock that tests move."""

    def __init__(self, root):
        self.root = root
        self.environment = Environment("test", "embedded", region="us-east-1", defaults=DEFAULTS)
        self.store = FeatureStore(self.environment, root)
        self.emulator = _opened[root / ".reconciler" / "emulator"]
        self.objects = Objects(self.environment, root)
        self.slept = []
        self._runtime = None

    @property
    def runtime(self):
        self._runtime = self._runtime or create_client("sagemaker-featurestore-runtime", self.environment, self.root)
        return self._runtime

    def make(self, group):
        """The group of a class, as a target."""
        spec = group.__feature_group__
        desired = Registry({spec.name: spec.desired()}, {})
        wanted = placed(desired, self.environment, "acme/flights@test").groups[spec.name]
        self.store.create(create_request(wanted.group))
        return Target(spec.contract(group), spec.name, read_whole(self.store, spec.name))

    def place(self, target) -> Place:
        return open_place(self.environment, self.root, target.name)

    def put(self, target, *rows, stores=None):
        """Write records, each a dict of texts by feature."""
        for row in rows:
            record = [{"FeatureName": name, "ValueAsString": str(value)} for name, value in row.items()]
            more = {"TargetStores": list(stores)} if stores else {}
            self.runtime.put_record(FeatureGroupName=target.name, Record=record, **more)

    def put_many(self, target, rows):
        """Write records in batches."""
        records = [[{"FeatureName": k, "ValueAsString": str(v)} for k, v in row.items()] for row in rows]
        for start in range(0, len(records), 25):
            some = records[start : start + 25]
            entries = [{"FeatureGroupName": target.name, "Record": record} for record in some]
            assert not self.runtime.batch_write_record(Entries=entries)["Errors"]

    def ingested(self, target, *rows, put=True, started=None, run="run", stores=()):
        """Write records as an ingest does, its journal included; answers its report."""
        started = started or self.now
        if put:
            self.put(target, *rows)
        folder = self.root / ".reconciler" / "ingest" / "test" / target.contract.group / run
        journal = open_journal(folder)
        live = target.live.group
        texts = [[str(row[name]) for row in rows] for name in (live.record_id, live.event_time)]
        keys = pa.table([list(range(len(rows))), *texts], schema=KEYS)
        journal.start(started)
        journal.acknowledge(len(journal.done), Acknowledged(len(rows)), keys)
        journal.close()
        return IngestReport(
            target.contract.group, "test", run, len(rows), len(rows), started=started, keys=folder, stores=stores
        )

    @property
    def now(self):
        """The emulator's clock."""
        from reconciler.emulator import clock

        with self.emulator.store.reading() as db:
            return datetime.fromtimestamp(int(clock.now(db)), UTC)

    def sleep(self, seconds):
        """Time passes."""
        self.slept.append(seconds)
        self.emulator.advance_clock(seconds)

    def clock(self):
        return sum(self.slept)

    @property
    def patience(self):
        """What the functions that wait take."""
        return {"sleep": self.sleep, "clock": self.clock}

    # What lies there, by no code of ours

    def files(self, target, pattern="**/*.parquet"):
        """Paths of the group's files."""
        bucket, key = split(target.live.data_uri)
        folder = self.root / ".reconciler" / "emulator" / "s3" / bucket / Path(key).parent
        return sorted(folder.glob(pattern))

    def rows(self, target):
        """What pyarrow reads of the files, all of them; of Iceberg's, what pyiceberg reads of the table."""
        if self.place(target).is_iceberg:
            return self.place(target).table().scan().to_arrow().to_pylist()
        return [row for path in self.files(target) for row in pq.read_table(path, partitioning=None).to_pylist()]

    def ids(self, target):
        return sorted(row["origin"] for row in self.rows(target))

    def bytes_hold(self, target, text):
        """The files of the group, of any kind, in which a text stands."""
        return [path for path in self.files(target, "**/*.parquet") if text in _texts(path)]


def _texts(path):
    table = pq.read_table(path, partitioning=None)
    return {value for name in table.column_names for value in table[name].to_pylist() if isinstance(value, str)}


def a_row(origin="JFK", at="2024-02-03T04:05:06Z", **more):
    return {"origin": origin, "observed_at": at, **more}


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=Offline(table_format="Glue"))
class Rain:
    """Rain, in Glue's format."""

    origin: str
    observed_at: datetime
    mm: float | None = None
    note: str | None = None


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=Offline(table_format="Iceberg"))
class Snow:
    """Snow, in Iceberg's format."""

    origin: str
    observed_at: datetime
    mm: float | None = None
    note: str | None = None


@feature_group(record_id="plane", event_time="seen_at", online=Online(), offline=Offline(table_format="Glue"))
class Seen:
    """Whole numbers identify, and the event time is a number too."""

    plane: int
    seen_at: UnixTime
    speed: float | None = None


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=None)
class Bare:
    """No offline store."""

    origin: str
    observed_at: datetime
