import pytest
from online_world import Sight


@pytest.fixture
def there(served, own_name):
    """A group of the test's own over HTTP, with the records r0 to r9 of noon."""
    target = served.create(Sight, own_name)
    for number in range(10):
        served.put(target, id=f"r{number}", at="2026-01-31T12:00:00Z")
    return target
