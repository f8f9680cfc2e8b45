"""Every operation that is answered is one of AWS's, and every reply has the shape that AWS's own model gives it."""

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from shapes_calls import CALLS, PREPARE

from reconciler.emulator.operations import NAMES, service

BOTOCORE = {name: name for name in NAMES} | {"featurestore-runtime": "sagemaker-featurestore-runtime"}
ANSWERED = [(name, operation) for name in NAMES for operation in sorted(service(name).operations)]


@pytest.fixture(scope="module")
def clients(door):
    """Clients of all services; each reply is held against the model on its way to them."""
    session = boto3.Session("AKIDEXAMPLE", "secret", region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1})
    return {name: door.attach(session.client(BOTOCORE[name], config=config)) for name in NAMES}


@pytest.mark.parametrize(("name", "operation"), ANSWERED)
def test_an_operation_bears_the_name_aws_gives_it(clients, name, operation):
    assert operation in clients[name].meta.service_model.operation_names


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_of_a_service_is_called_below(name):
    assert set(CALLS[name]) == set(service(name).operations)


@pytest.mark.parametrize(("name", "operation"), [(name, one) for name, calls in CALLS.items() for one in calls])
def test_a_reply_fits_the_model(clients, emulator, name, operation):
    found = {}
    PREPARE.get(name, lambda *_: None)(clients, found)
    call = getattr(clients[name], xform_name(operation))
    one = CALLS[name][operation]

    code = ""
    try:
        call(**one.arguments(found))
    except ClientError as error:
        code = error.response["Error"]["Code"]

    assert code == one.refused
