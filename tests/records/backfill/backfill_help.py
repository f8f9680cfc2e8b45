"""What the backfill's tests share: an environment, groups in it, and what lies in their offline store."""

import io
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

import pyarrow.parquet as pq
from annotated_types import Ge

from reconciler.aws import FeatureStore
from reconciler.aws.catalog import Catalog
from reconciler.aws.objects import Objects, as_s3
from reconciler.config import Environment, Overrides
from reconciler.live import read_whole
from reconciler.placement import place as placed
from reconciler.records.target import Target
from reconciler.spec import Offline, Online, UnixTime, feature_group
from reconciler.state import Registry
from reconciler.state.words import create_request

ROLE = "arn:aws:iam::000000000000:role/feature-store"
S3 = "s3://feature-store/offline"
NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, UTC)


class Place(NamedTuple):
    """An environment and the folder of a project."""

    environment: Environment
    root: object

    @property
    def objects(self):
        return Objects(self.environment, self.root)

    def make(self, group):
        """Make the group of a class; answers it as a target."""
        spec = group.__feature_group__
        wanted = placed(Registry({spec.name: spec.desired()}, {}), self.environment, "acme/flights@test").groups[
            spec.name
        ]
        store = FeatureStore(self.environment, self.root)
        store.create(create_request(wanted.group))
        return Target(spec.contract(group), spec.name, read_whole(store, spec.name))

    def table(self, target):
        """The Iceberg table of a group."""
        catalog = Catalog(self.environment, self.root, self.objects)
        return catalog.load_table((target.live.table.database, target.live.table.table))

    def data(self, target):
        """Where the files of a group lie."""
        return as_s3(target.live.data_uri).rstrip("/") + "/"


def files(place, target):
    """The addresses of the Parquet files of a group, in order."""
    return sorted(item.uri for item in place.objects.list(place.data(target)) if item.uri.endswith(".parquet"))


def rows(place, target):
    """The rows that a reader of the store finds: of all files, or of the Iceberg table."""
    if target.live.group.offline.table_format == "Iceberg":
        return place.table(target).scan().to_arrow().to_pylist()
    found = []
    for file in files(place, target):
        found += pq.read_table(io.BytesIO(place.objects.read(file).body)).to_pylist()
    return found


def a_place(root, endpoint):
    defaults = Overrides(role_arn=ROLE, s3_uri=S3, protected=False)
    return Place(Environment("test", endpoint, region="us-east-1", defaults=defaults), root)


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=Offline(table_format="Glue"))
class Weather:
    """Hourly weather."""

    origin: str
    observed_at: datetime
    temp_f: float | None = None
    gusts: Annotated[int, Ge(0)] | None = None
    is_wet: bool | None = None


@feature_group(record_id="origin", event_time="observed_at", online=None, offline=Offline(table_format="Iceberg"))
class Ice:
    """The same in Iceberg's format."""

    origin: str
    observed_at: datetime
    temp_f: float | None = None
    gusts: Annotated[int, Ge(0)] | None = None
    is_wet: bool | None = None


@feature_group(record_id="plane", event_time="seen_at", online=None, offline=Offline(table_format="Glue"))
class Seen:
    """An event time in seconds."""

    plane: int
    seen_at: UnixTime
    speed: float | None = None
