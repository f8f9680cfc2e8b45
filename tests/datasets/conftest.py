import pytest
from dataset_stores import Stores


@pytest.fixture(scope="session")
def stores(tmp_path_factory):
    """One emulator for all cases: each lays out its own files."""
    return Stores(tmp_path_factory.mktemp("stores"))
