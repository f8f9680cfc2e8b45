"""Files of a folder: which are looked into, what they may be called, and that they stay what they are."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reconciler.datasets.engines.duckdb import DuckDb
from reconciler.datasets.inventory.files import InFolder, Span
from reconciler.datasets.inventory.reading import Changed
from reconciler.datasets.question import Join, Key, Moments, Output, Question

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
JOIN = Join(
    "weather",
    "weather",
    Key("id", "String"),
    "Id",
    "At",
    "String",
    (Output("temp", "Temp-F", "Fractional"), Output("word", "Word", "String")),
)


def write(folder, hour, name="rows.parquet", rename=str, **more):
    """One row of the hour, in its folder."""
    at = NOON + timedelta(hours=hour)
    where = folder / "weather" / "data" / f"{at:year=%Y/month=%m/day=%d/hour=%H}"
    where.mkdir(parents=True, exist_ok=True)
    columns = {
        "Id": ["a"],
        "At": [f"{at:%Y-%m-%dT%H:%M:%SZ}"],
        "Temp-F": [float(hour)],
        "Word": [f"it's {hour}"],
        "write_time": pa.array([at], pa.timestamp("us", "UTC")),
        "api_invocation_time": pa.array([at], pa.timestamp("us", "UTC")),
        "is_deleted": [False],
    } | more
    pq.write_table(pa.table({rename(key): value for key, value in columns.items()}), where / name)
    return where / name


def answered(folder, tmp_path, *moments):
    seconds = [int(moment.timestamp()) for moment in moments]
    table = pa.table(
        {
            "row": pa.array(range(len(seconds)), pa.int64()),
            "key_0": ["a"] * len(seconds),
            "seconds": pa.array(seconds, pa.int64()),
            "nanos": pa.array([0] * len(seconds), pa.int32()),
        }
    )
    answer = DuckDb(InFolder(folder), tmp_path).answer(Question((JOIN,)), Moments(table))
    rows = pa.Table.from_batches(answer.batches, answer.schema).to_pylist()
    return [(row["value_0"], row["value_1"]) for row in rows]


@pytest.mark.parametrize("name", ["rows.parquet", "it's.parquet", "rows[1].parquet", "rows*.parquet", "é ü.parquet"])
def test_files_may_be_called_anything(tmp_path, name):
    write(tmp_path, 0, name)
    write(tmp_path, 1, name)

    assert answered(tmp_path, tmp_path, NOON, NOON + timedelta(hours=3)) == [(0.0, "it's 0"), (1.0, "it's 1")]


def test_files_may_write_names_in_their_own_way_and_lack_a_feature(tmp_path):
    write(tmp_path, 0, rename=str.lower)
    write(tmp_path, 1, **{"Temp-F": pa.array([1.0], pa.float32())})
    write(tmp_path, 2, rename=lambda name: f"x{name}" if name == "Word" else name)

    moments = [NOON + timedelta(hours=hour) for hour in range(3)]
    assert answered(tmp_path, tmp_path, *moments) == [(0.0, "it's 0"), (1.0, "it's 1"), (2.0, None)]


@pytest.mark.parametrize("name", ["file_index", "file_row_number"])
def test_a_feature_may_have_a_name_that_duckdb_uses(tmp_path, name):
    write(tmp_path, 0, **{name: [7]})

    assert answered(tmp_path, tmp_path, NOON) == [(0.0, "it's 0")]


def test_hours_after_the_last_label_are_not_looked_into(tmp_path):
    write(tmp_path, 0)
    write(tmp_path, 100)

    inventory = InFolder(tmp_path).inventory(JOIN, Span(latest=int(NOON.timestamp())))

    assert [Path(file.uri).parent.name for file in inventory.files] == ["hour=12"]
    assert inventory.skipped == 1


def test_a_file_that_is_written_anew_between_two_looks_is_refused(tmp_path):
    path = write(tmp_path, 0)
    inventory = InFolder(tmp_path).inventory(JOIN)
    [file] = inventory.files
    list(inventory.batches(file, ["Id"]))

    path.write_bytes(write(tmp_path, 1).read_bytes() + b"PAR1")

    with pytest.raises(Changed, match="written anew"):
        list(inventory.batches(file, ["Id"]))


def test_a_file_that_is_removed_between_two_looks_is_refused(tmp_path):
    path = write(tmp_path, 0)
    inventory = InFolder(tmp_path).inventory(JOIN)
    path.unlink()

    with pytest.raises(Changed, match="removed"):
        list(inventory.batches(inventory.files[0], ["Id"]))
