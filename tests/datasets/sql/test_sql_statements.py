"""What a statement's text has to be, in both dialects; what it means is tried with the engines."""

import math
import random
import re
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
import sqlglot
from dataset_cases import a_case, a_listing

from reconciler.datasets.question import Join, Key, Listing, Output, Question
from reconciler.datasets.sql import SPARK, TRINO, Source, Span, answer_sql, listing_sql

DIALECTS = {"trino": TRINO, "spark": SPARK}
every_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
MIDNIGHT = datetime(2024, 1, 1, tzinfo=UTC)


def a_join(*features, event_type="String", **options):
    outputs = tuple(Output(name.lower(), name, kind) for name, kind in features or [("f", "Integral")])
    return Join("g", "g", Key("id", "String"), "Id", "At", event_type, outputs, **options)


def a_statement(question, dialect, **options):
    sources = [Source(dialect.name(f"group {number}")) for number, _ in enumerate(question.joins)]
    return answer_sql(question, sources, dialect.name("the labels"), dialect, **options)


@every_dialect
def test_every_group_is_read_once_and_the_labels_once_more_than_there_are_groups(dialect):
    question = Question((a_join(), a_join(("h", "String"), event_type="Fractional")), known_at=True)

    statement = a_statement(question, dialect)

    assert [statement.count(dialect.name(f"group {number}")) for number in range(2)] == [1, 1]
    assert statement.count(dialect.name("the labels")) == 3


@every_dialect
def test_nothing_is_joined(dialect):
    statements = [a_statement(a_case(random.Random(seed)).question, dialect) for seed in range(20)]

    assert not any(re.search(r"\bJOIN\b", statement) for statement in statements)


@pytest.mark.parametrize("name", DIALECTS)
def test_sqlglot_reads_every_statement(name):
    dialect = DIALECTS[name]
    statements = [a_statement(a_case(random.Random(seed)).question, dialect) for seed in range(20)]
    statements += [
        listing_sql(a_listing(random.Random(seed))[0], Source(dialect.name("t")), dialect) for seed in range(20)
    ]

    assert all(len(sqlglot.parse(statement, read=name)) == 1 for statement in statements)


@pytest.mark.parametrize(
    ("dialect", "quoted", "text"),
    [(TRINO, '"a""b`c"', "'it''s \\'"), (SPARK, '`a"b``c`', "'it\\'s \\\\'")],
    ids=DIALECTS,
)
def test_whatever_is_in_a_name_or_a_text_stays_in_it(dialect, quoted, text):
    assert dialect.name('a"b`c') == quoted
    assert dialect.text("it's \\") == text


@every_dialect
def test_features_are_named_as_glue_names_them_and_never_bare(dialect):
    statement = a_statement(Question((a_join(("Temp-F", "Fractional"), ("select", "Integral")),)), dialect)

    assert f"{dialect.name('temp-f')} AS v0, {dialect.name('select')} AS v1" in statement
    assert "Temp-F" not in statement


@every_dialect
def test_columns_of_another_type_are_cast(dialect):
    source = Source("t", {"f": "int"})

    statement = answer_sql(Question((a_join(),)), [source], "l", dialect)

    assert f"CAST({dialect.name('f')} AS {dialect.types['Integral']}) AS v0" in statement


@every_dialect
@pytest.mark.parametrize("number", [0.1, -1.5, 5e-324, 1.7976931348623157e308, 1704067200.123])
def test_a_double_is_written_with_all_that_makes_it_one(dialect, number):
    found = re.fullmatch(r"CAST\('(.+)' AS double\)", dialect.number(number), re.IGNORECASE)

    assert float(found[1]) == number


@pytest.mark.parametrize(
    ("event_type", "latest", "bound"),
    [
        ("String", "2024-01-02T03:04:05.000000006Z", '("at" <= \'2024-01-02U\' OR "at" IS NULL)'),
        ("Fractional", 12.5, '("at" <= CAST(\'12.5\' AS double) OR "at" IS NULL)'),
        ("String", 12.5, None),
        ("Fractional", "2024-01-02T03:04:05.000000006Z", None),
        ("String", None, None),
    ],
)
def test_what_is_later_than_all_labels_is_left_out_by_the_column_as_it_is_stored(event_type, latest, bound):
    spans = [Span(latest=latest)]

    statement = a_statement(Question((a_join(event_type=event_type),)), TRINO, spans=spans)

    assert (bound in statement) if bound else ("<= '2024" not in statement and "<= CAST" not in statement)


def test_moments_of_a_listing_are_in_utc_whatever_zone_they_come_in():
    elsewhere = datetime(2024, 1, 1, 9, tzinfo=timezone(timedelta(hours=9)))

    same = [listing_sql(Listing(a_join(), start=at, as_of=at), Source("t"), TRINO) for at in (MIDNIGHT, elsewhere)]

    assert same[0] == same[1]
    assert "event >= '2024-01-01T00:00:00.000000000Z'" in same[0]


@pytest.mark.parametrize(("start", "sign"), [(None, "<="), (MIDNIGHT, "<")])
def test_a_moment_between_two_doubles_becomes_the_one_that_changes_nothing(start, sign):
    end = datetime(2024, 1, 1, 0, 0, 0, 123457, tzinfo=UTC)
    join = a_join(event_type="Fractional")

    statement = listing_sql(Listing(join, start=start, end=end), Source("t"), TRINO)

    (found,) = map(float, set(re.findall(rf"event {sign} CAST\('(.+?)' AS double\)", statement)))
    exact = 1704067200 + Fraction(123457, 10**6)
    if start is None:
        assert found <= exact < math.nextafter(found, math.inf)
    else:
        assert math.nextafter(found, 0) < exact <= found


@every_dialect
def test_a_statement_grows_with_the_features_and_no_faster(dialect):
    small, large = (
        len(a_statement(Question((a_join(*((f"f{n}", "Fractional") for n in range(count))),)), dialect))
        for count in (100, 200)
    )

    assert large < 2.1 * small
    assert large / 200 < 600


@every_dialect
def test_the_same_question_is_the_same_text(dialect):
    one, other = (a_statement(a_case(random.Random(3)).question, dialect) for _ in range(2))

    assert one == other
