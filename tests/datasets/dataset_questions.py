"""The suite: tests of whatever the fixture `engine` makes over the offline stores of the fixture `stores`.

It is imported where it is to run; it needs pytest and what this package needs, so it runs beside any cluster.
"""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from dataset_builders import GLUE, ICE, REAL, at, laid, question_of, row
from dataset_cases import SHAPES, UNREADABLE, File, Shape, a_case, a_listing, iso
from dataset_example import AS_KNOWN, BY_EVENT_TIME, LABELS, ROWS, a_question
from dataset_oracle import Label, instant
from dataset_suite import answered, check_answer, check_listing, told

from reconciler.datasets.question import Key, Listing
from reconciler.errors import ReconcilerError


@pytest.mark.parametrize("seed", range(4))
def test_many_labels_over_many_rows_are_answered_as_they_should_be(stores, engine, seed):
    case = a_case(random.Random(seed), rows=300, labels=400, ids=6)
    stores.lay(case.files, SHAPES)

    check_answer(engine(), case.question, case.files, case.labels)


@pytest.mark.parametrize("seed", range(4))
def test_long_listings_are_what_they_should_be(stores, engine, seed):
    listing, files = a_listing(random.Random(seed), rows=300, ids=6)
    stores.lay({listing.join.name: files}, SHAPES)

    check_listing(engine(), listing, files)


# The worked example, written as its rows came


@pytest.fixture(params=["Glue", "Iceberg"])
def written(request, stores):
    """Its rows, put and deleted when they were, and flushed."""
    from reconciler.aws.session import create_client

    stores.begin_anew()
    stores.emulator.freeze_clock()
    stores.emulator.set_clock("2024-01-01T09:00:00Z")
    stores.make(Shape("live-g", request.param, "String", "String", (("f", "Integral"),), "id", "at"))
    runtime = create_client("sagemaker-featurestore-runtime", stores.environment, stores.root)
    for one in sorted(ROWS, key=lambda one: one.invoked):
        stores.emulator.set_clock(one.invoked / 10**6)
        if one.deleted:
            runtime.delete_record(FeatureGroupName="live-g", RecordIdentifierValueAsString=one.id, EventTime=one.event)
        else:
            values = {"id": one.id, "at": one.event, "f": str(one.values["f"])}
            record = [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]
            runtime.put_record(FeatureGroupName="live-g", Record=record)
    stores.emulator.flush(everything=True)
    yield
    stores.begin_anew()


def test_the_worked_example_by_event_time(written, engine):
    assert [row[3] for row in answered(engine(), a_question(), LABELS)] == BY_EVENT_TIME


def test_the_worked_example_as_it_was_known(written, engine):
    assert [row[3] for row in answered(engine(), a_question(known_at=True), LABELS)] == AS_KNOWN


# What chance might miss


@pytest.fixture(params=[GLUE, ICE], ids=lambda shape: shape.table_format)
def shape(request):
    return request.param


def test_a_group_without_rows_has_no_features(stores, engine, shape):
    files = laid(stores, shape)

    check_answer(engine(), question_of(shape), files, [at("2024-01-01T00:00:00Z"), at(None)])


def test_no_labels_have_no_answer(stores, engine, shape):
    files = laid(stores, shape, row("2024-01-01T00:00:00Z", 1))

    check_answer(engine(), question_of(shape), files, [])


def test_labels_without_any_moment_are_kept(stores, engine, shape):
    files = laid(stores, shape, row("2024-01-01T00:00:00Z", 1))

    check_answer(engine(), question_of(shape, known_at=True, max_age=timedelta(1)), files, [at(None)] * 3)


def test_the_first_and_the_last_nanosecond_there_is(stores, engine, shape):
    first, last = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"
    files = laid(stores, shape, row(first, 1), row(last, 2))
    labels = [at(first), at(last), at("9999-12-31T23:59:59.999999998Z")]

    for max_age, strict in ((None, False), (timedelta(0), False), (timedelta.max, True)):
        check_answer(engine(), question_of(shape, max_age=max_age, strict=strict), files, labels)


def test_a_stale_row_is_stale_and_not_missing(stores, engine, shape):
    """Whatever is left unread because it is too old."""
    files = laid(stores, shape, row("2001-01-01T00:00:00Z", 1), row("2024-01-01T00:00:00Z", 2, "b"))
    labels = [at("2024-01-01T00:00:00Z"), at("2024-01-01T00:00:00Z", "b"), at("2024-01-01T00:00:00Z", "c")]

    check_answer(engine(), question_of(shape, max_age=timedelta(hours=1)), files, labels)


def test_an_old_tombstone_is_a_delete(stores, engine, shape):
    files = laid(stores, shape, row("2001-01-01T00:00:00Z", 1)._replace(deleted=True))

    check_answer(engine(), question_of(shape, max_age=timedelta(hours=1)), files, [at("2024-01-01T00:00:00Z")])


def test_a_negative_zero_stays_one(stores, engine, shape):
    if engine().name in ("athena", "spark statement"):
        pytest.skip("DuckDB, which runs the statements here, makes it a positive one where it looks for the greatest.")
    laid(stores, shape, row("2024-01-01T00:00:00Z", x=-0.0))

    ((*_, found),) = answered(engine(), question_of(shape, columns=("x",)), [at("2024-01-01T00:00:00Z")])

    assert str(found) == "-0.0"


def test_whole_numbers_keep_every_digit(stores, engine, shape):
    rows = [row("2024-01-01T00:00:00Z", value, str(value)) for value in (2**63 - 1, -(2**63), 2**53 + 1)]
    files = laid(stores, shape, *rows)

    check_answer(engine(), question_of(shape), files, [at("2024-01-01T00:00:00Z", row.id) for row in rows])


def test_identifiers_are_compared_to_the_letter(stores, engine, shape):
    ids = [
        "007",
        "7",
        "7 ",
        " 7",
        "A",
        "a",
        "\u00e9",
        "e\u0301",
        "",
        "null",
        "a" * 2000,
        "\U0001f600",
        "a\x00b",
        "a\x00",
    ]
    rows = [row("2024-01-01T00:00:00Z", number, record_id) for number, record_id in enumerate(ids)]
    files = laid(stores, shape, *rows)

    check_answer(engine(), question_of(shape), files, [at("2024-01-01T00:00:00Z", one) for one in ids])


def test_one_instant_may_be_written_in_many_ways(stores, engine, shape):
    texts = [iso(1_704_067_200 * 10**9 + 5 * 10**8, decimals) for decimals in range(1, 10)]
    rows = [row(text, n)._replace(invoked=n) for n, text in enumerate(texts)]
    random.Random(1).shuffle(rows)
    files = laid(stores, shape, *rows)

    for strict in (False, True):
        check_answer(engine(), question_of(shape, strict=strict), files, [at(text) for text in texts])


def test_features_that_came_later_are_null_before(stores, engine, shape):
    old = File((row("2024-01-01T00:00:00Z", 1), row("2024-01-01T02:00:00Z", 1)), lacks=frozenset({"x", "s"}))
    new = File((row("2024-01-01T01:00:00Z", 2, x=1.5, s="b"),))
    files = {shape.name: (old, new)}
    stores.lay(files, [shape])
    labels = [at(f"2024-01-01T0{hour}:30:00Z") for hour in range(3)]

    check_answer(engine(), question_of(shape), files, labels)
    check_answer(engine(), question_of(shape, columns=("s",)), files, labels)


def test_rows_that_a_delete_hides_are_not_there(stores, engine):
    rows = [row(f"2024-01-01T0{hour}:00:00Z", hour, record_id) for hour in range(9) for record_id in "ab"]
    files = laid(stores, ICE, *rows, hidden=frozenset({1, 2, 3, 8, 17}))
    labels = [at(f"2024-01-01T0{hour}:30:00Z", record_id) for hour in range(9) for record_id in "ab"]

    check_answer(engine(), question_of(ICE), files, labels)


def test_many_rows_of_one_instant_have_one_that_is_chosen(stores, engine, shape):
    rows = [row("2024-01-01T00:00:00Z", f, s=s) for f in (None, 1, 3) for s in (None, "", "a", "\uffee", "\U0001f600")]
    labels = [at("2024-01-01T00:00:00Z")]

    for some in (rows, rows[::-3]):
        files = laid(stores, shape, *some)
        for columns in (("f", "s"), ("s", "f")):
            check_answer(engine(), question_of(shape, columns=columns), files, labels)


def test_rows_of_one_instant_that_came_too_late_to_be_the_newest(stores, engine, shape):
    at_ten, at_eleven = (int(instant(f"2024-01-01T{hour}:00:00Z") * 10**6) for hour in (10, 11))
    late = [row("2024-01-01T09:00:00Z", n)._replace(invoked=at_eleven) for n in (2, 3)]
    files = laid(stores, shape, row("2024-01-01T10:00:00Z", 1)._replace(invoked=at_ten), *late)
    labels = [at(f"2024-01-01T{hour}:30:00Z") for hour in ("09", 10, 11)]

    check_answer(engine(), question_of(shape, known_at=True), files, labels)
    check_answer(engine(), question_of(shape), files, labels)


def test_doubles_are_compared_to_the_last_bit(stores, engine):
    number = 1_704_067_200.1
    labels = [Label(("a",), Fraction(number) + Fraction(step, 10**9), None) for step in range(-300, 301, 20)]
    labels = [label._replace(at=label.at * 10**9 // 1 / Fraction(10**9)) for label in labels]
    files = laid(stores, REAL, *(row(number + step / 2**22, n) for n, step in enumerate(range(-2, 3))))

    for max_age, strict in ((timedelta(microseconds=1), False), (None, True)):
        check_answer(engine(), question_of(REAL, strict=strict, max_age=max_age), files, labels)


def test_moments_that_are_numbers_are_exact_for_texts_too(stores, engine, shape):
    number = 1_704_067_200.1
    texts = [iso(int(Fraction(number) * 10**9 // 1) + step) for step in (-1, 0, 1, 2)]
    files = laid(stores, shape, *(row(text, n) for n, text in enumerate(texts)))
    labels = [Label(("a",), Fraction(number), number), Label(("a",), None)]

    for max_age, strict in ((timedelta(0), False), (timedelta(microseconds=1), False), (None, True)):
        check_answer(engine(), question_of(shape, strict=strict, max_age=max_age), files, labels)


def test_rows_that_cannot_be_read_are_counted(stores, engine, shape):
    good, bad = row("2024-01-01T00:00:00Z", 1), row("2024-01-01T00:00:60Z", 2)
    laid(stores, shape, good, bad, good._replace(id=None), row("", 3), row(None, 4))
    question = question_of(shape, shape)
    from dataset_suite import moments_of

    found = engine().answer(question, moments_of(question, [at("2024-01-01T00:00:00Z")]))
    (batch,) = list(found.batches)

    assert batch["status_0"].to_pylist() == [0]
    assert found.facts.unreadable == [4, 4]
    assert found.facts.rows == [5, 5]


def test_what_is_no_instant_is_never_chosen(stores, engine, shape):
    """However it is written; it would be the newest of all, if it were one."""
    texts = [text for text in UNREADABLE["String"] if text is not None]
    rows = [row(text, n)._replace(invoked=n, written=n) for n, text in enumerate(texts)]
    files = laid(stores, shape, row("0001-01-01T00:00:00Z", -1), *rows)
    labels = [at("9999-12-31T23:59:59.999999999Z"), at("2024-01-01T00:00:00Z")]

    check_answer(engine(), question_of(shape), files, labels)
    check_listing(engine(), Listing(question_of(shape).joins[0]), files[shape.name])


def test_the_newest_write_is_told(stores, engine, shape):
    rows = [row("2024-01-01T00:00:00Z", 1)._replace(written=micros) for micros in (1_704_067_200_000_001, 5)]
    laid(stores, shape, *rows)
    question = question_of(shape)
    from dataset_suite import moments_of

    found = engine().answer(question, moments_of(question, [at("2024-01-01T00:00:00Z")]))
    list(found.batches)

    assert found.facts.newest_write in ([datetime(2024, 1, 1, 0, 0, 0, 1, UTC)], [None])


def test_a_file_without_the_service_s_own_columns_has_rows_of_no_known_time(stores, engine):
    """As a table that somebody else writes may have it: no tombstone, and before any row of the same instant."""
    own = frozenset({"write_time", "api_invocation_time", "is_deleted"})
    bare = row("2024-01-01T00:00:00Z", 2)._replace(invoked=None, written=None, deleted=None)
    files = {GLUE.name: (File((bare, bare._replace(id="b")), lacks=own), File((row("2024-01-01T00:00:00Z", 1),)))}
    stores.lay(files, [GLUE])
    labels = [at("2024-01-01T00:00:00Z", one) for one in "ab"]

    check_answer(engine(), question_of(GLUE), files, labels)
    check_answer(engine(), question_of(GLUE, known_at=True), files, labels)


def test_what_hive_and_spark_leave_beside_the_files_is_no_data(stores, engine):
    files = laid(stores, GLUE, row("2024-01-01T00:00:00Z", 1))
    uri = stores.target(GLUE.name).uri
    for name in ("_SUCCESS", ".part-0.parquet.crc", "_temporary/0/part-1.parquet", "year=2024/_committed_1"):
        stores.put(f"{uri}/{name}", b"nothing to read")
    for name in ("year=2024_$folder$", "year=2024/month=01/"):
        stores.put(f"{uri}/{name}", b"")

    check_answer(engine(), question_of(GLUE), files, [at("2024-01-01T00:00:00Z")])


def test_a_group_that_was_made_again_has_only_its_own_rows(stores, engine, shape):
    """What the one before has left lies beside."""
    from reconciler.aws.session import create_client

    laid(stores, shape, row("2024-01-01T00:00:00Z", 1))
    sagemaker = create_client("sagemaker", stores.environment, stores.root)
    sagemaker.delete_feature_group(FeatureGroupName=shape.name)
    stores.make(shape)
    files = {shape.name: (File((row("2023-01-01T00:00:00Z", 2),)),)}
    stores.fill(shape, files[shape.name])

    check_answer(engine(), question_of(shape), files, [at("2024-01-01T00:00:00Z")])


def test_a_feature_that_was_added_to_a_live_group_is_null_before(stores, engine, shape):
    old = File((row("2024-01-01T00:00:00Z", 1), row("2024-01-01T02:00:00Z", 1)), lacks=frozenset({"s"}))
    stores.begin_anew()
    stores.make(shape._replace(features=shape.features[:2]))
    stores.fill(shape, [old])
    stores.store.update(shape.name, FeatureAdditions=[{"FeatureName": "s", "FeatureType": "String"}])
    new = File((row("2024-01-01T01:00:00Z", 2, s="b"),))
    stores.fill(shape, [new])
    labels = [at(f"2024-01-01T0{hour}:30:00Z") for hour in range(3)]

    check_answer(engine(), question_of(shape), {shape.name: (old, new)}, labels)


def test_a_file_that_is_damaged_is_named(stores, engine):
    laid(stores, GLUE, row("2024-01-01T00:00:00Z", 1))
    stores.put(f"{stores.target(GLUE.name).uri}/year=2024/month=01/day=01/hour=00/odd.parquet", b"nothing to read")

    with pytest.raises(ReconcilerError) as told:
        answered(engine(), question_of(GLUE), [at("2024-01-01T00:00:00Z")])

    assert "year=2024/month=01/day=01/hour=00/odd.parquet" in str(told.value)


def test_equality_deletes_are_refused_with_the_way_out(stores, engine):
    """Rows that they hide must not come back in silence."""
    if engine().name == "athena":
        pytest.skip("Athena honours them; the emulator's does not know them.")
    laid(stores, ICE, row("2024-01-01T00:00:00Z", 1))
    stores.delete_by_value(ICE, "a")

    with pytest.raises(ReconcilerError) as told:
        answered(engine(), question_of(ICE), [at("2024-01-01T00:00:00Z")])

    assert "OPTIMIZE" in str(told.value)


def test_a_group_that_is_not_there_is_an_error_that_names_it(stores, engine):
    stores.begin_anew()

    with pytest.raises(ReconcilerError) as told:
        answered(engine(), question_of(GLUE), [at("2024-01-01T00:00:00Z")])

    assert GLUE.name in str(told.value)


def test_a_snapshot_of_nothing_is_empty(stores, engine, shape):
    files = laid(stores, shape)
    join = question_of(shape).joins[0]

    check_listing(engine(), Listing(join), files[shape.name])
    check_listing(engine(), Listing(join, start=datetime(2024, 1, 1, tzinfo=UTC)), files[shape.name])


def test_identifiers_are_listed_by_their_bytes(stores, engine, shape):
    ids = ["b", "a", "B", "\uffee", "\U0001f600", "", "\u00e9", "aa", "a b"]
    files = laid(stores, shape, *(row("2024-01-01T00:00:00Z", n, one) for n, one in enumerate(ids)))

    check_listing(engine(), Listing(question_of(shape).joins[0]), files[shape.name])


def test_a_moment_in_any_zone_is_the_instant_it_is(stores, engine, shape):
    zone = datetime.fromisoformat("2024-01-01T09:00:00.000001+09:00")
    rows = [row(f"2024-01-01T00:00:00.00000{n}Z", n)._replace(written=1_704_067_200_000_000 + n) for n in (0, 1, 2)]
    files = laid(stores, shape, *rows)

    check_answer(engine(), question_of(shape, as_of=zone), files, [at("2024-01-02T00:00:00Z")])
    check_listing(engine(), Listing(question_of(shape).joins[0], end=zone), files[shape.name])
    check_listing(engine(), Listing(question_of(shape).joins[0], start=zone, as_of=zone), files[shape.name])


def test_a_group_under_two_keys_is_looked_up_for_each(stores, engine, shape):
    files = laid(stores, shape, row("2024-01-01T00:00:00Z", 1), row("2024-01-01T00:00:00Z", 2, "b"))
    question = question_of(shape, shape, columns=("f",))
    one, other = question.joins
    question = replace(question, joins=(one, replace(other, key=Key("other", "String"))))
    moments = ["2024-01-01T00:00:00Z", "2023-12-31T00:00:00Z"]
    labels = [at(moment, *keys) for moment in moments for keys in (("a", "b"), ("b", "a"), ("a", None), (None, "c"))]

    check_answer(engine(), question, files, labels)


def test_what_differs_is_told_with_all_that_bears_on_it():
    question = a_question()

    text = told(question, {"live-g": ROWS}, LABELS, [(1, (1, 0, "x", 1), (1, 0, "x", 2))])

    assert "value_0 (f): expected 1, found 2" in text
    assert "2024-01-01T10:00:00Z" in text
