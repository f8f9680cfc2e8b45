"""The SageMaker SDK, version 3: groups and records."""

import subprocess
import sys

import pytest
from sagemaker.core.resources import FeatureGroup, FeatureMetadata
from sagemaker.core.shapes import (
    BatchGetRecordIdentifier,
    FeatureDefinition,
    FeatureParameter,
    FeatureValue,
    OnlineStoreConfig,
    TtlDuration,
)
from sagemaker.mlops.feature_store import IngestionError, ingest_dataframe, list_records, update_record

BY_PROCESSES = """
import sys
import pandas as pd
from sagemaker.mlops.feature_store import ingest_dataframe

name, batches, file = sys.argv[1:]
ingest_dataframe(name, pd.read_csv(file), max_workers=2, max_processes=2, use_batch_write_record=batches == "True")
"""


def values_of(group, record_id, **more):
    found = group.get_record(record_identifier_value_as_string=record_id, **more)
    record = getattr(found, "record", None)
    return {value.feature_name: value.value_as_string for value in record} if isinstance(record, list) else {}


def test_types_of_a_frame_become_types_of_features(make, frame):
    found = FeatureGroup.get(feature_group_name=make("typed", frame).feature_group_name)

    assert {feature.feature_name: feature.feature_type for feature in found.feature_definitions} == {
        "id": "String",
        "at": "String",
        "temp": "Fractional",
        "count": "Integral",
    }


@pytest.mark.parametrize("batches", [False, True], ids=["put", "batch-write"])
def test_a_frame_is_ingested(make, frame, batches):
    group = make(f"ingested-{batches}".lower(), frame)

    manager = ingest_dataframe(group.feature_group_name, frame, use_batch_write_record=batches)

    assert manager.failed_rows == []
    assert values_of(group, "r005") == {"id": "r005", "at": "2024-01-01T10:00:00Z", "temp": "1.25", "count": "5"}
    assert values_of(group, "r005", feature_names=["count"]) == {"count": "5"}


@pytest.mark.parametrize("batches", [False, True], ids=["put", "batch-write"])
def test_a_frame_is_ingested_by_several_threads(make, frame, batches):
    group = make(f"by-threads-{batches}".lower(), frame)

    ingest_dataframe(group.feature_group_name, frame, max_workers=3, use_batch_write_record=batches)

    listed = list_records(group.feature_group_name, max_results=100)
    assert sorted(listed.record_identifiers) == list(frame["id"])


@pytest.mark.parametrize("batches", [False, True], ids=["put", "batch-write"])
def test_a_frame_is_ingested_by_several_processes(make, frame, batches, tmp_path):
    group = make(f"by-processes-{batches}".lower(), frame)
    frame.to_csv(tmp_path / "frame.csv", index=False)

    # In a process of its own, as in a script: children that are forked share the connections their parent has open.
    subprocess.run(
        [sys.executable, "-c", BY_PROCESSES, group.feature_group_name, str(batches), tmp_path / "frame.csv"], check=True
    )

    listed = list_records(group.feature_group_name, max_results=100)
    assert sorted(listed.record_identifiers) == list(frame["id"])


@pytest.mark.parametrize("batches", [False, True], ids=["put", "batch-write"])
def test_rows_that_fail_are_named(make, frame, batches):
    group = make(f"partly-bad-{batches}".lower(), frame)
    bad = frame.astype({"count": object})
    bad.loc[7, "count"] = "many"

    with pytest.raises(IngestionError) as failed:
        ingest_dataframe(group.feature_group_name, bad, use_batch_write_record=batches)

    assert failed.value.failed_rows == [7]
    assert values_of(group, "r007") == {}
    assert values_of(group, "r008")["count"] == "8"


def test_records_are_read_in_a_batch(make, frame):
    group = make("read-in-a-batch", frame)
    ingest_dataframe(group.feature_group_name, frame, use_batch_write_record=True)

    read = group.batch_get_record(
        identifiers=[
            BatchGetRecordIdentifier(
                feature_group_name=group.feature_group_name,
                record_identifiers_value_as_string=["r001", "r002", "nobody"],
                feature_names=["count"],
            )
        ]
    )

    found = {one.record_identifier_value_as_string: one.record[0].value_as_string for one in read.records}
    assert found == {"r001": "1", "r002": "2"}


def test_a_record_is_listed_page_by_page_deleted_and_gone(make, frame):
    group = make("paged", frame)
    ingest_dataframe(group.feature_group_name, frame, use_batch_write_record=True)

    first = list_records(group.feature_group_name, max_results=50)
    second = list_records(group.feature_group_name, max_results=50, next_token=first.next_token)
    group.delete_record(record_identifier_value_as_string="r000", event_time="2024-01-02T00:00:00Z")

    assert sorted([*first.record_identifiers, *second.record_identifiers]) == list(frame["id"])
    assert values_of(group, "r000") == {}
    left = list_records(group.feature_group_name, max_results=100)
    everything = list_records(group.feature_group_name, max_results=100, include_soft_deleted_records=True)
    assert len(left.record_identifiers) == 59
    assert len(everything.record_identifiers) == 60


def test_a_record_is_updated_in_part(make, frame):
    online = OnlineStoreConfig(enable_online_store=True, storage_type="Standard_V2")
    group = make("in-part", frame, online=online)
    ingest_dataframe(group.feature_group_name, frame.head(1))

    update_record(
        group.feature_group_name,
        "r000",
        [{"feature_name": "count", "value_as_string": "100"}],
    )

    assert values_of(group, "r000") == {"id": "r000", "at": "2024-01-01T10:00:00Z", "temp": "0.0", "count": "100"}


def test_a_record_lives_as_long_as_it_should(make, frame):
    group = make("with-an-end", frame)
    record = [
        FeatureValue(feature_name="id", value_as_string="x"),
        FeatureValue(feature_name="at", value_as_string="2024-01-01T10:00:00Z"),
    ]

    group.put_record(record=record, ttl_duration=TtlDuration(unit="Weeks", value=5000))
    found = group.get_record(record_identifier_value_as_string="x", expiration_time_response="Enabled")
    group.put_record(record=record, ttl_duration=TtlDuration(unit="Days", value=1))

    assert found.expires_at.startswith("2119-")
    assert values_of(group, "x") == {}


def test_a_group_is_found_updated_told_about_and_deleted(make, frame):
    group = make("changing", frame, description="It changes.", tags=[{"key": "team", "value": "sky"}])

    group.update(feature_additions=[FeatureDefinition(feature_name="wind", feature_type="Integral")])
    metadata = FeatureMetadata.get(feature_group_name="changing", feature_name="temp")
    metadata.update(description="Air.", parameter_additions=[FeatureParameter(key="unit", value="degF")])
    told = FeatureMetadata.get(feature_group_name="changing", feature_name="temp")
    named = [one.feature_group_name for one in FeatureGroup.get_all(name_contains="chang")]
    group.refresh()
    group.delete()

    assert group.feature_definitions[-1].feature_name == "wind"
    assert told.description == "Air."
    assert [(one.key, one.value) for one in told.parameters] == [("unit", "degF")]
    assert named == ["changing"]
    assert [one.feature_group_name for one in FeatureGroup.get_all(name_contains="chang")] == []
