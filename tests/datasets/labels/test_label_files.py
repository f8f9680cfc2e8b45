"""Labels in files: what a cell is, where rows stand, and files that belong together."""

import gzip
import os
import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from label_questions import a_join, a_question, refusal

from reconciler.datasets.labels import rows as label_rows
from reconciler.datasets.labels.reading import read_labels
from reconciler.errors import Invalid

AT = "2013-01-01T00:00:00Z"
SECOND = 1_356_998_400


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name, text, tmp_path):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return name


def read(data, tmp_path, *joins, **options):
    return read_labels(data, a_question(*joins), "at", scratch=tmp_path / "scratch", **options)


def test_cells_of_csv_are_texts_and_stay_so(tmp_path):
    name = write("a.csv", f'plane,at,y\n007,{AT},1.50\n"",{AT},\n,{AT},""\n', tmp_path)

    labels = read(name, tmp_path)

    assert labels.table.to_pylist() == [
        {"plane": "007", "at": AT, "y": "1.50"},
        {"plane": "", "at": AT, "y": None},
        {"plane": None, "at": AT, "y": ""},
    ]
    assert labels.moments.table["key_0"].to_pylist() == ["007", "", None]


def test_keys_in_csv_are_parsed_where_the_group_has_numbers(tmp_path):
    name = write("a.csv", f"plane,code,at\n007,1.5,{AT}\n,,{AT}\n", tmp_path)

    labels = read(name, tmp_path, a_join(kind="Integral"), a_join("code", "Fractional"))

    assert labels.moments.table["key_0"].to_pylist() == [7, None]
    assert labels.moments.table["key_1"].to_pylist() == [1.5, None]


def test_times_in_csv_may_be_seconds(tmp_path):
    name = write("a.csv", f"plane,at\na,\na,{SECOND}.5\na,-1\n", tmp_path)

    found = read(name, tmp_path).moments.table

    assert found["seconds"].to_pylist() == [None, SECOND, -1]
    assert found["real"].to_pylist() == [None, SECOND + 0.5, -1.0]


def test_texts_and_numbers_do_not_mix_in_the_times_of_csv(tmp_path):
    name = write("a.csv", f"plane,at\na,{AT}\na,{SECOND}\n", tmp_path)

    message = refusal(name, tmp_path)

    assert message[1].startswith(f"  a.csv:3: at = {SECOND}: It is no ISO-8601 instant.")


def test_dates_written_as_digits_are_no_seconds(tmp_path):
    name = write("a.csv", "plane,at\na,20130101\n", tmp_path)

    assert "a.csv:2: at = 20130101: It looks like a date written as a number" in refusal(name, tmp_path)[1]


def test_faults_of_csv_say_the_line_that_the_row_begins_in(tmp_path):
    name = write("a.csv", f'plane,at\n"a\nb",{AT}\na,now\nshort\n', tmp_path)

    message = refusal(name, tmp_path)

    assert message == [
        "2 of 3 labels cannot be used, and no feature was read.",
        "  a.csv:4: at = now: It is no ISO-8601 instant. Write it like 2013-01-01T05:00:00Z.",
        "  a.csv:5: short: The line has 1 cells; the header has 2. Leave a cell empty where nothing is known.",
    ]


def test_faults_of_json_lines_say_the_line(tmp_path):
    name = write("a.jsonl", '{"plane": "a", "at": 0}\n\n{"plane": \n{"plane": 7, "at": 0}\n', tmp_path)

    message = refusal(name, tmp_path)

    assert message[0] == "1 of 3 labels cannot be used, and no feature was read."
    assert message[1].startswith("  a.jsonl:4: plane = 7: The column holds values of different types: int and str.")
    assert message[2].startswith('  a.jsonl:3: {"plane": : The line is no JSON')


def test_faults_of_parquet_say_the_file_and_the_row(tmp_path):
    for number in range(2):
        pq.write_table(pa.table({"plane": ["a", "b"], "at": [AT, "now" if number else AT]}), f"{number}.parquet")

    assert refusal("*.parquet", tmp_path)[1].startswith("  1.parquet row 1: at = now: It is no ISO-8601 instant.")


def test_whole_numbers_of_json_stay_whole(tmp_path):
    name = write("a.jsonl", '{"plane": 9007199254740993, "at": 0, "tags": [1], "f": 1.5}\n{"f": 1}\n', tmp_path)

    labels = read(name, tmp_path, a_join(kind="Integral"))

    assert labels.moments.table["key_0"].to_pylist() == [2**53 + 1, None]
    assert labels.table["f"].to_pylist() == [1.5, 1.0]
    assert labels.table["tags"].to_pylist() == [[1], None]


def test_columns_of_json_that_come_later_are_columns_of_all_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(label_rows, "CHUNK_ROWS", 1)
    monkeypatch.setattr("reconciler.datasets.labels.files.CHUNK_ROWS", 1)
    lines = [
        '{"plane": "a", "at": 1}',
        '{"plane": "b", "at": 2}',
        '{"plane": null, "at": 2.5, "new": true}',
        '{"at": null, "plane": "c", "new": null}',
        "{}",
    ]
    name = write("a.jsonl", "\n".join(lines), tmp_path)

    labels = read(name, tmp_path)

    assert labels.table["plane"].to_pylist() == ["a", "b", None, "c", None]
    assert labels.table["at"].to_pylist() == [1.0, 2.0, 2.5, None, None]
    assert labels.table["new"].to_pylist() == [None, None, True, None, None]


def test_a_column_of_json_with_numbers_here_and_texts_there_is_a_fault(tmp_path, monkeypatch):
    monkeypatch.setattr("reconciler.datasets.labels.files.CHUNK_ROWS", 1)
    name = write("a.jsonl", '{"plane": "a", "at": 1}\n{"plane": "a", "at": "x"}\n', tmp_path)

    assert refusal(name, tmp_path)[1] == (
        "  a.jsonl:2: at: The column is int64 before, and string from this row on or soon after. "
        "Convert all to one of them."
    )


def test_folders_and_globs_are_one_table_in_the_order_of_their_names(tmp_path):
    write("labels/b.csv", f"plane,at,y\nb,{AT},2\n", tmp_path)
    write("labels/a.csv", f"at,y,plane\n{AT},1,a\n", tmp_path)

    for given in ("labels", "labels/*.csv", ["labels/a.csv", "labels/b.csv"], tmp_path / "labels"):
        labels = read(given, tmp_path)

        assert labels.table.to_pylist() == [{"at": AT, "y": "1", "plane": "a"}, {"at": AT, "y": "2", "plane": "b"}]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_the_names_of_folders_stand_for_keys_and_times(tmp_path, suffix):
    for plane in ("007", "8"):
        path = tmp_path / f"labels/plane={plane}/at=2013-01-01T00%3A00%3A00Z/x=1/part.{suffix}"
        path.parent.mkdir(parents=True)
        frame = pd.DataFrame({"y": [plane]})
        write_it = {
            "csv": lambda f, p: f.to_csv(p, index=False),
            "parquet": lambda f, p: f.to_parquet(p),
            "jsonl": lambda f, p: f.to_json(p, orient="records", lines=True),
        }
        write_it[suffix](frame, path)

    labels = read("labels", tmp_path)

    assert labels.moments.table["key_0"].to_pylist() == ["007", "8"]
    assert labels.moments.table["seconds"].to_pylist() == [SECOND] * 2
    assert set(labels.table.schema.names) == {"y", "plane", "at"}


def test_compressed_texts_are_read(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(f"plane,at\na,{AT}\n".encode()))

    assert read("a.csv.gz", tmp_path).rows == 1


@pytest.mark.parametrize(
    ("files", "reasons"),
    [
        ({"a.csv": ""}, ["a.csv: The file is empty. Begin with a header: plane,at."]),
        ({"a.csv": "plane;at\n1;2\n"}, ["a.csv:1: Its cells are separated by semicolons. Separate them by commas."]),
        (
            {"a.csv": f"plane,at\na,{AT}\n", "b.csv": "plane\na\n"},
            ["b.csv: at: The file lacks the column, which other files have."],
        ),
        (
            {"a.csv": f"plane,at,y\na,{AT},1\n", "b.csv": f"plane,at,y,y\na,{AT},1,1\n"},
            ["b.csv: y: 2 columns have this name. Rename all but one, or leave them out."],
        ),
        ({"a.parquet": "no"}, ["a.parquet: The file is no Parquet that can be read"]),
        ({"a.jsonl": "[{}]"}, ["a.jsonl:1: The file is a JSON array"]),
        ({"a.xlsx": "x"}, ["a.xlsx: The file is neither CSV, JSON Lines nor Parquet."]),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path, files, reasons):
    for name, text in files.items():
        write(f"labels/{name}", text, tmp_path)
    os.chdir("labels")

    with pytest.raises(Invalid) as refused:
        read(sorted(files), tmp_path)

    for line, reason in zip(str(refused.value).splitlines(), reasons, strict=True):
        assert line.startswith(reason)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Invalid) as refused:
        read("nowhere.csv", tmp_path)

    assert str(refused.value).startswith("nowhere.csv: It cannot be read: No such file or directory.")


def test_a_dataset_of_arrow_is_read(tmp_path):
    pq.write_table(pa.table({"plane": ["a"], "at": [AT]}), "a.parquet")

    assert read(ds.dataset("a.parquet"), tmp_path).rows == 1


def test_progress_is_told_in_rows(tmp_path):
    told = []

    read(pa.table({"plane": ["a"] * 3, "at": [0] * 3}), tmp_path, tell=told.append)

    assert [(step.stage, step.done, step.total) for step in told] == [("reading labels", 3, 3)]


def test_labels_that_do_not_fit_into_memory_are_mapped_from_files_that_have_no_name(tmp_path):
    rows = 400_000
    table = pa.table(
        {"plane": [f"N{row % 977:05}" for row in range(rows)], "at": np.arange(rows), "y": np.arange(rows)}
    )
    pq.write_table(table, "labels.parquet", row_group_size=50_000)
    before = pa.total_allocated_bytes()
    tracemalloc.start()

    labels = read("labels.parquet", tmp_path, in_memory=1 << 20)

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert labels.table.equals(table)
    assert labels.moments.table["key_0"].equals(table["plane"])
    assert pa.total_allocated_bytes() - before < 8 << 20
    assert most < 16 << 20
    assert not list((tmp_path / "scratch").iterdir())


def test_nothing_is_left_in_the_scratch_folder_after_a_fault(tmp_path):
    def rows():
        yield {"plane": "a", "at": 0}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(rows(), tmp_path, in_memory=0)
    refusal([{"plane": "a", "at": 0}, {"plane": "a", "at": 1e300}], tmp_path / "scratch", in_memory=0)

    assert not list((tmp_path / "scratch").iterdir()) if (tmp_path / "scratch").exists() else True
