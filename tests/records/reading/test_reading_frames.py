"""Records as columns."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest
from online_world import AT, Sight, target_of

from reconciler.errors import Usage
from reconciler.records.frames import get_frame, get_table


@pytest.fixture
def filled(either, sights):
    either.put(sights, id="a", at="2026-01-31T12:00:00Z", count="9007199254740993", is_new="0", mood="bad", word="")
    either.put(sights, id="b", at="2026-01-31T12:00:00.5Z".replace(".5", ".500"), score="2.5", age__in__days="3")
    return sights


def test_a_frame_has_a_row_for_each_identifier_in_their_order(either, filled):
    frame = get_frame(either.runtime, filled, ["b", "missing", "a", "b"])

    assert list(frame["id"]) == ["b", "missing", "a", "b"]
    assert list(frame["at"].isna()) == [False, True, False, False]
    assert frame["at"][0] == AT + timedelta(milliseconds=500)


def test_columns_have_the_names_of_fields_and_types_that_can_be_missing(either, filled):
    frame = get_frame(either.runtime, filled, ["a", "b"])

    assert "age" in frame
    assert frame["count"].dtype == pd.Int64Dtype()
    assert frame["count"][0] == 9007199254740993
    assert frame["is_new"].dtype == pd.BooleanDtype()
    assert frame["score"].dtype == "float64"
    assert frame["word"][0] == ""
    assert frame["word"].isna()[1]
    assert frame["mood"][0] == "bad"


def test_an_empty_frame_has_all_columns(either, filled):
    table = get_table(either.runtime, filled, [])

    assert table.num_rows == 0
    assert table.schema.field("count").type == pa.int64()
    assert table.schema.field("at").type == pa.timestamp("us", tz="UTC")


def test_some_features_are_read_alone_beside_the_identifier(either, filled):
    table = get_table(either.runtime, filled, ["a", "b", "missing"], features=["age-in-days", "count"])

    assert table.to_pydict() == {
        "id": ["a", "b", "missing"],
        "count": [9007199254740993, None, None],
        "age": [None, 3, None],
    }


def test_a_feature_that_is_not_there_is_refused(store):
    with pytest.raises(Usage, match="has no feature 'nothing'"):
        get_table(store.runtime, target_of(Sight), ["a"], features=["nothing"])


def test_expiries_are_a_column_on_request(either, filled):
    now = datetime.now(UTC).replace(microsecond=0)
    either.boto.put_record(
        FeatureGroupName=filled.name,
        Record=[
            {"FeatureName": "id", "ValueAsString": "c"},
            {"FeatureName": "at", "ValueAsString": now.strftime("%Y-%m-%dT%H:%M:%SZ")},
        ],
        TtlDuration={"Unit": "Days", "Value": 1},
    )

    table = get_table(either.runtime, filled, ["a", "c"], features=[], expires_at=True)

    assert table.to_pydict() == {"id": ["a", "c"], "expires_at": [None, now + timedelta(days=1)]}


def test_collections_are_lists(either, shapes):
    either.put(shapes, number="1", at="1.5", names=["b", "a"], vector=["1", "2", "0.5"])

    table = get_table(either.runtime, shapes, [1, 2])

    assert table["names"].to_pylist() == [["a", "b"], None]
    assert table["vector"].to_pylist() == [[1.0, 2.0, 0.5], None]
    assert table["number"].to_pylist() == [1, 2]
