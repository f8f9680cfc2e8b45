import pytest
from emulator_help import a_feature


@pytest.fixture
def weather(make):
    """A group with both stores."""
    return make("weather", a_feature("temp", "Fractional"), a_feature("wind", "Integral"), a_feature("sky"), offline={})


@pytest.fixture
def in_memory(make):
    """A group with collections."""
    return make(
        "weather",
        a_feature("tags", CollectionType="Set"),
        a_feature("counts", "Integral", CollectionType="List"),
        a_feature(
            "place",
            "Fractional",
            CollectionType="Vector",
            CollectionConfig={"VectorConfig": {"Dimension": 3}},
        ),
        a_feature("sky"),
        online={"StorageType": "InMemory"},
    )
