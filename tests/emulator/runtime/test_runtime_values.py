"""What values a record may hold, by the type of the feature; they are kept as the text that was written."""

import json

import pytest
from botocore.exceptions import ParamValidationError
from emulator_help import a_feature
from runtime_help import T1, T2, a_record, fv, get, pending, put, raw

FRACTIONAL = (
    "Attempted to parse the feature value for the feature named [temp] into a FeatureValue of type Fractional. The "
    "provided value must be within the range of a double precision floating point number defined by the IEEE 754 "
    "standard. The input format can be in either decimal form or scientific notation."
)


def refusal(runtime, refused, **features):
    return refused(runtime.put_record, FeatureGroupName="weather", Record=a_record(**features))


# ---- String ----


@pytest.mark.parametrize(
    "text", ["", " ", "clear", "晴れ", "\U0001f326", '"quoted" \\ /', "a\tb\r\u2028c", "\\n", "\x00\x7f"]
)
def test_a_string_is_any_text(weather, runtime, emulator, text):
    put(runtime, sky=text)

    assert get(runtime)["sky"] == text
    assert pending(emulator) == [{"id": "a", "at": T1, "sky": text}]


@pytest.mark.parametrize("text", ["\n", "a\nb"])
def test_a_line_break_does_not_match_the_pattern(weather, runtime, refused, text):
    code, message = refusal(runtime, refused, sky=text)

    assert code == "ValidationError"
    assert "regular expression pattern: .*" in message


def test_half_a_character_is_no_text(weather, runtime, emulator):
    body = b'{"Record": [{"FeatureName": "sky", "ValueAsString": "\\ud83c"}]}'

    reply = raw(emulator, "PUT", "/FeatureGroup/weather", body)

    assert (reply.status, reply.headers["x-amzn-ErrorType"]) == (400, "SerializationException")


# ---- Integral ----


@pytest.mark.parametrize("text", ["0", "-0", "7", "007", "-12", "9223372036854775807", "-9223372036854775808"])
def test_an_integral_is_a_signed_64_bit_number_kept_as_written(weather, runtime, text):
    put(runtime, wind=text)

    assert get(runtime)["wind"] == text


@pytest.mark.parametrize(
    "text",
    [
        *("1.0", "1e3", "", "True", " 1", "1 ", "+1", "1_000", "0x1", "NaN", "-", "--1", "٣", "1\r"),
        *("9223372036854775808", "-9223372036854775809", "1" * 5000),
    ],
)
def test_anything_else_is_no_integral(weather, runtime, refused, text):
    code, message = refusal(runtime, refused, wind=text)

    assert code == "ValidationError"
    assert message.startswith("Attempted to parse the feature value for the feature named [wind]")


# ---- Fractional ----


@pytest.mark.parametrize(
    "text",
    [
        *("0", "-0", "1.50", "-.5", "5.", "+1.5", "1e3", "1E-3", "-2.5e+10", "1e-400", "0e999", "1" * 309),
        *("1.7976931348623157e308", "0." + "0" * 400 + "1", "0" * 400 + "1"),
    ],
)
def test_a_fractional_is_decimal_or_scientific_and_kept_as_written(weather, runtime, text):
    put(runtime, temp=text)

    assert get(runtime)["temp"] == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "NaN", "nan", "Infinity", "-inf", "1e309", "-1e309", "1" * 310, "True", " 1.5", "1.5 ", "1,5"),
        *("1" * 350_000 + "x", "1_0", "0x1p3", "1.5f", "1.5d", ".", "e5", "1e", "1e5.5", "٣"),
    ],
)
def test_anything_else_is_no_fractional_in_the_words_of_aws(weather, runtime, refused, text):
    assert refusal(runtime, refused, temp=text) == ("ValidationError", FRACTIONAL)


# ---- Event times ----


@pytest.mark.parametrize("decimals", ["", ".123", ".123456", ".123456789"])
def test_an_event_time_may_have_so_many_decimals(weather, runtime, decimals):
    put(runtime, at=f"2024-02-29T23:59:59{decimals}Z")

    assert get(runtime)["at"] == f"2024-02-29T23:59:59{decimals}Z"


@pytest.mark.parametrize(
    "text",
    [
        *("", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00+00:00"),
        *("2024-01-01T00:00:00z", "2024-01-01t00:00:00Z", "2024-1-1T00:00:00Z", "1704067200", " 2024-01-01T00:00:00Z"),
        *("2024-01-01T00:00:00.Z", "2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.1234567Z", "2024-01-01T00:00Z"),
        *("2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "2024-04-31T00:00:00Z"),
        *("2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z", "2024-01-32T00:00:00Z", "2024-01-00T00:00:00Z"),
        *("2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00,123Z"),
        *("10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "٢٠٢٤-01-01T00:00:00Z", "2024-01-01T00:00:00Z\r"),
    ],
)
def test_an_event_time_in_another_form_is_refused(weather, runtime, refused, text):
    code, message = refusal(runtime, refused, at=text)

    assert code == "ValidationError"
    assert "EventTime" in message


@pytest.fixture
def by_seconds(make):
    return make("weather", a_feature("sky"), FeatureDefinitions=[a_feature("id"), a_feature("at", "Fractional")])


@pytest.mark.parametrize("text", ["0", "-62167219200", "253402300799.999999999", "1.7e9", "1704067200.000000001"])
def test_seconds_reach_from_the_year_0_to_9999(by_seconds, runtime, text):
    put(runtime, at=text)

    assert get(runtime)["at"] == text


@pytest.mark.parametrize(
    "text", ["-62167219200.000000001", "253402300800", "1704067200000", "1e300", "-1e300", "1" * 300]
)
def test_milliseconds_taken_for_seconds_are_refused(by_seconds, runtime, refused, text):
    code, message = refusal(runtime, refused, at=text)

    assert code == "ValidationError"
    assert "EventTime" in message


@pytest.mark.parametrize("text", ["", "2024-01-01T00:00:00Z", "NaN"])
def test_seconds_are_a_fractional_first(by_seconds, runtime, refused, text):
    code, message = refusal(runtime, refused, at=text)

    assert code == "ValidationError"
    assert "[at] into a FeatureValue of type Fractional" in message


# ---- Record identifiers ----


def test_identifiers_are_equal_as_text(make, runtime):
    make("weather", FeatureDefinitions=[a_feature("id", "Integral"), a_feature("at")])
    put(runtime, "1", T1)
    put(runtime, "01", T2)

    assert (get(runtime, "1")["at"], get(runtime, "01")["at"]) == (T1, T2)


@pytest.mark.parametrize("record_id", ["x" * 2048, "é" * 1024, "a/b c?d=e&f%20+g", "..", "\U0001f326"])
def test_an_identifier_has_up_to_2_kb(weather, runtime, record_id):
    put(runtime, record_id)

    assert get(runtime, record_id) == {"id": record_id, "at": T1}


@pytest.mark.parametrize(
    ("record_id", "why"), [("", "is empty"), ("x" * 2049, "longer than 2 KB"), ("é" * 1025, "longer than 2 KB")]
)
def test_other_identifiers_are_refused_whatever_is_asked(weather, runtime, refused, record_id, why):
    asked = {"FeatureGroupName": "weather", "RecordIdentifierValueAsString": record_id}
    found = [
        refusal(runtime, refused, record_id=record_id),
        refused(runtime.get_record, **asked),
        refused(runtime.delete_record, EventTime=T1, **asked),
    ]

    assert all(code == "ValidationError" and why in message for code, message in found)


def test_an_identifier_has_its_type_also_when_it_is_deleted(make, runtime, refused):
    make("weather", FeatureDefinitions=[a_feature("id", "Integral"), a_feature("at")])

    code, message = refused(
        runtime.delete_record, FeatureGroupName="weather", RecordIdentifierValueAsString="x", EventTime=T1
    )

    assert (code, "[id]" in message) == ("ValidationError", True)


# ---- Collections ----


def test_collections_come_back_as_lists(in_memory, runtime):
    put(runtime, tags=["b", "a"], counts=["1", "1", "2"], place=["0.1", "-2", "3e4"], sky="clear")

    assert get(runtime) == {
        "id": "a",
        "at": T1,
        "tags": ["b", "a"],
        "counts": ["1", "1", "2"],
        "place": ["0.1", "-2", "3e4"],
        "sky": "clear",
    }


def test_a_set_drops_repeats(in_memory, runtime):
    put(runtime, tags=["b", "a", "b", "b"])

    assert sorted(get(runtime)["tags"]) == ["a", "b"]


def test_a_collection_may_be_empty(in_memory, runtime):
    put(runtime, tags=[], counts=[])

    assert get(runtime) == {"id": "a", "at": T1, "tags": [], "counts": []}


@pytest.mark.parametrize(
    ("features", "why"),
    [
        ({"counts": ["1", "x"]}, "[counts]"),
        ({"counts": ["1", ""]}, "[counts]"),
        ({"place": ["1", "2"]}, "its Dimension is 3"),
        ({"place": ["1", "2", "3", "4"]}, "its Dimension is 3"),
        ({"place": ["1", "2", "NaN"]}, "[place]"),
        ({"tags": "a"}, "ValueAsStringList"),
        ({"sky": ["clear"]}, "ValueAsString"),
        ({"id": ["a"]}, "ValueAsString"),
        ({"at": [T1]}, "ValueAsString"),
    ],
)
def test_what_does_not_fit_a_collection_is_refused(in_memory, runtime, refused, features, why):
    code, message = refusal(runtime, refused, **features)

    assert code == "ValidationError"
    assert why in message


def test_a_null_in_a_collection_fails_the_record(in_memory, runtime, lenient_runtime, refused):
    code, message = refusal(lenient_runtime, refused, counts=["1", None])

    assert (code, "valueAsStringList.2.member" in message) == ("ValidationError", True)
    assert get(runtime) is None


def test_collections_elsewhere_are_refused(weather, runtime, refused):
    code, _ = refusal(runtime, refused, sky=["clear"])

    assert code == "ValidationError"


# ---- Features ----


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ([*a_record(), fv("rain", "1")], "rain is not defined"),
        ([*a_record(), fv("sky", "1"), fv("sky", "1")], "sky is given more than once"),
        ([*a_record(), fv("id", "a")], "id is given more than once"),
        ([*a_record(), {"FeatureName": "sky"}], "sky is missing"),
        ([*a_record(), {"FeatureName": "sky", "ValueAsString": "1", "ValueAsStringList": ["1"]}], "and as a list"),
        ([*a_record(), fv("Sky", "1")], "Sky is not defined"),
        ([*a_record(), fv("bad name!", "1")], "regular expression pattern"),
        ([*a_record(), fv("x" * 65, "1")], "less than or equal to 64"),
        ([*a_record(), fv("is_deleted", "1")], "is_deleted is not defined"),
    ],
)
def test_features_are_those_of_the_group_each_once_with_one_value(weather, runtime, refused, emulator, record, why):
    code, message = refused(runtime.put_record, FeatureGroupName="weather", Record=record)

    assert code == "ValidationError"
    assert why in message
    assert pending(emulator) == []


def test_features_that_were_left_out_are_absent_not_null(weather, runtime):
    put(runtime, sky="clear")

    assert set(get(runtime)) == {"id", "at", "sky"}


def test_a_record_has_at_least_one_value(weather, runtime, lenient_runtime, refused):
    with pytest.raises(ParamValidationError):
        runtime.put_record(FeatureGroupName="weather", Record=[])
    code, message = refused(lenient_runtime.put_record, FeatureGroupName="weather", Record=[])

    assert code == "ValidationError"
    assert "'record' failed to satisfy constraint: Member must have length greater than or equal to 1" in message


# ---- Size ----


def test_a_record_has_up_to_350_kb(weather, runtime, refused):
    names = len("id") + len("at") + len("sky")
    most = 350 * 1024 - names - len("a") - len(T1)
    put(runtime, sky="x" * most)
    code, message = refusal(runtime, refused, sky="x" * (most + 1))

    assert len(get(runtime)["sky"]) == most
    assert (code, message) == ("ValidationError", "Validation Error: The record is larger than 350 KB.")


def test_bytes_count_not_characters(weather, runtime, refused):
    put(runtime, sky="晴" * 100_000)

    assert len(get(runtime)["sky"]) == 100_000
    assert refusal(runtime, refused, sky="晴" * 120_000)[0] == "ValidationError"


def test_a_value_has_up_to_358400_characters(weather, runtime, refused):
    code, message = refusal(runtime, refused, sky="x" * 358_401)

    assert code == "ValidationError"
    assert "Member must have length less than or equal to 358400" in message


def test_a_group_of_2500_features_takes_whole_records(make, runtime, emulator):
    more = [a_feature(f"f{number}", "Fractional") for number in range(2498)]
    make("weather", *more)
    put(runtime, **{f"f{number}": f"{number}.5" for number in range(2498)})

    assert len(get(runtime)) == 2500
    assert get(runtime, FeatureNames=["f2497"]) == {"f2497": "2497.5"}


# ---- At a glance or in full ----


def test_what_boto3_would_never_send_is_an_error_as_everywhere(weather, emulator):
    bodies = [
        {"Record": {}},
        {"Record": "x"},
        {"Record": None},
        {"Record": [None]},
        {"Record": [[]]},
        {"Record": ["x"]},
        {"Record": [{}]},
        {"Record": [{"FeatureName": ["id"], "ValueAsString": "a"}]},
        {"Record": [*a_record(), {"FeatureName": "sky", "ValueAsString": 5}]},
        {"Record": [*a_record(), {"FeatureName": "sky", "ValueAsString": None}]},
        {"Record": a_record(), "TargetStores": "OnlineStore"},
        {"Record": a_record(), "TargetStores": []},
        {"Record": a_record(), "TargetStores": ["NoStore"]},
        {"Record": a_record(), "TtlDuration": {}},
        {"Record": a_record(), "TtlDuration": {"Unit": "Days", "Value": 0}},
        {"Record": a_record(), "TtlDuration": {"Unit": "Years", "Value": 1}},
        {"Record": a_record(), "TtlDuration": {"Unit": "Days", "Value": True}},
    ]
    replies = [raw(emulator, "PUT", "/FeatureGroup/weather", body) for body in bodies]

    assert {reply.status for reply in replies} == {400}
    assert {reply.headers["x-amzn-ErrorType"] for reply in replies} == {"ValidationError", "SerializationException"}
    assert all(json.loads(reply.body)["Message"] for reply in replies)
    assert not any(b"Resource Not Found" in reply.body for reply in replies)


def test_unknown_members_and_nulls_are_left_out(weather, runtime, emulator):
    record = [{**item, "ValueAsStringList": None, "More": 1} for item in a_record(sky="clear")]
    body = {"Record": record, "TargetStores": None, "TtlDuration": None, "FeatureGroupName": "other", "X": 1}

    reply = raw(emulator, "PUT", "/FeatureGroup/weather", body)

    assert (reply.status, reply.body) == (200, b"")
    assert get(runtime) == {"id": "a", "at": T1, "sky": "clear"}
