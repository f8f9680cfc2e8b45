import awswrangler as wr
import boto3
import pytest
from groups import BUCKET, a_feature, a_group, a_record

DATABASE = "sagemaker_featurestore"


@pytest.fixture(scope="session")
def offline():
    """The offline store of a group with records of two hours, one of them deleted since."""
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    sagemaker, runtime = boto3.client("sagemaker"), boto3.client("sagemaker-featurestore-runtime")
    sagemaker.create_feature_group(
        **a_group("weather", a_feature("temp", "Fractional"), a_feature("count", "Integral"), a_feature("note"))
    )
    for number in range(20):
        record = a_record(
            id=f"r{number:02}",
            at=f"2024-01-01T{10 + number % 2}:00:00Z",
            temp=number / 4,
            count=number,
            note='a,"b" é',
        )
        runtime.put_record(FeatureGroupName="weather", Record=record)
    runtime.delete_record(
        FeatureGroupName="weather", RecordIdentifierValueAsString="r00", EventTime="2024-01-01T12:00:00Z"
    )
    return sagemaker.describe_feature_group(FeatureGroupName="weather")["OfflineStoreConfig"]


@pytest.fixture(scope="session")
def table(offline):
    return offline["DataCatalogConfig"]["TableName"]


@pytest.fixture(scope="session")
def folder(offline):
    return offline["S3StorageConfig"]["ResolvedOutputS3Uri"]


@pytest.fixture(scope="session")
def query(offline):
    """A statement through Athena, as a frame."""

    def run(sql, to="results", **more):
        return wr.athena.read_sql_query(sql, database=DATABASE, s3_output=f"s3://{BUCKET}/{to}/", **more)

    return run
