import boto3
import pandas as pd
import pytest
import worked_example as example
from groups import BUCKET, ROLE
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.shapes import FeatureValue, OfflineStoreConfig, OnlineStoreConfig, S3StorageConfig
from sagemaker.mlops.feature_store import FeatureGroupManager, load_feature_definitions_from_dataframe


@pytest.fixture(scope="session")
def session():
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    return Session(boto_session=boto3.Session(region_name="us-east-1"))


@pytest.fixture(scope="session")
def make(session):
    """Create a group for a frame; `id` and `at` are its two keys."""

    def made(name, frame, table_format=None, online=None, **more):
        stored = {"table_format": table_format} if table_format else {}
        group = FeatureGroupManager.create(
            feature_group_name=name,
            record_identifier_feature_name="id",
            event_time_feature_name="at",
            feature_definitions=load_feature_definitions_from_dataframe(frame),
            online_store_config=online or OnlineStoreConfig(enable_online_store=True),
            offline_store_config=OfflineStoreConfig(
                s3_storage_config=S3StorageConfig(s3_uri=f"s3://{BUCKET}/store"), **stored
            ),
            role_arn=ROLE,
            **more,
        )
        group.wait_for_status("Created")
        return group

    return made


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "id": [f"r{number:03}" for number in range(60)],
            "at": ["2024-01-01T10:00:00Z"] * 60,
            "temp": [number / 4 for number in range(60)],
            "count": range(60),
        }
    )


def of_the_example(make, name, as_event_time):
    group = make(name, pd.DataFrame({"id": ["a"], "at": [as_event_time("10:00")], "value": [1.0]}))
    for record_id, time, value in example.WRITES:
        at = str(as_event_time(time))
        if value is example.DELETED:
            group.delete_record(record_identifier_value_as_string=record_id, event_time=at)
        else:
            written = {"id": record_id, "at": at, "value": str(value)}
            group.put_record(record=[FeatureValue(feature_name=k, value_as_string=v) for k, v in written.items()])
    return group


@pytest.fixture(scope="session")
def by_seconds(make):
    """The group of the worked example, its event times in seconds."""
    return of_the_example(make, "by-seconds", example.as_seconds)


@pytest.fixture(scope="session")
def by_text(make):
    """The same, its event times as texts."""
    return of_the_example(make, "by-text", example.as_text)


@pytest.fixture
def labels():
    """Labels with their time as a text or in seconds."""

    def of(as_event_time):
        rows = [(record_id, as_event_time(time)) for record_id, time in example.LABELS]
        return pd.DataFrame(rows, columns=["id", "at"])

    return of
