"""A result in pandas, polars, torch and notebooks: identifiers stay text, whole numbers whole, nulls nulls."""

import math
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from result_answers import GOOD, NO_PLANE, NO_WEATHER, NOON, SEATS, a_result, labels

from reconciler.datasets.question import Status
from reconciler.errors import Invalid, Usage

BIG = 2**53 + 1
TWO = {"origin": ["JFK", None], "tailnum": ["007", ""]}
FOUND = [[(Status.MATCHED, 60.0, 71.5, BIG, "clear"), (Status.MATCHED, 60.0, 180)], [NO_WEATHER, NO_PLANE]]
NUMBERS = [[(Status.MATCHED, 60.0, 71.5, BIG, "clear"), (Status.MATCHED, 60.0, 180)], [GOOD, SEATS]]


def test_whole_numbers_with_nulls_stay_whole_in_pandas(tmp_path):
    frame = a_result(labels(TWO), FOUND, tmp_path).to_pandas()

    assert frame["gust"].dtype == pd.Int64Dtype()
    assert frame["gust"].tolist() == [BIG, pd.NA]
    assert frame["temp_f"].dtype == "float64"
    assert frame["tailnum"].tolist() == ["007", ""]
    assert frame["origin"].isna().tolist() == frame["sky"].isna().tolist() == [False, True]


def test_label_columns_with_nulls_stay_what_they_are_in_pandas(tmp_path):
    table = pa.table(
        TWO | {"n": [BIG, None], "m": [1, 2], "late": [True, None], "small": pa.array([1, None], pa.uint8())}
    )

    frame = a_result(labels(table), FOUND, tmp_path).to_pandas()

    assert [str(frame[name].dtype) for name in ("n", "m", "late", "small")] == ["Int64", "int64", "boolean", "UInt8"]
    assert frame["n"][0] == BIG


def test_the_columns_of_a_frame_come_back_as_they_were(tmp_path):
    given = pd.DataFrame(
        {
            "origin": ["JFK", "LGA"],
            "tailnum": pd.Series(["1", None], dtype="string"),
            "at": pd.to_datetime([NOON, NOON]).tz_convert("America/New_York"),
            "kind": pd.Categorical(["a", "b"]),
            "count": pd.array([1, None], "Int32"),
            "plain": [1, 2],
        },
        index=[7, 9],
    )
    table = pa.Table.from_pandas(given, preserve_index=False)

    frame = a_result(labels(table), FOUND, tmp_path).to_pandas()

    pd.testing.assert_frame_equal(frame[given.columns.tolist()], given.reset_index(drop=True))


def test_pandas_has_the_types_of_arrow_on_request(tmp_path):
    frame = a_result(labels(TWO), FOUND, tmp_path).to_pandas(arrow=True)

    assert {str(dtype) for dtype in frame.dtypes} == {"string[pyarrow]", "double[pyarrow]", "int64[pyarrow]"}
    assert frame["temp_f"].isna().tolist() == [False, True]


def test_the_rows_of_a_frame_are_numbered_from_0_where_labels_were_left_out(tmp_path):
    frame = a_result(labels(TWO), [FOUND[1], FOUND[0]], tmp_path, drop_unmatched="any").to_pandas()

    assert frame.index.tolist() == [0]


def test_polars_has_the_same_types(tmp_path):
    frame = a_result(labels(TWO), FOUND, tmp_path).to_polars()

    assert frame.schema == {
        "origin": pl.String, "tailnum": pl.String, "temp_f": pl.Float64, "gust": pl.Int64, "seats": pl.Int64,
        "sky": pl.String,
    }  # fmt: skip
    assert frame["gust"].to_list() == [BIG, None]


@pytest.mark.parametrize(
    ("method", "library"), [("to_polars", "polars"), ("to_torch", "torch"), ("to_pandas", "pandas")]
)
def test_a_library_that_is_not_installed_is_named(tmp_path, monkeypatch, method, library):
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(Usage, match=f"{method} needs {library}: pip install"):
        getattr(a_result(labels(TWO), FOUND, tmp_path), method)()


@pytest.fixture
def torch(monkeypatch):
    """Where it is not installed, arrays stand in for tensors: what is made of columns is the same."""
    if find_spec("torch") is None:
        monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(from_numpy=lambda array: array))


@pytest.mark.usefixtures("torch")
def test_tensors_are_of_the_numbers(tmp_path):
    table = pa.table(TWO | {"late": [True, False], "delay": pa.array([1.5, None], pa.float32())})

    tensors = a_result(labels(table), NUMBERS, tmp_path).to_torch()

    assert {name: str(one.dtype).removeprefix("torch.") for name, one in tensors.items()} == {
        "late": "bool", "delay": "float64", "temp_f": "float64", "gust": "int64", "seats": "int64",
    }  # fmt: skip
    assert tensors["gust"].tolist() == [BIG, 12]
    assert [math.isnan(delay) for delay in tensors["delay"].tolist()] == [False, True]


@pytest.mark.usefixtures("torch")
def test_a_tensor_is_nobody_elses(tmp_path):
    result = a_result(labels(TWO), NUMBERS, tmp_path)

    result.to_torch()["seats"][0] = 5

    assert result.to_arrow()["seats"].to_pylist() == [180, 180]


@pytest.mark.usefixtures("torch")
def test_nulls_of_whole_numbers_need_a_stand_in_for_tensors(tmp_path):
    result = a_result(labels(TWO), FOUND, tmp_path)

    with pytest.raises(Invalid) as refused:
        result.to_torch()
    reason = "1 of 2 values are null, which int64 cannot say."
    assert str(refused.value).splitlines() == [
        f"{name}: {reason} Say what stands for them: to_torch(fill={{'{name}': -1}})." for name in ("gust", "seats")
    ]

    assert result.to_torch(fill={"gust": -1, "seats": 0})["gust"].tolist() == [BIG, -1]
    assert result.to_torch(["seats", "temp_f"], fill=-7)["temp_f"].tolist() == [71.5, -7]


@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize("fill", [0.5, "none", 2**63])
def test_what_stands_for_null_is_not_cut_to_fit(tmp_path, fill):
    with pytest.raises(Invalid, match=r"(?s)gust: .* stands for its nulls, and is no int64.*seats"):
        a_result(labels(TWO), FOUND, tmp_path).to_torch(fill=fill)

    table = pa.table({**TWO, "big": pa.array([2**63, 1], pa.uint64()), "paid": [True, None]})
    with pytest.raises(Invalid, match=r"(?s)big: It has numbers beyond int64.*paid: -1 stands for its nulls"):
        a_result(labels(table), NUMBERS, tmp_path).to_torch(fill=-1)


@pytest.mark.usefixtures("torch")
def test_a_text_is_no_tensor(tmp_path):
    with pytest.raises(Invalid) as refused:
        a_result(labels(TWO), NUMBERS, tmp_path).to_torch(["sky", "skies"])

    assert "sky: It is string, and a tensor holds numbers." in str(refused.value)
    assert "skies: The dataset has no such column. Its numbers are temp_f, gust, seats." in str(refused.value)


def test_a_notebook_shows_times_that_python_has_none_for(tmp_path):
    result = a_result(labels(pa.table({**TWO, "at": pa.array([-(10**11), 0], pa.timestamp("s"))})), FOUND, tmp_path)
    assert result.rows == 2

    assert "<td>-1199-02-15 14:13:20</td>" in result._repr_html_()


def test_a_notebook_shows_a_few_rows_and_what_became_of_labels(tmp_path):
    many = {"origin": ["JFK"] * 9, "tailnum": ["<b>N1</b>"] * 9}
    result = a_result(labels(many), [[GOOD, NO_PLANE]] * 9, tmp_path)
    len(result)

    shown = result._repr_html_()

    assert shown.count("<tr>") == 6
    assert "<td>&lt;b&gt;N1&lt;/b&gt;</td>" in shown
    assert "<td>71.6</td><td>12</td><td><i>null</i></td>" in shown
    assert "<li>plane by tailnum: 9 missing (100 %)</li>" in shown


def test_a_look_in_a_notebook_does_not_ask_the_engine(tmp_path):
    result = a_result(labels(TWO | {"<x>": [1, 2]}), FOUND, tmp_path)

    shown = result._repr_html_()

    assert not result.is_answered
    assert "&lt;x&gt;" in shown


def test_a_notebook_shows_little_of_wide_and_long_things(tmp_path):
    wide = TWO | {f"c{n}": ["long " * 1000] * 2 for n in range(300)}
    result = a_result(labels(wide), FOUND, tmp_path)
    len(result)

    assert len(result._repr_html_()) < 8000
