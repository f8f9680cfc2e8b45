import random

import pytest
from dataset_cases import SHAPES, File, Shape, a_case, a_listing
from dataset_oracle import Label, Stored, instant
from dataset_suite import check_answer, check_listing

from reconciler.datasets.engines.athena import AthenaEngine
from reconciler.datasets.question import Join, Key, Output, Question


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


WORDS = "row id moment kind event written v0 h0 candidate chosen group order select at-text Status-0 value_0 found null"


@pytest.mark.parametrize("table_format", ["Glue", "Iceberg"])
def test_words_of_the_statement_may_be_names_of_features(table_format, stores, engine):
    features = tuple((name, "Fractional" if n % 2 else "String") for n, name in enumerate(WORDS.split()))
    shape = Shape("Strange-Name", table_format, "String", "String", features, "From", "Table")
    rows = tuple(
        Stored(key, f"2024-01-0{day}T00:00:00Z", day, day, False, {name: of(kind, day) for name, kind in features})
        for key in "ab"
        for day in (1, 2, 3)
    )
    outputs = tuple(Output(f"o_{name}", name, kind) for name, kind in features)
    join = Join("g", "Strange-Name", Key("the key", "String"), "From", "Table", "String", outputs)
    files = {"Strange-Name": (File(rows),)}
    stores.lay(files, [shape])
    labels = [Label((key,), instant("2024-01-02T12:00:00Z")) for key in ("a", "b", "c", None)]

    check_answer(engine, Question((join,), known_at=True), files, labels)


def of(kind, day):
    return float(day) if kind == "Fractional" else f"it's {day}"
