"""What the tests of serving and of skew share: groups in both stores of an embedded emulator, and a dataset of them."""

from datetime import UTC, datetime, timedelta

from reconciler.aws import FeatureStore
from reconciler.aws.runtime import Runtime
from reconciler.aws.session import _opened, create_client
from reconciler.config import Environment, Overrides
from reconciler.datasets.definition import question_of
from reconciler.live import read_whole
from reconciler.placement import place as placed
from reconciler.records.target import Target
from reconciler.spec import Offline, Online, UnixTime, feature, feature_group
from reconciler.state import Asked, Dataset, Registry
from reconciler.state.words import create_request

DEFAULTS = Overrides(
    role_arn="arn:aws:iam::000000000000:role/feature-store", s3_uri="s3://feature-store/offline", protected=False
)
AT = datetime(2026, 1, 31, 12, tzinfo=UTC)


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=Offline())
class Weather:
    """Text times, in Glue's format."""

    origin: str
    observed_at: datetime
    temp_f: float | None = None
    gusts: int | None = None
    sky: str | None = None
    is_dark: bool | None = None
    read_at: datetime | None = feature(default=None, name="read-at")


@feature_group(record_id="plane", event_time="seen_at", online=Online(), offline=Offline())
class Plane:
    """Whole numbers identify, and times are numbers."""

    plane: int
    seen_at: UnixTime
    seats: int | None = None


@feature_group(record_id="crew", event_time="since", online=Online(), offline=Offline(table_format="Iceberg"))
class Crew:
    """In Iceberg's format."""

    crew: str
    since: datetime
    size: int | None = None


GROUPS = (Weather, Plane, Crew)
WEATHER = tuple(Asked(name, "weather", name, "origin") for name in ("temp_f", "gusts", "sky", "is_dark", "read-at"))
DEST = (Asked("dest_temp_f", "weather", "temp_f", "dest"), Asked("dest_sky", "weather", "sky", "dest"))
PLANE = (Asked("seats", "plane", "seats", "tail"),)
CREW = (Asked("size", "crew", "size", "crew"),)


class World:
    """An embedded emulator with the groups, a client of ours, and boto3's."""

    def __init__(self, root):
        self.root = root
        self.environment = Environment("test", "embedded", region="us-east-1", name_prefix="dev-", defaults=DEFAULTS)
        self.store = FeatureStore(self.environment, root)
        self.emulator = _opened[root / ".reconciler" / "emulator"]
        self.boto = create_client("sagemaker-featurestore-runtime", self.environment, root)
        self.targets = {target.contract.group: target for target in map(self._make, GROUPS)}
        self.runtime = Runtime(self.environment, root)

    def _make(self, group):
        spec = group.__feature_group__
        desired = Registry({spec.name: spec.desired()}, {})
        (wanted,) = placed(desired, self.environment, "acme/flights@test").groups.values()
        self.store.create(create_request(wanted.group))
        return Target(spec.contract(group), wanted.group.name, self.live(wanted.group.name))

    def live(self, name):
        """The group as it is."""
        return read_whole(self.store, name)

    def put(self, group, stores=None, **texts):
        """A record, of texts by AWS's names, a dash written as two underscores."""
        record = [{"FeatureName": k.replace("__", "-"), "ValueAsString": str(v)} for k, v in texts.items()]
        more = {"TargetStores": [stores]} if stores else {}
        self.boto.put_record(FeatureGroupName=self.targets[group].name, Record=record, **more)

    def delete(self, group, record_id, at, **more):
        """A record away, as of an event time."""
        self.boto.delete_record(
            FeatureGroupName=self.targets[group].name, RecordIdentifierValueAsString=record_id, EventTime=at, **more
        )

    def question(self, *features, max_ages=None, strict=False):
        """What a dataset of these columns asks."""
        dataset = Dataset("flights", features, "at", max_ages=max_ages or {}, strict=strict)
        contracts = {name: target.contract for name, target in self.targets.items()}
        return question_of(dataset, contracts, lambda group: self.targets[group].name)


def iso(at):
    return at.isoformat().replace("+00:00", "Z")


def ago(**more):
    """Before the tests' moment."""
    return iso(AT - timedelta(**more))
