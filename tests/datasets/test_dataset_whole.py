"""From labels of any shape to a result of any shape, by way of an engine that is the oracle itself."""

import math
import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from dataset_cases import a_case, iso
from dataset_oracle import DELETED, MATCHED, MISSING, NO_KEY, STALE, Label, answer, differences, instant, same

from reconciler.datasets.labels.reading import read_labels
from reconciler.datasets.question import Answer, Facts, answer_schema
from reconciler.datasets.results.result import About, labelled

_ARROW = {"String": pa.string(), "Integral": pa.int64()}
_BILLION = 10**9
_NANOSECONDS_FROM, _NANOSECONDS_TO = -9_000_000_000, 9_000_000_000


class Brute:
    """The oracle as an engine: it hears of labels what engines hear."""

    name = "brute"

    def __init__(self, stores):
        self._stores = stores

    def answer(self, question, moments, tell=None):
        schema = answer_schema(question)
        labels = [_label(question, row) for row in moments.table.to_pylist()]
        rows = answer(question, self._stores, labels)
        columns = [pa.array([row[n] for row in rows], field.type) for n, field in enumerate(schema)]
        joins = len(question.joins)
        batches = pa.table(columns, schema=schema).to_batches(max_chunksize=3)
        return Answer(schema, iter(batches), Facts([None] * joins, [0] * joins, [None] * joins))


def _label(question, row):
    keys = tuple(row[f"key_{number}"] for number, _ in enumerate(question.keys))
    if row["seconds"] is None:
        return Label(keys, None)
    if row.get("real") is not None:
        return Label(keys, Fraction(row["real"]), row["real"])
    return Label(keys, row["seconds"] + Fraction(row["nanos"], _BILLION))


# How labels may be given


def columns_of(case, times):
    """The labels as columns: the keys, the times, one that nothing is known of."""
    found = {key.column: [label.keys[n] for label in case.labels] for n, key in enumerate(case.question.keys)}
    return found | {"when": times, "paid": [None if n % 3 == 0 else n / 4 for n, _ in enumerate(case.labels)]}


def table_of(case, times, kind):
    columns = columns_of(case, times)
    kinds = {key.column: _ARROW[key.type] for key in case.question.keys} | {"when": kind, "paid": pa.float64()}
    return pa.table({name: pa.array(values, kinds[name]) for name, values in columns.items()})


def as_texts(case, chance):
    """ISO-8601 in zones of chance's choice."""
    return [None if label.at is None else _in_a_zone(label.at, chance) for label in case.labels]


def _in_a_zone(at, chance):
    minutes = chance.choice((0, 0, 540, -570, 330, -720))
    nanos = int(at * _BILLION)
    try:
        text = iso(nanos + minutes * 60 * _BILLION, chance.choice((0, 3, 9)))
    except OverflowError:
        return iso(nanos)
    sign = "-" if minutes < 0 else "+"
    return f"{text[:-1]}{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if minutes else text


def texts(case, chance):
    return table_of(case, as_texts(case, chance), pa.string())


def polars_texts(case, chance):
    return pl.from_arrow(texts(case, chance))


def pandas_texts(case, chance):
    return texts(case, chance).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)


def dicts(case, chance):
    return texts(case, chance).to_pylist()


def datetimes(case, chance):
    """As far as microseconds can say it."""
    if any(label.at is not None and label.at * 10**6 % 1 for label in case.labels):
        return texts(case, chance)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    times = [
        None if label.at is None else epoch + timedelta(microseconds=int(label.at * 10**6)) for label in case.labels
    ]
    rows = columns_of(case, times)
    return [dict(zip(rows, row, strict=True)) for row in zip(*rows.values(), strict=True)]


def nanoseconds(case, chance):
    """A column of Arrow's or pandas's own, as far as it can say it."""
    seconds = [label.at for label in case.labels if label.at is not None]
    if not all(_NANOSECONDS_FROM < at < _NANOSECONDS_TO for at in seconds):
        return texts(case, chance)
    nanos = [None if label.at is None else int(label.at * _BILLION) for label in case.labels]
    zone = chance.choice(("UTC", "America/New_York", "+09:00"))
    table = table_of(case, nanos, pa.int64())
    times = table["when"].cast(pa.timestamp("ns", "UTC")).cast(pa.timestamp("ns", zone))
    table = table.set_column(table.schema.get_field_index("when"), "when", times)
    if chance.random() < 0.5:
        return table
    return table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)


def csv(case, chance, folder):
    """Texts in quotes, so that an empty one is told from none."""
    columns = columns_of(case, as_texts(case, chance))
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(map(_cell, row)) for row in rows)]
    path = folder / "labels.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _cell(value):
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"' if isinstance(value, str) else repr(value)


def numbers(case, chance):
    return table_of(case, [label.real for label in case.labels], pa.float64())


SHAPES = (texts, polars_texts, pandas_texts, dicts, datetimes, nanoseconds, csv)


def read(case, chance, tmp_path, shape):
    """The labels of a case, in a shape."""
    data = shape(case, chance, tmp_path) if shape is csv else shape(case, chance)
    return read_labels(data, case.question, "when", scratch=tmp_path / "scratch", in_memory=chance.choice((0, 1 << 20)))


def resulted(case, labels, tmp_path, **more):
    engine = Brute(case.stores)
    ask = lambda: engine.answer(case.question, labels.moments)  # noqa: E731
    return labelled(case.question, labels, ask, About(engine="brute"), scratch=tmp_path / "kept", **more)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_labels_of_any_shape_get_what_they_should(tmp_path, shape):
    for seed in range(40):
        chance = random.Random(seed)
        case = a_case(chance)
        if any(label.real is not None for label in case.labels):
            case = without_numbers(case)
        labels = read(case, chance, tmp_path, shape)
        with resulted(case, labels, tmp_path) as result:
            found = result.to_arrow()
            expected = answer(case.question, case.stores, case.labels)
            assert found.column_names == [*labels.table.column_names, *(c.name for c in case.question.columns)]
            assert found.select(labels.table.column_names).equals(labels.table)
            _check_values(case, expected, found)
            _check_report(case, expected, result.report)


def test_moments_that_are_numbers_are_taken_to_the_last_bit(tmp_path):
    tried = 0
    for seed in range(300):
        chance = random.Random(seed)
        case = a_case(chance)
        if not any(label.real is not None for label in case.labels):
            continue
        tried += 1
        labels = read(case, chance, tmp_path, numbers)
        with resulted(case, labels, tmp_path) as result:
            _check_values(case, answer(case.question, case.stores, case.labels), result.to_arrow())
    assert tried > 20


@pytest.mark.parametrize("which", ["any", "all"])
def test_labels_that_nothing_is_found_for_are_left_out_on_request(tmp_path, which):
    for seed in range(40):
        chance = random.Random(seed)
        case = without_numbers(a_case(chance))
        labels = read(case, chance, tmp_path, texts)
        with resulted(case, labels, tmp_path, drop_unmatched=which) as result:
            expected = [row for row in answer(case.question, case.stores, case.labels) if _is_kept(case, row, which)]
            _check_values(case, expected, result.to_arrow())
            assert (result.report.labels, result.report.dropped) == (
                len(case.labels),
                len(case.labels) - len(expected),
            )


def test_frames_have_the_same_values(tmp_path):
    for seed in range(20):
        chance = random.Random(seed)
        case = without_numbers(a_case(chance))
        labels = read(case, chance, tmp_path, texts)
        expected = answer(case.question, case.stores, case.labels)
        with resulted(case, labels, tmp_path) as result:
            pandas, polars = result.to_pandas(), result.to_polars()
        first = 1 + 2 * len(case.question.joins)
        for number, column in enumerate(case.question.columns):
            values = [row[first + number] for row in expected]
            assert not differences(values, polars[column.name].to_list())
            found = pandas[column.name].tolist()
            if column.type == "Fractional":  # what is not there is NaN
                values = [math.nan if value is None else value for value in values]
            else:
                found = [None if pd.isna(value) else value for value in found]
            assert not differences(values, found), (column, values, found)


def without_numbers(case):
    labels = (label if label.at is None else label._replace(at=_floor(label.at), real=None) for label in case.labels)
    return case._replace(labels=tuple(labels))


def _floor(at):
    return Fraction(at * _BILLION // 1, _BILLION)


def _is_kept(case, row, which):
    found = [row[1 + 2 * number] == MATCHED for number, _ in enumerate(case.question.joins)]
    return all(found) if which == "any" else any(found)


def _check_values(case, expected, found):
    first = 1 + 2 * len(case.question.joins)
    columns = [found[column.name].to_pylist() for column in case.question.columns]
    rows = [tuple(values) for values in zip(*columns, strict=True)]
    assert not differences([row[first:] for row in expected], rows)


def _check_report(case, expected, report):
    assert report.labels == report.rows == len(case.labels)
    for number, join in enumerate(report.joins):
        statuses = [row[1 + 2 * number] for row in expected]
        counts = {"matched": MATCHED, "missing": MISSING, "stale": STALE, "deleted": DELETED, "no key": NO_KEY}
        assert join.counts == {name: statuses.count(status) for name, status in counts.items()}
        ages = [
            float(label.at - instant(row[2 + 2 * number]))
            for label, row in zip(case.labels, expected, strict=True)
            if row[1 + 2 * number] == MATCHED
        ]
        if ages:
            assert (join.ages.count, join.ages.least, join.ages.most) == (
                len(ages),
                pytest.approx(min(ages), rel=1e-12, abs=1e-6),
                pytest.approx(max(ages), rel=1e-12, abs=1e-6),
            )
        else:
            assert join.ages is None or join.ages.count == 0
        first = 1 + 2 * len(case.question.joins)
        places = {column.name: first + n for n, column in enumerate(case.question.columns)}
        for column in case.question.joins[number].columns:
            assert join.nulls[column.name] == sum(row[places[column.name]] is None for row in expected)


def test_what_is_compared_is_compared_to_the_letter():
    assert same((1, "a", None, math.nan), (1, "a", None, math.nan))
    assert not same((1,), (1.0,))
    assert not same((True,), (1,))
    assert not same(("007",), (7,))
