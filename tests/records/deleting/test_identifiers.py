"""Record identifiers from files."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from online_world import Shape, Sight, target_of

from reconciler.errors import Invalid, ReconcilerError, Usage
from reconciler.records.identifiers import read_ids

SIGHT, SHAPE = target_of(Sight).contract, target_of(Shape).contract


def written(folder, name, content):
    path = folder / name
    if isinstance(content, pa.Table):
        pq.write_table(content, path)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ids.txt", "a\nb c\n\nd\n"),
        ("ids", "a\r\nb c\r\nd"),
        ("ids.txt", "\ufeffa\nb c\nd\n"),
        ("ids.csv", "x,id\n1,a\n2,b c\n\n3,d\n"),
        ("ids.jsonl", '"a"\n{"id": "b c", "more": 1}\n"d"\n'),
        ("ids.parquet", pa.table({"x": [1, 2, 3], "id": ["a", "b c", "d"]})),
    ],
)
def test_a_file_of_any_kind_gives_its_identifiers(tmp_path, name, content):
    assert read_ids(written(tmp_path, name, content), SIGHT) == ["a", "b c", "d"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("n.txt", "1\n-2\n"),
        ("n.csv", "number\n1\n-2\n"),
        ("n.jsonl", '1\n{"number": -2}\n'),
        ("n.parquet", pa.table({"number": pa.array([1, -2], pa.int32())})),
    ],
)
def test_numbers_are_numbers(tmp_path, name, content):
    assert read_ids(written(tmp_path, name, content), SHAPE) == ["1", "-2"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "n.txt",
            "1\nx\n",
            "n.txt:2: shape.number = 'x': 'x' identifies no record of shape: its number is of the type int.",
        ),
        ("n.csv", 'x,number\n"a\nb",1\n1,y\n', "n.csv:4: shape.number = 'y': "),
        ("n.csv", "x,number\n1\n", "n.csv:2: shape.number: The row has no number."),
        ("n.csv", "a,b\n1,2\n", "has no column 'number'; it has 'a', 'b'"),
        ("n.csv", "", "has no column 'number'; it has none"),
        ("n.jsonl", "1\n{\n", "n.jsonl:2: shape.number: This is no JSON"),
        ("n.jsonl", "[]\n", "n.jsonl:1: shape.number = []: "),
        ("n.jsonl", "true\n", "n.jsonl:1: shape.number = True: "),
        ("n.jsonl", "[" * 100_000, "n.jsonl:1: shape.number: This is no JSON"),
        ("n.parquet", b"no", "n.parquet cannot be read"),
        ("n.parquet", pa.table({"a": [1]}), "has no column 'number'; it has 'a'"),
        ("n.parquet", pa.table({"number": [1, None]}), "n.parquet:2: shape.number = None: "),
        ("n.txt", b"\xff\n", "n.txt cannot be read"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, name, content, said):
    with pytest.raises(ReconcilerError) as caught:
        read_ids(written(tmp_path, name, content), SHAPE)

    assert said in str(caught.value)


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    with pytest.raises(Invalid) as caught:
        read_ids(written(tmp_path, "n.txt", "x\n1\ny\n"), SHAPE)

    assert [fault.line for fault in caught.value.faults] == [1, 3]


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(Usage, match="There is no file"):
        read_ids(tmp_path / "none.csv", SIGHT)


@given(names=st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), max_size=20))
def test_what_was_written_is_what_is_read(tmp_path, names):
    path = written(tmp_path, "ids.jsonl", "".join(json.dumps({"id": name}) + "\n" for name in names))

    assert read_ids(path, SIGHT) == names
