"""A result as files: whole or not at all, the same to the byte, and read back as it was."""

import csv
import io
import shutil
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from result_answers import ABOUT, GOOD, NO_PLANE, NO_WEATHER, NOON, QUESTION, SEATS, a_result, answer, labels, rows_of

from reconciler.cli.tables import as_csv
from reconciler.datasets.question import Status
from reconciler.datasets.results import hive
from reconciler.datasets.results.assembling import BLOCK
from reconciler.datasets.results.csv_lines import csv_head, csv_lines
from reconciler.datasets.results.drafts import draft_of
from reconciler.datasets.results.hive import Partitions
from reconciler.datasets.results.kept import Kept
from reconciler.datasets.results.result import labelled
from reconciler.errors import Invalid, ReconcilerError, Usage

THREE = {"origin": ["JFK", "LGA", "JFK"], "tailnum": ["N1", "007", ""]}
FOUND = [[GOOD, SEATS], [NO_WEATHER, SEATS], [(Status.MATCHED, 5.0, -0.5, 2**53 + 1, 'a "b", c'), NO_PLANE]]


@pytest.fixture
def result(tmp_path):
    return a_result(labels(THREE), FOUND, tmp_path / "scratch")


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_parquet_reads_back_as_it_was(tmp_path, result):
    manifest = result.to_parquet(tmp_path / "out" / "train.parquet")

    assert pq.read_table(tmp_path / "out" / "train.parquet").equals(result.to_arrow())
    assert files_in(tmp_path / "out") == ["train.parquet", "train.parquet.manifest.json"]
    assert [(file.path, file.rows) for file in manifest.files] == [("train.parquet", 3)]


def test_pandas_reads_whole_numbers_out_of_parquet_whole(tmp_path, result):
    result.to_parquet(tmp_path / "train.parquet")
    result.to_parquet(tmp_path / "train", partition_by=["origin"])

    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "train.parquet"), result.to_pandas())
    assert pd.read_parquet(tmp_path / "train").sort_values("gust")["gust"].tolist() == [12, 2**53 + 1, pd.NA]


def test_csv_tells_null_from_empty_and_keeps_every_digit(tmp_path, result):
    result.to_csv(tmp_path / "train.csv")

    assert (tmp_path / "train.csv").read_bytes().decode() == (
        "origin,tailnum,temp_f,gust,seats,sky\r\n"
        "JFK,N1,71.6,12,180,clear\r\n"
        "LGA,007,,,180,\r\n"
        'JFK,"",-0.5,9007199254740993,,"a ""b"", c"\r\n'
    )


def test_csv_is_quoted_as_the_command_line_quotes_it():
    rows = [
        {"text": text, "real": real, "whole": whole, "truth": truth}
        for text, real, whole, truth in [
            ("", 0.1, 1, True), (None, None, None, None), ("a,b", 1e16, -(2**63), False), ('"', 1e-7, 0, True),
            ("line\nline", float("inf"), 7, True), ("\r", float("nan"), 7, True), ("ünï\x00", -0.0, 7, True),
            (" blank ", 5.0, 7, True), ("null", 1.7976931348623157e308, 7, None),
        ]
    ]  # fmt: skip
    schema = pa.schema([("text", pa.string()), ("real", pa.float64()), ("whole", pa.int64()), ("truth", pa.bool_())])
    batch = pa.RecordBatch.from_pylist(rows, schema=schema)

    written = csv_head(schema.names) + bytes(csv_lines(batch)) + bytes(csv_lines(batch.slice(3, 2)))

    assert written.decode() == as_csv(schema.names, [*rows, *rows[3:5]])


def test_one_column_of_nulls_keeps_its_lines():
    batch = pa.record_batch([pa.array([None, "x", None], pa.string())], ["a,b"])

    assert csv_head(["a,b"]) + bytes(csv_lines(batch)) == b'"a,b"\r\n\r\nx\r\n\r\n'
    assert bytes(csv_lines(batch.slice(0, 0))) == b""


def test_instants_and_other_columns_of_labels_are_told_as_iso_in_csv():
    columns = {
        "zoned": pa.array([datetime(2024, 7, 1, 12, 0, 0, 500, UTC), None], pa.timestamp("us", "America/New_York")),
        "plain": pa.array([1_719_792_000, None], pa.timestamp("s")),
        "nanos": pa.array([1, None], pa.timestamp("ns", "UTC")),
        "day": pa.array([date(2024, 2, 29), None]),
        "clock": pa.array([time(1, 2, 3), None]),
        "price": pa.array([Decimal("1.50"), None]),
        "kind": pa.array(["a", None]).dictionary_encode(),
        "half": pa.array([0.1, None], pa.float32()),
        "none": pa.nulls(2),
    }

    first, second = bytes(csv_lines(pa.RecordBatch.from_pydict(columns))).decode().splitlines()

    assert first == (
        "2024-07-01T12:00:00.000500Z,2024-07-01T00:00:00,1970-01-01T00:00:00.000000001Z,2024-02-29,01:02:03.000000,"
        "1.50,a,0.10000000149011612,"
    )
    assert second == "," * 8


def test_csv_is_read_by_other_readers(tmp_path, result):
    result.to_csv(tmp_path / "train.csv")

    rows = list(csv.reader(io.StringIO((tmp_path / "train.csv").read_text(), newline="")))
    table = pa.csv.read_csv(
        tmp_path / "train.csv",
        convert_options=pa.csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False),
    )
    assert rows[3] == ["JFK", "", "-0.5", "9007199254740993", "", 'a "b", c']
    assert table["gust"].to_pylist() == [12, None, 2**53 + 1]
    assert table["sky"].to_pylist() == ["clear", None, 'a "b", c']


def test_the_same_rows_are_the_same_bytes_however_they_came(tmp_path):
    count = BLOCK + 1000
    table = pa.table({"origin": ["JFK"] * count, "tailnum": [f"N{n % 97}" for n in range(count)]})
    one = rows_of(QUESTION, [[GOOD, SEATS]])
    names = one.schema.names
    whole = pa.RecordBatch.from_pydict(
        {name: pa.array([one.column(name)[0].as_py()] * count, one.schema.field(name).type) for name in names}
        | {"row": pa.array(range(count), pa.int64())},
        schema=one.schema,
    )
    written = []
    for number, rows in enumerate((999, 70_000)):
        made = labelled(
            QUESTION,
            labels(table, batch_rows=rows),
            lambda rows=rows: answer(QUESTION, whole, batch_rows=rows + 7),
            ABOUT,
            scratch=tmp_path,
        )
        for form, write in (("parquet", made.to_parquet), ("csv", made.to_csv)):
            write(tmp_path / str(number) / f"a.{form}")
            write(tmp_path / str(number) / form, partition_by=["tailnum"])
        written.append(
            {name: (tmp_path / str(number) / name).read_bytes() for name in files_in(tmp_path / str(number))}
        )

    assert len(written[0]) == 2 * 97 + 6
    assert written[0] == written[1]


def test_a_partitioned_dataset_is_read_by_its_folders(tmp_path, result):
    manifest = result.to_parquet(tmp_path / "train", partition_by=["origin"])

    assert files_in(tmp_path / "train") == [
        "_manifest.json", "origin=JFK/part-00000.parquet", "origin=LGA/part-00000.parquet",
    ]  # fmt: skip
    assert [(file.path, file.rows) for file in manifest.files] == [
        ("origin=JFK/part-00000.parquet", 2), ("origin=LGA/part-00000.parquet", 1),
    ]  # fmt: skip
    read = pa.dataset.dataset(tmp_path / "train", partitioning="hive", format="parquet").to_table()
    assert sorted(zip(read["origin"].to_pylist(), read["tailnum"].to_pylist(), strict=True)) == [
        ("JFK", ""), ("JFK", "N1"), ("LGA", "007"),
    ]  # fmt: skip


def test_partitions_have_names_that_read_back(tmp_path):
    odd = ["a/b", "50%", "a=b", "ünï", "..", None, "a b", '"q"', "x:y"]
    table = pa.table(
        {"origin": odd, "tailnum": ["N1"] * len(odd), "day": [date(2024, 1, n + 1) for n in range(len(odd))]}
    )
    result = a_result(labels(table), [[GOOD, SEATS]] * len(odd), tmp_path / "scratch")

    result.to_csv(tmp_path / "out", partition_by=["origin", "day"])

    names = [name for name in files_in(tmp_path / "out") if name != "_manifest.json"]
    assert "origin=a%2Fb/day=2024-01-01/part-00000.csv" in names
    assert "origin=__HIVE_DEFAULT_PARTITION__/day=2024-01-06/part-00000.csv" in names
    partitioning = pa.dataset.partitioning(pa.schema([("origin", pa.string()), ("day", pa.date32())]), flavor="hive")
    read = pa.dataset.dataset(tmp_path / "out", partitioning=partitioning, format="csv").to_table()
    assert sorted(read["origin"].to_pylist(), key=str) == sorted(odd, key=str)


def test_rows_of_a_partition_keep_their_order_in_parts_of_a_bounded_size():
    table = pa.table({"p": [n % 3 for n in range(3000)], "n": range(3000)})
    partitions = Partitions(["p"], buffer=4000)

    parts = list(partitions.parts(iter(table.to_batches(max_chunksize=100)), "csv"))

    assert max(part.nbytes for _, part in parts) < 8000
    assert len(parts) == len({path for path, _ in parts}) > 6
    for value in range(3):
        rows = [
            n
            for path, part in sorted(parts, key=lambda one: one[0])
            if path.startswith(f"p={value}/")
            for n in part["n"].to_pylist()
        ]
        assert rows == list(range(value, 3000, 3))


def test_columns_that_cannot_be_partitions_are_told_at_once(tmp_path, result):
    with pytest.raises(Invalid) as refused:
        result.to_parquet(tmp_path / "out", partition_by=["origen", "temp_f"])

    assert str(refused.value).splitlines() == [
        "origen: The dataset has no such column to partition by. Did you mean 'origin'?",
        "temp_f: It is double, which makes no names of folders. Partition by texts, whole numbers, booleans or dates.",
    ]
    assert not result.is_answered


def test_a_dataset_of_partitions_alone_is_refused(tmp_path, result):
    with pytest.raises(Invalid, match="nothing is left for files"):
        result.to_parquet(tmp_path / "out", partition_by=["origin", "tailnum", "gust", "seats", "sky", "temp_f"])
    with pytest.raises(Invalid, match="once"):
        result.to_parquet(tmp_path / "out", partition_by=["origin", "origin"])


def test_an_empty_text_is_no_partition(tmp_path, result):
    with pytest.raises(ReconcilerError, match="tailnum has empty texts"):
        result.to_parquet(tmp_path / "out", partition_by=["tailnum"])

    assert not (tmp_path / "out").exists()


def test_a_text_that_says_null_in_the_names_of_folders_is_no_partition():
    table = pa.record_batch({"c": [hive.NULL, None], "n": [1, 2]})

    with pytest.raises(ReconcilerError, match="c has the text __HIVE_DEFAULT_PARTITION__, which stands for null"):
        list(Partitions(["c"]).parts(iter([table]), "parquet"))


def test_partitions_that_a_file_system_takes_for_one_are_refused(tmp_path, monkeypatch):
    parts = Partitions.parts

    def without_case(self, batches, suffix):
        return ((path.lower(), rows) for path, rows in parts(self, batches, suffix))

    monkeypatch.setattr(Partitions, "parts", without_case)
    both = a_result(labels({"origin": ["a", "A"], "tailnum": ["N1", "N1"]}), [FOUND[1], FOUND[1]], tmp_path / "scratch")

    with pytest.raises(ReconcilerError, match=r"origin=a/part-00000\.csv .* upper and lower case"):
        both.to_csv(tmp_path / "train", partition_by=["origin"])
    assert not (tmp_path / "train").exists()


def test_too_many_partitions_are_refused(tmp_path, result, monkeypatch):
    monkeypatch.setattr(hive, "MOST", 1)

    with pytest.raises(ReconcilerError, match="origin would make more than 1 partitions"):
        result.to_parquet(tmp_path / "out", partition_by="origin")


def test_columns_that_csv_cannot_hold_are_told_before_the_engine_is_asked(tmp_path):
    table = pa.table(THREE | {"tags": [["a"], [], None], "raw": [b"", b"a", None]})
    result = a_result(labels(table), FOUND, tmp_path / "scratch")

    with pytest.raises(Invalid) as refused:
        result.to_csv(tmp_path / "train.csv")

    assert [fault.field for fault in refused.value.faults] == ["raw", "tags"]
    assert not result.is_answered
    result.to_parquet(tmp_path / "train.parquet")


def test_what_is_there_is_replaced_only_on_request(tmp_path, result):
    place = tmp_path / "train.csv"
    place.write_text("mine")
    with pytest.raises(Usage, match="is there already"):
        result.to_csv(place)
    assert place.read_text() == "mine"

    result.to_csv(place, replace=True)
    assert place.read_text().startswith("origin,")


def test_a_folder_is_replaced_only_where_it_is_a_dataset(tmp_path, result):
    place = tmp_path / "train"
    result.to_csv(place, partition_by=["origin"])
    result.to_parquet(place, partition_by=["origin"], replace=True)
    assert "origin=JFK/part-00000.parquet" in files_in(place)
    assert not [name for name in files_in(place) if name.endswith(".csv")]

    (place / "notes.txt").write_text("mine")
    with pytest.raises(Usage, match=r"would lose them: notes\.txt"):
        result.to_parquet(place, partition_by=["origin"], replace=True)
    assert (place / "notes.txt").read_text() == "mine"


def test_a_file_does_not_take_the_place_of_a_folder(tmp_path, result):
    (tmp_path / "train").mkdir()

    with pytest.raises(Usage, match="is a folder, and a file is to be written"):
        result.to_csv(tmp_path / "train", replace=True)


def test_nothing_is_left_where_writing_fails(tmp_path, monkeypatch, result):
    def full(*_):
        raise OSError(28, "No space left on device")

    (tmp_path / "train.csv").write_text("before")
    monkeypatch.setattr("reconciler.datasets.results.writing.csv_lines", full)

    with pytest.raises(ReconcilerError, match=r"train\.csv cannot be written: No space left on device"):
        result.to_csv(tmp_path / "train.csv", replace=True)

    assert (tmp_path / "train.csv").read_text() == "before"
    assert names_in(tmp_path) == ["train.csv"]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, result):
    (tmp_path / "file").write_text("")

    with pytest.raises(Usage, match="Nothing can be written into"):
        result.to_csv(tmp_path / "file" / "train.csv")


def test_what_a_killed_process_left_is_removed_by_the_next_that_writes_there(tmp_path, result):
    place = tmp_path / "a[b]*.csv"
    code = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from reconciler.datasets.results.drafts import draft_of
        with draft_of(Path({str(place)!r})) as draft:
            (draft / "rows").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    other = tmp_path / ".a[b]*.csvx.1.draft"
    other.mkdir()

    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(names_in(tmp_path)) == 2

    result.to_csv(place)
    assert names_in(tmp_path) == sorted([other.name, place.name, f"{place.name}.manifest.json"])


def test_a_draft_that_somebody_is_writing_stays(tmp_path):
    place = tmp_path / "train.csv"
    with draft_of(place) as mine:
        with draft_of(place):
            assert mine.exists()
        assert mine.exists()

    assert names_in(tmp_path) == []


def test_a_folder_that_was_moved_away_by_a_killed_process_comes_back(tmp_path, result):
    place = tmp_path / "train"
    result.to_csv(place, partition_by=["origin"])
    before = files_in(place)
    draft = tmp_path / ".train.abcdefgh.draft"
    draft.mkdir()
    (draft / "lock").touch()
    place.rename(draft / "before")

    with draft_of(place):
        pass

    assert files_in(place) == before
    assert names_in(tmp_path) == ["train"]


def test_what_was_moved_away_is_not_put_into_a_place_with_half_its_name(tmp_path, result):
    moved = tmp_path / ".train.v2.abcdefgh.draft" / "before"
    moved.mkdir(parents=True)
    (moved / "part").write_text("all there was")

    result.to_parquet(tmp_path / "train", partition_by=["origin"])

    assert (moved / "part").read_text() == "all there was"


def test_a_large_result_lies_in_a_file_and_is_the_same(tmp_path):
    table = pa.table({"n": range(5000), "text": pa.array([f"t{n % 7}" for n in range(5000)]).dictionary_encode()})
    kept = Kept(table.schema, tmp_path, in_memory=10_000)
    for batch in table.to_batches(max_chunksize=500):
        kept.add(batch)
    kept.end()

    assert kept.rows == 5000
    assert kept.table().equals(table)
    assert pa.Table.from_batches(kept.blocks()).equals(table)
    assert len(names_in(tmp_path)) == 1
    handed_out = kept.table()
    kept.close()
    assert names_in(tmp_path) == []
    assert handed_out.equals(table)


def test_a_result_that_is_forgotten_lets_go_of_its_folder(tmp_path):
    released = []
    result = a_result(labels(THREE), FOUND, tmp_path, release=lambda: released.append(1))
    assert result.rows == 3

    del result
    assert released == [1]


def test_a_result_that_was_closed_cannot_be_asked(tmp_path):
    with a_result(labels(THREE), FOUND, tmp_path) as result:
        pass

    with pytest.raises(Usage, match="closed before it was asked for"):
        len(result)


@pytest.mark.parametrize("in_memory", [1, 1 << 20])
def test_rows_that_were_let_go_of_are_not_taken_for_none(tmp_path, monkeypatch, in_memory):
    monkeypatch.setattr(Kept.__init__, "__defaults__", (in_memory,))
    with a_result(labels(THREE), FOUND, tmp_path / "scratch") as result:
        waiting = result.batches()
        assert result.rows == 3

    for look in (result.to_arrow, result.to_pandas, lambda: list(waiting), lambda: result.to_csv(tmp_path / "a.csv")):
        with pytest.raises(Usage, match="was closed, and its rows are gone"):
            look()
    assert (result.rows, result.report.rows) == (3, 3)
    assert not (tmp_path / "a.csv").exists()


def test_a_result_without_a_name_stays_as_long_as_its_rows_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(Kept.__init__, "__defaults__", (1,))
    scratch = tmp_path / "scratch"

    batches = a_result(labels(THREE), FOUND, scratch, release=lambda: shutil.rmtree(scratch)).batches()

    assert sum(batch.num_rows for batch in batches) == 3
    del batches
    assert not scratch.exists()


def test_a_scratch_folder_that_is_full_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    table = pa.table({"n": range(5000)})
    kept = Kept(table.schema, tmp_path / "file", in_memory=10)

    with pytest.raises(ReconcilerError, match="Rows of the result cannot be kept in"):
        kept.add(table.to_batches()[0])


def test_no_rows_are_a_file_with_a_head(tmp_path):
    none = {name: pa.array([], pa.string()) for name in THREE}
    result = a_result(labels(none), [], tmp_path / "scratch")

    result.to_csv(tmp_path / "a.csv")
    result.to_parquet(tmp_path / "a.parquet")
    result.to_parquet(tmp_path / "a", partition_by=["origin"])

    assert (tmp_path / "a.csv").read_bytes() == b"origin,tailnum,temp_f,gust,seats,sky\r\n"
    assert pq.read_table(tmp_path / "a.parquet").schema.names == result.columns
    assert files_in(tmp_path / "a") == ["_manifest.json"]


def test_an_instant_of_labels_is_the_same_in_parquet(tmp_path):
    table = pa.table(THREE | {"at": pa.array([NOON] * 3, pa.timestamp("us", "America/New_York"))})
    result = a_result(labels(table), FOUND, tmp_path / "scratch")

    result.to_parquet(tmp_path / "a.parquet")

    assert pq.read_table(tmp_path / "a.parquet")["at"].type == pa.timestamp("us", "America/New_York")
