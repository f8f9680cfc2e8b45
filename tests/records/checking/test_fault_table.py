"""Everything that is wrong with an input, as one table."""

import csv

import pytest

from reconciler.records.checking import FaultTable
from reconciler.records.faults import RowFault


def a_fault(row=0, feature="temp_f", reason="It is no number."):
    return RowFault(row, f"weather.csv:{row + 2}", feature, "warm", reason, "Use a number.")


def test_every_fault_is_counted_and_written_and_the_first_are_kept(tmp_path):
    file = tmp_path / "deep" / "faults.csv"

    with FaultTable(file, keep=2) as table:
        table.add(a_fault(row) for row in range(5))
        table.add([a_fault(4, "wind"), a_fault(100_000, "wind")])

    assert (table.count, table.rows, table.columns) == (7, 6, 0)
    assert [fault.row for fault in table.kept] == [0, 1]
    with file.open(newline="") as opened:
        lines = list(csv.DictReader(opened))
    assert len(lines) == 7
    assert lines[0] == {key: str(value) for key, value in a_fault()._asdict().items()}
    assert lines[-1]["row"] == "100000"


def test_without_a_fault_there_is_no_file(tmp_path):
    with FaultTable(tmp_path / "faults.csv") as table:
        table.add([])

    assert table.file is None
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_a_column_spoils_every_row():
    table = FaultTable()
    table.add([RowFault(-1, "", "temp_f", "", "The column is missing.", "")])

    refused = table.refused("weather", 30)

    assert (table.columns, refused.rows, refused.count, refused.file) == (1, 30, 1, "")
    assert "30 of 30 rows do not fit weather" in str(refused)


def test_faults_of_one_reason_are_one_kind():
    table = FaultTable()
    table.add([a_fault(0, "wind"), *(a_fault(row) for row in range(3)), a_fault(0, "wind", "It is a list.")])

    kinds = table.kinds()

    assert [(kind.first.feature, kind.first.row, kind.number) for kind in kinds] == [
        ("temp_f", 0, 3),
        ("wind", 0, 1),
        ("wind", 0, 1),
    ]


@pytest.mark.parametrize("value", ["a,b", 'say "x"', "one\ntwo", "\ud800"])
def test_any_value_can_be_written(tmp_path, value):
    with FaultTable(tmp_path / "faults.csv") as table:
        table.add([a_fault()._replace(value=value)])

    with table.file.open(newline="", encoding="utf-8") as opened:
        (line,) = csv.DictReader(opened)
    assert line["value"] == value.encode(errors="backslashreplace").decode()
