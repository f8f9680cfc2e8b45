import pytest
from botocore.config import Config
from s3_help import BUCKET, EU

from reconciler.emulator.running import running


@pytest.fixture
def bucket(s3):
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=EU)
    return BUCKET


@pytest.fixture
def put(s3, bucket):
    """Put objects, each with its key as content unless another is given."""

    def put_all(*keys, body=None, **more):
        for key in keys:
            s3.put_object(Bucket=bucket, Key=key, Body=key.encode() if body is None else body, **more)

    return put_all


@pytest.fixture
def folder(tmp_path):
    """Where the bucket's objects lie."""
    return tmp_path / "data" / "s3" / BUCKET


@pytest.fixture
def ask(emulator):
    """A request without a client: what boto3 would not send."""

    def asked(method, url, body=b"", **headers):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return emulator.answer(method, url, given, body)

    return asked


@pytest.fixture
def server(tmp_path):
    with running(tmp_path / "data") as started:
        yield started


@pytest.fixture
def remote(server, session):
    """An S3 client over HTTP."""

    def client(addressing="path", endpoint=None, **more):
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": addressing}, **more)
        return session.client("s3", endpoint_url=endpoint or server.url, config=config)

    return client
