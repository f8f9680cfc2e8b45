"""Patterns over names: what Python's own expressions say, in time that no pattern can stretch."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.emulator.glue import patterns

names = st.text("ab_1", max_size=8)
pieces = st.sampled_from(
    ["a", "b", "_", "1", ".", ".*", ".+", "a?", "b+", "[ab]", "[^a]", "[a-b1]", r"\d", r"\w", r"\.", "|"]
)


@given(expression=st.lists(pieces, max_size=6).map("".join), name=names)
@settings(max_examples=500, deadline=None)
def test_it_matches_what_a_regular_expression_matches(expression, name):
    assert patterns.of_names(expression).matches(name) is (re.fullmatch(expression, name) is not None)


@given(pattern=st.text("ab%_.*[", max_size=6), value=st.text("ab.*[\n", max_size=8))
@settings(max_examples=300, deadline=None)
def test_like_is_sql_s(pattern, value):
    translated = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern)

    assert patterns.like(pattern).matches(value) is (re.fullmatch(translated, value, re.DOTALL) is not None)


def test_a_pattern_made_to_take_forever_does_not():
    hostile = "*a" * 300 + "b"

    assert not patterns.of_names(hostile).matches("a" * 255)
    assert not patterns.like("%a" * 300 + "b").matches("a" * 255)


@given(expression=st.text(max_size=20), name=st.text(max_size=5))
@settings(max_examples=300, deadline=None)
def test_any_expression_is_matched_or_refused(expression, name):
    from reconciler.emulator.errors import AwsError

    try:
        found = patterns.of_names(expression).matches(name)
    except AwsError as refused:
        found = refused.code in {"InvalidInputException", "NotImplemented"}

    assert found in {True, False}
