"""Glue ends the same way as in moto, where moto is right.

Known to differ, and left out: moto numbers versions from 1, keeps names in their case, takes any number of values for a
partition and lets them change, archives every version, deletes the version that stands, asks nothing of VersionId, asks
an `Expression` only of the beginning of a name, words errors in batches by itself, and takes a range whose ends are
swapped for one.
"""

from types import SimpleNamespace

import pytest
from glue_help import OF_TABLE, STORAGE, a_partition, a_table
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.core.exceptions import JsonRESTError
from moto.glue.utils import PartitionFilter
from moto_judge import Call, disagreements

from reconciler.emulator.errors import AwsError
from reconciler.emulator.glue.predicates import predicate

TABLE = {
    "Name": "weather",
    "StorageDescriptor": STORAGE,
    "PartitionKeys": a_table()["PartitionKeys"],
    "Parameters": {"a": "b"},
}
IN = {"DatabaseName": "features"}


def test_databases(glue, monkeypatch):
    given = {"Name": "features", "Description": "d", "LocationUri": "s3://features", "Parameters": {"a": "b"}}
    calls = [
        Call("get_database", Name="features"),
        Call("create_database", DatabaseInput=given),
        Call("create_database", DatabaseInput=given),
        Call("get_database", Name="features"),
        Call("get_databases"),
        Call("update_database", Name="features", DatabaseInput={"Name": "features", "Description": "new"}),
        Call("update_database", Name="none", DatabaseInput={"Name": "none"}),
        Call("get_database", Name="features"),
        Call("delete_database", Name="features"),
        Call("delete_database", Name="features"),
    ]

    assert disagreements(glue, "glue", calls, monkeypatch) == []


def test_tables(glue, monkeypatch):
    one = {**IN, "Name": "weather"}
    version = ("VersionId",)
    calls = [
        Call("create_table", **IN, TableInput=TABLE),
        Call("create_database", DatabaseInput={"Name": "features"}),
        Call("get_tables", **IN),
        Call("create_table", **IN, TableInput=TABLE),
        Call("create_table", **IN, TableInput=TABLE),
        Call("get_table", **one, but=version),
        Call("get_tables", **IN, but=version),
        Call("get_tables", **IN, Expression="weath*", but=version),
        Call("get_tables", **IN, Expression="plane.*"),
        Call("update_table", **IN, TableInput={"Name": "weather", "Description": "new"}),
        Call("update_table", **IN, TableInput={"Name": "none"}),
        Call("get_table", **one, but=version),
        Call("get_table", **IN, Name="none"),
        Call("get_table", DatabaseName="none", Name="weather"),
        Call("get_table_version", **OF_TABLE, VersionId="99"),
        Call("get_table_version", **OF_TABLE, VersionId="one"),
        Call("batch_delete_table", **IN, TablesToDelete=["none"], but=("ErrorMessage",)),
        Call("delete_table", **one),
        Call("delete_table", **one),
    ]

    assert disagreements(glue, "glue", calls, monkeypatch) == []


def test_partitions(glue, monkeypatch):
    first, second = a_partition("2024", "1"), a_partition("2024", "2")
    values = {**OF_TABLE, "PartitionValues": ["2024", "1"]}
    calls = [
        Call("create_database", DatabaseInput={"Name": "features"}),
        Call("create_table", **IN, TableInput=TABLE),
        Call("create_partition", **OF_TABLE, PartitionInput=first),
        Call("create_partition", **OF_TABLE, PartitionInput=first),
        Call("batch_create_partition", **OF_TABLE, PartitionInputList=[first, second]),
        Call("get_partition", **values),
        Call("get_partition", **OF_TABLE, PartitionValues=["1999", "1"]),
        Call("get_partitions", **OF_TABLE),
        Call("get_partitions", **OF_TABLE, Expression="month > 1"),
        Call("get_partitions", **OF_TABLE, Expression="day > 1"),
        Call("get_partitions", **OF_TABLE, Expression="month >"),
        Call("get_partitions", **OF_TABLE, Expression="month LIKE '1'"),
        Call("batch_get_partition", **OF_TABLE, PartitionsToGet=[{"Values": ["2024", "1"]}, {"Values": ["1999", "1"]}]),
        Call(
            "update_partition", **OF_TABLE, PartitionValueList=["2024", "1"], PartitionInput={**first, "Parameters": {}}
        ),
        Call("update_partition", **OF_TABLE, PartitionValueList=["1999", "1"], PartitionInput=a_partition("1999", "1")),
        Call(
            "batch_update_partition",
            **OF_TABLE,
            Entries=[{"PartitionValueList": ["1999", "1"], "PartitionInput": a_partition("1999", "1")}],
            but=("ErrorMessage",),
        ),
        Call("delete_partition", **values),
        Call("delete_partition", **values),
        Call("batch_delete_partition", **OF_TABLE, PartitionsToDelete=[{"Values": ["2024", "2"]}]),
        Call(
            "batch_delete_partition", **OF_TABLE, PartitionsToDelete=[{"Values": ["2024", "2"]}], but=("ErrorMessage",)
        ),
        Call("get_partitions", **OF_TABLE),
    ]

    assert disagreements(glue, "glue", calls, monkeypatch) == []


KINDS = {
    "text": ("string", st.sampled_from(["", "a", "ab", "10", "2", "it's", "a%", "null"])),
    "whole": ("bigint", st.sampled_from(["1", "2", "10", "-3", "007"])),
    "day": ("date", st.sampled_from(["2024-01-01", "2024-02-29", "1999-12-31"])),
    "moment": ("timestamp", st.sampled_from(["2024-01-01 00:00:00", "2024-01-01 00:00:00.5", "2024-01-01 10:00:00"])),
    "number": ("decimal", st.sampled_from(["1.5", "2", "-3.25", "10"])),
}
KEYS = [{"Name": name, "Type": kind} for name, (kind, _) in KINDS.items()]
literals = st.one_of(*(values for _, values in KINDS.values()), st.sampled_from(["nonsense", "2024-02-30", "1.5"])).map(
    lambda value: "'" + value.replace("'", "''") + "'"
)
literals |= st.sampled_from(["1", "2", "10", "-3"])
columns = st.sampled_from([*KINDS, "missing"])
conditions = st.one_of(
    st.tuples(columns, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), literals).map(" ".join),
    st.builds(
        "{} {} ({})".format,
        columns,
        st.sampled_from(["in", "NOT IN"]),
        st.lists(literals, min_size=1, max_size=3).map(", ".join),
    ),
    st.builds("{} like {}".format, columns, st.sampled_from(["'a%'", "'_'", "'%'", "'a'", "'it''s'"])),
    st.builds("{} is {}".format, columns, st.sampled_from(["null", "not null"])),
)
expressions = st.recursive(
    conditions,
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["and", "OR"]), inner),
    max_leaves=4,
)
partition_values = st.tuples(*(values for _, values in KINDS.values())).map(list)


@given(expression=expressions, values=partition_values)
@settings(max_examples=400, deadline=None)
def test_expressions_mean_what_they_mean_in_moto(expression, values):
    table = SimpleNamespace(versions={"1": {"PartitionKeys": KEYS}})
    try:
        theirs = PartitionFilter(expression, table)(SimpleNamespace(partition_input={"Values": values}))
    except JsonRESTError as refused:
        theirs = refused.error_type
    try:
        ours = predicate(expression, KEYS)(values)
    except AwsError as refused:
        ours = refused.code

    # moto looks at a condition only when it comes to it, and refuses none that it need not.
    assert ours == theirs or (ours == "InvalidInputException" and theirs in {True, False})


@pytest.mark.parametrize(
    "text", ["", "(", "')", "a in (", "month = = 1", "between", "1 = 1", "\x00", "year = '\x00'", "é = 1"]
)
def test_any_text_is_an_expression_or_refused(text):
    try:
        predicate(text, a_table()["PartitionKeys"])(["2024", "1"])
    except AwsError as refused:
        assert refused.code == "InvalidInputException"  # noqa: PT017 - most of them are refused, not all
