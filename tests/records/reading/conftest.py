import pytest
from online_world import Shape


@pytest.fixture
def shapes(either, own_name):
    """A group of collections."""
    return either.create(Shape, f"s-{own_name}")
