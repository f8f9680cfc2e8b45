"""What the tests of the core share: hypothesis profiles, and a feature store on this machine."""

import os
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings
from project import Project
from pytest_socket import socket_allow_hosts
from world import World

_QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("quick", deadline=None, max_examples=20, suppress_health_check=_QUIET)
settings.register_profile("ci", settings.get_profile("quick"), derandomize=True)
settings.register_profile("long", settings.get_profile("quick"), max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "quick"))


def pytest_runtest_setup():
    """No test leaves this machine."""
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def _world(tmp_path_factory):
    """One client serves all tests of a process: loading SageMaker's model is what takes time."""
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(_world, monkeypatch):
    """An environment on an emulator of its own, empty; botocore's waits between retries take no time."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    _world.begin_anew()
    yield _world
    _world.begin_anew()


@pytest.fixture
def project(tmp_path):
    """An empty folder of a user, and the installed command."""
    return Project(tmp_path)
