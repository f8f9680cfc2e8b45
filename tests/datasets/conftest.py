import shutil
from functools import partial

import pytest
from dataset_statements import Statements
from dataset_stores import Stores

pytest.register_assert_rewrite("dataset_questions", "dataset_suite")


@pytest.fixture(scope="session")
def stores(tmp_path_factory):
    """One emulator for all cases: each lays out its own files."""
    return Stores(tmp_path_factory.mktemp("stores"))


@pytest.fixture(params=["duckdb", "folder", "athena", "spark statement"])
def engine(request, stores, tmp_path):
    """Makes an engine over the offline stores as they are now."""
    if request.param == "spark statement":
        return partial(Statements, stores, "spark")
    if request.param == "athena":
        from reconciler.datasets.engines.athena import AthenaEngine

        return partial(AthenaEngine, stores.environment, stores.root, sleep=lambda _: None)
    return partial(_duckdb, stores, tmp_path / "copies" if request.param == "folder" else None, tmp_path)


def _duckdb(stores, folder, scratch):
    from reconciler.datasets.engines.duckdb import DuckDb
    from reconciler.datasets.inventory.files import InEnvironment, InFolder

    if folder is None:
        return DuckDb(InEnvironment(stores.environment, stores.root), scratch)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in stores.names():
        stores.copy(folder, name)
    return DuckDb(InFolder(folder), scratch)
