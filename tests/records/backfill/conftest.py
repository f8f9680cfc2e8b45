import pytest
from backfill_help import a_place

from reconciler.emulator.server import running


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    with running(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture
def place(tmp_path):
    """An environment and a project's folder, on the emulator in this process."""
    return a_place(tmp_path, "embedded")


@pytest.fixture(params=["embedded", "http"])
def either(request, tmp_path):
    """The emulator in this process, and one that listens."""
    if request.param == "http":
        server = request.getfixturevalue("served")
        server.ask("POST", "reset")
        return a_place(tmp_path, server.url)
    return a_place(tmp_path, "embedded")
