"""Checks of whole columns find what checks of single values find, and hold what a record would hold."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
from checking_oracle import EPOCH, Wrong, instant, nanoseconds, outcome
from checking_rows import NOW
from checking_tables import CONTRACT, good_instants, instants, tables
from hypothesis import given, note, settings
from hypothesis import strategies as st

from reconciler.records.checking import check, iso


def agree(table, *, texts):
    batch, rows, types = table
    note(rows)

    checked = check(batch, CONTRACT, texts=texts, now=NOW)

    expected = [outcome(row, types, texts=texts) for row in rows]
    assert sorted((f.row, f.feature) for f in checked.faults) == sorted(
        (index, name) for index, (_, faults, _) in enumerate(expected) for name in faults
    )
    found = checked.batch.to_pylist()
    for index, (canonical, faults, moment) in enumerate(expected):
        held = {name: set(v) if name == "names" and v is not None else v for name, v in found[index].items()}
        assert {n: v for n, v in held.items() if n not in faults} == {
            n: v for n, v in canonical.items() if n not in faults
        }
        assert (checked.bad is not None and bool(checked.bad[index])) == bool(faults)
        if moment is not None:
            assert int(checked.seconds[index]) * 10**9 + int(checked.nanos[index]) == moment
    assert len(checked.faults) == sum(len(faults) for _, faults, _ in expected)


@given(tables())
@settings(max_examples=settings.default.max_examples * 5)
def test_a_table_is_checked_as_its_rows_would_be_one_by_one(table):
    agree(table, texts=False)


@given(tables(texts=True))
@settings(max_examples=settings.default.max_examples * 5)
def test_a_file_of_texts_is_checked_as_its_rows_would_be_one_by_one(table):
    agree(table, texts=True)


@given(st.lists(st.one_of(instants(), good_instants()), min_size=1, max_size=30))
@settings(max_examples=settings.default.max_examples * 10)
def test_texts_are_the_instants_that_they_say(texts):
    found = iso.read(pa.array(texts), np.ones(len(texts), np.bool_))

    for row, text in enumerate(texts):
        try:
            expected = instant(text, "text")
        except Wrong:
            assert not found.ok[row], text
        else:
            assert found.ok[row], text
            assert int(found.seconds[row]) * 10**9 + int(found.nanos[row]) == expected


def test_the_oracle_counts_from_1970():
    assert nanoseconds(EPOCH + timedelta(days=1, microseconds=5)) == 86_400 * 10**9 + 5000
