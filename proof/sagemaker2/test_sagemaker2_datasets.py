"""The SageMaker SDK, version 2: queries and datasets, with the answers that AWS gives (they are not always right)."""

from datetime import UTC, datetime

import pytest
import worked_example as example
from groups import BUCKET
from sagemaker.feature_store.dataset_builder import JoinTypeEnum
from sagemaker.feature_store.feature_utils import get_feature_group_as_dataframe

RESULTS = f"s3://{BUCKET}/results"


@pytest.fixture
def dataset(store, labels):
    """A dataset of the nine labels, joined with the group of the worked example."""

    def of(group, join=JoinTypeEnum.INNER_JOIN):
        builder = store.create_dataset(labels, RESULTS, "id", "at")
        return builder.with_feature_group(group, "id", ["value"], join_type=join).point_in_time_accurate_join()

    return of


def rows(builder):
    frame, _ = builder.to_dataframe()
    return sorted(example.rows_of(frame), key=str)


def test_a_query_comes_back_as_a_frame(values):
    query = values.athena_query()

    query.run(
        f'SELECT id, at, value, is_deleted FROM "{query.database}"."{query.table_name}" ORDER BY write_time, at, id',
        RESULTS,
    )
    query.wait()
    frame = query.as_dataframe()

    assert query.get_query_execution()["QueryExecution"]["Status"]["State"] == "SUCCEEDED"
    assert len(frame) == len(example.WRITES)
    assert set(frame["is_deleted"]) == {True, False}
    assert frame["value"].isna().sum() == 2


def test_a_query_that_is_wrong_fails(values):
    query = values.athena_query()

    query.run(f'SELECT nothing FROM "{query.table_name}"', RESULTS)
    query.wait()

    with pytest.raises(RuntimeError, match="Failed"):
        query.as_dataframe()


def test_a_whole_group_comes_as_a_frame(values, session):
    frame = get_feature_group_as_dataframe(
        feature_group_name=values.name,
        athena_bucket=RESULTS,
        session=session,
        event_time_feature_name="at",
        verbose=False,
    )

    assert frame[["id", "at", "value"]].to_dict("records") == [{"id": "a", "at": "2024-01-01T14:00:00Z", "value": 5.0}]


def test_a_dataset_of_a_group_has_what_came_after_the_last_delete(store, values):
    frame, _ = store.create_dataset(values, RESULTS).to_dataframe()

    assert example.rows_of(frame, value="value") == [("a", "14:00", 5.0)]


def test_deleted_records_can_be_asked_for(store, values):
    frame, _ = store.create_dataset(values, RESULTS).include_deleted_records().to_dataframe()

    assert sorted(example.rows_of(frame, value="value")) == [
        ("a", "10:00", 1.0),
        ("a", "11:00", 3.0),
        ("a", "14:00", 5.0),
        ("b", "10:00", 10.0),
    ]


def test_a_point_in_time_join_loses_what_the_sdk_loses(dataset, values):
    assert rows(dataset(values)) == sorted(example.INNER, key=str)


def test_a_left_join_keeps_every_label(dataset, values):
    assert rows(dataset(values, JoinTypeEnum.LEFT_JOIN)) == sorted(example.LEFT, key=str)


def test_with_deleted_records_rows_multiply(dataset, values):
    builder = dataset(values, JoinTypeEnum.LEFT_JOIN).include_deleted_records()

    assert rows(builder) == sorted(example.LEFT_WITH_DELETED, key=str)


def test_the_newest_record_is_taken_per_entity_and_not_per_label(dataset, values):
    left = dataset(values, JoinTypeEnum.LEFT_JOIN).with_number_of_recent_records_by_record_identifier(1)
    inner = dataset(values).include_deleted_records().with_number_of_recent_records_by_record_identifier(1)

    assert rows(left) == sorted(example.LEFT_NEWEST_ONLY, key=str)
    assert rows(inner) == sorted(example.INNER_WITH_DELETED_NEWEST_ONLY, key=str)


def test_without_point_in_time_all_history_is_joined(store, labels, values):
    builder = store.create_dataset(labels, RESULTS, "id", "at").with_feature_group(values, "id", ["value"])

    frame, _ = builder.to_dataframe()

    assert set(example.rows_of(frame)) == {(*label, 5.0) for label in example.LABELS if label[0] == "a"}


def test_a_range_of_event_times_and_a_limit_are_kept(store, values):
    builder = store.create_dataset(values, RESULTS).include_deleted_records()
    builder.with_event_time_range(
        datetime(2024, 1, 1, 10, 30, tzinfo=UTC), datetime(2024, 1, 1, 14, 0, tzinfo=UTC)
    ).with_number_of_records_from_query_results(1)

    frame, sql = builder.to_dataframe()

    assert "LIMIT 1" in sql
    assert example.rows_of(frame, value="value")[0] in {("a", "11:00", 3.0), ("a", "14:00", 5.0)}
    assert len(frame) == 1


def test_as_of_a_time_before_anything_was_written_there_is_nothing(store, values):
    frame, _ = store.create_dataset(values, RESULTS).as_of(datetime(2020, 1, 1)).to_dataframe()  # noqa: DTZ001

    assert len(frame) == 0


def test_two_groups_are_joined_to_the_labels(store, labels, values, make, frame):
    other = make("other", frame.head(1).assign(id="a", at="2024-01-01T08:00:00Z", temp=7.0))
    other.ingest(frame.head(1).assign(id="a", at="2024-01-01T08:00:00Z", temp=7.0), max_workers=1, wait=True)
    builder = store.create_dataset(labels, RESULTS, "id", "at").point_in_time_accurate_join()
    builder.with_feature_group(values, "id", ["value"]).with_feature_group(other, "id", ["temp"])

    found, _ = builder.to_dataframe()

    assert found[["id", "value.1", "temp.2"]].to_dict("records") == [{"id": "a", "value.1": 5.0, "temp.2": 7.0}]
