"""The statements for Athena, read by a grammar of Trino that is not ours and not the emulator's: dt-sql-parser of npm.

proof/run.py trino
"""

import json
import random
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.datasets.question import Join, Key, Listing, Output, Question
from reconciler.datasets.sql import TRINO, Source, answer_sql, listing_sql

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "datasets"))

from dataset_cases import a_case, a_listing  # noqa: E402

SOURCE = Source('"feature-store"."weather_1704067200"')
LABELS = '"feature-store"."reconciler_tmp_20240101t000000z_0123456789abcdef"'


@pytest.fixture(scope="session")
def errors_in():
    """What the grammar has against statements, as a list for each."""
    node = Path(sys.prefix) / "bin" / "node"
    script = shutil.copy(HERE / "grammar.mjs", sys.prefix)  # packages are looked for beside whoever imports them

    def read(statements):
        lines = "\n".join(map(json.dumps, statements))
        done = subprocess.run([node, script], input=lines, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    return read


def a_statement(question):
    return answer_sql(question, [SOURCE] * len(question.joins), LABELS, TRINO)


def test_every_question_is_a_statement_of_trino(errors_in):
    statements = [a_statement(a_case(random.Random(seed)).question) for seed in range(100)]

    assert errors_in(statements) == [[]] * len(statements)


def test_every_listing_is_a_statement_of_trino(errors_in):
    listings = [a_listing(random.Random(seed))[0] for seed in range(60)]

    statements = [listing_sql(listing, SOURCE, TRINO) for listing in listings]

    assert errors_in(statements) == [[]] * len(statements)


@pytest.mark.parametrize("kind", ["String", "Fractional"])
def test_names_that_mean_something_to_trino_are_only_names(errors_in, kind):
    names = (
        "row",
        "select",
        "order",
        "group",
        "from",
        "null",
        "Temp-F",
        'a"b',
        "v0",
        "chosen",
        "event_0",
        "current_date",
    )
    outputs = tuple(Output(f"o_{number}", name, "Fractional") for number, name in enumerate(names))
    join = Join("weather", "weather", Key("id", "Integral"), "where", "table", kind, outputs, timedelta(days=1))
    as_of = datetime(2024, 1, 1, tzinfo=UTC)

    statements = [
        a_statement(Question((join,), strict=True, known_at=True, as_of=as_of, ignore_deletes=True)),
        listing_sql(Listing(join, start=as_of, end=as_of, known_at=True), SOURCE, TRINO),
    ]

    assert errors_in(statements) == [[], []]


@pytest.mark.parametrize(
    "broken", ["SELECT", "SELECT a b c FROM t", "SELECT a FROM t LIMIT a", "SELECT a FROM t QUALIFY 1"]
)
def test_what_trino_does_not_read_is_found(errors_in, broken):
    ((first, *_),) = errors_in([broken])

    assert first.startswith("1:")
