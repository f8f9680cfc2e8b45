import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from emulator_help import InProcess, a_group

from reconciler.emulator.embedded import open_emulator


@pytest.fixture(scope="session")
def session():
    return boto3.Session("AKIDEXAMPLE", "secret", region_name="eu-west-1")


@pytest.fixture(scope="session")
def door():
    """One set of clients serves all tests: loading SageMaker's model is what takes time."""
    return InProcess()


@pytest.fixture(scope="session")
def _clients(session, door):
    config = Config(retries={"total_max_attempts": 1})
    lenient = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    made = {name: door.attach(session.client(name, config=config)) for name in ("sagemaker", "glue", "s3", "sts")}
    made["lenient"] = door.attach(session.client("sagemaker", config=lenient))
    made["runtime"] = door.attach(session.client("sagemaker-featurestore-runtime", config=config))
    made["lenient runtime"] = door.attach(session.client("sagemaker-featurestore-runtime", config=lenient))
    return made


@pytest.fixture
def settings():
    """The emulator's settings; a test that needs others overrides this."""
    return {}


@pytest.fixture
def emulator(tmp_path, settings, door):
    door.emulator = opened = open_emulator(tmp_path / "data", **settings)
    yield opened
    opened.close()
    door.emulator = None


@pytest.fixture
def sagemaker(_clients, emulator):
    return _clients["sagemaker"]


@pytest.fixture
def lenient(_clients, emulator):
    """A SageMaker client that sends anything."""
    return _clients["lenient"]


@pytest.fixture
def runtime(_clients, emulator):
    return _clients["runtime"]


@pytest.fixture
def lenient_runtime(_clients, emulator):
    """A runtime client that sends anything."""
    return _clients["lenient runtime"]


@pytest.fixture
def glue(_clients, emulator):
    return _clients["glue"]


@pytest.fixture
def s3(_clients, emulator):
    return _clients["s3"]


@pytest.fixture
def sts(_clients, emulator):
    return _clients["sts"]


@pytest.fixture
def make(sagemaker):
    """Create a group; answers what Describe says of it."""

    def made(*args, **more):
        request = a_group(*args, **more)
        sagemaker.create_feature_group(**request)
        return sagemaker.describe_feature_group(FeatureGroupName=request["FeatureGroupName"])

    return made


@pytest.fixture
def refused():
    """The code and the sentence a call is refused with."""

    def of(call, **request):
        with pytest.raises(ClientError) as caught:
            call(**request)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    return of
