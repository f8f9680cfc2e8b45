"""Rows with one record identifier and one event time, over all chunks of an input."""

import numpy as np
import pyarrow as pa
from checking_rows import NOW, a_contract
from hypothesis import given
from hypothesis import strategies as st

from reconciler.records.checking import Duplicates, check

KEYS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "ab", "12345678", "123456789", "1234567890123456", "é" * 9]),
        st.sampled_from(["2020-01-01T00:00:00Z", "2020-01-01T09:00:00+09:00", "2020-01-01T00:00:00.000000001Z"]),
    ),
    max_size=25,
)


def repeats_of(chunks, contract):
    """As an ingest goes about it: every chunk once, the suspects' chunks again."""
    duplicates = Duplicates(contract)
    checked, row = [], 0
    for rows in chunks:
        batch = pa.record_batch({"who": [key for key, _ in rows], "at": [time for _, time in rows]})
        batch = batch.cast(pa.schema([("who", pa.string()), ("at", pa.string())]))
        checked.append((row, check(batch, contract, texts=False, now=NOW)))
        duplicates.add(checked[-1][1], row)
        row += len(rows)
    for first_row, chunk in checked:
        if duplicates.concerns(first_row, chunk.batch.num_rows):
            duplicates.look(chunk, first_row, lambda row, first=first_row: f"line {first + row + 1}")
    return duplicates.repeats()


@given(st.lists(KEYS, max_size=4))
def test_every_row_given_twice_is_found_and_the_last_of_each_is_kept(chunks):
    contract = a_contract(who=str, at="datetime")
    rows = [(key, time.replace("09:00:00+09:00", "00:00:00Z")) for chunk in chunks for key, time in chunk]

    repeats = repeats_of(chunks, contract)

    expected = [row for row, key in enumerate(rows) if rows.count(key) > 1]
    assert repeats.rows.tolist() == expected
    assert repeats.dropped.tolist() == [row for row in expected if rows[row] in rows[row + 1 :]]
    assert repeats.rows[~repeats.is_last].tolist() == repeats.dropped.tolist()
    for row, other in zip(repeats.rows.tolist(), repeats.others.tolist(), strict=True):
        assert row != other
        assert rows[row] == rows[other]


def test_a_fault_names_both_rows():
    contract = a_contract(who=str, at="datetime")
    first = [("a", "2020-01-01T00:00:00Z"), ("b", "2020-01-01T00:00:00Z")]

    one, other = repeats_of([first, [("b", "2020-01-01 00:00:00.000Z")]], contract).faults()

    assert (one.row, one.place, one.value) == (1, "line 2", "b at 2020-01-01T00:00:00Z")
    assert one.reason == "The same who and at as in line 3."
    assert (other.row, other.reason) == (2, "The same who and at as in line 2.")
    assert 'allow={"duplicates"}' in one.fix


def test_a_chunks_share_of_the_repeated_rows():
    contract = a_contract(who=str, at="datetime")
    key = ("a", "2020-01-01T00:00:00Z")
    repeats = repeats_of([[("b", key[1])], [key, key, ("c", key[1])]], contract)

    assert repeats.within(0, 1) is None
    assert repeats.within(1, 3).tolist() == [True, True, False]
    assert repeats.within(1, 3, dropped=True).tolist() == [True, False, False]
    assert len(repeats) == 2


def test_rows_at_fault_are_no_duplicates():
    contract = a_contract(who=str, at="datetime", number=float)
    batch = pa.record_batch({"who": ["a", "a"], "at": ["2020-01-01T00:00:00Z"] * 2, "number": [1.0, np.inf]})
    duplicates = Duplicates(contract)

    duplicates.add(check(batch, contract, texts=False, now=NOW), 0)

    assert not len(duplicates.suspects())
    assert not len(duplicates.repeats())


def test_identifiers_may_be_numbers():
    contract = a_contract(who=int, at="unix")
    batch = pa.record_batch({"who": [7, 8, 7, 7], "at": [1.5, 1.5, 1.5, 2.5]})
    duplicates = Duplicates(contract)
    checked = check(batch, contract, texts=False, now=NOW)
    duplicates.add(checked, 0)
    duplicates.look(checked, 0, str)

    assert duplicates.repeats().rows.tolist() == [0, 2]


def test_hashes_of_a_slice_are_those_of_the_whole():
    contract = a_contract(who=str, at="datetime")
    batch = pa.record_batch({"who": ["x", "12345678901", "12345678901"], "at": ["2020-01-01T00:00:00Z"] * 3})
    duplicates = Duplicates(contract)

    for row in range(3):
        duplicates.add(check(batch.slice(row, 1), contract, texts=False, now=NOW), row)

    assert duplicates.suspects().tolist() == [1, 2]


def test_rows_that_differ_are_no_suspects():
    contract = a_contract(who=str, at="datetime")
    ids = [f"{n:016}" for n in range(3000)] + [f"{letter}2345678" for letter in "abc"] + ["1234567a", "1234567b"]
    times = [f"2025-06-01T00:{n // 60:02}:{n % 60:02}Z" for n in range(3000)]
    batch = pa.record_batch(
        {"who": [*ids, *(["same"] * 3000), "same"], "at": [*([times[0]] * len(ids)), *times, "2025-06-01T00:00:00.5Z"]}
    )
    duplicates = Duplicates(contract)

    duplicates.add(check(batch, contract, texts=False, now=NOW), 0)

    assert not len(duplicates.suspects())
