import asyncio
import os

import pytest

from reconciler.aws.runtime import Runtime
from reconciler.config import Environment

_SURROUNDINGS = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE")


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path):
    """No configuration of AWS but what a test sets; credentials that work anywhere."""
    for name in list(os.environ):
        if name.upper().startswith(_SURROUNDINGS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return monkeypatch


@pytest.fixture
def runtime_at(tmp_path):
    """A runtime at an address; all are closed at the end."""
    made = []

    def at(url, region="eu-west-1"):
        made.append(Runtime(Environment("e", url, account="123456789012", region=region), tmp_path))
        return made[-1]

    yield at
    for runtime in made:
        runtime.close()


def _now(runtime, *args):
    return runtime.call_now(*args)


def _background(runtime, *args):
    return runtime.run(runtime.call(*args))


def _own_loop(runtime, *args):
    return asyncio.run(runtime.call(*args))


@pytest.fixture(params=[_now, _background, _own_loop], ids=["thread", "background", "loop"])
def call(request):
    """Each way to make a call."""
    return request.param


@pytest.fixture(params=[_now, _background], ids=["thread", "background"])
def kept(request):
    """Each way that keeps connections from one call to the next."""
    return request.param
