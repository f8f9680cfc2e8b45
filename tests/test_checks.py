"""What AWS would refuse, or regret, is refused before any call: every fault of every group at once."""

import re
import unicodedata
from dataclasses import replace

import pytest
from builders import KEY, ROLE, S3, a_feature, a_group, a_registry, a_retirement, a_spec, an_offline_group, with_online
from hypothesis import given
from hypothesis import strategies as st
from strategies import registries

from reconciler.state import Catalog, Offline, Throughput, limits
from reconciler.state.checks import check, check_group


def with_key(field, kind):
    group = a_group()
    return replace(group, features=tuple(f._replace(type=kind) if f.name == field else f for f in group.features))


IN_MEMORY = with_online(a_group("weather", a_feature(collection="List")), storage_type="InMemory")
OFFLINE = an_offline_group()
FAULTS = {
    "name": (replace(a_group(), name="wea ther"), "name", 3, "'wea-ther'"),
    "name at its end": (replace(a_group(), name="weather-"), "name", 3, "'weather'"),
    "name too long": (replace(a_group(), name="w" * 65), "name", 3, "1 to 64"),
    "description": (a_group(description="x" * 129), "description", 2, "at most 128"),
    "too many features": (a_group("w", *(a_feature(f"f{n}") for n in range(2499))), "features", 2, "at most 2500"),
    "twice": (a_group("w", a_feature(), a_feature()), "temp_f", 14, "one name"),
    "case": (a_group("w", a_feature(), a_feature("Temp_F")), "Temp_F", 14, "only in case"),
    "feature name": (a_group("w", a_feature("_temp")), "_temp", 13, "does not accept this feature name"),
    "reserved": (a_group("w", a_feature("Is_Deleted")), "Is_Deleted", 13, "keeps this name"),
    "type": (a_group("w", a_feature(type="Float")), "temp_f", 13, "no such feature type"),
    "collection": (
        with_online(a_group("w", a_feature(collection="Map")), storage_type="InMemory"),
        "temp_f",
        13,
        "no such",
    ),
    "vector of text": (
        with_online(a_group("w", a_feature(type="String", collection="Vector", dimension=2)), storage_type="InMemory"),
        *("temp_f", 13, "holds floats"),
    ),
    "vector without length": (
        with_online(a_group("w", a_feature(collection="Vector")), storage_type="InMemory"),
        *("temp_f", 13, "1 to 8192"),
    ),
    "two vectors": (
        with_online(
            a_group("w", *(a_feature(n, collection="Vector", dimension=2) for n in "ab")), storage_type="InMemory"
        ),
        *("b", 14, "one vector"),
    ),
    "collection on disk": (a_group("w", a_feature(collection="Set")), "temp_f", 13, "in memory only"),
    "about": (a_group("w", a_feature(about="x" * 256)), "temp_f", 13, "at most 255"),
    "about of two lines": (a_group("w", a_feature(about="two\nlines")), "temp_f", 13, "one line"),
    "parameters": (
        a_group("w", a_feature(parameters={f"k{n}": "v" for n in range(26)})),
        *("temp_f", 13, "at most 25"),
    ),
    "parameter with @": (a_group("w", a_feature(parameters={"owner": "a@b"})), "temp_f", 13, "no @"),
    "empty parameter": (a_group("w", a_feature(parameters={"owner": ""})), "temp_f", 13, "1 to 255"),
    "record id": (replace(a_group(), record_id="orgin"), "record_id", 4, "Did you mean 'origin'?"),
    "record id of fractions": (with_key("origin", "Fractional"), "record_id", 4, "fraction"),
    "event time": (replace(a_group(), event_time="x"), "event_time", 5, "Name one of the record's fields."),
    "event time of whole numbers": (with_key("observed_at", "Integral"), "event_time", 5, "String or Fractional"),
    "one key for both": (replace(a_group(), event_time="origin"), "event_time", 5, "record identifier too"),
    "key of a collection": (replace(IN_MEMORY, record_id="temp_f"), "record_id", 4, "is a List"),
    "iceberg": (
        replace(with_key("observed_at", "Fractional"), offline=Offline(S3, "Iceberg"), role_arn=ROLE),
        *("event_time", 5, "Iceberg"),
    ),
    "no store": (a_group(online=None), "online", 6, "Both stores are off."),
    "storage type": (with_online(a_group(), storage_type="Fast"), "online.storage_type", 6, "no such storage type"),
    "in memory and offline": (
        with_online(OFFLINE, storage_type="InMemory"),
        "online.storage_type",
        6,
        "no offline store",
    ),
    "lifetime": (with_online(a_group(), ttl_s=0), "online.ttl", 6, "at least one second"),
    "online key": (with_online(a_group(), kms_key="alias/x"), "online.kms_key", 6, "ARN of a KMS key"),
    "format": (replace(OFFLINE, offline=Offline(S3, "Delta")), "offline.table_format", 7, "no such table format"),
    "iceberg by hand": (
        replace(OFFLINE, offline=Offline(S3, "Iceberg", create_table=False)),
        *("offline.create_table", 7, "itself"),
    ),
    "place": (replace(OFFLINE, offline=Offline("acme/prod")), "offline.s3_uri", 7, "no S3 URI"),
    "offline key": (replace(OFFLINE, offline=Offline(S3, kms_key="1234")), "offline.kms_key", 7, "ARN of a KMS key"),
    "database": (replace(OFFLINE, offline=Offline(S3, catalog=Catalog("A-b", "t"))), "offline.database", 7, "Athena"),
    "table": (replace(OFFLINE, offline=Offline(S3, catalog=Catalog("d", "9t"))), "offline.table", 7, "Athena"),
    "role": (a_group(role_arn="feature-store"), "role_arn", 8, "ARN of a role"),
    "throughput": (a_group(throughput=Throughput("Burst")), "throughput.mode", 9, "no such mode"),
    "units": (a_group(throughput=Throughput("Provisioned", 1, 40_001)), "throughput.write_units", 9, "0 to 40,000"),
    "units of what": (
        replace(with_online(a_group(), storage_type="Standard_V2"), throughput=Throughput("Provisioned", 1, 1)),
        *("throughput", 9, "not for Standard_V2"),
    ),
    "tags": (a_group(tags={f"k{n}": "" for n in range(49)}), "tags", 2, "Keep 48."),
    "tag of AWS": (a_group(tags={"aws:x": ""}), "tags", 2, "belongs to AWS"),
    "tag of ours": (a_group(tags={"reconciler:registry": "x"}), "tags", 2, "belongs to AWS or to this tool"),
    "tag key": (a_group(tags={"a#b": ""}), "tags", 2, "tag key"),
    "tag value": (a_group(tags={"a": "x" * 257}), "tags", 2, "tag value"),
}


@pytest.mark.parametrize(("group", "field", "line", "says"), FAULTS.values(), ids=FAULTS)
def test_each_fault_names_its_field_its_line_and_what_works(group, field, line, says):
    [fault] = check_group(a_spec(group))

    assert (fault.field, fault.line) == (field, line)
    assert says in f"{fault.reason} {fault.fix}"
    assert fault.fix


def test_a_group_needs_features():
    assert "features" in {fault.field for fault in check_group(a_spec(replace(a_group(), features=())))}


def test_what_may_be_kept_has_a_name():
    [fault] = check_group(a_spec(keep_live=frozenset({"role"})))

    assert (fault.field, fault.value) == ("keep_live", "'role'")
    assert "'role_arn'" in fault.fix


def test_every_fault_of_a_group_is_found_at_once():
    group = replace(a_group("w", a_feature(type="Float"), role_arn="x"), name="-", event_time="origin")

    assert {fault.field for fault in check_group(a_spec(group))} == {"name", "temp_f", "event_time", "role_arn"}


def test_a_group_cannot_be_declared_and_retired_at_once():
    [fault] = check(a_registry(a_group(), a_retirement()))

    assert (fault.file, fault.line, fault.field) == ("registry/retired.py", 4, "retire")


def test_a_retirement_has_a_reason():
    [fault] = check(a_registry(a_retirement(reason="  ")))

    assert fault.reason == "Retiring a group needs a reason."


def test_two_groups_that_differ_only_in_case_are_one_too_many():
    [fault] = check(a_registry(a_group("weather"), a_group("Weather")))

    assert "only in case" in fault.reason


@given(registries())
def test_what_the_strategies_of_these_tests_make_up_is_accepted(wanted):
    assert list(check(a_registry(*wanted))) == []


def test_what_is_right_is_no_fault():
    assert list(check_group(a_spec(with_online(OFFLINE, ttl_s=1, kms_key=KEY)))) == []


ALLOWED = {"L", "Z", "N"}


@given(st.characters(codec="utf-8"))
def test_tags_and_parameters_take_the_characters_that_aws_names_and_no_others(character):
    """AWS's patterns, `[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]` and the same without @, in Python's words."""
    is_named = unicodedata.category(character)[0] in ALLOWED

    assert bool(limits.TAG_TEXT.fullmatch(character)) == (is_named or character in "_.:/=+-@")
    assert bool(limits.PARAMETER_TEXT.fullmatch(character)) == (is_named or character in "_.:/=+-")


@given(st.from_regex(re.compile(r"[a-zA-Z0-9_-]{1,70}"), fullmatch=True))
def test_names_begin_and_end_with_a_letter_or_digit(name):
    fits = name[0] not in "-_" and name[-1] not in "-_" and len(name) <= 64

    assert (not list(check_group(a_spec(replace(a_group(), name=name))))) == fits
