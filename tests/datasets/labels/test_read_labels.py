"""Labels of every shape are one and the same table to engines."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from label_questions import a_question

from reconciler.datasets.labels.reading import read_labels

NOON = datetime(2013, 1, 1, 12, 0, 0, 250, tzinfo=UTC)
AT = 1357041600
EXPECTED = [
    {"row": 0, "key_0": "007", "seconds": AT, "nanos": 250_000},
    {"row": 1, "key_0": None, "seconds": AT + 1, "nanos": 250_000},
    {"row": 2, "key_0": "é", "seconds": None, "nanos": None},
]
ROWS = [
    {"plane": "007", "at": NOON, "y": 1},
    {"plane": None, "at": NOON + timedelta(seconds=1), "y": 2},
    {"plane": "é", "at": None, "y": 3},
]


def an_arrow_table():
    return pa.Table.from_pylist(ROWS)


def as_csv(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("plane,at,y\n007,2013-01-01T12:00:00.00025Z,1\n,2013-01-01T14:00:01.00025+02:00,2\né,,3\n")
    return path


def as_parquet(tmp_path):
    path = tmp_path / "labels.parquet"
    pq.write_table(an_arrow_table(), path)
    return path


def as_json(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text(
        '{"plane": "007", "at": "2013-01-01T12:00:00.00025Z", "y": 1}\n'
        '{"at": "2013-01-01T12:00:01.00025Z", "y": 2}\n\n{"plane": "\\u00e9", "y": 3}\n'
    )
    return path


SHAPES = {
    "pandas": lambda _: pd.DataFrame(ROWS, index=[7, 7, 9]),
    "pandas nanoseconds": lambda _: pd.DataFrame(ROWS).astype({"at": "datetime64[ns, Asia/Tokyo]"}),
    "pandas categories": lambda _: pd.DataFrame(ROWS).astype({"plane": "category"}),
    "pandas objects": lambda _: pd.DataFrame(ROWS).astype(object),
    "polars": lambda _: pl.DataFrame(ROWS),
    "polars lazily": lambda _: pl.DataFrame(ROWS).lazy(),
    "Arrow": lambda _: an_arrow_table(),
    "Arrow batch": lambda _: an_arrow_table().to_batches()[0],
    "Arrow stream": lambda _: an_arrow_table().to_reader(),
    "dicts": lambda _: ROWS,
    "generator": lambda _: iter(ROWS),
    "tables": lambda _: [an_arrow_table().slice(0, 1), an_arrow_table().slice(1)],
    "CSV": as_csv,
    "Parquet": as_parquet,
    "JSON Lines": as_json,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("in_memory", [1 << 20, 0])
def test_every_shape_of_labels_reads_the_same(tmp_path, shape, in_memory):
    data = SHAPES[shape](tmp_path)

    labels = read_labels(data, a_question(), "at", scratch=tmp_path / "scratch", in_memory=in_memory)

    assert labels.moments.table.to_pylist() == EXPECTED
    assert labels.table.num_rows == labels.rows == 3
    assert labels.table.schema.names == ["plane", "at", "y"] or shape == "JSON Lines"
    assert labels.no_key == {"plane": 1}
    assert labels.no_moment == 1
    assert not list((tmp_path / "scratch").glob("*")) if (tmp_path / "scratch").exists() else True
