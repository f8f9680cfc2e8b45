"""The same rows are the same to the check, whatever they came in."""

import csv
import json
from datetime import UTC, datetime

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st
from weather_rows import WEATHER, opened

from reconciler.records.checking import check

NOW = datetime(2013, 6, 1, tzinfo=UTC)
SCHEMA = pa.schema(
    {
        "origin": pa.string(),
        "observed_at": pa.timestamp("us", "UTC"),
        "temp-f": pa.float64(),
        "humid": pa.int64(),
        "rainy": pa.bool_(),
        "gusts": pa.list_(pa.float64()),
    }
)

_FLOATS = st.floats(allow_nan=False, allow_infinity=False)
_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=8)
_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "origin": _TEXTS,
            "observed_at": st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants bounds without a zone
            "temp-f": st.none() | _FLOATS,
            "humid": st.none() | st.integers(-(2**63), 2**63 - 1),
            "rainy": st.none() | st.booleans(),
            "gusts": st.none() | st.lists(_FLOATS, max_size=3),
        }
    ),
    min_size=1,
    max_size=7,
)


def _canonical(data, folder):
    """The rows as they go on from the check."""
    with opened(data, folder, chunk_rows=3) as source:
        found = []
        for chunk in source.chunks():
            checked = check(chunk.batch, WEATHER, texts=source.texts, now=NOW, allow=frozenset({"expired"}))
            assert not chunk.faults
            assert not list(checked.faults), list(checked.faults)
            found.append(checked.batch)
    return pa.Table.from_batches(found)


def _plain(row):
    return {**row, "observed_at": row["observed_at"].isoformat()}


def _write_csv(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(SCHEMA.names)
        for row in rows:
            plain = _plain(row)
            lists = json.dumps(row["gusts"]) if row["gusts"] is not None else None
            rainy = None if row["rainy"] is None else str(row["rainy"]).lower()
            cells = {**plain, "gusts": lists, "rainy": rainy}
            writer.writerow([cells[name] for name in SCHEMA.names])


@given(_ROWS)
def test_rows_are_the_same_whatever_they_came_in(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("same")
    table = pa.Table.from_pylist(rows, SCHEMA)
    _write_csv(folder / "rows.csv", rows)
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(_plain(row)) for row in rows))
    pq.write_table(table, folder / "rows.parquet")
    expected = _canonical(table, folder)

    objects = {name: pd.Series([row[name] for row in rows], dtype=object) for name in SCHEMA.names}
    others = {
        "CSV": folder / "rows.csv",
        "JSON Lines": folder / "rows.jsonl",
        "Parquet": folder / "rows.parquet",
        "dicts": iter(rows),
        "stream": table.to_reader(max_chunksize=2),
        "polars": pl.from_arrow(table),
        "lazy": pl.from_arrow(table).lazy(),
        "pandas of Arrow types": table.to_pandas(types_mapper=pd.ArrowDtype),
        "pandas of objects": pd.DataFrame(objects),
    }

    assert [name for name, data in others.items() if not _canonical(data, folder).equals(expected)] == []
