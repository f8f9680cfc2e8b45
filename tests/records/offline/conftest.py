import pytest
from offline_place import Rain, Snow, World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture(params=[Rain, Snow], ids=["glue", "iceberg"])
def group(request, world):
    """A group of either format."""
    return world.make(request.param)
