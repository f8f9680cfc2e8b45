"""Every engine of this process gives what the oracle gives."""

import os

from dataset_cases import SHAPES, a_case, a_listing
from dataset_questions import *  # noqa: F403 - every test, and the fixtures that it needs
from dataset_suite import check_answer, check_listing
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

CHANCE = st.randoms(use_true_random=False)
# What fails is told with all that bears on it, and to shrink it takes minutes: only who has these asks for it.
PHASES = [phase for phase in Phase if phase != Phase.shrink or os.environ.get("HYPOTHESIS_PROFILE") == "long"]


@given(CHANCE)
@settings(max_examples=15, phases=PHASES)
def test_any_question_is_answered_as_it_should_be(stores, engine, chance):
    case = a_case(chance)
    stores.lay(case.files, SHAPES)

    check_answer(engine(), case.question, case.files, case.labels)


@given(CHANCE)
@settings(max_examples=10, phases=PHASES)
def test_any_snapshot_and_any_history_is_what_it_should_be(stores, engine, chance):
    listing, files = a_listing(chance)
    stores.lay({listing.join.name: files}, SHAPES)

    check_listing(engine(), listing, files)
