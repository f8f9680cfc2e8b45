import random

import pytest
from dataset_cases import SHAPES, a_case, a_listing
from dataset_suite import check_answer, check_listing

from reconciler.datasets.engines.athena import AthenaEngine


@pytest.fixture(scope="session")
def engine(stores):
    return AthenaEngine(stores.environment, stores.root)


@pytest.mark.parametrize("seed", range(6))
def test_athena_answers_what_the_definition_says(seed, stores, engine):
    case = a_case(random.Random(seed))
    stores.lay(case.files, SHAPES)

    check_answer(engine, case.question, case.files, case.labels)


@pytest.mark.parametrize("seed", range(6))
def test_athena_lists_what_the_definition_says(seed, stores, engine):
    listing, files = a_listing(random.Random(seed))
    stores.lay({listing.join.name: files}, SHAPES)

    check_listing(engine, listing, files)
