"""Parquet files, alone and many together."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from weather_rows import a_table, column_of, faults_of, opened, rows_of

from reconciler.errors import Invalid


def _write(folder, name, table, **options):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, **options)
    return path


def test_rows_are_counted_before_they_are_read(tmp_path):
    path = _write(tmp_path, "part.parquet", a_table(7), row_group_size=2)

    source = opened(path, tmp_path, chunk_rows=3)

    assert (source.rows, source.texts, len(rows_of(source))) == (7, False, 7)
    assert next(iter(source.chunks())).place(2) == f"{path} row 2"


def test_files_may_have_their_columns_in_any_order_and_lack_those_with_a_default(tmp_path):
    _write(tmp_path, "a.parquet", a_table(2, humid=[1, None]))
    _write(tmp_path, "b.parquet", a_table(2).select(["observed_at", "origin"]))

    source = opened(tmp_path, tmp_path)

    assert source.schema.names == ["origin", "observed_at", "humid"]
    assert column_of(source, "humid")[1] == [1, None, 50, 50]


def test_a_needed_column_that_one_file_lacks_is_named_with_the_file(tmp_path):
    _write(tmp_path, "a.parquet", a_table(2))
    _write(tmp_path, "b.parquet", a_table(2).select(["origin"]))

    with pytest.raises(Invalid) as caught:
        opened(tmp_path, tmp_path)

    assert str(caught.value).endswith(
        "b.parquet: weather.observed_at: The file lacks the column, which other files have."
    )


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        (pa.int8(), pa.int32(), "int64"),
        (pa.int64(), pa.uint64(), "decimal128(20, 0)"),
        (pa.uint8(), pa.uint64(), "uint64"),
        (pa.int64(), pa.float64(), "double"),
        (pa.float32(), pa.float16(), "double"),
        (pa.null(), pa.int16(), "int16"),
    ],
)
def test_numbers_of_two_types_meet_in_one_that_holds_both(tmp_path, one, other, common):
    _write(tmp_path, "a.parquet", a_table(1, humid=pa.array([None if pa.types.is_null(one) else 1]).cast(one)))
    _write(tmp_path, "b.parquet", a_table(1, humid=pa.array([2]).cast(other)))

    kind, values = column_of(opened(tmp_path, tmp_path), "humid")

    assert str(kind) == common
    assert values[1] == 2


def test_whole_numbers_that_a_float_does_not_hold_are_refused_rather_than_rounded(tmp_path):
    _write(tmp_path, "a.parquet", a_table(1, humid=[2**53 + 1]))
    _write(tmp_path, "b.parquet", a_table(1, humid=[0.5]))

    with pytest.raises(Invalid) as caught:
        list(opened(tmp_path, tmp_path).chunks())

    assert "a.parquet: weather.humid: The column is int64 here, which does not fit double as in other files" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array([1]), pa.array(["1"])),
        (pa.array([0], pa.timestamp("us")), pa.array([0], pa.timestamp("us", "UTC"))),
        (pa.array([True]), pa.array([1])),
        (pa.array([[1]]), pa.array([1])),
        (pa.array([[1]]), pa.array([["a"]])),
    ],
)
def test_types_that_do_not_go_together_are_named_with_both_files(tmp_path, one, other):
    _write(tmp_path, "a.parquet", a_table(1, humid=one))
    _write(tmp_path, "b.parquet", a_table(1, humid=other))

    with pytest.raises(Invalid) as caught:
        opened(tmp_path, tmp_path)

    reason = f"b.parquet: weather.humid: The column is {other.type} here, and {one.type} in "
    assert reason.replace("item", "element") in str(caught.value)


def test_lists_and_texts_of_two_kinds_meet(tmp_path):
    lists = (pa.array([[1]], pa.list_(pa.int8())), pa.array([[1.5, 2.0]], pa.list_(pa.float32(), 2)))
    texts = (pa.array(["a"]).dictionary_encode(), pa.array(["b"], pa.string_view()))
    for name, gusts, origin in zip("ab", lists, texts, strict=True):
        _write(tmp_path, f"{name}.parquet", a_table(1, gusts=gusts, origin=origin))

    source = opened(tmp_path, tmp_path)

    assert column_of(source, "gusts")[1] == [[1.0], [1.5, 2.0]]
    assert column_of(source, "origin")[1] == ["a", "b"]


def test_times_of_two_units_and_zones_stay_the_same_instants(tmp_path):
    _write(tmp_path, "a.parquet", a_table(1, observed_at=pa.array([1], pa.timestamp("ms", "Asia/Tokyo"))))
    _write(tmp_path, "b.parquet", a_table(1, observed_at=pa.array([1], pa.timestamp("ns", "UTC"))))

    kind, values = column_of(opened(tmp_path, tmp_path), "observed_at")

    assert str(kind) == "timestamp[ns, tz=UTC]"
    assert [value.value for value in values] == [1_000_000, 1]


def test_folders_as_hive_lays_them_out_are_columns_where_they_name_a_feature(tmp_path):
    bare = a_table(1).select(["observed_at"])
    _write(tmp_path, "origin=JFK/year=2013/a.parquet", bare)
    _write(tmp_path, "origin=New%20York/year=2013/a.parquet", bare)
    _write(tmp_path, "origin=__HIVE_DEFAULT_PARTITION__/year=2013/a.parquet", bare)

    source = opened(tmp_path, tmp_path)

    assert source.schema.names == ["observed_at", "origin"]
    assert column_of(source, "origin")[1] == ["JFK", "New York", None]


def test_a_folder_name_that_should_be_a_number_and_is_none_is_a_fault(tmp_path):
    _write(tmp_path, "humid=many/a.parquet", a_table(1))

    with pytest.raises(Invalid) as caught:
        opened(tmp_path, tmp_path)

    assert "weather.humid: It is 'many' in the name of the folder, and the feature is a number." in str(caught.value)


def test_every_file_that_is_no_parquet_is_named(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 nothing PAR1")
    _write(tmp_path, "c.parquet", a_table(1))

    with pytest.raises(Invalid) as caught:
        opened(tmp_path, tmp_path)

    assert [fault.file.rpartition("/")[2] for fault in caught.value.faults] == ["a.parquet", "b.parquet"]
    assert all("is no Parquet that can be read" in fault.reason for fault in caught.value.faults)


def test_a_file_that_is_spoilt_in_the_middle_says_where(tmp_path):
    path = _write(tmp_path, "a.parquet", a_table(1_000, humid=list(range(1_000))), row_group_size=100)
    broken = bytearray(path.read_bytes())
    middle = pq.ParquetFile(path).metadata.row_group(5).column(0).file_offset or len(broken) // 2
    broken[middle : middle + 400] = b"\xff" * 400
    path.write_bytes(bytes(broken))

    with pytest.raises(Invalid) as caught:
        list(opened(path, tmp_path, chunk_rows=50).chunks())

    assert "a.parquet: The file cannot be read to its end: " in str(caught.value)


def test_nested_columns_and_odd_types_pass_to_the_check_as_they_are(tmp_path):
    odd = {
        "humid": pa.array([{"a": 1}, None]),
        "rainy": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int8())),
        "gusts": pa.array([[1.5], None], pa.large_list(pa.float32())),
        "temp-f": pa.array([b"x", None], pa.binary()),
    }
    path = _write(tmp_path, "a.parquet", a_table(2, **odd))

    source = opened(path, tmp_path)

    assert [row["gusts"] for row in rows_of(source)] == [[1.5], None]
    assert not faults_of(source)


def test_a_large_file_is_read_in_little_memory(tmp_path):
    rows = 400_000
    path = tmp_path / "large.parquet"
    with pq.ParquetWriter(path, a_table(1, humid=["x"]).schema) as writer:
        for _ in range(10):
            writer.write_table(a_table(rows // 10, humid=["x" * 200] * (rows // 10)))
    before = pa.total_allocated_bytes()
    source, most = opened(path, tmp_path), 0

    for chunk in source.chunks():
        assert chunk.batch.num_rows <= 20_000
        most = max(most, pa.total_allocated_bytes() - before)

    assert most < 60 << 20
