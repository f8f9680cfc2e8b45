"""Every engine of this process gives what the oracle gives."""

import os
import random

import pytest
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


@pytest.mark.parametrize("seed", range(8))
def test_what_is_more_than_memory_should_hold_is_answered_in_pieces(stores, tmp_path, monkeypatch, seed):
    """Batches of two rows, and every chosen row on disk."""
    from reconciler.datasets.engines import duckdb
    from reconciler.datasets.inventory.files import InEnvironment
    from reconciler.datasets.joining import gathering, listing, passing

    monkeypatch.setattr(duckdb, "BLOCK", 3)
    for module in (passing, gathering, listing):
        monkeypatch.setattr(module, "ROWS", 2)
    monkeypatch.setattr(gathering, "IN_MEMORY", 0)
    engine = duckdb.DuckDb(InEnvironment(stores.environment, stores.root), tmp_path)
    case = a_case(random.Random(seed), rows=20, labels=20)
    stores.lay(case.files, SHAPES)
    check_answer(engine, case.question, case.files, case.labels)

    asked, files = a_listing(random.Random(seed), rows=20)
    stores.lay({asked.join.name: files}, SHAPES)
    check_listing(engine, asked, files)
