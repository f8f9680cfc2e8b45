from functools import partial

import pytest
from dataset_statements import Statements
from dataset_stores import Stores

pytest.register_assert_rewrite("dataset_questions", "dataset_suite")


@pytest.fixture(scope="session")
def stores(tmp_path_factory):
    """One emulator for all cases: each lays out its own files."""
    return Stores(tmp_path_factory.mktemp("stores"))


@pytest.fixture(params=["athena", "spark statement"])
def engine(request, stores):
    """Makes an engine over the offline stores as they are now."""
    if request.param == "athena":
        from reconciler.datasets.engines.athena import AthenaEngine

        return partial(AthenaEngine, stores.environment, stores.root, sleep=lambda _: None)
    return partial(Statements, stores, request.param.partition(" ")[0])
