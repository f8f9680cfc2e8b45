import pytest
from offline_help import Offline


@pytest.fixture
def offline(emulator):
    return Offline(emulator)
