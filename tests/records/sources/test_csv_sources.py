"""CSV files: every cell a text, every line in its place."""

import csv
import gzip
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from weather_rows import faults_of, opened, places_of, rows_of

from reconciler.errors import Invalid
from reconciler.records.sources import csv_files
from reconciler.records.sources.csv_records import _one_by_one, find_records

HEADER = b"origin,observed_at,humid\n"


def _file(folder, text, name="weather.csv"):
    path = folder / name
    path.write_bytes(text)
    return path


def _short(folder, found):
    return [(place.removeprefix(f"{folder}/"), *rest) for place, *rest in found]


def test_cells_stay_texts_and_an_empty_one_is_missing_unless_it_is_quoted(tmp_path):
    path = _file(tmp_path, HEADER + b'JFK,2013-01-01T05:00:00Z,007\nLGA,,\nNA,"",NaN\n')

    source = opened(path, tmp_path)

    assert source.texts
    assert [tuple(row.values()) for row in rows_of(source)] == [
        ("JFK", "2013-01-01T05:00:00Z", "007"),
        ("LGA", None, None),
        ("NA", "", "NaN"),
    ]


def test_lines_are_counted_over_quoted_line_breaks_and_blank_lines(tmp_path):
    text = HEADER + b'"J\nF\r\nK",a,1\r\n\r\n\nLGA,b,2\n"E""WR",c,3'

    source = opened(_file(tmp_path, text), tmp_path)

    assert [place.rpartition(":")[2] for place in places_of(source)] == ["2", "7", "8"]
    assert [row["origin"] for row in rows_of(source)] == ["J\nF\r\nK", "LGA", 'E"WR']


def test_every_line_at_fault_is_named_at_once_and_the_others_are_read(tmp_path):
    text = HEADER + b'JFK,a,1\nLGA,b\nEWR,c,3,4\nJFK,5" gust,1\nLGA,d\xe9,2\n"EWR"x,e,3\nEWR,f,4\n'

    source = opened(_file(tmp_path, text), tmp_path)

    assert _short(tmp_path, faults_of(source)) == [
        ("weather.csv:3", "", "LGA,b", "The line has 2 cells; the header has 3."),
        ("weather.csv:4", "", "EWR,c,3,4", "The line has 4 cells; the header has 3."),
        ("weather.csv:5", "", 'JFK,5" gust,1', "A quote stands in the middle of a cell, or is never closed."),
        ("weather.csv:6", "", "LGA,d�,2", "The line is not UTF-8: byte 0xe9 at place 6."),
        ("weather.csv:7", "", '"EWR"x,e,3', "A quote stands in the middle of a cell, or is never closed."),
    ]
    assert [row["origin"] for row in rows_of(source)] == ["JFK", None, None, None, None, None, "EWR"]
    assert places_of(source)[-1].endswith(":8")


def test_a_quote_that_is_never_closed_costs_its_own_line_only(tmp_path):
    text = HEADER + b'JFK,"a,1\nLGA,b,2\nEWR,c,3\n'

    source = opened(_file(tmp_path, text), tmp_path)

    assert [place.rpartition(":")[2] for place, *_ in faults_of(source)] == ["2"]
    assert [row["origin"] for row in rows_of(source)] == [None, "LGA", "EWR"]


def test_a_line_without_end_is_one_fault_and_reading_goes_on_after_it(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_files, "BLOCK", 64)
    monkeypatch.setattr(csv_files, "MAX_RECORD", 256)
    long = b"x" * 2_000
    text = HEADER + b"JFK,a,1\n" + long + b"\nLGA,b,2\n" + b'"' + long + b"\nEWR,c,3\n"

    source = opened(_file(tmp_path, text), tmp_path)

    assert [place.rpartition(":")[2] for place, *_ in faults_of(source)] == ["3", "5"]
    assert [row["origin"] for row in rows_of(source)] == ["JFK", None, "LGA", None, "EWR"]
    assert [place.rpartition(":")[2] for place in places_of(source)] == ["2", "3", "4", "5", "6"]


@pytest.mark.parametrize(("suffix", "codec"), [(".gz", "gzip"), (".zst", "zstd")])
def test_packed_files_are_read_as_what_they_hold(tmp_path, suffix, codec):
    half = len(HEADER) + 3
    text = HEADER + b"JFK,a,1\nLGA,b,2\n"
    packed = b"".join(pa.compress(part, codec, asbytes=True) for part in (text[:half], text[half:]))
    if codec == "gzip":
        packed = gzip.compress(text[:half]) + gzip.compress(text[half:])

    source = opened(_file(tmp_path, packed, "weather.csv" + suffix), tmp_path)

    assert [row["origin"] for row in rows_of(source)] == ["JFK", "LGA"]
    assert places_of(source)[1].endswith(f"weather.csv{suffix}:3")


def test_a_packed_file_that_is_cut_short_is_a_fault(tmp_path):
    whole = gzip.compress(HEADER + b"JFK,a,1\n" * 100)
    path = _file(tmp_path, whole[: len(whole) - 12], "weather.csv.gz")

    with pytest.raises(Invalid) as caught:
        list(opened(path, tmp_path).chunks())

    assert "weather.csv.gz: It cannot be read: Truncated compressed stream." in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "The file is empty. Begin with a header: origin,observed_at,temp-f,humid,rainy,gusts."),
        (b"\n\n", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (
            b"JFK,2013-01-01T05:00:00Z,1\n",
            ":1: The line is no header: it names no feature of weather. Begin with: origin,",
        ),
        (b"\nJFK,2013\n", ":2: The line is no header"),
        (b"origin;observed_at;humid\n", ":1: Its cells are separated by semicolons. Separate them by commas."),
        (b"origin\tobserved_at\n", ":1: Its cells are separated by tabs."),
        ("origin,observed_at\n".encode("utf-16"), ":1: The file is UTF-16, not UTF-8. Save it as UTF-8."),
        (b"origin,obs\0erved_at\n", ":1: The file has zero bytes in it"),
        (b"PK\x03\x04rest", "is a ZIP file"),
        (gzip.compress(HEADER, mtime=0), "is compressed with gzip"),
    ],
)
def test_a_file_that_is_no_csv_says_why(tmp_path, text, reason):
    with pytest.raises(Invalid) as caught:
        opened(_file(tmp_path, text), tmp_path)

    assert reason in str(caught.value)
    assert "weather.csv" in str(caught.value)


def test_all_files_at_fault_are_named_together(tmp_path):
    _file(tmp_path, b"", "a.csv")
    _file(tmp_path, b"x,y\n", "b.csv")
    _file(tmp_path, HEADER, "c.csv")

    with pytest.raises(Invalid) as caught:
        opened(tmp_path, tmp_path)

    assert [fault.file.rpartition("/")[2] for fault in caught.value.faults] == ["a.csv", "b.csv"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    source = opened(_file(tmp_path, b"\xef\xbb\xbf" + HEADER + b"JFK,a,1\n"), tmp_path)

    assert rows_of(source) == [{"origin": "JFK", "observed_at": "a", "humid": "1"}]


def test_a_name_that_stands_twice_in_the_header_stays_for_the_check(tmp_path):
    source = opened(_file(tmp_path, b"origin,origin\na,b\n"), tmp_path)

    assert source.schema.names == ["origin", "origin"]
    assert next(iter(source.chunks())).batch.columns[1].to_pylist() == ["b"]


def test_a_header_alone_is_a_table_without_rows(tmp_path):
    source = opened(_file(tmp_path, HEADER), tmp_path)

    assert rows_of(source) == []
    assert source.schema.names == ["origin", "observed_at", "humid"]


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    path = _file(tmp_path, HEADER + b"JFK,a,1\n")
    source = opened(path, tmp_path)
    path.write_bytes(HEADER + b"JFK,a,1\nLGA,b,2\n")

    with pytest.raises(Invalid) as caught:
        list(source.chunks())

    assert "changed while it was read" in str(caught.value)


@given(
    st.lists(st.lists(st.text(st.sampled_from('a",\n\r é'), max_size=6), min_size=3, max_size=3), max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(5, 60),
    st.integers(1, 9),
)
def test_what_the_csv_module_writes_is_read_back(tmp_path_factory, rows, end, block, chunk_rows):
    folder, text = tmp_path_factory.mktemp("csv"), io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=end)
    writer.writerows([["origin", "observed_at", "humid"], *rows])
    path = _file(folder, text.getvalue().encode())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_files, "BLOCK", block)
        source = opened(path, folder, chunk_rows)
        found, places = rows_of(source), places_of(source)

    assert [list(row.values()) for row in found] == rows
    assert not faults_of(source)
    feeds = [sum(cell.count("\n") for cell in row) + 1 for row in rows]
    assert [int(place.rpartition(":")[2]) for place in places] == [2 + sum(feeds[:n]) for n in range(len(rows))]


def _fed(data, size):
    """The records of a text that arrives by so many bytes at a time."""
    found, line, rest = [], 1, b""
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    for number, part in enumerate(parts, 1):
        block = rest + part
        records = find_records(block, line, final=number == len(parts))
        found += _listed(block, records)
        rest, line = block[records.used :], records.next_line
    assert not rest
    return found


def _listed(block, records):
    numbers = zip(*(numbers.tolist() for numbers in records[:4]), strict=True)
    return [(block[start:end], line, cells) for start, end, line, cells in numbers]


_HARD = st.sampled_from(['a",\n', 'a"",,\n\r', 'a,\r\n"\n']).flatmap(lambda letters: st.text(letters, max_size=25))


@given(_HARD, st.integers(1, 9))
def test_records_are_the_same_however_a_file_is_cut_into_blocks(text, size):
    data = text.encode()

    found = _fed(data, size)

    assert found == _fed(data, 1_000) == _listed(data, _one_by_one(data, 1, final=True, forced=False))


@given(_HARD)
def test_records_that_are_well_formed_are_those_that_the_csv_module_sees(text):
    found = _fed(text.encode(), 1_000)

    if all(cells for _, _, cells in found):
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
        assert [cells for _, _, cells in found] == [len(row) for row in rows]
