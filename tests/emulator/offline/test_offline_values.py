"""What is inside the files: columns, types, and the values that were written, read back by two libraries."""

import json
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from emulator_help import a_feature, a_group
from hypothesis import given
from hypothesis import strategies as st
from offline_help import Offline, a_row, a_tombstone

from reconciler.emulator import assumptions
from reconciler.emulator.embedded import open_emulator

FEATURES = (a_feature("Text"), a_feature("Whole", "Integral"), a_feature("Real", "Fractional"))
TIMESTAMP = pa.timestamp("us", "UTC")


def test_columns_are_the_features_as_declared_and_then_the_service_s_own(make, offline):
    make("weather", *FEATURES, offline={})
    offline.put(a_row(Text="x", Whole="1", Real="2.5"))

    offline.flush()

    (table,) = offline.tables().values()
    assert [(field.name, field.type) for field in table.schema] == [
        ("id", pa.string()),
        ("at", pa.string()),
        ("Text", pa.string()),
        ("Whole", pa.int64()),
        ("Real", pa.float64()),
        ("write_time", TIMESTAMP),
        ("api_invocation_time", TIMESTAMP),
        ("is_deleted", pa.bool_()),
    ]


def test_the_event_time_is_text_or_a_number_as_it_was_declared(make, offline):
    make(FeatureDefinitions=[a_feature("id", "Integral"), a_feature("at", "Fractional")], offline={})
    offline.put(a_row("007", "1700000000.25"))

    offline.flush()

    assert [(row["id"], row["at"]) for row in offline.rows()] == [(7, 1700000000.25)]


def test_readers_need_not_know_how_a_name_is_written(make, offline):
    make("weather", *FEATURES, offline={})
    offline.put(a_row(Text="x", Whole="1"))

    offline.flush()

    assert offline.query("SELECT text, WHOLE, iS_dElEtEd FROM rows") == [("x", 1, False)]


def test_a_feature_that_was_left_out_is_null(make, offline):
    make("weather", *FEATURES, offline={})
    offline.put(a_row(Whole="1"), a_row(Text=""))

    offline.flush()

    assert offline.query("SELECT text, whole, real FROM rows ORDER BY whole") == [(None, 1, None), ("", None, None)]


def test_a_tombstone_has_identifier_event_time_and_nothing_else(make, offline):
    make("weather", *FEATURES, offline={})
    offline.put(a_row(Text="x", Whole="1"), a_tombstone(at="2024-02-03T04:30:00Z"))

    offline.flush()

    assert offline.query('SELECT id, "at", text, whole, real, is_deleted FROM rows ORDER BY "at"') == [
        ("a", "2024-02-03T04:05:06Z", "x", 1, None, False),
        ("a", "2024-02-03T04:30:00Z", None, None, None, True),
    ]


@pytest.mark.parametrize(
    ("feature", "text", "value"),
    [
        ("Whole", "007", 7),
        ("Whole", "-0", 0),
        ("Whole", "0" * 40 + "5", 5),
        ("Whole", "+5", 5),
        ("Whole", "-9223372036854775808", -(2**63)),
        ("Whole", "9223372036854775807", 2**63 - 1),
        ("Real", "+5", 5.0),
        ("Real", "1e3", 1000.0),
        ("Real", "1E-5", 1e-5),
        ("Real", "007.50", 7.5),
        ("Real", ".5", 0.5),
        ("Real", "5.", 5.0),
        ("Real", "+.5e+2", 50.0),
        ("Real", "1e-400", 0.0),
        ("Real", "4.9406564584124654e-324", 5e-324),
        ("Real", "1.7976931348623157e308", 1.7976931348623157e308),
        ("Real", "0." + "3" * 2000, 1 / 3),
        ("Real", "12345678901234567890123456789012345678901234567890", 1.2345678901234567e49),
    ],
)
def test_numbers_may_be_spelled_in_many_ways(make, offline, feature, text, value):
    make("weather", *FEATURES, offline={})
    # Beside an ordinary one: a column is read as a whole.
    offline.put(a_row("a", **{feature: text}), a_row("b", **{feature: "1"}), a_row("c"))

    offline.flush()

    assert {row["id"]: row[feature] for row in offline.rows()} == {"a": value, "b": 1, "c": None}


@pytest.mark.parametrize(
    "text", ["", "NULL", "true", " x ", "2024-01-01T00:00:00Z", "a\nb\r\n", "\0", '"\\', "é😀\u2028", "x" * 350_000]
)
def test_texts_are_what_they_were(make, offline, text):
    make("weather", *FEATURES, offline={})
    offline.put(a_row(Text=text))

    offline.flush()

    assert [row["Text"] for row in offline.rows()] == [text]


def test_half_a_character_holds_nobody_up(make, offline):
    make("weather", *FEATURES, offline={})
    offline.put(a_row("a", Text="x\ud800y", Whole="1"), a_row("b", Text="fine", Real="1e2"), a_tombstone("c"))

    flushed = offline.flush()

    assert flushed == 3
    assert offline.query("SELECT id, text, whole, real, is_deleted FROM rows ORDER BY id") == [
        ("a", "x?y", 1, None, False),
        ("b", "fine", None, 100.0, False),
        ("c", None, None, None, True),
    ]


def test_a_group_as_wide_as_they_get_is_written_in_small_portions(make, offline):
    features = [a_feature(f"f{n}", ("Integral", "Fractional", "String")[n % 3]) for n in range(2498)]
    make("weather", *features, offline={})
    offline.put(*(a_row(str(n), f0="1", f1="1", f2="1") for n in range(3)))
    for n in range(2_001):
        offline.put(a_row(str(n + 3), f2497="1.5" if 2497 % 3 == 1 else "1"))

    offline.flush()

    assert [table.num_columns for table in offline.tables().values()] == [2503, 2503]
    assert offline.query("SELECT count(*), count(f0), count(f2497) FROM rows") == [(2004, 3, 2001)]


texts = st.text(st.characters(codec="utf-8"), max_size=20)
wholes = st.builds(
    lambda zeros, n: ("-" if n < 0 else "") + "0" * zeros + str(abs(n)),
    st.integers(0, 30),
    st.integers(-(2**63), 2**63 - 1),
)
reals = st.floats(allow_nan=False, allow_infinity=False).flatmap(
    lambda x: st.sampled_from([repr(x), f"{x:e}", f"{x:.17E}", format(Decimal(repr(x)), "f"), f"{x:+}"])
)
instants = st.builds(
    lambda date, time, decimals: f"{date:%Y-%m-%d}T{time:%H:%M:%S}{decimals}Z",
    st.dates(),
    st.times(),
    st.one_of(st.just(""), st.integers(0, 999).map(".{:03}".format), st.integers(0, 10**9 - 1).map(".{:09}".format)),
).map(lambda text: text.zfill(len("0001-01-01") - 10 + len(text)))
records = st.builds(
    lambda record_id, at, features: {"id": record_id, "at": at, **features},
    texts,
    instants,
    st.one_of(
        st.fixed_dictionaries({}, optional={"Text": texts, "Whole": wholes, "Real": reals}),
        st.just({"is_deleted": True}),
    ),
)


def as_rows(history):
    """What offline rows there should be, the service's times apart."""
    found = [
        {
            "id": record["id"],
            "at": record["at"],
            "Text": record.get("Text"),
            "Whole": int(record["Whole"]) if "Whole" in record else None,
            "Real": float(record["Real"]) if "Real" in record else None,
            "is_deleted": record.get("is_deleted", False),
        }
        for record in history
    ]
    return sorted(found, key=json.dumps)


@pytest.mark.parametrize("table_format", ["Glue", "Iceberg"])
@given(
    requests=st.lists(st.lists(records, min_size=1, max_size=6), min_size=1, max_size=6),
    flushes=st.sets(st.integers(0, 5)),
)
def test_whatever_is_accepted_is_read_back(tmp_path_factory, table_format, requests, flushes):
    with open_emulator(tmp_path_factory.mktemp("history")) as emulator:
        offline = Offline(emulator)
        offline.create(a_group("weather", *FEATURES, offline={"TableFormat": table_format}))
        for number, request in enumerate(requests):
            offline.put(*request)
            if number in flushes:
                offline.flush()

        offline.flush()

        columns = ("id", "at", "Text", "Whole", "Real", "is_deleted")
        wanted = as_rows(record for request in requests for record in request)
        read = [{name: row[name] for name in columns} for row in offline.rows()]
        assert sorted(read, key=json.dumps) == wanted
        again = offline.query("SELECT {} FROM rows".format(", ".join(f'"{name}"' for name in columns)))
        assert sorted((dict(zip(columns, row, strict=True)) for row in again), key=json.dumps) == wanted


def test_nothing_but_what_the_service_writes_is_in_a_file(make, offline):
    make(offline={})
    offline.put(a_row())

    offline.flush()

    (path,) = offline.root.glob("**/*.parquet")
    metadata = pa.parquet.read_metadata(path)
    assert metadata.metadata is None
    assert metadata.row_group(0).column(0).compression.lower() == assumptions.OFFLINE_COMPRESSION
    schema = f"SELECT logical_type FROM parquet_schema('{path}') WHERE name = 'write_time'"
    assert "isAdjustedToUTC=1" in duckdb.sql(schema).fetchall()[0][0]
