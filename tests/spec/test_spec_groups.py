"""What a declaration says, and everything that can be wrong with one."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import Invalid
from reconciler.spec import Feature, GroupSpec, Offline, OnDemand, Online, Provisioned, feature, feature_group, retire
from reconciler.spec.group import kebab
from reconciler.state import model

if TYPE_CHECKING:
    from decimal import Decimal as NotThere

FEATURES = [Feature("id", str), Feature("at", datetime)]


def a_spec(**words):
    return GroupSpec(**{"name": "one", "record_id": "id", "event_time": "at", "features": FEATURES, **words})


def faults_of(**words):
    with pytest.raises(Invalid) as refused:
        a_spec(**words)
    return {fault.field: fault for fault in refused.value.faults}


def test_a_class_says_what_a_spec_says():
    @feature_group(
        name="weather",
        record_id="origin",
        event_time="at",
        online=Online(ttl=timedelta(days=7), storage_type="Standard_V2", kms_key="key-1"),
        offline=Offline(table_format="Iceberg", s3_uri="s3://a", kms_key="key-2", database="d", table="t"),
        tags={"b": "2", "a": "1"},
        role_arn="role",
        throughput=OnDemand(),
        protected=False,
        keep_live=["role_arn"],
    )
    class Weather:
        """Hourly
        weather.

        And more of it.
        """

        origin: str
        at: datetime
        temp_f: float | None = feature(default=None, about="Air.", parameters={"unit": "degF"}, deprecated="why")

    desired = Weather.__feature_group__.desired()

    assert desired.group == model.Group(
        name="weather",
        record_id="origin",
        event_time="at",
        features=(
            model.Feature("origin", "String"),
            model.Feature("at", "String"),
            model.Feature("temp_f", "Fractional", None, None, "Air.", {"unit": "degF"}),
        ),
        online=model.Online("Standard_V2", 7 * 86_400, "key-1"),
        offline=model.Offline("s3://a", "Iceberg", "key-2", catalog=model.Catalog("d", "t")),
        role_arn="role",
        description="Hourly weather.",
        tags={"a": "1", "b": "2"},
        protected=False,
    )
    assert desired.keep_live == {"role_arn"}
    assert desired.deprecated == {"temp_f": "why"}


def test_a_group_has_both_stores_and_pays_on_demand_unless_it_says_otherwise():
    group = a_spec().group

    assert (group.online, group.offline, group.throughput) == (model.Online(), model.Offline(), model.Throughput())
    assert (group.protected, group.description, group.role_arn) == (None, None, None)


def test_provisioned_throughput_has_units():
    assert a_spec(throughput=Provisioned(read=1, write=2)).group.throughput == model.Throughput("Provisioned", 1, 2)


def test_the_default_table_format_is_glue():
    assert a_spec(offline=Offline(table_format="Default")).group.offline == model.Offline(table_format="Glue")


@pytest.mark.parametrize(
    ("class_name", "group"),
    [
        ("Weather", "weather"),
        ("HTTPLog2", "http-log2"),
        ("RouteDay", "route-day"),
        ("FlightV2Daily", "flight-v2-daily"),
        ("User_Age", "user-age"),
        ("_Hidden", "hidden"),
        ("ABC", "abc"),
    ],
)
def test_a_class_name_becomes_a_group_name(class_name, group):
    assert kebab(class_name) == group


def test_the_key_may_be_named_by_its_field_or_by_its_feature():
    for key in ("user_id", "user-id"):

        @feature_group(record_id=key, event_time="at")
        class User:
            user_id: str = feature(name="user-id")
            at: datetime

        assert User.__feature_group__.record_id == "user-id"


def test_fields_of_base_classes_are_features_too():
    class Keys:
        id: str
        at: datetime

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class More:
        more: int = 1

    @feature_group(record_id="id", event_time="at")
    class Base(Keys):
        """About the base."""

        x: int = feature(default=0, about="As it was.")

    @feature_group(record_id="id", event_time="at")
    class Child(Base, More):
        x: float
        y: float = 2.0

    spec = Child.__feature_group__
    assert {f.name: f.aws_type for f in [*_types(spec)]} == {
        "id": "String",
        "at": "String",
        "more": "Integral",
        "x": "Fractional",
        "y": "Fractional",
    }
    assert spec.group.description is None
    assert [f.name for f in Base.__feature_group__.fields] == ["id", "at", "x"]
    record = Child(id="a", at=datetime(2013, 1, 1, tzinfo=UTC), x=0.5)
    assert (record.x, record.y, record.more) == (0.5, 2.0, 1)


def _types(spec):
    return [dataclasses.make_dataclass("T", ["name", "aws_type"])(f.name, f.type.aws_type) for f in spec.fields]


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        ({"name": 42}, "name", "42"),
        ({"record_id": 3}, "record_id", "3"),
        ({"event_time": None}, "event_time", "not given"),
        ({"online": "yes"}, "online", "'yes'"),
        ({"online": Online}, "online", "<class 'reconciler.spec.words.Online'>"),
        ({"online": Offline()}, "online", "Offline("),
        ({"online": Online(ttl=3600)}, "online.ttl", "3600"),
        ({"online": Online(ttl=timedelta(0))}, "online.ttl", "datetime.timedelta(0)"),
        ({"online": Online(ttl=timedelta(seconds=-1))}, "online.ttl", "datetime.timedelta"),
        ({"online": Online(ttl=timedelta(milliseconds=1500))}, "online.ttl", "datetime.timedelta"),
        ({"online": Online(storage_type=1)}, "online.storage_type", "1"),
        ({"online": Online(kms_key=1)}, "online.kms_key", "1"),
        ({"online": Online(tll=3)}, "online.tll", "3"),
        ({"offline": True}, "offline", "True"),
        ({"offline": Offline(table_format=3)}, "offline.table_format", "3"),
        ({"offline": Offline(s3_uri=1)}, "offline.s3_uri", "1"),
        ({"offline": Offline(create_table="no")}, "offline.create_table", "'no'"),
        ({"offline": Offline(database="d")}, "offline.database", "'d'"),
        ({"offline": Offline(table="t")}, "offline.table", "'t'"),
        ({"offline": Offline(tabel="t")}, "offline.tabel", "'t'"),
        ({"throughput": "Provisioned"}, "throughput", "'Provisioned'"),
        ({"throughput": None}, "throughput", "None"),
        ({"throughput": Provisioned(read=1)}, "throughput.write", "not given"),
        ({"throughput": Provisioned(read=1.5, write=1)}, "throughput.read", "1.5"),
        ({"throughput": OnDemand(read=1)}, "throughput.read", "1"),
        ({"tags": ["a"]}, "tags", "['a']"),
        ({"tags": None}, "tags", "None"),
        ({"tags": {"a": 1}}, "tags", "{'a': 1}"),
        ({"role_arn": 1}, "role_arn", "1"),
        ({"description": 1}, "description", "1"),
        ({"protected": "yes"}, "protected", "'yes'"),
        ({"keep_live": "role_arn"}, "keep_live", "'role_arn'"),
        ({"keep_live": 3}, "keep_live", "3"),
        ({"keep_live": [3]}, "keep_live", "3"),
        ({"features": "id"}, "features", "'id'"),
        ({"features": 3}, "features", "3"),
        ({"features": [*FEATURES, "x"]}, "features", "'x'"),
        ({"features": [*FEATURES, Feature(3, str)]}, "features", "3"),
        ({"features": [*FEATURES, Feature("x", dict)]}, "x", ""),
        ({"features": [*FEATURES, Feature("x", str, about=3)]}, "x.about", "3"),
        ({"features": [*FEATURES, Feature("x", str, parameters={"a": 1})]}, "x.parameters", "{'a': 1}"),
        ({"features": [*FEATURES, Feature("x", str, parameters=None)]}, "x.parameters", "None"),
        ({"features": [*FEATURES, Feature("x", str, default=3)]}, "x.default", "3"),
        ({"features": [*FEATURES, Feature("x", str, default=None)]}, "x.default", "None"),
        ({"features": [*FEATURES, Feature("x", str, deprecated="gone")]}, "x.deprecated", "'gone'"),
        ({"features": [*FEATURES, Feature("x", str | None, deprecated=" ")]}, "x.deprecated", "' '"),
        ({"features": [*FEATURES, Feature("x", str | None, deprecated=True)]}, "x.deprecated", "True"),
        ({"features": [*FEATURES, Feature("x", str, abuot="x")]}, "x.abuot", "'x'"),
        ({"features": [Feature("id", str | None), Feature("at", datetime)]}, "record_id", "'id'"),
        ({"features": [Feature("id", str), Feature("at", datetime | None)]}, "event_time", "'at'"),
        (
            {"features": [Feature("id", str, default="", deprecated="x"), Feature("at", datetime)]},
            "record_id",
            "'id'",
        ),
        ({"recordid": "id"}, "recordid", "'id'"),
        ({"colour": "red"}, "colour", "'red'"),
    ],
    ids=str,
)
def test_each_word_at_fault_is_named_with_its_value_and_what_works(words, field, value):
    faults = faults_of(**words)

    assert list(faults) == [field]
    fault = faults[field]
    assert fault.value.startswith(value)
    assert fault.group in ("one", "")
    assert fault.reason.endswith(".")
    assert fault.fix.endswith((".", "?"))


def test_all_faults_of_a_group_come_at_once():
    with pytest.raises(Invalid) as refused:
        GroupSpec(onlin=Online(), tags=1, online=Online(ttl=1))

    assert {fault.field for fault in refused.value.faults} == {
        "name",
        "record_id",
        "event_time",
        "features",
        "onlin",
        "tags",
        "online.ttl",
    }


def test_a_fault_says_the_line_of_its_word():
    with pytest.raises(Invalid) as refused:

        @feature_group(
            record_id="id",
            event_time="at",
            tags=3,
        )
        class One:
            id: str

            at: datetime
            x: dict

    start = test_a_fault_says_the_line_of_its_word.__code__.co_firstlineno
    assert {f.field: f.line - start for f in refused.value.faults} == {"tags": 6, "x": 12}
    assert {f.file for f in refused.value.faults} == {"tests/spec/test_spec_groups.py"}


def test_an_annotation_that_cannot_be_resolved_does_not_hide_the_others():
    with pytest.raises(Invalid) as refused:

        @feature_group(record_id="id", event_time="at")
        class One:
            id: str
            at: datetime
            x: NotThere
            y: bytes
            z: undefined[  # noqa: F821
                int
            ]

    assert [fault.field for fault in refused.value.faults] == ["x", "y", "z"]
    assert "NotThere cannot be resolved" in str(refused.value)


def test_a_field_without_a_type_is_a_fault():
    with pytest.raises(Invalid, match=r"one\.x: The field has no type"):

        @feature_group(record_id="id", event_time="at")
        class One:
            id: str
            at: datetime
            x = feature(default=3)


def test_a_class_that_is_a_dataclass_already_is_a_fault():
    with pytest.raises(Invalid, match="dataclass already"):

        @feature_group(record_id="id", event_time="at")
        @dataclasses.dataclass
        class One:
            id: str
            at: datetime


def test_a_base_that_can_change_is_a_fault():
    @dataclasses.dataclass
    class Loose:
        x: int = 1

    with pytest.raises(Invalid, match="Records are frozen"):

        @feature_group(record_id="id", event_time="at")
        class One(Loose):
            id: str
            at: datetime


def test_a_value_that_cannot_be_shown_is_named_by_its_type():
    class Odd:
        def __repr__(self):
            raise RuntimeError

    assert faults_of(role_arn=Odd())["role_arn"].value == "<Odd>"
    assert faults_of(role_arn=[0] * 100)["role_arn"].value.endswith("...")


@pytest.mark.parametrize(
    ("arguments", "words", "field"),
    [
        (("weather",), {}, "reason"),
        ((3,), {"reason": "x"}, "name"),
        (("weather",), {"reason": 3}, "reason"),
        (("weather",), {"raeson": "x", "reason": "x"}, "raeson"),
    ],
)
def test_a_retirement_at_fault_says_why(arguments, words, field):
    with pytest.raises(Invalid) as refused:
        retire(*arguments, **words)

    assert [fault.field for fault in refused.value.faults] == [field]


def test_small_words_compare_and_show_what_was_said():
    assert Online(ttl=timedelta(1)) == Online(ttl=timedelta(days=1)) != Online()
    assert Online() != Offline()
    assert repr(Provisioned(read=1, write=2)) == "Provisioned(read=1, write=2)"
    assert repr(Feature("x", int)) == "Feature('x', <class 'int'>)"
    assert repr(a_spec()) == "<feature group one of 2 features>"
