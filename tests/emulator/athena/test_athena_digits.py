"""Whole numbers in the texts of queries."""

import pytest

from reconciler.emulator.athena.digits import whole


@pytest.mark.parametrize("number", [0, 7, 4215575997326114771, 2**63 - 1])
def test_a_number_of_64_bits_is_read(number):
    assert whole(str(number)) == number


@pytest.mark.parametrize("text", ["", "-1", "1.0", "\u0661", "x", str(2**63), "9" * 19, "1" * 5000])
def test_anything_else_is_none(text):
    assert whole(text) is None
