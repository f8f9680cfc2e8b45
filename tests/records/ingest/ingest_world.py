"""An emulator over real HTTP, a group in it, and what became of the rows: seen by boto3 and pyarrow, not by ours."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from reconciler.aws import FeatureStore
from reconciler.aws.runtime import Runtime
from reconciler.aws.session import create_client
from reconciler.config import Environment, Overrides
from reconciler.live import read_whole
from reconciler.placement import place
from reconciler.records.ingest import ingest
from reconciler.records.target import Target
from reconciler.spec import Offline, Online, feature, feature_group
from reconciler.state import Registry
from reconciler.state.words import create_request

DEFAULTS = Overrides(
    role_arn="arn:aws:iam::000000000000:role/feature-store", s3_uri="s3://feature-store/offline", protected=False
)
T0 = datetime(2024, 1, 1, tzinfo=UTC)
ROWS = 20_000
"""Of a chunk."""


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=Offline())
class Weather:
    """Hourly weather."""

    origin: str
    observed_at: datetime
    temp_f: float | None = None
    wind: int | None = None
    sky: str | None = feature(default=None, name="sky-now")


class World:
    """One environment on an emulator, with a project's folder of its own."""

    def __init__(self, root, endpoint, server=None):
        self.root, self.server = Path(root), server
        self.environment = Environment("there", endpoint, region="us-east-1", defaults=DEFAULTS)
        self.store = FeatureStore(self.environment, self.root)
        self.runtime = Runtime(self.environment, self.root)
        self.client = create_client("sagemaker-featurestore-runtime", self.environment, self.root)

    def make(self, group=Weather):
        """The group of a class, as a target."""
        spec = group.__feature_group__
        wanted = place(Registry({spec.name: spec.desired()}, {}), self.environment, "acme@there").groups[spec.name]
        self.store.create(create_request(wanted.group))
        return target_of(self, group)

    def ingest(self, target, data, **more):
        """Ingest, and hold the report against the input."""
        report = ingest(self.runtime, target, data, **more)

        accounted = report.written + report.before + report.refused + report.dropped + report.failed
        assert report.rows == accounted or more.get("dry_run")
        return report

    def fault(self, kind, **more):
        return self.server.ask("POST", "faults", {"kind": kind, **more})

    def no_faults(self):
        self.server.ask("DELETE", "faults")

    def calls(self, operation):
        """How many requests of an operation the emulator has seen."""
        return self.server.ask("GET", "calls")["counts"].get(operation, 0)

    def online(self, group="weather", *ids):
        """Records by identifier, as texts by feature."""
        found = {}
        for start in range(0, len(ids), 100):
            asked = [{"FeatureGroupName": group, "RecordIdentifiersValueAsString": list(ids[start : start + 100])}]
            for record in self.client.batch_get_record(Identifiers=asked)["Records"]:
                values = {item["FeatureName"]: item["ValueAsString"] for item in record["Record"]}
                found[record["RecordIdentifierValueAsString"]] = values
        return found

    def offline(self):
        """All rows of all files of the offline store, as dicts."""
        self.server.ask("POST", "flush")
        files = sorted(self.data.rglob("*.parquet"))
        return [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]

    @property
    def data(self):
        """Where the emulator keeps objects."""
        return Path(self.server.directory) / "s3"

    def close(self):
        self.runtime.close()


def target_of(world, group=Weather):
    """The live group of a class."""
    spec = group.__feature_group__
    return Target(spec.contract(group), spec.name, read_whole(world.store, spec.name))


def a_row(number, **more):
    """A row as its owner gives it; every number is another record."""
    return {
        "origin": f"o{number}",
        "observed_at": T0 + timedelta(seconds=number % 7200),
        "temp_f": number / 8,
        "wind": number if number % 3 else None,
        "sky": f'clear "{number}"',
        **more,
    }


def rows(count, first=0):
    return [a_row(number) for number in range(first, first + count)]


def as_sent(row):
    """The same row as the wire has it."""
    texts = {
        "origin": row["origin"],
        "observed_at": row["observed_at"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "temp_f": None if row["temp_f"] is None else f"{row['temp_f']:g}",
        "wind": None if row["wind"] is None else str(row["wind"]),
        "sky-now": row["sky"],
    }
    return {name: text for name, text in texts.items() if text is not None}


def letters(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
