"""Columns that labels need: by their names and types, and all that is wrong with them at once."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from label_questions import a_join, a_question, refusal

from reconciler.datasets.labels.reading import read_labels
from reconciler.errors import Usage

WRONG = "The labels cannot be used, and no feature was read."


def test_every_fault_of_columns_and_rows_is_told_at_once(tmp_path):
    question = a_question(a_join("origin", outputs=("temp",)), a_join("plane", "Integral"), a_join("dest"))
    table = pa.Table.from_arrays(
        [pa.array(["JFK", "LGA"]), pa.array([1.5, 2]), pa.array([1, 2]), pa.array([1, 2]), pa.array(["x", "now"])],
        ["Origin", "plane", "temp", "temp", "at"],
    )

    message = refusal(table, tmp_path, question)

    assert message == [
        "2 of 2 labels cannot be used, and no feature was read.",
        "  temp: 2 columns have this name. Rename all but one, or leave them out.",
        (
            "  temp: A feature of plane has this name in the result, and so has a column of the labels. "
            'Rename or leave out the column, or name the features apart: using(..., prefix="plane_").'
        ),
        "  origin: The labels have no such column. Did you mean Origin?",
        "  dest: The labels have no such column. There are Origin, plane, temp, temp, at.",
        (
            "  plane: The column is floating-point numbers, and the identifiers of plane are whole numbers. "
            "Convert it to int64, or in pandas where some are missing to the nullable Int64."
        ),
        "  row 0: at = x: It is no ISO-8601 instant. Write it like 2013-01-01T05:00:00Z.",
        "    The same at row 1.",
    ]


def test_a_missing_column_is_told_with_the_one_that_is_close(tmp_path):
    assert refusal({"tail_num": ["a"], "at": [0]}, tmp_path, a_question(a_join("tailnum")))[1] == (
        "  tailnum: The labels have no such column. Did you mean tail_num?"
    )


def test_a_column_in_the_index_of_a_frame_is_missing_and_how_to_get_it_is_told(tmp_path):
    frame = pd.DataFrame({"plane": ["a"], "at": [0]}).set_index("plane")

    assert refusal(frame, tmp_path)[1] == (
        "  plane: It is in the index of the frame, which is left out. Use labels.reset_index()."
    )


@pytest.mark.parametrize("data", [[], [{}], pd.DataFrame(), pa.table({})])
def test_labels_without_columns_are_refused(tmp_path, data):
    assert refusal(data, tmp_path) == [WRONG, "  They have no columns. Needed are plane and at."]


@pytest.mark.parametrize(
    "data",
    [
        pa.table({"plane": pa.array([], pa.string()), "at": pa.array([], pa.timestamp("us", "UTC"))}),
        pd.DataFrame({"plane": [], "at": []}),
        pd.DataFrame({"plane": pd.Series([], dtype=object), "at": pd.Series([], dtype=object)}),
    ],
)
def test_labels_without_rows_are_fine(tmp_path, data):
    question = a_question() if data is not None and "plane" in data else None
    if isinstance(data, pd.DataFrame) and data["plane"].dtype == float:
        data = data.astype({"plane": str})

    labels = read_labels(data, question or a_question(), "at", scratch=tmp_path)

    assert labels.rows == labels.moments.table.num_rows == 0
    assert labels.moments.table.schema.names[:4] == ["row", "key_0", "seconds", "nanos"]


def read_keys(column, kind, tmp_path):
    question = a_question(a_join(kind=kind))
    labels = read_labels(pa.table({"plane": column, "at": [0] * len(column)}), question, "at", scratch=tmp_path)
    return labels.moments.table["key_0"]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_texts_stay_the_texts_that_they_are(tmp_path, kind):
    texts = ["007", "", "é\U0001f6eb", " a", "x\n'\"`", None]

    assert read_keys(pa.array(texts).cast(kind), "String", tmp_path).to_pylist() == texts


@pytest.mark.parametrize("width", [pa.int8(), pa.uint16(), pa.int32(), pa.int64(), pa.uint64()])
def test_whole_numbers_of_every_width_are_keys(tmp_path, width):
    found = read_keys(pa.array([7, None, 0], width), "Integral", tmp_path)

    assert found.type == pa.int64()
    assert found.to_pylist() == [7, None, 0]


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64(), pa.int32()])
def test_numbers_are_keys_of_groups_whose_identifier_is_fractional(tmp_path, kind):
    found = read_keys(pa.array([7, None, 0], kind), "Fractional", tmp_path)

    assert found.type == pa.float64()
    assert found.to_pylist() == [7.0, None, 0.0]


def test_minus_zero_is_the_same_identifier_as_zero(tmp_path):
    assert str(read_keys(pa.array([-0.0]), "Fractional", tmp_path)[0].as_py()) == "0.0"


def test_codes_of_categories_are_what_they_stand_for(tmp_path):
    column = pa.array(["b", None, "a", "b"]).dictionary_encode()

    assert read_keys(column, "String", tmp_path).to_pylist() == ["b", None, "a", "b"]


@pytest.mark.parametrize(
    ("column", "kind", "reason"),
    [
        (
            [7],
            "String",
            (
                "The column is whole numbers, and the identifiers of plane are text. "
                "Convert it to text, written as the identifiers are: 007 is not 7."
            ),
        ),
        (
            ["7"],
            "Integral",
            "The column is text, and the identifiers of plane are whole numbers. Convert it to int64.",
        ),
        (
            ["7"],
            "Fractional",
            "The column is text, and the identifiers of plane are numbers. Convert it to float64.",
        ),
        (
            [True],
            "Integral",
            "The column is true or false, and the identifiers of plane are whole numbers. Convert it to int64.",
        ),
        (
            [b"x"],
            "String",
            (
                "The column is of the type binary, and the identifiers of plane are text. "
                "Convert it to text, written as the identifiers are: 007 is not 7."
            ),
        ),
    ],
)
def test_a_key_of_another_type_is_never_converted(tmp_path, column, kind, reason):
    message = refusal({"plane": column, "at": [0]}, tmp_path, a_question(a_join(kind=kind)))

    assert message == [WRONG, f"  plane: {reason}"]


@pytest.mark.parametrize(
    ("column", "kind", "reason"),
    [
        (pa.array([2**63], pa.uint64()), "Integral", "plane = 9223372036854775808: It is beyond 64 bits"),
        (pa.array([2**53 + 1]), "Fractional", "plane = 9007199254740993: It is beyond 2^53"),
        (pa.array([float("nan")]), "Fractional", "plane = nan: It is no identifier. Leave it out (null)"),
        (pa.array([float("inf")]), "Fractional", "plane = inf: It is no identifier."),
        (pa.array([b"\xff"]).cast(pa.string(), safe=False), "String", r"plane = b'\xff': It is no UTF-8 text."),
    ],
)
def test_keys_that_cannot_be_are_faults_with_their_row(tmp_path, column, kind, reason):
    message = refusal({"plane": column, "at": [0]}, tmp_path, a_question(a_join(kind=kind)))

    assert message[1].startswith(f"  row 0: {reason}")


def test_nan_in_a_frame_of_pandas_is_a_key_that_is_missing(tmp_path):
    frame = pd.DataFrame({"plane": [1.5, float("nan")], "at": [0.5, float("nan")]})

    labels = read_labels(frame, a_question(a_join(kind="Fractional")), "at", scratch=tmp_path)

    assert labels.no_key == {"plane": 1}
    assert labels.no_moment == 1


def test_objects_and_large_numbers_of_polars_are_columns_where_arrow_has_a_type(tmp_path):
    frame = pl.DataFrame(
        {
            "plane": pl.Series(["a", None], dtype=pl.Object),
            "at": pl.Series([1, 2], dtype=pl.Int128),
            "set": pl.Series([{1}, {2}], dtype=pl.Object),
        }
    )

    assert refusal(frame, tmp_path)[1:] == [
        (
            "  set: The column holds values of type set, which no column can hold. "
            "Convert them to texts or numbers, or leave the column out."
        )
    ]
    labels = read_labels(frame.drop("set"), a_question(), "at", scratch=tmp_path)
    assert labels.moments.table["key_0"].to_pylist() == ["a", None]
    assert labels.moments.table["seconds"].to_pylist() == [1, 2]


def test_columns_without_any_value_are_keys_and_moments_that_are_not_there(tmp_path):
    labels = read_labels(pd.DataFrame({"plane": [None], "at": [None]}), a_question(), "at", scratch=tmp_path)

    assert labels.no_key == {"plane": 1}
    assert labels.no_moment == 1
    assert labels.moments.table["key_0"].type == pa.string()


def test_columns_pass_through_as_they_are(tmp_path):
    table = pa.table(
        {
            "y": pa.array([1], pa.int8()),
            "plane": pa.array(["a"]).dictionary_encode(),
            "at": pa.array([0], pa.timestamp("ns", "Asia/Tokyo")),
            "list": [[1, 2]],
            "struct": [{"a": 1}],
            "naive": pa.array([0], pa.timestamp("s")),
            "date": pa.array([0], pa.date32()),
        }
    )

    for in_memory in (0, 1 << 20):
        labels = read_labels(table.to_reader(), a_question(), "at", scratch=tmp_path, in_memory=in_memory)

        assert labels.table.schema == table.schema
        assert labels.table.equals(table)


def test_objects_of_one_kind_are_a_column_and_of_several_kinds_are_a_fault(tmp_path):
    good = pd.DataFrame({"plane": ["a"], "at": [0], "tags": [["x", "y"]], "day": [pd.Timestamp(0).date()]})
    labels = read_labels(good, a_question(), "at", scratch=tmp_path)
    assert labels.table["tags"].to_pylist() == [["x", "y"]]
    assert labels.table["day"].type == pa.date32()

    mixed = pd.DataFrame({"plane": ["a", 7], "at": [0, 0], "other": [{1}, {2}]})
    assert refusal(mixed, tmp_path)[1:] == [
        "  row 1: plane = 7: The column holds values of different types: int and str. Convert all to one of them.",
        (
            "  other: The column holds values of type set, which no column can hold. "
            "Convert them to texts or numbers, or leave the column out."
        ),
    ]


def test_times_with_and_without_a_zone_do_not_mix(tmp_path):
    rows = [{"plane": "a", "at": pd.Timestamp(0)}, {"plane": "a", "at": pd.Timestamp(0, tz="UTC")}]

    assert refusal(rows, tmp_path)[1].endswith(
        "It has no time zone, and others in the column have one. Give all of them one."
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"plane": ["a"]}, "dict is no table of labels. For columns give pyarrow.table(...)."),
        (7, "int is no table of labels. Give a pandas or polars DataFrame"),
        (b"x", "bytes is no table of labels."),
        (None, "NoneType is no table of labels."),
    ],
)
def test_what_is_no_table_is_refused_with_what_would_be_one(tmp_path, data, reason):
    with pytest.raises(Usage) as refused:
        read_labels(data, a_question(), "at", scratch=tmp_path)

    assert str(refused.value).startswith(reason)


def test_rows_of_different_columns_and_types_become_one_table(tmp_path):
    rows = [{"plane": "a", "at": 0, "y": 1}, {"plane": "b", "at": 1.5, "z": "x"}]

    labels = read_labels(rows, a_question(), "at", scratch=tmp_path)

    assert labels.table.to_pylist() == [
        {"plane": "a", "at": 0.0, "y": 1, "z": None},
        {"plane": "b", "at": 1.5, "y": None, "z": "x"},
    ]


def test_an_item_that_is_no_row_is_a_fault_with_its_place(tmp_path):
    message = refusal([{"plane": "a", "at": 0}, 7], tmp_path)

    assert message[1] == "  row 1: 7: It is of type int, which has no columns. Give dicts, by name of column."


def test_the_first_rows_of_a_fault_are_named_and_the_others_counted(tmp_path):
    message = refusal({"plane": ["a"] * 1000, "at": ["now"] * 1000}, tmp_path)

    assert message[0] == "1,000 of 1,000 labels cannot be used, and no feature was read."
    assert message[2:] == ["    The same at row 1, row 2, 997 more."]
