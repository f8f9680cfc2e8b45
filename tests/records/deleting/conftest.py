import uuid

import pytest
from online_world import Sight, online, online_http


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """An emulator in this process."""
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
def sights(either):
    """A group of the test's own, in either."""
    return either.create(Sight, f"g{uuid.uuid4().hex[:20]}")


@pytest.fixture
def there(served):
    """A group of the test's own over HTTP, with the records r0 to r9 of noon."""
    target = served.create(Sight, f"g{uuid.uuid4().hex[:20]}")
    for number in range(10):
        served.put(target, id=f"r{number}", at="2026-01-31T12:00:00Z")
    return target
