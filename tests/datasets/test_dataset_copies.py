"""Copies of offline stores in a folder: which data is a group's."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reconciler.datasets.inventory.files import InFolder
from reconciler.datasets.question import Join, Key, Output
from reconciler.records.offline.place import NoOffline

JOIN = Join("weather", "weather", Key("id", "String"), "id", "at", "String", (Output("note", "note", "String"),))


def lay(folder):
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"id": ["a"], "at": ["2024-01-01T00:00:00Z"]}), folder / "a.parquet")


def found(folder):
    return [file.uri.removeprefix(f"{folder}/") for file in InFolder(folder).inventory(JOIN).files]


@pytest.mark.parametrize(
    "place",
    [
        "weather",
        "weather/data",
        "weather/123/sagemaker/us-east-1/offline-store/weather-1700000000/data",
        "weather-1700000000/data",
    ],
)
def test_a_copy_may_begin_anywhere_below_a_groups_prefix(tmp_path, place):
    lay(tmp_path / place)

    assert found(tmp_path) == [f"{place}/a.parquet"]


def test_of_a_group_that_was_made_again_the_latest_counts(tmp_path):
    for epoch in (1_500_000_000, 1_700_000_000, 1_600_000_000):
        lay(tmp_path / f"weather/123/sagemaker/us-east-1/offline-store/weather-{epoch}/data")

    assert found(tmp_path) == [
        "weather/123/sagemaker/us-east-1/offline-store/weather-1700000000/data/a.parquet",
    ]


def test_data_of_other_groups_is_not_taken_for_the_groups(tmp_path):
    for name in ("weather-1700000000", "plane-1700000000"):
        lay(tmp_path / "weather" / "offline-store" / name / "data")

    assert found(tmp_path) == ["weather/offline-store/weather-1700000000/data/a.parquet"]

    lay(tmp_path / "weather" / "mine" / "data")
    (tmp_path / "weather" / "offline-store" / "weather-1700000000").rename(tmp_path / "weather" / "yours")
    with pytest.raises(NoOffline, match=r"several folders with data: mine, offline-store/plane-1700000000, yours"):
        found(tmp_path)


def test_a_group_with_a_number_in_its_name_is_another_one(tmp_path):
    lay(tmp_path / "weather-2")

    with pytest.raises(NoOffline, match="has no folder weather with a copy"):
        found(tmp_path)
