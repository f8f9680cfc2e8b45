"""A dataset is built again to the byte, whatever came since: out of a real offline store, by the facade."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from project import Project

from reconciler import connect
from reconciler.datasets.results.manifest import damages, read_manifest, repeat
from reconciler.spec import Offline, Online, feature, feature_group

AT = datetime(2013, 7, 10, 16, tzinfo=UTC)

SPEC = '''
from datetime import datetime

from reconciler.spec import Offline, Online, feature, feature_group


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=Offline())
class Weather:
    """Hourly weather."""

    origin: str
    observed_at: datetime
    gust: int | None = feature(default=None, about="Gusts.")
    temp_f: float | None = feature(default=None, about="Air temperature.")
'''


@feature_group(record_id="origin", event_time="observed_at", online=Online(), offline=Offline())
class Weather:
    """Hourly weather."""

    origin: str
    observed_at: datetime
    gust: int | None = feature(default=None, about="Gusts.")
    temp_f: float | None = feature(default=None, about="Air temperature.")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A project's folder."""
    return tmp_path_factory.mktemp("repeated")


@pytest.fixture(scope="module")
def store(root):
    """A store with an hour of weather offline."""
    project = Project(root)
    project.write("pyproject.toml", '[tool.reconciler]\nname = "acme/flights"\n')
    project.write("registry/weather.py", SPEC)
    assert project.run("apply", "--yes").returncode == 0
    with connect(folder=project.root) as store:
        put(store, Weather(origin="JFK", observed_at=AT, gust=2**53 + 1, temp_f=82.5))
        yield store


def put(store, *rows):
    store.wait_offline(store.ingest(Weather, list(rows)))


@pytest.fixture
def labels():
    moments = [AT + timedelta(minutes=30), AT - timedelta(minutes=1), AT + timedelta(hours=5), None]
    return pd.DataFrame({"origin": ["JFK", "JFK", "JFK", "LGA"], "at": moments, "delay": [5.0, None, 7.5, 1.0]})


def test_a_build_is_the_same_though_rows_came_since(store, labels, tmp_path):
    def build(as_of):
        return store.dataset(labels, [Weather.gust, Weather.temp_f], time="at", as_of=as_of)

    with build(datetime.now(UTC)) as result:
        first = result.to_parquet(tmp_path / "first" / "train.parquet")
        assert result.to_pandas()["gust"].tolist() == [2**53 + 1, pd.NA, 2**53 + 1, pd.NA]
        assert result.report.joins[0].counts == {"matched": 2, "missing": 1, "stale": 0, "deleted": 0, "no key": 1}
        assert result.report.joins[0].ages.quantiles["p50"] == 1800
    put(store, Weather(origin="JFK", observed_at=AT + timedelta(hours=1), temp_f=90.0))

    with build(first.as_of) as again:
        found = repeat(read_manifest(first.file), again, tmp_path / "again")
    with build(None) as now:
        assert now.to_pandas()["temp_f"].tolist()[2] == 90.0
    assert found.differences == ()
    assert list(damages(found.manifest)) == []


def test_nothing_is_left_of_a_dataset_that_was_closed(store, root, labels, tmp_path):
    with store.dataset(labels, [Weather.gust], time="at") as result:
        result.to_csv(tmp_path / "train.csv")

    left = [path for path in (root / ".reconciler" / "datasets").rglob("*") if path.name not in ("scratch", ".lock")]
    assert left == []
