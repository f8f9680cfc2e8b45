import boto3
import pandas as pd
import pytest
import worked_example as example
from groups import BUCKET, ROLE
from sagemaker.feature_store.feature_definition import FeatureDefinition, FeatureTypeEnum
from sagemaker.feature_store.feature_group import FeatureGroup
from sagemaker.feature_store.feature_store import FeatureStore
from sagemaker.feature_store.inputs import FeatureValue
from sagemaker.session import Session


@pytest.fixture(scope="session")
def session():
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    boto = boto3.Session(region_name="us-east-1")
    return Session(
        boto_session=boto,
        sagemaker_client=boto.client("sagemaker"),
        sagemaker_featurestore_runtime_client=boto.client("sagemaker-featurestore-runtime"),
    )


@pytest.fixture(scope="session")
def store(session):
    return FeatureStore(sagemaker_session=session)


@pytest.fixture(scope="session")
def make(session):
    """Create a group for a frame, as notebooks do; `id` and `at` are its two keys."""

    def made(name, frame, **more):
        group = FeatureGroup(name=name, sagemaker_session=session)
        group.load_feature_definitions(data_frame=frame)
        group.create(
            s3_uri=f"s3://{BUCKET}/store",
            record_identifier_name="id",
            event_time_feature_name="at",
            role_arn=ROLE,
            enable_online_store=True,
            **more,
        )
        assert group.describe()["FeatureGroupStatus"] == "Created"
        return group

    return made


@pytest.fixture(scope="session")
def values(session):
    """The group of the worked example, with all its writes."""
    group = FeatureGroup(
        name="values",
        sagemaker_session=session,
        feature_definitions=[
            FeatureDefinition("id", FeatureTypeEnum.STRING),
            FeatureDefinition("at", FeatureTypeEnum.STRING),
            FeatureDefinition("value", FeatureTypeEnum.FRACTIONAL),
        ],
    )
    group.create(
        s3_uri=f"s3://{BUCKET}/store",
        record_identifier_name="id",
        event_time_feature_name="at",
        role_arn=ROLE,
        enable_online_store=True,
    )
    for record_id, time, value in example.WRITES:
        at = example.as_text(time)
        if value is example.DELETED:
            group.delete_record(record_id, at)
        else:
            written = {"id": record_id, "at": at, "value": str(value)}
            group.put_record([FeatureValue(name, given) for name, given in written.items()])
    return group


@pytest.fixture
def labels():
    rows = [(record_id, example.as_text(time)) for record_id, time in example.LABELS]
    return pd.DataFrame(rows, columns=["id", "at"])


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
