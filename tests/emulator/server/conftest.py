import pytest
from botocore.config import Config

from reconciler.emulator.server import running


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server for the tests of a module; each uses names of its own."""
    with running(tmp_path_factory.mktemp("served")) as started:
        yield started


@pytest.fixture(scope="module")
def client(server, session):
    """boto3 against it."""

    def of(service="sagemaker", **more):
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **more)
        return session.client(service, endpoint_url=server.url, config=config)

    return of
