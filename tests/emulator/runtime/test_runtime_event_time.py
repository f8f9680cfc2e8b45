"""The order of event times online (PutRecord, DeleteRecord, UpdateRecord), row by row."""

import pytest
from botocore.exceptions import ParamValidationError
from emulator_help import a_feature
from runtime_help import T0, T1, T2, T3, a_marker, a_record, delete, fv, get, pending, put

from reconciler.emulator import assumptions


@pytest.fixture
def weather_v2(make):
    return make(
        "weather", a_feature("sky"), a_feature("wind", "Integral"), online={"StorageType": "Standard_V2"}, offline={}
    )


def update(runtime, *features, record_id="a", **more):
    runtime.update_record(
        FeatureGroupName="weather",
        RecordIdentifierValueAsString=record_id,
        Features=[fv(name, value) for name, value in features],
        **more,
    )


# ---- No record ----


def test_a_first_put_creates(weather, runtime, emulator):
    put(runtime, sky="clear")

    assert get(runtime) == {"id": "a", "at": T1, "sky": "clear"}
    assert pending(emulator) == [{"id": "a", "at": T1, "sky": "clear"}]


def test_an_update_of_nothing_is_not_found(weather_v2, runtime, emulator):
    with pytest.raises(runtime.exceptions.ResourceNotFound) as caught:
        update(runtime, ("sky", "clear"))

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert pending(emulator) == []


def test_a_soft_delete_of_nothing_leaves_a_marker_in_both_stores(weather, runtime, emulator):
    delete(runtime, at=T2)
    put(runtime, at=T1)

    assert get(runtime) is None
    assert pending(emulator) == [a_marker(at=T2), {"id": "a", "at": T1}]


def test_a_hard_delete_of_nothing_leaves_a_marker_offline_only(weather, runtime, emulator):
    delete(runtime, at=T2, DeletionMode="HardDelete")
    put(runtime, at=T1)

    assert get(runtime) == {"id": "a", "at": T1}
    assert pending(emulator)[0] == a_marker(at=T2)


def test_a_hard_delete_of_nothing_can_be_assumed_to_fail(weather, runtime, emulator, monkeypatch, refused):
    monkeypatch.setattr(assumptions, "HARD_DELETE_OF_NOTHING_SUCCEEDS", False)

    code, _ = refused(lambda: delete(runtime, DeletionMode="HardDelete"))

    assert (code, pending(emulator)) == ("ResourceNotFound", [])


# ---- Later than the record ----


def test_a_newer_event_time_overwrites_whole(weather, runtime, emulator):
    put(runtime, at=T1, sky="clear")
    put(runtime, at=T2, wind="3")

    assert get(runtime) == {"id": "a", "at": T2, "wind": "3"}
    assert [row["at"] for row in pending(emulator)] == [T1, T2]


def test_a_newer_update_applies_and_leaves_the_rest(weather_v2, runtime, emulator):
    put(runtime, at=T1, sky="clear", wind="3")
    update(runtime, ("at", T2), ("sky", "grey"))

    assert get(runtime) == {"id": "a", "at": T2, "sky": "grey", "wind": "3"}
    assert pending(emulator)[-1] == {"id": "a", "at": T2, "sky": "grey", "wind": "3"}


@pytest.mark.parametrize("mode", ["SoftDelete", "HardDelete"])
def test_a_newer_delete_deletes(weather, runtime, emulator, mode):
    put(runtime, at=T1, sky="clear")
    delete(runtime, at=T2, DeletionMode=mode)

    assert get(runtime) is None
    assert pending(emulator)[-1] == a_marker(at=T2)


# ---- As old as the record ----


def test_an_equal_event_time_overwrites(weather, runtime):
    put(runtime, at=T1, sky="clear")
    put(runtime, at=T1, sky="grey")

    assert get(runtime)["sky"] == "grey"


def test_an_equal_event_time_is_history_when_the_switch_says_so(weather, runtime, emulator, monkeypatch):
    monkeypatch.setattr(assumptions, "EQUAL_EVENT_TIME_OVERWRITES", False)
    put(runtime, at=T1, sky="clear")
    put(runtime, at=T1, sky="grey")

    assert get(runtime)["sky"] == "clear"
    assert [row["sky"] for row in pending(emulator)] == ["clear", "grey"]


def test_an_equal_update_applies(weather_v2, runtime):
    put(runtime, at=T1, sky="clear")
    update(runtime, ("at", T1), ("sky", "grey"))

    assert get(runtime) == {"id": "a", "at": T1, "sky": "grey"}


def test_an_equal_soft_delete_deletes_nothing_but_marks_it_offline(weather, runtime, emulator):
    put(runtime, at=T1)
    delete(runtime, at=T1)

    assert get(runtime) == {"id": "a", "at": T1}
    assert pending(emulator)[-1] == a_marker(at=T1)


@pytest.mark.parametrize("at", [T0, T1])
def test_a_hard_delete_that_is_not_later_fails_without_a_marker(weather, runtime, emulator, refused, at):
    put(runtime, at=T1)

    code, message = refused(lambda: delete(runtime, at=at, DeletionMode="HardDelete"))

    assert code == "ValidationError"
    assert "EventTime" in message
    assert get(runtime) == {"id": "a", "at": T1}
    assert len(pending(emulator)) == 1


# ---- Older than the record ----


def test_an_older_put_is_history(weather, runtime, emulator):
    put(runtime, at=T2, sky="clear")
    put(runtime, at=T1, sky="grey")

    assert get(runtime) == {"id": "a", "at": T2, "sky": "clear"}
    assert [row["at"] for row in pending(emulator)] == [T2, T1]


def test_an_older_update_is_a_conflict(weather_v2, runtime, emulator):
    put(runtime, at=T2, sky="clear")

    with pytest.raises(runtime.exceptions.ConflictException) as caught:
        update(runtime, ("at", T1), ("sky", "grey"))

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert get(runtime) == {"id": "a", "at": T2, "sky": "clear"}
    assert len(pending(emulator)) == 1


def test_an_older_soft_delete_leaves_the_record_and_a_marker_offline(weather, runtime, emulator):
    put(runtime, at=T2)
    delete(runtime, at=T1)

    assert get(runtime) == {"id": "a", "at": T2}
    assert pending(emulator)[-1] == a_marker(at=T1)


# ---- Without an event time ----


@pytest.mark.parametrize(("left_out", "named"), [("at", "EventTime"), ("id", "RecordIdentifier")])
def test_a_put_without_its_keys_is_refused(weather, runtime, refused, left_out, named):
    record = [item for item in a_record(sky="clear") if item["FeatureName"] != left_out]

    code, message = refused(runtime.put_record, FeatureGroupName="weather", Record=record)

    assert code == "ValidationError"
    assert left_out in message
    assert named in message


def test_an_update_without_event_time_keeps_it(weather_v2, runtime, emulator):
    put(runtime, at=T1, sky="clear")
    update(runtime, ("sky", "grey"))

    assert get(runtime) == {"id": "a", "at": T1, "sky": "grey"}
    assert pending(emulator)[-1] == {"id": "a", "at": T1, "sky": "grey"}


@pytest.mark.parametrize("mode", ["SoftDelete", "HardDelete"])
def test_a_delete_needs_an_event_time(weather, runtime, lenient_runtime, refused, mode):
    asked = {"FeatureGroupName": "weather", "RecordIdentifierValueAsString": "a", "DeletionMode": mode}

    with pytest.raises(ParamValidationError):
        runtime.delete_record(**asked)
    code, message = refused(lenient_runtime.delete_record, **asked)

    assert code == "ValidationError"
    assert "'eventTime' failed to satisfy constraint: Member must not be null" in message


# ---- After a soft delete ----


def test_a_newer_put_revives(weather, runtime):
    put(runtime, at=T1)
    delete(runtime, at=T2)
    put(runtime, at=T3, sky="clear")

    assert get(runtime) == {"id": "a", "at": T3, "sky": "clear"}


def test_an_older_put_does_not_revive(weather, runtime, emulator):
    put(runtime, at=T0)
    delete(runtime, at=T2)
    put(runtime, at=T1)

    assert get(runtime) is None
    assert pending(emulator)[-1] == {"id": "a", "at": T1}


def test_an_update_of_what_was_deleted_is_not_found(weather_v2, runtime, emulator, refused):
    put(runtime, at=T1)
    delete(runtime, at=T2)

    code, _ = refused(lambda: update(runtime, ("at", T3), ("sky", "grey")))

    assert code == "ResourceNotFound"
    assert len(pending(emulator)) == 2


def test_a_later_delete_moves_the_marker_and_an_earlier_one_does_not(weather, runtime):
    delete(runtime, at=T2)
    delete(runtime, at=T3)
    delete(runtime, at=T1)
    put(runtime, at=T2)
    before = get(runtime)
    put(runtime, at=T3)

    assert (before, get(runtime)) == (None, {"id": "a", "at": T3})


def test_nothing_orders_what_comes_after_a_hard_delete(weather, runtime):
    put(runtime, at=T1)
    delete(runtime, at=T2, DeletionMode="HardDelete")
    put(runtime, at=T0)

    assert get(runtime) == {"id": "a", "at": T0}


def test_a_hard_delete_removes_a_marker_that_is_older(weather, runtime, refused):
    delete(runtime, at=T1)
    code, _ = refused(lambda: delete(runtime, at=T1, DeletionMode="HardDelete"))
    delete(runtime, at=T2, DeletionMode="HardDelete")
    put(runtime, at=T0)

    assert code == "ValidationError"
    assert get(runtime) == {"id": "a", "at": T0}


# ---- What counts as later ----


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00.001Z"),
        ("2024-01-01T00:00:00.999Z", "2024-01-01T00:00:01Z"),
        ("2024-01-01T00:00:00.000000001Z", "2024-01-01T00:00:00.000001Z"),
        ("0000-01-01T00:00:00Z", "0000-02-29T00:00:00.000000001Z"),
        ("9999-12-31T23:59:59.999999998Z", "9999-12-31T23:59:59.999999999Z"),
    ],
)
def test_event_times_are_compared_as_instants(weather, runtime, earlier, later):
    put(runtime, "a", later)
    put(runtime, "a", earlier)
    put(runtime, "b", earlier)
    put(runtime, "b", later)

    assert get(runtime, "a")["at"] == get(runtime, "b")["at"] == later


def test_one_instant_written_in_two_ways_is_equal(weather, runtime):
    put(runtime, at="2024-01-01T00:00:00Z", sky="clear")
    put(runtime, at="2024-01-01T00:00:00.000000000Z", sky="grey")
    put(runtime, at="2024-01-01T00:00:00.000Z", sky="blue")

    assert get(runtime) == {"id": "a", "at": "2024-01-01T00:00:00.000Z", "sky": "blue"}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("9.5", "10"),
        ("-1", "-0.5"),
        ("1704067200.123456788", "1704067200.123456789"),
        ("1.704067200e9", "1704067200.000000001"),
        ("-62167219200", "253402300799.999999999"),
        ("1e-300", "0.000000001"),
    ],
)
def test_seconds_are_compared_without_losing_digits(make, runtime, earlier, later):
    definitions = [a_feature("id"), a_feature("at", "Fractional")]
    make("weather", FeatureDefinitions=definitions)
    put(runtime, "a", later)
    put(runtime, "a", earlier)
    put(runtime, "b", earlier)
    put(runtime, "b", later)

    assert get(runtime, "a")["at"] == get(runtime, "b")["at"] == later
