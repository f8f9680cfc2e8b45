"""What SQL compares with decides as the exact rules do."""

import random
from fractions import Fraction

from dataset_cases import SHAPES, a_case
from dataset_oracle import instant, seconds, written_out
from dataset_suite import moments_of

from reconciler.datasets.moments import thresholds

TEXTS = [shape for shape in SHAPES if shape.event_type == "String"]
NUMBERS = [shape for shape in SHAPES if shape.event_type == "Fractional"]


def _check(shapes, seed):
    case = a_case(random.Random(seed), shapes=shapes, labels=20)
    question = case.question
    found = thresholds(question, moments_of(question, case.labels).table).to_pylist()
    for label, row in zip(case.labels, found, strict=True):
        for number, join in enumerate(question.joins):
            for stored in case.stores[join.name]:
                at = instant(stored.event)
                if at is not None:
                    _check_one(question, number, label, stored, row)


def _check_one(question, number, label, stored, row):
    join, at = question.joins[number], instant(stored.event)
    limit = row["at_real" if join.counts_seconds else "at_text"]
    assert (limit is None) == (label.at is None)
    if label.at is None:
        return
    event = stored.event if join.counts_seconds else written_out(stored.event)
    expected = at < label.at if question.strict else at <= label.at
    assert (event < limit if question.strict else event <= limit) == expected, (label, stored, limit)
    if question.known_at and stored.invoked is not None:
        assert (stored.invoked <= row["at_micros"]) == (Fraction(stored.invoked, 10**6) <= label.at)
    if join.max_age is not None:
        oldest = row[f"oldest_{'real' if join.counts_seconds else 'text'}_{number}"]
        assert (event >= oldest) == (label.at - at <= seconds(join.max_age)), (label, stored, oldest)


def test_texts_are_compared_as_instants():
    for seed in range(300):
        _check(TEXTS, seed)


def test_numbers_are_compared_as_instants():
    for seed in range(300):
        _check(NUMBERS, seed)
