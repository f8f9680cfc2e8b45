"""What keeps a snapshot from being read is told as it is, and not as the database's trouble."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reconciler.datasets.engines.duckdb import DuckDb
from reconciler.datasets.inventory.files import InFolder
from reconciler.datasets.question import Join, Key, Listing, Moments, Output, Question
from reconciler.records.offline.reading import Unreadable

AT = datetime(2024, 1, 1, tzinfo=UTC)


def join_of(*columns):
    return Join("g", "g", Key("id", "String"), "id", "at", "String", columns)


@pytest.fixture
def folder(tmp_path):
    """A copy of a group with one file for each of three days."""
    for day in range(1, 4):
        path = tmp_path / f"g/data/year=2024/month=01/day={day:02}/hour=00"
        path.mkdir(parents=True)
        moment = AT + timedelta(days=day - 1)
        rows = {
            "id": ["a", "b"],
            "at": [moment.strftime("%Y-%m-%dT%H:%M:%SZ")] * 2,
            "kind": pd.Categorical(["x", "y"]),
            "write_time": [moment] * 2,
            "api_invocation_time": [moment] * 2,
            "is_deleted": [False] * 2,
        }
        pq.write_table(pa.Table.from_pandas(pd.DataFrame(rows)), path / f"{day}.parquet")
    return tmp_path


def test_a_damaged_file_is_named_by_a_snapshot(folder, tmp_path):
    (damaged,) = folder.glob("g/data/*/*/day=02/*/*.parquet")
    damaged.write_bytes(b"PAR1 no more")
    engine = DuckDb(InFolder(folder), tmp_path)

    with pytest.raises(Unreadable, match=r"2\.parquet"):
        list(engine.list(Listing(join_of(Output("kind", "kind", "String")))).batches)


def test_an_interrupt_of_a_snapshot_is_an_interrupt(folder, tmp_path, monkeypatch):
    from reconciler.datasets.inventory import reading

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "read_file", interrupted)
    engine = DuckDb(InFolder(folder), tmp_path)

    with pytest.raises(KeyboardInterrupt):
        list(engine.list(Listing(join_of(Output("kind", "kind", "String")))).batches)


def test_a_history_reads_the_files_of_its_days(folder, tmp_path):
    begin = AT + timedelta(days=2)
    listing = Listing(join_of(Output("kind", "kind", "String")), begin, begin + timedelta(hours=1))
    found = DuckDb(InFolder(folder), tmp_path).list(listing)

    rows = pa.Table.from_batches(found.batches, found.schema)

    assert rows["value_0"].to_pylist() == ["x", "y"]
    assert found.facts.rows[0] < 6


def test_a_feature_that_another_writer_stored_as_a_dictionary_is_text(folder, tmp_path):
    question = Question((join_of(Output("kind", "kind", "String")),))
    seconds = pa.array([int((AT + timedelta(days=1)).timestamp())] * 2)
    table = pa.table({"row": [0, 1], "key_0": ["b", "c"], "seconds": seconds, "nanos": pa.array([0, 0], pa.int32())})
    answer = DuckDb(InFolder(folder), tmp_path).answer(question, Moments(table))

    rows = pa.Table.from_batches(answer.batches, answer.schema)

    assert rows["value_0"].to_pylist() == ["y", None]


def test_of_very_many_rows_that_are_equal_in_all_times_the_greatest_is_chosen(tmp_path):
    """Null is before anything, and what is no number is after all numbers."""
    values = [None, -1.0, np.inf, np.nan, 5.0]
    copies = 20_000
    rows = pa.table(
        {
            "id": [f"k{n}" for n in range(copies)] * 5,
            "at": ["2024-01-01T00:00:00Z"] * copies * 5,
            "v": [value for value in values for _ in range(copies)],
        }
    )
    (tmp_path / "g/data").mkdir(parents=True)
    for name in ("write_time", "api_invocation_time"):
        rows = rows.append_column(name, pa.array([AT] * len(rows), pa.timestamp("us", "UTC")))
    rows = rows.append_column("is_deleted", pa.array([False] * len(rows)))
    pq.write_table(rows, tmp_path / "g/data/1.parquet")
    question = Question((join_of(Output("v", "v", "Fractional")),))
    seconds = pa.array([int(AT.timestamp())] * copies)
    table = pa.table(
        {
            "row": np.arange(copies),
            "key_0": rows["id"][:copies],
            "seconds": seconds,
            "nanos": pa.array(np.zeros(copies, np.int32)),
        }
    )

    answer = DuckDb(InFolder(tmp_path), tmp_path).answer(question, Moments(table))
    found = pa.Table.from_batches(answer.batches, answer.schema)["value_0"].to_pylist()

    assert len(found) == copies
    assert all(value is not None and np.isnan(value) for value in found)
