"""The look-up of labels, beside a plain one."""

from bisect import bisect_left

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.datasets.joining.slots import Seen, ask
from reconciler.datasets.moments import Points

YEAR_1, YEAR_9999 = -62_135_596_800, 253_402_300_799
SECONDS = st.one_of(
    st.integers(0, 6), st.integers(YEAR_1, YEAR_1 + 3), st.integers(YEAR_9999 - 3, YEAR_9999), st.integers(2**31, 2**33)
)
INSTANTS = st.tuples(SECONDS, st.sampled_from([0, 0, 1, 500_000_000, 999_999_999]))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-1, 3), INSTANTS), max_size=20),
    st.lists(st.tuples(st.integers(0, 3), INSTANTS), min_size=1, max_size=20),
    st.booleans(),
)
def test_a_row_is_seen_first_by_the_first_label_of_its_key_that_is_not_before_it(labels, rows, strict):
    points = Points(
        np.array([at[0] for _, at in labels], np.int64),
        np.array([at[1] for _, at in labels], np.int64),
        np.ones(len(labels), np.bool_),
    )
    codes = np.array([key for key, _ in labels], np.int64)
    asking = ask(codes, points, counts_seconds=False, strict=strict, known_at=False)
    keys = len(asking.starts) - 1
    rows = [(key, at) for key, at in rows if key < keys]
    zeros = np.zeros(len(rows), np.int64)
    seen = Seen(
        np.array([key for key, _ in rows], np.int64),
        np.array([at[0] for _, at in rows], np.int64),
        np.array([at[1] for _, at in rows], np.int32),
        zeros,
        zeros,
        zeros.astype(np.bool_),
        zeros,
    )

    slots, found = asking.first_visible(seen)

    for (key, at), slot, is_found in zip(rows, slots.tolist(), found.tolist(), strict=True):
        moments = sorted({moment for label, moment in labels if label == key})
        place = bisect_left(moments, (at[0], at[1] + (1 if strict else 0)))
        assert is_found == (place < len(moments))
        assert slot - int(asking.starts[key]) == place


@pytest.mark.parametrize("sizes", [[1_000], [1, 1, 700, 1], [0, 3, 0]])
def test_a_key_may_have_many_more_labels_than_others(sizes):
    codes = np.repeat(np.arange(len(sizes)), sizes)
    seconds = np.concatenate([np.arange(size) for size in sizes]).astype(np.int64)
    asking = ask(
        codes,
        Points(seconds, np.zeros(len(codes), np.int64), np.ones(len(codes), np.bool_)),
        counts_seconds=False,
        strict=False,
        known_at=False,
    )
    zeros = np.zeros(len(codes), np.int64)

    slots, found = asking.first_visible(
        Seen(codes, seconds, zeros.astype(np.int32), zeros, zeros, zeros.astype(np.bool_), zeros)
    )

    assert found.all()
    assert slots.tolist() == list(range(len(codes)))
