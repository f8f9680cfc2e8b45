"""Moments and options that a store cannot go by are told, whoever gives them."""

from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest

from reconciler import connect
from reconciler.datasets.labels.faults import LabelsRefused
from reconciler.errors import ReconcilerError, Usage
from reconciler.spec import Dataset, feature_group


@feature_group(record_id="airport", event_time="at")
class Sky:
    """The sky above airports."""

    airport: str
    at: datetime
    clouds: int | None = None


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store that has no groups: what is wrong with moments is told before anything is looked for."""
    return connect("local", folder=tmp_path_factory.mktemp("nowhere"))


LAST = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5)))


@pytest.mark.parametrize("moment", ["2024-01-01T00:00:00Z", date(2024, 1, 1), datetime(2024, 1, 1), LAST])  # noqa: DTZ001
def test_what_is_no_moment_is_refused(store, moment):
    for ask in (
        lambda: store.snapshot(Sky, at=moment),
        lambda: store.history(Sky, moment, datetime(2025, 1, 1, tzinfo=UTC)),
        lambda: store.dataset([{"airport": "JFK"}], [Sky.clouds], time=datetime(2024, 1, 1, tzinfo=UTC), as_of=moment),
    ):
        with pytest.raises(Usage):
            ask()


def test_a_snapshot_of_a_dataset_that_counts_ages_is_refused(store):
    aged = Dataset(name="aged", features=[Sky.clouds], time="at", max_age=timedelta(hours=1))

    with pytest.raises(Usage, match=r"store\.dataset"):
        store.snapshot(aged)


def test_moments_of_half_a_doubles_digits_are_refused(stores, tmp_path):
    from reconciler.datasets.labels.reading import read_labels
    from reconciler.datasets.question import Join, Key, Output, Question

    join = Join("sky", "sky", Key("a", "String"), "airport", "at", "String", (Output("clouds", "clouds", "Integral"),))
    labels = pl.DataFrame({"a": ["JFK"], "when": pl.Series([1704106800.0], dtype=pl.Float32)})

    with pytest.raises(LabelsRefused, match="numbers of 32 bits"):
        read_labels(labels, Question((join,)), "when", scratch=tmp_path)
    assert issubclass(LabelsRefused, ReconcilerError)
