"""Tables in memory: pandas, polars, Arrow and what speaks Arrow."""

import decimal
import tracemalloc

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from weather_rows import a_table, column_of, faults_of, opened, places_of, rows_of

from reconciler.errors import Invalid, ReconcilerError, Usage
from reconciler.records.sources import spool


def _frame(**columns):
    rows = len(next(iter(columns.values())))
    return pd.DataFrame({"origin": [f"A{row}" for row in range(rows)], **columns})


@pytest.mark.parametrize(
    ("series", "kind", "values"),
    [
        (pd.Series([1.0, np.nan]), "double", [1.0, None]),
        (pd.Series([1.5, np.inf]), "double", [1.5, np.inf]),
        (pd.Series([1, None], dtype="Int64"), "int64", [1, None]),
        (pd.Series([1, 2], dtype="uint8"), "uint8", [1, 2]),
        (pd.Series([1.5, None], dtype="Float32"), "float", [1.5, None]),
        (pd.Series([True, None], dtype="boolean"), "bool", [True, None]),
        (pd.Series([True, False]), "bool", [True, False]),
        (pd.Series(["a", None], dtype="string[pyarrow]"), "large_string", ["a", None]),
        (pd.Series(["a", None], dtype="string[python]"), "string", ["a", None]),
        (pd.Series(["a", None], dtype="str"), "large_string", ["a", None]),
        (pd.Series(["a", None], dtype=object), "string", ["a", None]),
        (pd.Series([2**53 + 1, None], dtype="int64[pyarrow]"), "int64", [2**53 + 1, None]),
        (pd.Series([2**53 + 1, None], dtype=object), "int64", [2**53 + 1, None]),
        (pd.Series([1, float("nan"), pd.NA], dtype=object), "int64", [1, None, None]),
        (pd.Series([1, 0, 0], dtype=pd.SparseDtype("int64")), "int64", [1, 0, 0]),
    ],
)
def test_columns_of_pandas_keep_their_type_and_what_is_missing_is_missing(tmp_path, series, kind, values):
    source = opened(_frame(humid=series), tmp_path)

    found, listed = column_of(source, "humid")

    assert listed == values
    assert str(found) == kind
    assert not faults_of(source)


def test_categories_and_times_of_pandas_come_as_what_they_stand_for(tmp_path):
    times = pd.Series(pd.to_datetime(["2013-01-01T00:00:00.000000001+09:00", None], utc=False))
    frame = _frame(observed_at=times.dt.tz_convert("Asia/Tokyo")).assign(
        origin=pd.Series(["JFK", None], dtype="category")
    )

    source = opened(frame, tmp_path)

    assert column_of(source, "origin")[1] == ["JFK", None]
    assert column_of(source, "observed_at")[1] == [pd.Timestamp("2012-12-31T15:00:00.000000001Z"), None]


def test_a_frame_is_read_a_chunk_at_a_time_and_its_places_count_its_rows(tmp_path):
    frame = _frame(humid=range(7)).iloc[::-1]

    source = opened(frame, tmp_path, chunk_rows=3)

    assert [row["humid"] for row in rows_of(source)] == [6, 5, 4, 3, 2, 1, 0]
    assert places_of(source) == [f"row {row}" for row in range(7)]


def test_an_index_counts_only_where_it_is_named_like_a_feature(tmp_path):
    frame = pd.DataFrame({"humid": [1]}, index=pd.Index(["JFK"], name="origin"))
    both = pd.DataFrame({"humid": [1]}, index=pd.MultiIndex.from_tuples([("JFK", 3)], names=["origin", "step"]))
    twice = pd.DataFrame({"origin": ["LGA"]}, index=pd.Index(["JFK"], name="origin"))

    assert rows_of(opened(frame, tmp_path)) == [{"origin": "JFK", "humid": 1}]
    assert rows_of(opened(both, tmp_path)) == [{"origin": "JFK", "humid": 1}]
    assert rows_of(opened(frame.rename_axis("key"), tmp_path)) == [{"humid": 1}]
    assert rows_of(opened(twice, tmp_path)) == [{"origin": "LGA"}]


def test_names_that_stand_twice_or_are_no_texts_stay_for_the_check(tmp_path):
    frame = pd.DataFrame([["a", "b", 3]], columns=["origin", "origin", 7])

    assert opened(frame, tmp_path).schema.names == ["origin", "origin", "7"]


def test_objects_of_mixed_types_are_faults_of_their_rows(tmp_path):
    frame = _frame(humid=pd.Series([1, "7", None, 2.0, 2.5, True, object, 3 + 4j], dtype=object))

    source = opened(frame, tmp_path)

    assert column_of(source, "humid")[1] == [1, None, None, 2, None, 1, None, None]
    assert [(place, reason) for place, _, _, reason in faults_of(source)] == [
        ("row 1", "It is of type str, and the feature takes whole numbers."),
        ("row 4", "It is no whole number, and the feature takes whole numbers."),
        ("row 6", "It is of type type, and the feature takes whole numbers."),
        ("row 7", "It is of type complex, and the feature takes whole numbers."),
    ]


def test_a_dtype_that_nothing_can_be_made_of_is_a_fault_of_every_row(tmp_path):
    source = opened(_frame(humid=pd.Series([1 + 2j, 3j])), tmp_path)

    assert [(place, value) for place, _, value, _ in faults_of(source)] == [("row 0", "(1+2j)"), ("row 1", "3j")]


def test_half_a_surrogate_pair_in_a_column_of_texts_is_a_fault_of_its_row(tmp_path):
    source = opened(_frame(humid=[1, 2]).assign(origin=pd.Series(["a", "\ud800"], dtype=object)), tmp_path)

    assert faults_of(source) == [
        ("row 1", "origin", "\\ud800", "It holds half a surrogate pair, which is no text in UTF-8.")
    ]


def test_vectors_in_a_frame_are_lists_whatever_holds_them(tmp_path):
    gusts = pd.Series([np.array([1.5, 2.5], dtype="float32"), [3, 4.5], (5,), None, float("nan"), "12"], dtype=object)

    source = opened(_frame(gusts=gusts), tmp_path)

    assert column_of(source, "gusts")[1] == [[1.5, 2.5], [3.0, 4.5], [5.0], None, None, None]
    assert [(place, reason) for place, _, _, reason in faults_of(source)] == [
        ("row 5", "It is of type str, and the feature takes lists.")
    ]


def test_what_a_caller_does_to_a_frame_is_not_done_to_it(tmp_path):
    frame = pd.DataFrame({"humid": [1]}, index=pd.Index(["JFK"], name="origin"))
    before = frame.copy()

    rows_of(opened(frame, tmp_path))

    pd.testing.assert_frame_equal(frame, before)


def test_polars_frames_are_read_as_they_are(tmp_path):
    frame = pl.DataFrame(
        {
            "origin": pl.Series(["JFK", None], dtype=pl.Categorical),
            "observed_at": pl.Series(["2013-01-01T00:00:00Z", None]).str.to_datetime(time_unit="ns", time_zone="UTC"),
            "humid": pl.Series([2**53 + 1, None]),
            "temp-f": pl.Series([1.5, float("nan")], dtype=pl.Float32),
            "rainy": [True, None],
            "gusts": [[1.5], None],
        }
    )

    source = opened(frame, tmp_path, chunk_rows=1)

    first, second = rows_of(source)
    assert (first["origin"], first["humid"], first["rainy"], first["gusts"]) == ("JFK", 2**53 + 1, True, [1.5])
    assert second["temp-f"] != second["temp-f"]
    assert str(column_of(source, "observed_at")[0]) == "timestamp[ns, tz=UTC]"


def test_objects_in_polars_are_taken_for_what_they_are(tmp_path):
    frame = pl.DataFrame({"origin": ["a", "b"], "humid": pl.Series([1, "x"], dtype=pl.Object)})

    source = opened(frame, tmp_path)

    assert column_of(source, "humid")[1] == [1, None]
    assert faults_of(source) == [("row 1", "humid", "x", "It is of type str, and the feature takes whole numbers.")]


def test_a_lazy_frame_is_worked_out_once_and_kept_until_the_source_is_closed(tmp_path):
    asked = []
    lazy = pl.LazyFrame({"origin": ["a", "b", "c"]}).map_batches(lambda frame: asked.append(1) or frame)

    source = opened(lazy, tmp_path, chunk_rows=2)

    assert [row["origin"] for row in rows_of(source)] == ["a", "b", "c"]
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        opened(lazy.select("nothing"), tmp_path / "failed")

    assert not list((tmp_path / "failed").iterdir())
    assert (len(asked), source.rows, opened(pl.LazyFrame({"origin": []}), tmp_path / "none").rows) == (1, 3, 0)
    source.close()
    assert not list(tmp_path.glob("*.arrow"))


def test_streams_are_read_once_and_given_as_often_as_asked(tmp_path):
    table = a_table(9, humid=[1, None, 3] * 3, gusts=[[1.5], None, []] * 3)
    reader = pa.Table.from_batches(table.to_batches(max_chunksize=4)).to_reader()

    source = opened(reader, tmp_path, chunk_rows=2)

    assert rows_of(source) == table.to_pylist()
    assert source.rows == 9


class Streamed:
    """An object that Arrow does not know, with a stream."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    "given",
    [
        lambda table: table,
        lambda table: table.to_batches()[0],
        ds.dataset,
        lambda table: ds.dataset(table).scanner(),
        lambda table: ds.Scanner.from_batches(table.to_reader()),
        duckdb.arrow,
        Streamed,
        pl.from_arrow,
        lambda table: table.to_pandas(),
        lambda table: table.to_pylist(),
    ],
)
def test_all_that_holds_a_table_gives_the_same_rows(tmp_path, given):
    table = a_table(5, humid=[1, 2, 3, 4, 5])
    source = opened(given(table), tmp_path, chunk_rows=2)

    assert [{name: row[name] for name in table.schema.names} for row in rows_of(source)] == table.to_pylist()
    assert source.rows == 5


@pytest.mark.parametrize(
    "given",
    [
        lambda path: pd.read_csv(path, chunksize=2),
        lambda path: pl.read_csv(path).iter_slices(2),
        lambda path: iter(ds.dataset(path, format="csv").to_batches(batch_size=2)),
        lambda path: [pa.Table.from_pandas(pd.read_csv(path, nrows=3)), pl.read_csv(path, skip_rows_after_header=3)],
    ],
)
def test_tables_that_come_one_by_one_are_one_table(tmp_path, given):
    path = tmp_path / "rows.csv"
    path.write_text("origin,humid\n" + "".join(f"A{n},{n}\n" for n in range(7)))

    source = opened(given(path), tmp_path, chunk_rows=3)

    assert rows_of(source) == [{"origin": f"A{n}", "humid": n} for n in range(7)]
    assert (source.rows, places_of(source)[6]) == (7, "row 6")


def test_tables_of_one_iterable_may_find_their_types_one_by_one(tmp_path):
    frames = [_frame(humid=[1, 2]), _frame(humid=[None, 4]), _frame(humid=pd.Series(["x", 2], dtype=object))]

    source = opened(frames, tmp_path, chunk_rows=4)

    assert column_of(source, "humid")[1] == [1, 2, None, 4, None, 2]
    assert [place for place, *_ in faults_of(source)] == ["row 4"]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (_frame(temp_f=[1.5]), "table 1: It has other columns than the first."),
        ({"origin": "JFK"}, "table 1: It is of type dict, and no table as the first is."),
        (_frame(humid=["x"]), "It cannot be read: "),
    ],
)
def test_tables_that_do_not_go_together_are_refused(tmp_path, second, reason):
    with pytest.raises(Invalid) as caught:
        opened([_frame(humid=[1]), second], tmp_path)

    assert reason in str(caught.value)


def test_a_name_of_a_column_that_is_no_text_in_utf_8_can_be_printed(tmp_path):
    frame = pd.DataFrame([["JFK", 1]], columns=pd.Index(["origin", "\ud800"], dtype=object))

    assert opened(frame, tmp_path).schema.names == ["origin", "\\ud800"]


def test_a_dataset_of_files_is_read_file_after_file(tmp_path):
    table = a_table(6, humid=[1, 1, 2, 2, 3, 3])
    ds.write_dataset(table, tmp_path / "data", format="parquet", partitioning=["humid"])

    source = opened(ds.dataset(tmp_path / "data", format="parquet", partitioning=["humid"]), tmp_path, chunk_rows=4)

    assert [row["humid"] for row in rows_of(source)] == [1, 1, 2, 2, 3, 3]
    assert source.rows == 6


def test_a_stream_that_fails_says_so_with_its_own_error(tmp_path):
    def batches():
        yield a_table(3).to_batches()[0]
        raise ConnectionResetError("the other side is gone")

    reader = pa.RecordBatchReader.from_batches(a_table(3).schema, batches())

    with pytest.raises(ConnectionResetError):
        opened(reader, tmp_path, chunk_rows=1)

    assert not list(tmp_path.iterdir())


def test_a_stream_that_arrow_cannot_read_is_a_fault(tmp_path):
    stored = pa.BufferOutputStream()
    with pa.ipc.new_stream(stored, a_table(1).schema) as stream:
        stream.write_table(a_table(1_000))
    cut = stored.getvalue().slice(0, 2_000)

    with pytest.raises(Invalid):
        opened(pa.ipc.open_stream(cut), tmp_path)


def test_a_dataset_that_is_spoilt_says_so(tmp_path):
    ds.write_dataset(a_table(6), tmp_path / "data", format="parquet")
    source = opened(ds.dataset(tmp_path / "data"), tmp_path)
    for path in (tmp_path / "data").iterdir():
        path.write_bytes(b"no Parquet")

    with pytest.raises(Invalid):
        list(source.chunks())


def test_integers_of_128_bits_are_taken_where_they_fit(tmp_path):
    source = opened(pl.DataFrame({"humid": pl.Series([2**62, 2**100], dtype=pl.Int128)}), tmp_path)

    assert column_of(source, "humid")[1] == [2**62, None]
    assert [place for place, *_ in faults_of(source)] == ["row 1"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(ReconcilerError) as caught:
        opened(a_table(9).to_reader(), tmp_path / "file" / "scratch", chunk_rows=2)

    assert "file/scratch: Not a directory." in str(caught.value)


def test_a_full_disk_is_said_with_the_folder(tmp_path, monkeypatch):
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    monkeypatch.setattr(spool, "spool_file", lambda *_: full)

    with pytest.raises(ReconcilerError) as caught:
        opened(a_table(9).to_reader(), tmp_path, chunk_rows=2)

    assert str(caught.value) == f"Rows cannot be kept in {tmp_path}: No space left on device."


@pytest.mark.parametrize("nothing", [None, 7, b"origin", pd.Series([1]), pa.array([1]), pl.Series([1]), object()])
def test_what_is_no_table_says_what_would_be_one(tmp_path, nothing):
    with pytest.raises((Usage, Invalid)) as caught:
        rows_of(opened(nothing, tmp_path))

    assert "Traceback" not in str(caught.value)


def test_decimals_and_dates_pass_to_the_check_as_they_are(tmp_path):
    table = a_table(1, humid=[decimal.Decimal("1.5")], rainy=pa.array([0], pa.date32()))

    assert str(column_of(opened(table, tmp_path), "humid")[0]) == "decimal128(2, 1)"


def test_a_frame_is_not_copied_as_a_whole(tmp_path):
    frame = pd.DataFrame({"origin": ["JFK"] * 200_000, "humid": range(200_000)})
    source = opened(frame, tmp_path, chunk_rows=1_000)
    tracemalloc.start()
    before = pa.total_allocated_bytes()

    most = max(pa.total_allocated_bytes() - before for _ in source.chunks())

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most + peak < 2 << 20
