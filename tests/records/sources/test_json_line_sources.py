"""JSON Lines: numbers as they were written, and every broken line in its place."""

import gzip
import json

import pytest
from weather_rows import NAMES, column_of, faults_of, opened, places_of, rows_of

from reconciler.errors import Invalid
from reconciler.records.sources import json_lines


def _file(folder, *lines, name="weather.jsonl"):
    path = folder / name
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    return path


def _short(folder, found):
    return [(place.removeprefix(f"{folder}/"), *rest) for place, *rest in found]


def test_whole_numbers_make_no_detour_through_floats(tmp_path):
    path = _file(tmp_path, {"origin": "JFK", "humid": 2**53 + 1}, {"origin": "LGA", "humid": -(2**63)})

    kind, values = column_of(opened(path, tmp_path), "humid")

    assert (str(kind), values) == ("int64", [2**53 + 1, -(2**63)])


def test_whole_numbers_keep_every_digit_beside_fractions(tmp_path):
    path = _file(tmp_path, {"origin": "JFK", "humid": 2**53 + 1}, {"origin": "LGA", "humid": 0.5})

    source = opened(path, tmp_path)

    assert column_of(source, "humid")[1] == [2**53 + 1, None]
    assert faults_of(source) == [
        (f"{path}:2", "humid", "0.5", "It is no whole number, and the feature takes whole numbers.")
    ]


def test_every_broken_line_is_named_and_the_others_are_read(tmp_path):
    twice = '{"origin": "JFK", "origin": "LGA"}'
    path = _file(
        tmp_path,
        {"origin": "JFK"},
        b'{"origin": "LGA"',
        b"",
        b"[1]",
        twice.encode(),
        b'{"origin": "caf\xe9"}',
        b'{"temp-f": NaN}',
        b"7" * 5_000,
        b'{"origin": "\\ud800", "humid": 1}',
        b"[" * 100_000,
        {"origin": "EWR"},
    )

    source = opened(path, tmp_path)

    assert _short(tmp_path, faults_of(source))[:-1] == [
        ("weather.jsonl:2", "", '{"origin": "LGA"', "The line is no JSON: Expecting ',' delimiter at column 17."),
        ("weather.jsonl:4", "", "[1]", "The line is no JSON object."),
        ("weather.jsonl:5", "", twice, "The key 'origin' is given twice."),
        ("weather.jsonl:6", "", '{"origin": "caf�"}', "The line is not UTF-8: byte 0xe9 at place 16."),
        ("weather.jsonl:7", "", '{"temp-f": NaN}', "NaN is no number of JSON."),
        ("weather.jsonl:8", "", "7" * 57 + "...", "A number in it has thousands of digits."),
        ("weather.jsonl:9", "origin", "\\ud800", "It holds half a surrogate pair, which is no text in UTF-8."),
    ]
    assert _short(tmp_path, faults_of(source))[-1] == (
        "weather.jsonl:10",
        "",
        "[" * 57 + "...",
        "The line is nested too deeply.",
    )
    assert [row["origin"] for row in rows_of(source)] == ["JFK", *[None] * 8, "EWR"]
    assert rows_of(source)[7]["humid"] == 1


def test_keys_that_a_dead_letter_file_adds_are_passed_over(tmp_path):
    marks = {f"reconciler:{word}": "x" for word in ("row", "place", "code", "message")}
    path = _file(tmp_path, {"origin": "JFK", **marks})

    source = opened(path, tmp_path)

    assert not faults_of(source)
    assert list(rows_of(source)[0]) == NAMES


def test_a_key_that_is_no_feature_is_a_fault_with_the_one_that_was_meant(tmp_path):
    source = opened(_file(tmp_path, {"origin": "JFK", "humd": 4}), tmp_path)

    fault = next(iter(source.chunks())).faults[0]

    assert (fault.feature, fault.value, fault.reason) == ("humd", "4", "weather has no such feature.")
    assert fault.fix == "Rename it to humid."


def test_a_missing_key_is_the_default_and_null_is_null(tmp_path):
    source = opened(_file(tmp_path, {"origin": "JFK"}, {"origin": "LGA", "humid": None}), tmp_path)

    assert column_of(source, "humid")[1] == [50, None]


def test_features_are_known_by_both_of_their_names_but_not_at_once(tmp_path):
    path = _file(tmp_path, {"temp-f": 1.5}, {"temp_f": 2.5}, {"temp-f": 1.5, "temp_f": 2.5})

    source = opened(path, tmp_path)

    assert column_of(source, "temp-f")[1] == [1.5, 2.5, 1.5]
    assert faults_of(source) == [(f"{path}:3", "temp-f", "2.5", "It is given twice, as temp-f and as temp_f.")]


def test_collections_are_lists(tmp_path):
    path = _file(tmp_path, {"gusts": [1, 2.5]}, {"gusts": []}, {"gusts": None}, {"gusts": 3})

    source = opened(path, tmp_path)

    assert column_of(source, "gusts")[1] == [[1.0, 2.5], [], None, None]
    assert faults_of(source) == [(f"{path}:4", "gusts", "3", "It is of type int, and the feature takes lists.")]


@pytest.mark.parametrize("block", [1, 7, 1 << 20])
def test_lines_are_the_same_however_a_file_is_read(tmp_path, monkeypatch, block):
    monkeypatch.setattr(json_lines, "BLOCK", block)
    lines = [{"origin": f"é{number}"} for number in range(5)]
    path = tmp_path / "weather.jsonl.gz"
    path.write_bytes(gzip.compress("\r\n\n".join(json.dumps(line) for line in lines).encode()))

    source = opened(path, tmp_path, chunk_rows=2)

    assert [row["origin"] for row in rows_of(source)] == [line["origin"] for line in lines]
    assert [place.rpartition(":")[2] for place in places_of(source)] == ["1", "3", "5", "7", "9"]


def test_a_line_that_is_too_long_is_one_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(json_lines, "BLOCK", 64)
    monkeypatch.setattr(json_lines, "MAX_RECORD", 256)
    path = _file(tmp_path, {"origin": "x" * 2_000}, {"origin": "JFK"})

    source = opened(path, tmp_path)

    assert [(place.rpartition(":")[2], reason) for place, _, _, reason in faults_of(source)] == [
        ("1", "The line is longer than 0 MB.")
    ]
    assert rows_of(source)[1]["origin"] == "JFK"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "The file is empty."),
        (b" \n \n", "The file is empty."),
        (b'[{"origin": "JFK"}]', "The file is a JSON array; JSON Lines have one object a line. jq -c '.[]'"),
        ('{"origin": "JFK"}'.encode("utf-16"), "is UTF-16, not UTF-8."),
    ],
)
def test_a_file_that_is_no_json_lines_says_why(tmp_path, text, reason):
    with pytest.raises(Invalid) as caught:
        opened(_file(tmp_path, text), tmp_path)

    assert reason in str(caught.value)


def test_rows_of_two_files_are_numbered_in_each(tmp_path):
    for name in "ab":
        _file(tmp_path, {"origin": name}, {"origin": name}, name=f"{name}.jsonl")

    source = opened(tmp_path, tmp_path, chunk_rows=3)

    assert [place.rpartition("/")[2] for place in places_of(source)] == [
        "a.jsonl:1",
        "a.jsonl:2",
        "b.jsonl:1",
        "b.jsonl:2",
    ]


def test_folders_say_what_their_names_stand_for(tmp_path):
    folder = tmp_path / "data" / "origin=JFK" / "humid=7" / "year=2013"
    folder.mkdir(parents=True)
    _file(folder, {"temp-f": 1.5})

    assert [(row["origin"], row["humid"]) for row in rows_of(opened(tmp_path / "data", tmp_path))] == [("JFK", 7)]
