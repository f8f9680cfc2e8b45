"""Which files a path means."""

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from weather_rows import a_table, opened, rows_of

from reconciler.errors import Invalid, Usage
from reconciler.records.sources.paths import find_files

ROW = "origin,observed_at\n{},2013-01-01T05:00:00Z\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with files in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.csv", "a.csv", "more/c.csv", "_temporary/x.csv", "more/.d.csv.crc", "_SUCCESS", ".hidden.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(ROW.format(path.stem))
    return tmp_path


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ("a.csv", ["a.csv"]),
        (Path("a.csv"), ["a.csv"]),
        (".", ["a.csv", "b.csv", "more/c.csv"]),
        ("*.csv", ["a.csv", "b.csv"]),
        ("**/*.csv", ["a.csv", "b.csv", "more/c.csv"]),
        (["b.csv", "a.csv"], ["b.csv", "a.csv"]),
        (["more", "[a]*"], ["more/c.csv", "a.csv"]),
        (".*.csv", [".hidden.csv"]),
        ("_temp*/*", ["_temporary/x.csv"]),
    ],
)
def test_files_folders_and_globs_are_read_in_order(folder, given, labels):
    assert [file.label for file in find_files(given)] == labels


def test_files_that_lie_elsewhere_are_called_by_their_whole_path(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("else") / "a.csv"
    path.write_text(ROW)

    assert find_files(path)[0].label == str(path)


def test_a_file_whose_name_looks_like_a_glob_is_that_file(folder):
    (folder / "[a].csv").write_text(ROW)

    assert [file.label for file in find_files("[a].csv")] == ["[a].csv"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("none.csv", "none.csv: It cannot be read: No such file or directory."),
        ("*.pq", "*.pq: There is no such file."),
        ("empty", "empty: The folder has no files in it."),
        ("notes.txt", "notes.txt: The file is neither CSV, JSON Lines nor Parquet. Files end in .csv,"),
        ("noend", "noend: The file is neither CSV"),
        ("a.parquet.gz", "a.parquet.gz: The file is neither CSV"),
        ("/dev/null", "/dev/null: This is no file."),
        (
            ["a.csv", "p.parquet"],
            "p.parquet: The file is Parquet, and a.csv is CSV. Give files of one format at a time.",
        ),
    ],
)
def test_what_is_no_table_is_said_by_name(folder, given, reason):
    (folder / "empty").mkdir()
    for name in ("notes.txt", "noend", "a.parquet.gz", "p.parquet"):
        (folder / name).write_text("x")

    with pytest.raises(Invalid) as caught:
        opened(given, folder)

    assert reason in str(caught.value)


def test_every_path_that_leads_nowhere_is_named_at_once(folder):
    with pytest.raises(Invalid) as caught:
        opened(["x.csv", "y.csv", "a.csv"], folder)

    assert [fault.file for fault in caught.value.faults] == ["x.csv", "y.csv"]


def test_a_link_that_leads_back_up_is_not_followed_for_ever(folder):
    (folder / "more" / "up").symlink_to(folder)
    (folder / "other").symlink_to(folder / "more")

    assert [file.label for file in find_files(".")] == ["a.csv", "b.csv", "more/c.csv"]


def test_a_pipe_is_refused_rather_than_waited_for(folder):
    os.mkfifo(folder / "pipe.csv")

    with pytest.raises(Invalid) as caught:
        opened("pipe.csv", folder)

    assert str(caught.value) == "pipe.csv: This is no file."


def test_a_link_to_itself_is_said(folder):
    (folder / "self.csv").symlink_to(folder / "self.csv")

    with pytest.raises(Invalid) as caught:
        opened("self.csv", folder)

    assert str(caught.value) == "self.csv: It cannot be read: Too many levels of symbolic links."


@pytest.mark.parametrize("path", ["origin,observed_at\n" * 500, "a\0b.csv", "~nobody-by-this-name/x.csv"])
def test_what_can_be_no_path_is_said(folder, path):
    with pytest.raises(Invalid) as caught:
        opened(path, folder)

    assert "This is no path: " in str(caught.value)


def test_a_name_that_is_not_utf_8_is_said_in_utf_8(folder):
    path = folder / os.fsdecode(b"caf\xe9.csv")
    path.write_text(ROW)

    with pytest.raises(Invalid) as caught:
        opened(path, folder)

    assert str(caught.value) == "caf\\xe9.csv: The name of the file is not UTF-8. Rename it."


def test_an_iterator_of_paths_is_as_good_as_a_list(folder):
    assert opened(folder.glob("[ab].csv"), folder).name == "2 files"


def test_an_address_elsewhere_is_answered_with_what_reads_it(folder):
    with pytest.raises(Usage) as caught:
        opened("s3://bucket/weather.parquet", folder)

    assert "Give a pyarrow dataset of it: pyarrow.dataset.dataset('s3://bucket/weather.parquet')." in str(caught.value)


def test_a_text_that_names_no_file_is_no_table_of_letters(folder):
    with pytest.raises(Invalid):
        opened("JFK", folder)


def test_files_are_called_together_by_their_number(folder):
    assert opened("a.csv", folder).name == "a.csv"
    assert opened("*.csv", folder).name == "2 files"


def test_csv_files_may_differ_in_columns(folder):
    (folder / "b.csv").write_text("humid,observed_at,origin\n7,2013-01-01T05:00:00Z,LGA\n")

    assert [(row["origin"], row["humid"]) for row in rows_of(opened(["a.csv", "b.csv"], folder))] == [
        ("a", "50"),
        ("LGA", "7"),
    ]


def test_the_keys_of_a_folder_above_the_glob_are_not_read(folder):
    inner = folder / "origin=JFK" / "humid=3"
    inner.mkdir(parents=True)
    pq.write_table(a_table(1).drop_columns("origin"), inner / "a.parquet")

    assert opened("origin=JFK/*/*.parquet", folder).schema.names == ["observed_at", "humid"]
    assert opened("origin=*/*/*.parquet", folder).schema.names == ["observed_at", "origin", "humid"]
