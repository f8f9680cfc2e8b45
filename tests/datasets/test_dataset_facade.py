"""What a user gets who asks a store for a dataset: labels in, features out, the same from every engine."""

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dataset_cases import SHAPES, a_case, a_listing, visible
from dataset_groups import GROUPS, as_asked, listing_as_asked, reference, words
from dataset_oracle import answer, differences, listed
from dataset_stores import Stores
from test_dataset_whole import as_texts, csv, table_of, without_numbers

from reconciler import connect

ENGINES = ("duckdb", "folder", "athena")


@pytest.fixture(scope="session")
def store(stores):
    (stores.root / "pyproject.toml").write_text(
        '[tool.reconciler.environments.local]\nendpoint = "embedded"\nregion = "us-east-1"\n'
    )
    return connect("local", folder=stores.root)


@pytest.fixture(params=ENGINES)
def how(request, stores, tmp_path):
    """The words that choose an engine, once a case is laid out."""

    def chosen():
        if request.param != "folder":
            return {"engine": request.param}
        for name in stores.names():
            stores.copy(tmp_path / "copies", name)
        return {"folder": tmp_path / "copies"}

    return chosen


@pytest.mark.parametrize("seed", range(8))
def test_a_store_gives_the_features_of_labels(stores, store, how, tmp_path, seed):
    chance = random.Random(seed)
    case = as_asked(without_numbers(a_case(chance, labels=20)))
    stores.lay(case.files, SHAPES)
    features, options = words(case.question)
    labels = csv(case, chance, tmp_path) if seed % 2 else table_of(case, as_texts(case, chance), pa.string())

    with store.dataset(labels, features, time="when", **options, **how()) as result:
        found = result.to_arrow()

    names = [column.name for column in case.question.columns]
    assert found.column_names[-len(names) :] == names
    rows = list(zip(*(found[name].to_pylist() for name in names), strict=True))
    first = 1 + 2 * len(case.question.joins)
    expected = answer(case.question, case.stores, case.labels)
    assert not differences([row[first:] for row in expected], rows), str(case)


def test_files_of_a_dataset_are_the_same_to_the_byte_whoever_answered(stores, store, tmp_path):
    chance = random.Random(3)
    case = as_asked(without_numbers(a_case(chance, labels=200, rows=60, ids=5)))
    stores.lay(case.files, SHAPES)
    features, options = words(case.question)
    labels = table_of(case, as_texts(case, chance), pa.string())

    files = {}
    for engine in ("duckdb", "athena"):
        with store.dataset(labels, features, time="when", engine=engine, **options) as result:
            result.to_parquet(tmp_path / f"{engine}.parquet")
            result.to_csv(tmp_path / f"{engine}.csv")
        files[engine] = [(tmp_path / f"{engine}{end}").read_bytes() for end in (".parquet", ".csv")]

    assert files["duckdb"] == files["athena"]
    assert pq.read_table(tmp_path / "duckdb.parquet").num_rows == len(case.labels)


@pytest.mark.parametrize("seed", range(8))
def test_a_store_lists_what_a_group_had(stores, store, how, seed):
    listing, files = a_listing(random.Random(seed))
    listing = listing_as_asked(listing)
    stores.lay({listing.join.name: files}, SHAPES)
    features = [reference(listing.join, column) for column in listing.join.columns]
    options = {"known_at": listing.known_at, "as_of": listing.as_of, "ignore_deletes": listing.ignore_deletes}

    if listing.start is None:
        result = store.snapshot(features, at=listing.end, **options, **how())
    else:
        result = store.history(features, listing.start, listing.end, **options, **how())
    with result:
        table = result.to_arrow()

    times = [pa.int64() if pa.types.is_timestamp(column.type) else column.type for column in table.columns]
    columns = [column.cast(kind).to_pylist() for column, kind in zip(table.columns, times, strict=True)]
    rows = [tuple(values) for values in zip(*columns, strict=True)]
    assert not differences(listed(listing, visible(files)), rows)


def test_groups_of_an_environment_with_a_prefix_are_found(stores):
    (stores.root / "prefixed").mkdir(exist_ok=True)
    toml = '[tool.reconciler.environments.local]\nendpoint = "embedded"\nregion = "us-east-1"\nname_prefix = "dev-"\n'
    (stores.root / "prefixed" / "pyproject.toml").write_text(toml)
    here = Stores(stores.root / "prefixed")
    case = as_asked(without_numbers(a_case(random.Random(1), labels=20)))
    for shape in SHAPES:
        if shape.name in case.files:
            here.make(shape, f"dev-{shape.name}")
            here.fill(shape, case.files[shape.name], f"dev-{shape.name}")
    features, options = words(case.question)
    labels = table_of(case, as_texts(case, random.Random(1)), pa.string())

    with connect("local", folder=here.root).dataset(labels, features, time="when", **options) as result:
        found = result.to_arrow()

    first = 1 + 2 * len(case.question.joins)
    columns = [found[column.name].to_pylist() for column in case.question.columns]
    expected = [row[first:] for row in answer(case.question, case.stores, case.labels)]
    assert not differences(expected, list(zip(*columns, strict=True)))


def test_the_groups_are_the_shapes():
    for shape in SHAPES:
        contract = GROUPS[shape.name].__feature_group__.contract(GROUPS[shape.name])
        assert (contract.record_id, contract.event_time) == (shape.record_id, shape.event_time)
        types = {column.name: column.aws_type for column in contract.columns}
        assert types == dict(shape.features) | {shape.record_id: shape.id_type, shape.event_time: shape.event_type}
