"""The SageMaker SDK, version 3: queries and datasets, with the answers that AWS gives (they are not always right)."""

import re
from datetime import UTC, datetime

import boto3
import pytest
import worked_example as example
from botocore.exceptions import ClientError
from groups import BUCKET
from sagemaker.mlops.feature_store import DatasetBuilder, JoinTypeEnum, create_athena_query

RESULTS = f"s3://{BUCKET}/results"
SPAN = (datetime(2024, 1, 1, 10, 30, tzinfo=UTC), datetime(2024, 1, 1, 13, 30, tzinfo=UTC))


@pytest.fixture
def dataset(session, labels):
    """A dataset of the nine labels, joined with a group of the worked example."""

    def of(group, join=JoinTypeEnum.INNER_JOIN, as_event_time=example.as_seconds):
        builder = DatasetBuilder.create(labels(as_event_time), RESULTS, session, "id", "at")
        return builder.with_feature_group(group, "id", ["value"], join_type=join).point_in_time_accurate_join()

    return of


def rows(builder):
    frame, _ = builder.to_dataframe()
    return sorted(example.rows_of(frame), key=str)


def test_a_query_comes_back_as_a_frame(session, by_text):
    query = create_athena_query(by_text.feature_group_name, session)

    query.run(f'SELECT id, at, value, is_deleted FROM "{query.database}"."{query.table_name}"', RESULTS)
    query.wait()
    frame = query.as_dataframe()

    assert len(frame) == len(example.WRITES)
    assert set(frame["is_deleted"]) == {True, False}
    assert frame["value"].isna().sum() == 2


def test_a_query_in_a_workgroup_that_is_wrong_fails(session, by_text):
    query = create_athena_query(by_text.feature_group_name, session)

    query.run(f'SELECT nothing FROM "{query.table_name}"', RESULTS, workgroup="primary")
    query.wait()

    with pytest.raises(RuntimeError, match="failed"):
        query.as_dataframe()


def test_a_dataset_of_a_group_has_what_came_after_the_last_delete(session, by_seconds, by_text):
    for group in (by_seconds, by_text):
        frame, _ = DatasetBuilder.create(group, RESULTS, session).to_dataframe()

        assert example.rows_of(frame, value="value") == [("a", "14:00", 5.0)]


def test_deleted_records_can_be_asked_for(session, by_text):
    frame, _ = DatasetBuilder.create(by_text, RESULTS, session).include_deleted_records().to_dataframe()

    assert sorted(example.rows_of(frame, value="value")) == [
        ("a", "10:00", 1.0),
        ("a", "11:00", 3.0),
        ("a", "14:00", 5.0),
        ("b", "10:00", 10.0),
    ]


def test_a_point_in_time_join_loses_what_the_sdk_loses(dataset, by_seconds):
    assert rows(dataset(by_seconds)) == sorted(example.INNER, key=str)


def test_a_left_join_keeps_every_label(dataset, by_seconds):
    assert rows(dataset(by_seconds, JoinTypeEnum.LEFT_JOIN)) == sorted(example.LEFT, key=str)


def test_with_deleted_records_rows_multiply(dataset, by_seconds):
    builder = dataset(by_seconds, JoinTypeEnum.LEFT_JOIN).include_deleted_records()

    assert rows(builder) == sorted(example.LEFT_WITH_DELETED, key=str)


def test_the_newest_record_is_taken_per_entity_and_not_per_label(dataset, by_seconds):
    left = dataset(by_seconds, JoinTypeEnum.LEFT_JOIN).with_number_of_recent_records_by_record_identifier(1)
    inner = dataset(by_seconds).include_deleted_records().with_number_of_recent_records_by_record_identifier(1)

    assert rows(left) == sorted(example.LEFT_NEWEST_ONLY, key=str)
    assert rows(inner) == sorted(example.INNER_WITH_DELETED_NEWEST_ONLY, key=str)


def test_without_point_in_time_all_history_is_joined(session, labels, by_text):
    builder = DatasetBuilder.create(labels(example.as_text), RESULTS, session, "id", "at")

    frame, _ = builder.with_feature_group(by_text, "id", ["value"]).to_dataframe()

    assert set(example.rows_of(frame)) == {(*label, 5.0) for label in example.LABELS if label[0] == "a"}


def test_a_point_in_time_join_on_text_times_fails_as_it_does_on_athena(dataset, by_text):
    # The SDK compares a string with an enum, so it takes every event time for seconds: from_unixtime of a varchar.
    with pytest.raises(RuntimeError, match=r"Athena query \S+ failed") as failed:
        dataset(by_text, as_event_time=example.as_text).to_dataframe()

    query = re.search(r"query (\S+) failed", str(failed.value))[1]
    found = boto3.client("athena").get_query_execution(QueryExecutionId=query)["QueryExecution"]
    assert re.search(r'from_unixtime\(fg_0\."at"\)', found["Query"])
    assert "from_iso8601_timestamp(fg_base" in found["Query"]
    assert "varchar" in found["Status"]["StateChangeReason"]
    assert "from_unixtime" in found["Status"]["StateChangeReason"]
    assert found["Status"]["AthenaError"]["ErrorCategory"] == 2


def test_a_range_of_event_times_works_in_seconds_and_fails_on_texts(session, by_seconds, by_text):
    def in_span(group):
        return DatasetBuilder.create(group, RESULTS, session).include_deleted_records().with_event_time_range(*SPAN)

    frame, _ = in_span(by_seconds).to_dataframe()

    assert example.rows_of(frame, value="value") == [("a", "11:00", 3.0)]
    with pytest.raises(RuntimeError, match="Athena query"):
        in_span(by_text).to_dataframe()


def test_a_range_with_both_ends_is_a_text_that_athena_cannot_read(session, by_seconds):
    # The SDK forgets a space: WHERE is_deletedAND from_unixtime(...).
    with pytest.raises(ClientError, match="mismatched input") as refused:
        DatasetBuilder.create(by_seconds, RESULTS, session).with_event_time_range(*SPAN).to_dataframe()

    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"


def test_as_of_a_time_before_anything_was_written_there_is_nothing(session, by_seconds):
    frame, _ = DatasetBuilder.create(by_seconds, RESULTS, session).as_of(datetime(2020, 1, 1)).to_dataframe()  # noqa: DTZ001

    assert len(frame) == 0
