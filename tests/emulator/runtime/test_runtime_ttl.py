"""Time to live: ExpiresAt is the event time plus the duration of the entry, the request, or the group."""

from datetime import UTC, datetime

import pytest
from emulator_help import a_feature, a_group
from runtime_help import T1, T2, a_marker, a_record, delete, fv, get, pending, put, values

from reconciler.emulator import assumptions
from reconciler.emulator.runtime import expiry, online

HOUR = {"Unit": "Hours", "Value": 1}
DAY = {"Unit": "Days", "Value": 1}
NOON = "2030-01-01T12:00:00Z"


@pytest.fixture
def emulator(emulator):
    """At noon of the first of January 2030, and time stands."""
    emulator.set_clock(datetime(2030, 1, 1, 12, tzinfo=UTC).timestamp())
    emulator.freeze_clock()
    return emulator


@pytest.fixture
def hourly(make):
    """A group whose records live for an hour."""
    return make("weather", a_feature("sky"), online={"TtlDuration": HOUR, "StorageType": "Standard_V2"}, offline={})


def read(runtime, record_id="a", group="weather"):
    reply = runtime.get_record(
        FeatureGroupName=group, RecordIdentifierValueAsString=record_id, ExpirationTimeResponse="Enabled"
    )
    return values(reply), reply.get("ExpiresAt")


def expires(runtime, record_id="a"):
    return read(runtime, record_id)[1]


# ---- Which duration ----


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("Seconds", 30, "2030-01-01T12:00:30Z"),
        ("Minutes", 90, "2030-01-01T13:30:00Z"),
        ("Hours", 36, "2030-01-03T00:00:00Z"),
        ("Days", 59, "2030-03-01T12:00:00Z"),
        ("Weeks", 1, "2030-01-08T12:00:00Z"),
    ],
)
def test_a_record_expires_so_long_after_its_event_time(weather, runtime, unit, value, expected):
    put(runtime, at=NOON, options={"TtlDuration": {"Unit": unit, "Value": value}})

    assert expires(runtime) == expected


def test_the_event_time_counts_to_the_nanosecond(weather, runtime):
    put(runtime, at="2030-01-01T12:00:00.000000001Z", options={"TtlDuration": HOUR})

    assert expires(runtime) == "2030-01-01T13:00:00.000000001Z"


def test_without_a_duration_nothing_expires(weather, runtime):
    put(runtime, at=NOON)

    assert read(runtime) == ({"id": "a", "at": NOON}, None)


def test_the_group_has_a_default_and_a_record_overrides_it(hourly, runtime):
    put(runtime, "a", NOON)
    put(runtime, "b", NOON, options={"TtlDuration": DAY})

    assert [expires(runtime, "a"), expires(runtime, "b")] == ["2030-01-01T13:00:00Z", "2030-01-02T12:00:00Z"]


def test_in_a_batch_the_entry_beats_the_request_and_that_the_group(hourly, runtime):
    entries = [{"FeatureGroupName": "weather", "Record": a_record(record_id, NOON)} for record_id in "ab"]
    entries[1]["TtlDuration"] = {"Unit": "Weeks", "Value": 1}
    reply = runtime.batch_write_record(Entries=entries, TtlDuration=DAY)
    runtime.batch_write_record(Entries=[{"FeatureGroupName": "weather", "Record": a_record("c", NOON)}])

    assert (reply["Errors"], reply["UnprocessedEntries"]) == ([], [])
    assert [expires(runtime, record_id) for record_id in "abc"] == [
        *("2030-01-02T12:00:00Z", "2030-01-08T12:00:00Z", "2030-01-01T13:00:00Z"),
    ]


def test_a_change_of_the_group_counts_for_records_written_after_it(hourly, sagemaker, lenient, runtime):
    put(runtime, "a", NOON)
    sagemaker.update_feature_group(FeatureGroupName="weather", OnlineStoreConfig={"TtlDuration": DAY})
    put(runtime, "b", NOON)
    removed = {"TtlDuration": {"Unit": None, "Value": None}}
    lenient.update_feature_group(FeatureGroupName="weather", OnlineStoreConfig=removed)
    put(runtime, "c", NOON)

    assert [expires(runtime, record_id) for record_id in "abc"] == [
        *("2030-01-01T13:00:00Z", "2030-01-02T12:00:00Z", None),
    ]


def test_the_expiry_is_told_only_on_request(hourly, runtime):
    put(runtime, at=NOON)
    asked = {"FeatureGroupName": "weather", "RecordIdentifierValueAsString": "a"}
    batch = [{"FeatureGroupName": "weather", "RecordIdentifiersValueAsString": ["a"]}]

    assert "ExpiresAt" not in runtime.get_record(**asked)
    assert "ExpiresAt" not in runtime.get_record(**asked, ExpirationTimeResponse="Disabled")
    assert "ExpiresAt" not in runtime.batch_get_record(Identifiers=batch)["Records"][0]
    told = runtime.batch_get_record(Identifiers=batch, ExpirationTimeResponse="Enabled")["Records"][0]
    assert told["ExpiresAt"] == "2030-01-01T13:00:00Z"


# ---- Expired ----


def test_an_expired_record_is_inaccessible_at_once(hourly, runtime, emulator):
    put(runtime, at=NOON)
    emulator.advance_clock(3599.999)
    before = get(runtime)
    emulator.advance_clock(0.001)
    batch = runtime.batch_get_record(
        Identifiers=[{"FeatureGroupName": "weather", "RecordIdentifiersValueAsString": ["a"]}]
    )

    assert before == {"id": "a", "at": NOON}
    assert (get(runtime), batch["Records"], batch["Errors"]) == (None, [], [])
    assert runtime.list_records(FeatureGroupName="weather", IncludeSoftDeletedRecords=True)["RecordIdentifiers"] == []


def test_an_expired_record_cannot_be_updated(hourly, runtime, emulator, refused):
    put(runtime, at=NOON)
    emulator.advance_clock(3600)

    code, _ = refused(
        runtime.update_record,
        FeatureGroupName="weather",
        RecordIdentifierValueAsString="a",
        Features=[fv("sky", "clear")],
    )

    assert code == "ResourceNotFound"


def test_an_expired_record_orders_nothing_and_its_marker_goes_offline_when_it_is_met(hourly, runtime, emulator):
    put(runtime, at=NOON, sky="clear")
    emulator.advance_clock(3600)
    put(runtime, at=T1, options={"TtlDuration": {"Unit": "Weeks", "Value": 52 * 10}})

    assert get(runtime) == {"id": "a", "at": T1}
    assert pending(emulator) == [
        {"id": "a", "at": NOON, "sky": "clear"},
        a_marker(at="2030-01-01T13:00:00Z"),
        {"id": "a", "at": T1},
    ]


def test_a_delete_meets_an_expired_record_too(hourly, runtime, emulator):
    put(runtime, at=NOON)
    emulator.advance_clock(3600)
    delete(runtime, at=T1, DeletionMode="HardDelete")

    assert pending(emulator)[1:] == [a_marker(at="2030-01-01T13:00:00Z"), a_marker(at=T1)]


def test_what_nobody_meets_is_removed_by_whoever_reads_offline(hourly, sagemaker, runtime, emulator):
    emulator.block_offline_store("weather", "Rows are to be seen here.", region="eu-west-1")
    for number in range(1500):
        put(runtime, f"{number:04}", NOON, options={"TargetStores": ["OnlineStore"]})
    emulator.advance_clock(3600)
    emulator.flush()
    with emulator.store.reading() as db:
        left = db.execute("SELECT count(*) FROM records").fetchone()[0]

    assert left == 0
    assert pending(emulator) == [a_marker(f"{number:04}", "2030-01-01T13:00:00Z") for number in range(1500)]
    assert sagemaker.describe_feature_group(FeatureGroupName="weather")["OnlineStoreTotalSizeBytes"] == 0


def test_of_very_much_some_is_removed_each_time(hourly, runtime, emulator, monkeypatch):
    monkeypatch.setattr(expiry, "_AT_ONCE", 2)
    monkeypatch.setattr(expiry, "_PORTIONS", 2)
    for record_id in "abcdef":
        put(runtime, record_id, NOON)
    emulator.advance_clock(3600)
    left = []
    for _ in range(3):
        emulator.flush()
        with emulator.store.reading() as db:
            left.append(db.execute("SELECT count(*) FROM records").fetchone()[0])

    assert left == [2, 0, 0]


def test_expired_records_of_a_group_that_is_gone_are_no_trouble(hourly, sagemaker, runtime, emulator, monkeypatch):
    monkeypatch.setattr(online, "_DROPPED_AT_ONCE", 1)
    for record_id in "abc":
        put(runtime, record_id, NOON)
    sagemaker.delete_feature_group(FeatureGroupName="weather")
    emulator.advance_clock(3600)
    emulator.flush()
    with emulator.store.reading() as db:
        left = db.execute("SELECT count(*) FROM records").fetchone()[0]

    assert left == 0


def test_a_marker_can_be_assumed_to_carry_the_event_time(hourly, runtime, emulator, monkeypatch):
    monkeypatch.setattr(assumptions, "EXPIRED_AS_OF_EXPIRY", False)
    put(runtime, at=NOON)
    emulator.advance_clock(3600)
    delete(runtime, at=NOON)

    assert pending(emulator)[1] == a_marker(at=NOON)


def test_markers_speak_in_the_groups_own_seconds(make, runtime, emulator):
    definitions = [a_feature("id"), a_feature("at", "Fractional")]
    make("weather", online={"TtlDuration": HOUR}, offline={}, FeatureDefinitions=definitions)
    put(runtime, at="1893499200.5")
    emulator.advance_clock(4000)
    delete(runtime, at="1893499200.5")

    assert pending(emulator)[1] == a_marker(at="1893502800.5")


def test_a_record_that_is_older_than_its_time_to_live_is_expired_when_it_arrives(hourly, runtime, emulator):
    put(runtime, at=T1, sky="clear")

    assert get(runtime) is None
    assert pending(emulator) == [{"id": "a", "at": T1, "sky": "clear"}]


def test_what_was_soft_deleted_does_not_expire(hourly, runtime, emulator):
    put(runtime, at=NOON)
    delete(runtime, at="2030-01-01T12:00:01Z")
    emulator.advance_clock(7200)
    put(runtime, at=NOON)

    assert get(runtime) is None
    assert len(pending(emulator)) == 3


def test_without_an_offline_store_expired_records_go_without_a_trace(make, runtime, emulator):
    make(online={"TtlDuration": HOUR})
    put(runtime, at=NOON)
    emulator.advance_clock(3600)
    emulator.flush()

    assert pending(emulator) == []


# ---- UpdateRecord ----


def update(runtime, *features, **more):
    runtime.update_record(
        FeatureGroupName="weather",
        RecordIdentifierValueAsString="a",
        Features=[fv(*feature) for feature in features],
        **more,
    )


def test_an_update_leaves_the_duration_as_it_is(hourly, runtime):
    put(runtime, at=NOON, options={"TtlDuration": DAY})
    update(runtime, ("sky", "clear"))
    same = expires(runtime)
    update(runtime, ("at", "2030-01-01T13:00:00Z"))

    assert (same, expires(runtime)) == ("2030-01-02T12:00:00Z", "2030-01-02T13:00:00Z")


def test_an_update_with_a_duration_needs_an_event_time(hourly, runtime, refused):
    put(runtime, at=NOON)
    code, message = refused(lambda: update(runtime, ("sky", "clear"), TtlDuration=DAY))
    update(runtime, ("at", NOON), TtlDuration=DAY)

    assert (code, "EventTime is required" in message) == ("ValidationError", True)
    assert expires(runtime) == "2030-01-02T12:00:00Z"


def test_an_update_cannot_move_the_expiry_beyond_the_year_9999(hourly, runtime, refused):
    put(runtime, at=NOON)

    assert "9999" in refused(lambda: update(runtime, ("at", "9999-12-31T23:59:59Z")))[1]


# ---- Refused ----


@pytest.mark.parametrize(("ttl", "at"), [({"Unit": "Weeks", "Value": 2**31 - 1}, NOON), (HOUR, "9999-12-31T23:00:00Z")])
def test_an_expiry_beyond_the_year_9999_is_refused(weather, runtime, refused, ttl, at):
    code, message = refused(lambda: put(runtime, at=at, options={"TtlDuration": ttl}))

    assert (code, "9999" in message) == ("ValidationError", True)


@pytest.mark.parametrize("ttl", [{"Unit": "Weeks", "Value": 2**31}, {"Unit": "Weeks", "Value": 0}, {"Unit": "Years"}])
def test_a_duration_has_a_unit_and_a_value(weather, lenient_runtime, refused, ttl):
    code, _ = refused(lambda: put(lenient_runtime, options={"TtlDuration": ttl}))

    assert code in {"ValidationError", "SerializationException"}


def test_a_duration_needs_the_online_store(make, sagemaker, runtime, refused):
    make("offline-only", online=False, offline={})
    make("weather", offline={})
    both = {"TtlDuration": DAY, "TargetStores": ["OfflineStore"]}
    found = [
        refused(lambda: put(runtime, group="offline-only", options={"TtlDuration": DAY})),
        refused(lambda: put(runtime, options=both)),
    ]
    control = refused(
        sagemaker.create_feature_group,
        **a_group("x", online=False, offline={}, OnlineStoreConfig={"TtlDuration": DAY}),
    )

    assert found == [("ValidationError", "Validation Error: TtlDuration needs the OnlineStore.")] * 2
    assert control[0] == "ValidationException"


def test_a_duration_of_the_group_says_nothing_about_the_offline_store(hourly, runtime, emulator):
    put(runtime, at=T2, options={"TargetStores": ["OfflineStore"]})

    assert len(pending(emulator)) == 1
