import uuid

import pytest
from online_world import Sight, online, online_http


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """One emulator for all tests that only write groups of their own, in this process."""
    with online(tmp_path_factory.mktemp("embedded")) as made:
        yield made


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """One over HTTP, with its faults."""
    with online_http(tmp_path_factory.mktemp("served")) as made:
        yield made


@pytest.fixture(params=["embedded", "http"])
def either(request):
    """Each of them."""
    return request.getfixturevalue("store" if request.param == "embedded" else "served")


@pytest.fixture
def own_name():
    """A name of the test's own."""
    return f"g{uuid.uuid4().hex[:20]}"


@pytest.fixture
def sights(either, own_name):
    """A group of every kind of value."""
    return either.create(Sight, own_name)
