"""What the statement costs, as the plan of an engine shows it: each group is sorted once, and nothing is joined."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from dataset_cases import SHAPES, File
from dataset_oracle import Label, Stored
from dataset_stores import Stores
from dataset_suite import moments_of

from reconciler.aws.athena import Athena
from reconciler.datasets.engines.athena import AthenaEngine
from reconciler.datasets.question import Join, Key, Listing, Output, Question
from reconciler.records.offline.place import open_place

OPERATORS = re.compile(r"╭─ ([A-Z][A-Za-z ]*?) ─*[─┴]")


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    stores = Stores(tmp_path_factory.mktemp("plans"))
    stores.begin_anew()
    for shape in SHAPES:
        stores.make(shape)
        event = 0.0 if shape.event_type == "Fractional" else "1970-01-01T00:00:00Z"
        stores.fill(shape, [File((Stored(1 if shape.id_type == "Integral" else "a", event),))])
    return stores


@pytest.fixture(scope="module")
def engine(stores):
    return AthenaEngine(stores.environment, stores.root)


def a_join(number, *, dest=False):
    shape = SHAPES[number]
    return Join(
        shape.name.lower(),
        shape.name,
        Key("dest" if dest else f"{shape.id_type}-key", shape.id_type),
        shape.record_id,
        shape.event_time,
        shape.event_type,
        tuple(Output(f"{number}{dest}{name}", name, kind) for name, kind in shape.features),
        timedelta(hours=2) if number == 0 else None,
    )


QUESTIONS = {
    "one": Question((a_join(0),)),
    "three": Question((a_join(0), a_join(1), a_join(2))),
    "one group under two keys": Question((a_join(0), a_join(0, dest=True))),
    "everything": Question(
        tuple(map(a_join, range(5))), strict=True, known_at=True, as_of=datetime(2024, 1, 1, tzinfo=UTC)
    ),
}


def operators(stores, engine, statement):
    """The operators of the plan, and how many there are of each. The emulator explains with DuckDB."""
    athena = Athena(stores.environment, stores.root, "s3://feature-store/results/")
    rows = athena.rows(f"EXPLAIN {statement}", "sagemaker_featurestore")
    return Counter(OPERATORS.findall("\n".join(cell for row in rows for cell in row)))


@pytest.fixture
def labels(stores, engine):
    """The labels' table, which a statement names where no run is meant."""
    made = []

    def make(question):
        from reconciler.datasets.engines.athena import PLACEHOLDER, _hive, _upload
        from reconciler.datasets.moments import threshold_schema

        one = moments_of(question, [Label(tuple(None for _ in question.keys), Fraction(0))])
        _upload(
            engine._reach(open_place(stores.environment, stores.root, "Weather")).objects,
            question,
            one,
            "s3://feature-store/labels/",
            None,
            print,
        )
        columns = [(field.name, _hive(field.type)) for field in threshold_schema(question)]
        engine._tables.create("sagemaker_featurestore", PLACEHOLDER, "s3://feature-store/labels/", columns, {})
        made.append(PLACEHOLDER)

    yield make
    for name in made:
        engine._tables.delete("sagemaker_featurestore", name)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_each_group_is_sorted_once_and_nothing_is_joined(question, stores, engine, labels):
    labels(question)

    found = operators(stores, engine, engine.statement(question))

    assert found["Window"] == len(question.joins)
    assert [name for name in found if re.search("Join|Product|Order", name)] == []
    assert found["Read Parquet"] <= 1 + 2 * len(question.joins)


def test_a_listing_sorts_and_joins_nothing(stores, engine):
    found = operators(
        stores, engine, engine.listing_statement(Listing(a_join(0), start=datetime(2024, 1, 1, tzinfo=UTC)))
    )

    assert [name for name in found if re.search("Window|Join|Order", name)] == []
    assert found["Hash Group By"] == 1
