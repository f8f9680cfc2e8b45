import pytest
from serving_world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """One emulator for all tests, which write records of their own."""
    made = World(tmp_path_factory.mktemp("serving"))
    yield made
    made.runtime.close()
