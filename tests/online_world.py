"""Feature groups with an online store on an emulator of their own, and boto3's own client as the other side."""

from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

from annotated_types import Ge

from reconciler.aws.route import SERVICE
from reconciler.aws.runtime import Runtime
from reconciler.aws.session import create_client
from reconciler.config import Environment
from reconciler.emulator.running import running
from reconciler.records.target import Target
from reconciler.spec import Online, UnixTime, Vector, feature, feature_group


class Mood(StrEnum):
    """How somebody is."""

    GOOD = "good"
    BAD = "bad"


@feature_group(record_id="id", event_time="at", online=Online())
class Sight:
    """One of each kind of value."""

    id: str
    at: datetime
    count: int = 0
    score: float | None = None
    is_new: bool | None = None
    word: str | None = None
    color: Literal["red", "blue"] | None = None
    mood: Mood | None = None
    seen_at: datetime | None = None
    age: Annotated[int, Ge(0)] | None = feature(default=None, name="age-in-days")


@feature_group(record_id="number", event_time="at", online=Online(storage_type="InMemory"))
class Shape:
    """Collections, numbered, at seconds since 1970."""

    number: int
    at: UnixTime
    sizes: list[int] | None = None
    names: set[str] | None = None
    moods: list[Mood] | None = None
    vector: Vector[3] | None = None


AT = datetime(2026, 1, 31, 12, tzinfo=UTC)


def target_of(record, name=None):
    """The group of a class, as the client means it."""
    contract = record.__feature_group__.contract(record)
    return Target(contract, name or contract.group)


class OnlineWorld:
    """An emulator, a runtime of ours, and boto3's clients."""

    def __init__(self, environment, root):
        self.environment, self.root = environment, root
        self.runtime = Runtime(environment, root)
        self.sagemaker = create_client("sagemaker", environment, root)
        self.boto = create_client(SERVICE, environment, root)

    def create(self, record, name=None, **online):
        """The group of a class, live."""
        target = target_of(record, name)
        contract = target.contract
        definitions = []
        for column in contract.columns:
            kind = {"FeatureName": column.name, "FeatureType": column.aws_type}
            if column.collection:
                kind["CollectionType"] = column.collection
            if column.dimension:
                kind["CollectionConfig"] = {"VectorConfig": {"Dimension": column.dimension}}
            definitions.append(kind)
        store = {"EnableOnlineStore": True} | ({"StorageType": "InMemory"} if contract.storage_type else {}) | online
        self.sagemaker.create_feature_group(
            FeatureGroupName=target.name,
            RecordIdentifierFeatureName=contract.record_id,
            EventTimeFeatureName=contract.event_time,
            FeatureDefinitions=definitions,
            OnlineStoreConfig=store,
        )
        return target

    def create_offline(self, record, name):
        """A group with an offline store alone."""
        target = target_of(record, name)
        contract = target.contract
        self.sagemaker.create_feature_group(
            FeatureGroupName=target.name,
            RecordIdentifierFeatureName=contract.record_id,
            EventTimeFeatureName=contract.event_time,
            FeatureDefinitions=[{"FeatureName": c.name, "FeatureType": c.aws_type} for c in contract.columns],
            OfflineStoreConfig={"S3StorageConfig": {"S3Uri": "s3://features/prod"}},
            RoleArn="arn:aws:iam::000000000000:role/feature-store",
        )
        return target

    def put(self, target, **values):
        """A record by boto3, of texts and lists of texts by AWS's names."""
        record = [
            {"FeatureName": name.replace("__", "-")}
            | ({"ValueAsString": value} if isinstance(value, str) else {"ValueAsStringList": value})
            for name, value in values.items()
        ]
        self.boto.put_record(FeatureGroupName=target.name, Record=record)

    def there(self, target, record_id):
        """Whether boto3 sees a record."""
        asked = {"FeatureGroupName": target.name, "RecordIdentifierValueAsString": record_id}
        return "Record" in self.boto.get_record(**asked)


@contextmanager
def online(root, url="embedded", region="us-east-1"):
    """An environment whose emulator is in this process, or at an address."""
    made = OnlineWorld(Environment("test", url, region=region), root)
    try:
        yield made
    finally:
        made.runtime.close()


@contextmanager
def online_http(root):
    """The same, over HTTP; `server` takes faults."""
    with running(root / "server") as server, online(root, server.url) as made:
        made.server = server
        yield made


@contextmanager
def fault(server, kind, **more):
    """A fault, while the block runs."""
    server.ask("POST", "faults", {"kind": kind, **more})
    try:
        yield
    finally:
        server.ask("DELETE", "faults")
