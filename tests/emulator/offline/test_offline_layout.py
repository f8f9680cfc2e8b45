"""Where the files of Glue-format groups lie, what they are called, and which records each of them holds."""

import re

import pytest
from emulator_help import a_feature
from offline_help import a_row

HOUR = r"year=\d{4}/month=\d{2}/day=\d{2}/hour=\d{2}"
PLACE = r"prod/000000000000/sagemaker/eu-west-1/offline-store/weather-\d+/data"
NAME = rf"{PLACE}/{HOUR}/\d{{8}}T\d{{6}}Z_[0-9A-Za-z]{{16}}\.parquet"


def hours(offline):
    """Hour and latest event time of each file."""
    found = (re.search(r"/year=(\d+)/month=(\d+)/day=(\d+)/hour=(\d+)/(\w+)Z_", key) for key in offline.files())
    return [("-".join(match.groups()[:4]), match[5]) for match in found]


def test_a_file_lies_in_its_hour_under_the_resolved_prefix(make, offline):
    group = make(offline={})
    offline.put(a_row(at="2024-02-03T04:05:06Z"))

    offline.flush()

    (key,) = offline.files()
    resolved = group["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    assert re.fullmatch(NAME, key)
    assert f"s3://features/{key}".startswith(f"{resolved}/year=2024/month=02/day=03/hour=04/20240203T040506Z_")


def test_a_file_is_named_after_its_latest_event_time(make, offline):
    make(offline={})
    times = ("2024-02-03T04:00:00Z", "2024-02-03T04:59:59.999999999Z", "2024-02-03T04:30:00.5Z", "2024-02-03T05:00:00Z")
    offline.put(*(a_row(at=at) for at in times))

    offline.flush()

    assert hours(offline) == [("2024-02-03-04", "20240203T045959"), ("2024-02-03-05", "20240203T050000")]
    assert [table.num_rows for table in offline.tables().values()] == [3, 1]


@pytest.mark.parametrize(
    ("text", "hour", "latest"),
    [
        ("0000-01-01T00:00:00Z", "0000-01-01-00", "00000101T000000"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31-23", "19691231T235959"),
        ("2000-02-29T12:00:00Z", "2000-02-29-12", "20000229T120000"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31-23", "99991231T235959"),
    ],
)
def test_every_year_that_an_event_time_can_have_is_a_partition(make, offline, text, hour, latest):
    make(offline={})
    offline.put(a_row(at=text))

    offline.flush()

    assert hours(offline) == [(hour, latest)]


@pytest.mark.parametrize(
    ("text", "hour", "latest"),
    [
        ("-62167219200", "0000-01-01-00", "00000101T000000"),
        ("-62167219200.0", "0000-01-01-00", "00000101T000000"),
        ("-0.001", "1969-12-31-23", "19691231T235959"),
        ("-3600", "1969-12-31-23", "19691231T230000"),
        ("-3600.5", "1969-12-31-22", "19691231T225959"),
        ("-1e-300", "1969-12-31-23", "19691231T235959"),
        ("0", "1970-01-01-00", "19700101T000000"),
        ("1.7e9", "2023-11-14-22", "20231114T221320"),
        ("+1700000000.999", "2023-11-14-22", "20231114T221320"),
        ("253402300799.999", "9999-12-31-23", "99991231T235959"),
        ("253402300799.999999999", "9999-12-31-23", "99991231T235959"),
    ],
)
def test_seconds_since_1970_become_hours_of_utc(make, offline, text, hour, latest):
    make(FeatureDefinitions=[a_feature("id"), a_feature("at", "Fractional")], offline={})
    offline.put(a_row(at=text))

    offline.flush()

    assert hours(offline) == [(hour, latest)]
    assert offline.rows()[0]["at"] == float(text)


def test_records_of_one_hour_are_sorted_by_event_time_and_otherwise_stay_in_order(make, offline):
    make(offline={})
    offline.put(*(a_row(str(n), f"2024-02-03T04:05:{seconds:02}Z") for n, seconds in enumerate((7, 5, 7, 6, 5))))

    offline.flush()

    assert [row["id"] for row in offline.rows()] == ["1", "4", "3", "0", "2"]


def test_groups_have_files_of_their_own_in_buckets_that_come_into_being(make, offline):
    for name, bucket in (("weather", "one"), ("plane", "two")):
        make(name, offline={"S3StorageConfig": {"S3Uri": f"s3://{bucket}/"}})
        offline.put(a_row(), name=name)

    offline.flush()

    assert sorted(path.name for path in offline.root.iterdir()) == ["one", "two"]
    assert [key.split("/")[4].rpartition("-")[0] for key in offline.files()] == ["plane", "weather"]


@pytest.mark.parametrize(
    "uri", ["https://features.s3.eu-west-1.amazonaws.com/prod", "https://s3.amazonaws.com/features/prod"]
)
def test_an_address_names_bucket_and_prefix_too(make, offline, uri):
    make(offline={"S3StorageConfig": {"S3Uri": uri}})
    offline.put(a_row())

    offline.flush()

    assert [path.name for path in offline.root.iterdir()] == ["features"]
    assert offline.files()[0].startswith("prod/000000000000/sagemaker/")


def test_a_key_that_no_file_can_have_is_an_object_nevertheless(make, offline):
    from reconciler.emulator.s3 import objects

    make(offline={"S3StorageConfig": {"S3Uri": "s3://features/a//.."}})
    offline.put(a_row())

    offline.flush()

    keys = [entry.key for entry in objects.entries(offline.emulator.store, "features")]
    assert [key.partition("/0000")[0] for key in keys] == ["a//.."]
    assert offline.files() == []


def test_files_of_two_flushes_do_not_meet(make, offline):
    make(offline={})
    for _ in range(3):
        offline.put(a_row())
        offline.flush()

    assert len(offline.files()) == 3


def test_a_flush_of_nothing_leaves_nothing(make, offline):
    make(offline={})

    assert offline.flush() == 0
    assert [path.name for path in offline.root.rglob("*")] == ["features"]  # the bucket comes with the group


def test_a_large_batch_becomes_several_files_and_every_record_is_in_one(make, offline):
    make(offline={})
    for start in range(0, 60_000, 1_000):
        offline.put(*(a_row(str(n)) for n in range(start, start + 1_000)))

    flushed = offline.flush()

    assert flushed == 60_000
    assert sorted(table.num_rows for table in offline.tables().values()) == [10_000, 25_000, 25_000]
    assert offline.query("SELECT count(DISTINCT id), count(*) FROM rows") == [(60_000, 60_000)]
