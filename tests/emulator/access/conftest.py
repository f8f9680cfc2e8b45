import boto3
import pytest
from botocore.config import Config

_ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="session")
def _access_clients(session, door):
    return {name: door.attach(session.client(name, config=_ONCE)) for name in ("iam", "kms", "lakeformation")}


@pytest.fixture
def iam(_access_clients, emulator):
    return _access_clients["iam"]


@pytest.fixture
def kms(_access_clients, emulator):
    return _access_clients["kms"]


@pytest.fixture
def lake(_access_clients, emulator):
    return _access_clients["lakeformation"]


@pytest.fixture
def sts_of(door, emulator):
    """STS, asked with credentials that STS gave."""

    def client(credentials):
        given = (credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])
        return door.attach(boto3.Session(*given, region_name="eu-west-1").client("sts", config=_ONCE))

    return client
