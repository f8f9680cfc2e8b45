"""BatchWriteRecord and BatchGetRecord: many records, each with a fate of its own."""

import pytest
from emulator_help import a_feature
from runtime_help import T1, T2, T3, a_record, fv, get, pending, put, raw, values

from reconciler.emulator import assumptions


def an_entry(record_id="a", at=T1, group="weather", **features):
    return {"FeatureGroupName": group, "Record": a_record(record_id, at, **features)}


def asked(*record_ids, group="weather", **more):
    return {"FeatureGroupName": group, "RecordIdentifiersValueAsString": list(record_ids), **more}


# ---- BatchWriteRecord ----


def test_a_batch_writes_25_records_to_several_groups(weather, make, runtime, emulator):
    make("plane", offline={})
    entries = [an_entry(str(number), group="weather" if number % 2 else "plane") for number in range(25)]
    reply = runtime.batch_write_record(Entries=entries)

    assert (reply["Errors"], reply["UnprocessedEntries"]) == ([], [])
    assert get(runtime, "1") == {"id": "1", "at": T1}
    assert get(runtime, "24", group="plane") == {"id": "24", "at": T1}
    assert {row["id"] for row in pending(emulator)} == {str(number) for number in range(25)}


def test_one_row_is_pending_for_each_request_and_group(weather, make, runtime, emulator):
    make("plane", offline={})
    runtime.batch_write_record(
        Entries=[an_entry(str(number), group=group) for number in range(3) for group in ("weather", "plane")]
    )
    with emulator.store.reading() as db:
        counts = db.execute("SELECT count FROM pending").fetchall()

    assert counts == [(3,), (3,)]


@pytest.mark.parametrize("count", [0, 26])
def test_a_batch_has_1_to_25_entries(weather, lenient_runtime, refused, emulator, count):
    code, message = refused(lenient_runtime.batch_write_record, Entries=[an_entry(str(n)) for n in range(count)])

    assert (code, "'entries' failed to satisfy constraint" in message) == ("ValidationError", True)
    assert pending(emulator) == []


def test_entries_are_written_in_their_order(weather, runtime, emulator):
    runtime.batch_write_record(Entries=[an_entry(at=T2, sky="2"), an_entry(at=T3, sky="3"), an_entry(at=T1, sky="1")])

    assert get(runtime)["sky"] == "3"
    assert [row["sky"] for row in pending(emulator)] == ["2", "3", "1"]


def test_what_is_wrong_with_an_entry_is_said_of_it_and_the_others_are_written(weather, runtime, emulator):
    bad = [
        {"FeatureGroupName": "weather", "Record": [fv("at", T1)]},
        an_entry(wind="1.0"),
        an_entry(at="yesterday"),
        an_entry(rain="1"),
        {**an_entry(), "TtlDuration": {"Unit": "Weeks", "Value": 2**31 - 1}},
    ]
    good = [an_entry("x", sky="clear"), an_entry("y")]
    reply = runtime.batch_write_record(Entries=[good[0], *bad, good[1]])

    assert [error["Entry"] for error in reply["Errors"]] == bad
    assert {error["ErrorCode"] for error in reply["Errors"]} == {"ValidationError"}
    assert all(error["ErrorMessage"] for error in reply["Errors"])
    assert reply["UnprocessedEntries"] == []
    assert [row["id"] for row in pending(emulator)] == ["x", "y"]


def test_an_entry_that_is_malformed_fails_the_request(weather, lenient_runtime, refused, emulator):
    code, message = refused(
        lenient_runtime.batch_write_record, Entries=[an_entry(), {"FeatureGroupName": "weather", "Record": []}]
    )

    assert (code, "'entries.2.member.record' failed" in message) == ("ValidationError", True)
    assert pending(emulator) == []


def test_an_unknown_group_fails_the_request(weather, runtime, refused, emulator):
    code, _ = refused(runtime.batch_write_record, Entries=[an_entry(), an_entry(group="nothing")])

    assert (code, pending(emulator)) == ("ResourceNotFound", [])


def test_an_unknown_group_can_be_assumed_to_fail_its_entries_alone(weather, runtime, emulator, monkeypatch):
    monkeypatch.setattr(assumptions, "UNKNOWN_GROUP_FAILS_BATCH_WRITE", False)
    reply = runtime.batch_write_record(Entries=[an_entry(), an_entry(group="nothing")])

    assert [error["ErrorCode"] for error in reply["Errors"]] == ["ResourceNotFound"]
    assert [row["id"] for row in pending(emulator)] == ["a"]


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"Entries": None}, {"Entries": {}}, {"Entries": "x"}, {"Entries": [None]}, {"Entries": ["x"]}),
        *({"Entries": [[]]}, {"Entries": [{}]}, {"Entries": [{"FeatureGroupName": 5, "Record": []}]}),
        {"Entries": [{**an_entry(), "TargetStores": {}}]},
        {"Entries": [an_entry()], "TtlDuration": []},
        {"Entries": [an_entry()], "TtlDuration": {"Unit": "Days"}},
    ],
)
def test_what_is_no_batch_is_refused(weather, emulator, body):
    reply = raw(emulator, "POST", "/BatchWriteRecord", body)

    assert reply.status == 400
    assert reply.headers["x-amzn-ErrorType"] in {"ValidationError", "SerializationException"}
    assert pending(emulator) == []


def test_an_echoed_entry_has_only_what_the_model_knows(weather, emulator, runtime):
    entry = {**an_entry(wind="x"), "TargetStores": None, "More": 1}
    reply = raw(emulator, "POST", "/BatchWriteRecord", {"Entries": [entry]})

    assert reply.status == 200
    assert b"More" not in reply.body
    assert b"null" not in reply.body


# ---- BatchGetRecord ----


def test_a_batch_reads_many_groups(weather, make, runtime):
    make("plane", a_feature("seats", "Integral"))
    put(runtime, "a", sky="clear")
    put(runtime, "b", sky="grey")
    put(runtime, "a", group="plane", seats="180")
    reply = runtime.batch_get_record(
        Identifiers=[asked("b", "a", "missing"), asked("a", group="plane", FeatureNames=["seats"])]
    )
    found = [
        (item["FeatureGroupName"], item["RecordIdentifierValueAsString"], values(item)) for item in reply["Records"]
    ]

    assert found == [
        ("weather", "b", {"id": "b", "at": T1, "sky": "grey"}),
        ("weather", "a", {"id": "a", "at": T1, "sky": "clear"}),
        ("plane", "a", {"seats": "180"}),
    ]
    assert (reply["Errors"], reply["UnprocessedIdentifiers"]) == ([], [])


def test_a_batch_asks_for_100_groups_and_100_records_of_each(weather, runtime, lenient_runtime, refused):
    put(runtime, "a")
    many = [str(number) for number in range(100)]
    reply = runtime.batch_get_record(Identifiers=[asked(*many)] * 99 + [asked("a")])
    too_many = refused(lenient_runtime.batch_get_record, Identifiers=[asked("a")] * 101)
    too_many_ids = refused(lenient_runtime.batch_get_record, Identifiers=[asked(*many, "a")])
    none = refused(lenient_runtime.batch_get_record, Identifiers=[asked()])

    assert len(reply["Records"]) == 1
    assert too_many[0] == too_many_ids[0] == none[0] == "ValidationError"
    assert "'identifiers' failed" in too_many[1]
    assert "'identifiers.1.member.recordIdentifiersValueAsString' failed" in too_many_ids[1]


def test_what_cannot_be_read_is_said_of_each_record(weather, make, runtime):
    make("no-online", online=False, offline={})
    put(runtime, "a")
    reply = runtime.batch_get_record(
        Identifiers=[
            asked("1", "2", group="nothing"),
            asked("3", group="no-online"),
            asked("4", FeatureNames=["rain"]),
            asked("5", FeatureNames=["sky", "sky"]),
            asked("x" * 3000),
            asked("a"),
        ]
    )
    found = [(error["RecordIdentifierValueAsString"][:1], error["ErrorCode"]) for error in reply["Errors"]]

    assert found == [
        *(("1", "ResourceNotFound"), ("2", "ResourceNotFound"), ("3", "ValidationError")),
        *(("4", "ValidationError"), ("5", "ValidationError"), ("x", "ValidationError")),
    ]
    assert [values(item) for item in reply["Records"]] == [{"id": "a", "at": T1}]


def test_all_three_lists_are_there_when_nothing_is(weather, runtime):
    reply = runtime.batch_get_record(Identifiers=[asked("a")])

    assert {key: reply[key] for key in ("Records", "Errors", "UnprocessedIdentifiers")} == {
        "Records": [],
        "Errors": [],
        "UnprocessedIdentifiers": [],
    }


def test_what_is_too_much_for_one_reply_is_unprocessed(weather, runtime, monkeypatch):
    monkeypatch.setattr(assumptions, "MOST_BATCH_BYTES", 2000)
    for record_id in "abc":
        put(runtime, record_id, sky="x" * 1500)
    request = [asked("a", "b", "c", FeatureNames=["sky"]), asked("a")]
    reply = runtime.batch_get_record(Identifiers=request)
    rest = runtime.batch_get_record(Identifiers=reply["UnprocessedIdentifiers"])

    assert [item["RecordIdentifierValueAsString"] for item in reply["Records"]] == ["a", "b"]
    assert reply["UnprocessedIdentifiers"] == [asked("c", FeatureNames=["sky"]), asked("a")]
    assert [item["RecordIdentifierValueAsString"] for item in rest["Records"]] == ["c", "a"]


# ---- GetRecord ----


def test_a_record_that_is_not_there_is_an_empty_reply(weather, runtime, emulator):
    reply = raw(emulator, "GET", "/FeatureGroup/weather?RecordIdentifierValueAsString=a")

    assert (reply.status, reply.body) == (200, b"{}")
    assert "Record" not in runtime.get_record(FeatureGroupName="weather", RecordIdentifierValueAsString="a")


def test_feature_names_choose(weather, runtime):
    put(runtime, sky="clear", wind="3")

    assert get(runtime, FeatureNames=["sky", "temp"]) == {"sky": "clear"}
    assert get(runtime, FeatureNames=["temp"]) is None


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["rain"], "rain is not defined"),
        (["sky", "sky"], "sky is given more than once"),
        (["a b"], "regular expression"),
    ],
)
def test_feature_names_are_those_of_the_group_each_once(weather, runtime, refused, names, why):
    put(runtime)

    code, message = refused(lambda: get(runtime, FeatureNames=names))

    assert (code, why in message) == ("ValidationError", True)
