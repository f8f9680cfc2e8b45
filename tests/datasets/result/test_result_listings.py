"""Snapshots and histories are results, too: under the group's own names, with a report and a manifest."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from result_answers import ABOUT, NOON, PLANE, WEATHER

from reconciler.datasets.question import Facts, Listed, Listing, listed_schema
from reconciler.datasets.results.manifest import repeat
from reconciler.datasets.results.result import listed

EVENT = "2024-01-01T11:00:00.000000000Z"
LATER = datetime(2024, 1, 2, tzinfo=UTC)


def a_listing(listing, rows, scratch):
    batch = pa.RecordBatch.from_pylist(rows, schema=listed_schema(listing))
    facts = Facts(rows=[10], unreadable=[1], newest_write=[NOON])
    return listed(listing, lambda: Listed(batch.schema, iter([batch]), facts), ABOUT, scratch=scratch)


@pytest.fixture
def snapshot(tmp_path):
    rows = [
        {"record_id": "007", "event": EVENT, "value_0": 71.6, "value_1": 12, "value_2": "clear"},
        {"record_id": "JFK", "event": EVENT, "value_0": None, "value_1": None, "value_2": ""},
    ]
    return a_listing(Listing(WEATHER, end=NOON, as_of=LATER), rows, tmp_path / "scratch")


@pytest.fixture
def history(tmp_path):
    version = {"record_id": "N1", "event": 1.5, "value_0": 180, "api_invocation_time": NOON, "write_time": NOON}
    rows = [version | {"is_deleted": False}, version | {"event": 2.5, "value_0": None, "is_deleted": True}]
    return a_listing(Listing(PLANE, NOON, LATER), rows, tmp_path / "scratch")


def test_a_snapshot_has_the_names_of_the_group(snapshot):
    assert snapshot.to_arrow().to_pydict() == {
        "airport": ["007", "JFK"],
        "observed_at": [EVENT, EVENT],
        "temp_f": [71.6, None],
        "gust": [12, None],
        "sky": ["clear", ""],
    }
    assert snapshot.features == ["temp_f", "gust", "sky"]
    assert str(snapshot.to_pandas()["gust"].dtype) == "Int64"


def test_a_history_says_what_the_service_says_of_each_version(history):
    assert history.columns == ["tailnum", "updated", "seats", "api_invocation_time", "write_time", "is_deleted"]
    assert history.to_arrow()["is_deleted"].to_pylist() == [False, True]


def test_the_report_of_a_snapshot_counts_rows_and_not_labels(snapshot, history):
    (join,) = snapshot.report.joins
    assert (snapshot.report.rows, join.matched, join.rows_read, join.unreadable, join.newest_write) == (
        2,
        2,
        10,
        1,
        NOON,
    )
    assert join.nulls == {"temp_f": 1, "gust": 1, "sky": 0}

    (join,) = history.report.joins
    assert (history.report.rows, join.matched, join.deleted) == (2, 1, 1)


def test_a_snapshot_is_shown_and_drawn(snapshot):
    assert "<td>007</td>" in (len(snapshot), snapshot._repr_html_())[1]
    assert "weather: 2 rows." in snapshot.report.picture()
    assert "label" not in snapshot.report.picture().partition("<style>")[2]
    assert snapshot.report.as_text().splitlines()[:4] == [
        "departure-delay: 2 rows, answered by duckdb",
        "",
        "         rows         deleted",
        "weather     2  100 %        0",
    ]


def test_a_snapshot_is_built_again_the_same(tmp_path, snapshot):
    manifest = snapshot.to_parquet(tmp_path / "snapshot.parquet")

    assert manifest.as_of == LATER
    assert manifest.labels_digest == ""
    assert repeat(manifest, snapshot, tmp_path / "again").is_same
