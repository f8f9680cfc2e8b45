import pytest
from ingest_world import World

from reconciler.emulator.running import running


@pytest.fixture(scope="session")
def _server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("emulator")
    with running(directory) as server:
        server.directory = directory
        yield server


@pytest.fixture
def world(_server, tmp_path):
    """A project on an emulator over HTTP, which is empty."""
    _server.ask("POST", "reset")
    _server.ask("DELETE", "faults")
    _server.ask("DELETE", "calls")
    there = World(tmp_path, _server.url, _server)
    yield there
    there.close()
    _server.ask("DELETE", "faults")
