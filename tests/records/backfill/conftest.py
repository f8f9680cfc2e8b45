import pytest
from backfill_help import a_place

from reconciler.emulator.server import running


@pytest.fixture(scope="session")
def _served(tmp_path_factory):
    with running(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture(params=["embedded", "http"])
def place(request, tmp_path):
    """An environment and a project's folder: the emulator in this process, and one that listens."""
    if request.param == "http":
        server = request.getfixturevalue("_served")
        server.ask("POST", "reset")
        return a_place(tmp_path, server.url)
    return a_place(tmp_path, "embedded")
