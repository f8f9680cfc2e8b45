"""Labels and answers become one table, with every label once, and numbers that add up."""

import pyarrow as pa
import pytest
from result_answers import (
    GOOD,
    NO_PLANE,
    NO_WEATHER,
    NOON,
    QUESTION,
    SEATS,
    a_result,
    answer,
    labels,
    rows_of,
)

from reconciler.datasets.question import Answer, Facts, Status
from reconciler.datasets.results.assembling import BLOCK, Labelled, in_blocks
from reconciler.datasets.results.result import About, labelled
from reconciler.errors import ReconcilerError, Usage

FOUR = {
    "origin": ["JFK", "LGA", None, "EWR"],
    "tailnum": ["N1", "N2", "N3", "N4"],
    "id": ["007", "", None, "3"],
}
MIXED = [
    [GOOD, SEATS],
    [(Status.STALE, 9000.0), NO_PLANE],
    [(Status.NO_KEY, None), SEATS],
    [(Status.DELETED, 30.0), NO_PLANE],
]


def test_label_columns_come_first_as_they_were_and_features_after_them_in_their_order(tmp_path):
    table = a_result(labels(FOUR), MIXED, tmp_path).to_arrow()

    assert table.to_pydict() == {
        **FOUR,
        "temp_f": [71.6, None, None, None],
        "gust": [12, None, None, None],
        "seats": [180, None, 180, None],
        "sky": ["clear", None, None, None],
    }
    assert table.schema.types[3:] == [pa.float64(), pa.int64(), pa.int64(), pa.string()]


def test_a_label_column_of_any_type_passes_through(tmp_path):
    odd = pa.table(
        {
            "at": pa.array([NOON, None, NOON, NOON], pa.timestamp("s", "America/New_York")),
            "kind": pa.array(["a", "b", None, "a"]).dictionary_encode(),
            "tags": pa.array([["x"], [], None, ["y", "z"]], pa.list_(pa.string())),
            "small": pa.array([1, None, 3, 4], pa.uint8()),
            "price": pa.array([1, 2, None, 4], pa.decimal128(9, 2)),
            "view": pa.array(["a", "long enough to lie elsewhere", None, ""], pa.string_view()),
        }
    )

    table = a_result(labels(odd, batch_rows=3), MIXED, tmp_path).to_arrow()
    fewer = a_result(labels(odd, batch_rows=3), MIXED, tmp_path, drop_unmatched="all").to_arrow()

    assert table.select(odd.schema.names).equals(odd)
    assert fewer.select(odd.schema.names).to_pylist() == [odd.to_pylist()[row] for row in (0, 2)]


def test_labels_that_any_group_has_nothing_for_are_left_out_on_request(tmp_path):
    result = a_result(labels(FOUR), MIXED, tmp_path, drop_unmatched="any")

    assert result.to_arrow()["origin"].to_pylist() == ["JFK"]
    assert (result.report.labels, result.report.rows, result.report.dropped) == (4, 1, 3)


def test_labels_that_no_group_has_anything_for_are_left_out_on_request(tmp_path):
    result = a_result(labels(FOUR), MIXED, tmp_path, drop_unmatched="all")

    assert result.to_arrow()["origin"].to_pylist() == ["JFK", None]
    assert result.report.joins[0].missing + result.report.joins[0].stale == 1


def test_another_word_for_what_is_left_out_is_refused(tmp_path):
    with pytest.raises(Usage, match="'any' or 'all', and not 'some'"):
        a_result(labels(FOUR), MIXED, tmp_path, drop_unmatched="some")


def test_the_engine_is_asked_when_the_result_is_first_looked_at_and_once(tmp_path):
    asked = []

    def ask():
        asked.append(1)
        return answer(QUESTION, rows_of(QUESTION, MIXED))

    result = labelled(QUESTION, labels(FOUR), ask, About(), scratch=tmp_path)
    assert repr(result) == "<dataset: 7 columns, not asked for yet>"
    assert result.columns == ["origin", "tailnum", "id", "temp_f", "gust", "seats", "sky"]
    assert asked == []

    assert len(result) == len(result.to_pandas()) == result.report.rows == 4
    assert asked == [1]


def test_an_engine_that_failed_is_asked_again(tmp_path):
    tries = []

    def ask():
        tries.append(1)
        if len(tries) == 1:
            raise ReconcilerError("The engine is down.")
        return answer(QUESTION, rows_of(QUESTION, MIXED))

    result = labelled(QUESTION, labels(FOUR), ask, About(), scratch=tmp_path)
    with pytest.raises(ReconcilerError, match="down"):
        result.to_arrow()

    assert result.rows == 4


@pytest.mark.parametrize("rows", [[0, 1, 2], [0, 1, 2, 2], [0, 2, 1, 3], [0, 1, 2, 3, 4], []])
def test_an_answer_that_is_not_one_row_for_each_label_is_refused(tmp_path, rows):
    given = rows_of(QUESTION, [*MIXED, MIXED[0]])
    batch = pa.RecordBatch.from_pylist([given.to_pylist()[row] for row in rows], schema=given.schema)
    result = labelled(QUESTION, labels(FOUR), lambda: answer(QUESTION, batch), About(engine="duckdb"), scratch=tmp_path)

    with pytest.raises(ReconcilerError, match="duckdb did not answer every label once and in order"):
        result.to_arrow()


def test_an_answer_with_other_types_is_refused(tmp_path):
    batch = rows_of(QUESTION, MIXED)
    columns = [column.cast(pa.int32()) if column.type == pa.int64() else column for column in batch.columns]
    other = pa.RecordBatch.from_arrays(columns, batch.schema.names)
    result = labelled(QUESTION, labels(FOUR), lambda: answer(QUESTION, other), About(engine="x"), scratch=tmp_path)

    with pytest.raises(ReconcilerError, match="columns that it was not asked for: row int32"):
        result.to_arrow()


def test_an_answer_is_let_go_of_where_it_cannot_be_used(tmp_path):
    ended = []

    def batches():
        try:
            yield rows_of(QUESTION, MIXED[:2])
            yield rows_of(QUESTION, MIXED[:2])
        finally:
            ended.append(1)

    result = labelled(
        QUESTION,
        labels(FOUR),
        lambda: Answer(rows_of(QUESTION, MIXED).schema, batches(), Facts()),
        About(),
        scratch=tmp_path,
    )
    with pytest.raises(ReconcilerError):
        result.to_arrow()

    assert ended == [1]


def test_an_answer_is_let_go_of_where_its_rows_cannot_be_kept(tmp_path, monkeypatch):
    ended = []

    def batches():
        try:
            yield rows_of(QUESTION, MIXED)
        finally:
            ended.append(1)

    def interrupted(*_):
        raise KeyboardInterrupt

    given = Answer(rows_of(QUESTION, MIXED).schema, batches(), Facts())
    result = labelled(QUESTION, labels(FOUR), lambda: given, About(), scratch=tmp_path)
    monkeypatch.setattr("reconciler.datasets.results.kept.Kept.add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        result.to_arrow()

    assert ended == [1]
    assert not result.is_answered


def test_no_labels_make_no_rows_but_all_columns(tmp_path):
    none = {name: pa.array([], pa.string()) for name in FOUR}

    table = a_result(labels(none), [], tmp_path).to_arrow()

    assert (len(table), len(table.schema)) == (0, 7)


def test_blocks_are_of_one_size_however_the_engine_cuts_its_answer(tmp_path):
    count = BLOCK + 5
    many = labels({"origin": ["JFK"] * count, "tailnum": ["N1"] * count}, batch_rows=7000)
    batch = rows_of(QUESTION, [[GOOD, SEATS]])
    columns = {
        name: pa.array([batch.column(name)[0].as_py()] * count, batch.schema.field(name).type)
        for name in batch.schema.names
    } | {"row": pa.array(range(count), pa.int64())}
    whole = pa.RecordBatch.from_pydict(columns, schema=batch.schema)
    result = labelled(QUESTION, many, lambda: answer(QUESTION, whole, batch_rows=10_007), About(), scratch=tmp_path)

    assert [block.num_rows for block in result.batches()] == [BLOCK, 5]
    assert result.report.joins[0].matched == count


def test_the_counts_of_each_join_add_up_to_the_labels(tmp_path):
    report = a_result(labels(FOUR), MIXED, tmp_path).report

    weather, plane = report.joins
    assert weather.counts == {"matched": 1, "missing": 0, "stale": 1, "deleted": 1, "no key": 1}
    assert plane.counts == {"matched": 2, "missing": 2, "stale": 0, "deleted": 0, "no key": 0}
    assert (weather.title, weather.name, weather.max_age) == ("weather by origin", "dev-weather", 7200.0)
    assert weather.nulls == {"temp_f": 3, "gust": 3, "sky": 3}


def test_what_the_engine_found_out_is_in_the_report(tmp_path):
    facts = Facts(
        rows=[100, 7], unreadable=[3, 0], newest_write=[NOON, None], scanned_bytes=10_000_000, cost_usd=0.00005,
        query_ids=["q-1"], notes=["Partitions are not registered."],
    )  # fmt: skip
    assembled = Labelled(QUESTION, labels(FOUR), answer(QUESTION, rows_of(QUESTION, MIXED), facts))
    list(assembled.blocks())

    report = assembled.report()
    assert [(join.rows_read, join.unreadable, join.newest_write) for join in report.joins] == [
        (100, 3, NOON),
        (7, 0, None),
    ]
    assert (report.scanned_bytes, report.query_ids) == (10_000_000, ("q-1",))
    assert report.notes == ("Partitions are not registered.",)


def test_batches_of_any_size_become_blocks_of_one_size():
    schema = pa.schema([("n", pa.int64())])
    numbers = pa.record_batch([pa.array(range(23), pa.int64())], schema=schema)

    for step in (1, 2, 5, 7, 23, 100):
        batches = (numbers.slice(start, step) for start in range(0, 23, step))
        blocks = list(in_blocks(batches, schema, 5))
        assert [block.num_rows for block in blocks] == [5, 5, 5, 5, 3]
        assert pa.Table.from_batches(blocks)["n"].to_pylist() == list(range(23))


@pytest.mark.parametrize("step", [1, 3, 4, 8])
def test_texts_that_no_batch_holds_are_in_smaller_blocks(tmp_path, monkeypatch, step):
    monkeypatch.setattr("reconciler.datasets.results.assembling.TEXT_BYTES", 10)
    table = pa.table({"n": range(8), "t": ["a", None, "bbbb", "bbbb", "cc", "c" * 20, "", "dd"]})

    blocks = list(in_blocks(iter(table.to_batches(max_chunksize=step)), table.schema))

    assert [block.num_rows for block in blocks] == [4, 1, 1, 2]
    assert pa.Table.from_batches(blocks).equals(table)
    found = a_result(labels({**FOUR, "id": ["x" * 9, "y" * 9, "z", None]}, batch_rows=step), MIXED, tmp_path)
    assert found.to_arrow()["id"].to_pylist() == ["x" * 9, "y" * 9, "z", None]
    assert found.to_arrow()["seats"].to_pylist() == [180, None, 180, None]


def test_blocks_of_different_dictionaries_become_one():
    first, second = (
        pa.record_batch([pa.array(texts).dictionary_encode()], ["t"]) for texts in (["a", "b"], ["c", "a"])
    )

    (block,) = in_blocks(iter([first, second]), first.schema, 10)

    assert block.column(0).to_pylist() == ["a", "b", "c", "a"]


def test_a_label_without_any_feature_stays_with_nulls(tmp_path):
    result = a_result(labels({"origin": ["X"], "tailnum": ["Y"]}), [[NO_WEATHER, NO_PLANE]], tmp_path)

    assert result.to_arrow().to_pylist() == [
        {"origin": "X", "tailnum": "Y", "temp_f": None, "gust": None, "seats": None, "sky": None}
    ]
