"""What stands in the way is said before a query runs, or in Athena's own words and with the query's id."""

import pytest
from athena_world import BUCKET, LABELS, QUESTION, SHAPE, Aws, answer, lay
from dataset_cases import File, Shape
from dataset_example import ROWS
from dataset_stores import Stores

from reconciler.aws.athena import QueryFailed
from reconciler.datasets.engines import athena
from reconciler.datasets.engines.athena import AthenaEngine
from reconciler.datasets.question import Join, Key, Listing, Output, Question
from reconciler.emulator import assumptions
from reconciler.errors import AwsFailed, Invalid, Usage


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    return Stores(tmp_path_factory.mktemp("faults"))


@pytest.fixture
def aws(stores):
    stores.emulator.faults.clear()
    lay(stores)
    return Aws(stores)


@pytest.fixture
def engine(stores):
    return AthenaEngine(stores.environment, stores.root, sleep=lambda _: None)


def changed(aws, change):
    """Change the group's table as somebody with other plans might."""
    (name,) = (name for name in aws.tables() if name.startswith("live_g"))
    found = aws.glue.get_table(DatabaseName=aws.database, Name=name)["Table"]
    table = {key: found[key] for key in ("Name", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")}
    change(table)
    aws.glue.update_table(DatabaseName=aws.database, TableInput=table)


def retyped(name, kind):
    def change(table):
        for column in table["StorageDescriptor"]["Columns"]:
            if column["Name"] == name:
                column["Type"] = kind

    return change


def partitioned(table):
    table["PartitionKeys"] = [{"Name": name, "Type": "string"} for name in ("year", "month", "day", "hour")]


def without(*names):
    def change(table):
        columns = table["StorageDescriptor"]["Columns"]
        table["StorageDescriptor"]["Columns"] = [column for column in columns if column["Name"] not in names]

    return change


def test_a_table_that_lacks_columns_is_refused_with_all_of_them(aws, engine):
    changed(aws, without("f", "write_time"))

    with pytest.raises(Invalid) as refused:
        answer(engine)

    assert [fault.field for fault in refused.value.faults] == ["f", "write_time"]
    assert "ADD COLUMNS (f bigint)" in str(refused.value)


def test_a_column_of_another_type_is_refused(aws, engine):
    changed(aws, retyped("f", "string"))

    with pytest.raises(Invalid, match="It is Integral, and string in the table"):
        answer(engine)


def test_a_narrower_column_is_read(aws, engine):
    changed(aws, retyped("f", "int"))

    (batch,) = answer(engine).batches

    assert batch["value_0"].to_pylist() == [None, 1, 3, 3, None, 5, 10, None, None]


def test_a_group_without_a_table_is_refused(aws, engine):
    for name in aws.tables():
        aws.glue.delete_table(DatabaseName=aws.database, Name=name)

    with pytest.raises(Invalid, match=r"There is no table .* in the Data Catalog"):
        answer(engine)


def test_partitions_that_nobody_registered_are_refused_before_anything_is_scanned(aws, engine, monkeypatch):
    monkeypatch.setattr(assumptions, "OWN_PARTITIONS_BY_LISTING", False)
    changed(aws, partitioned)
    asked = answer(engine)

    with pytest.raises(Invalid, match=r"year=2024/month=01/day=01/hour=14 .* nobody has registered it"):
        list(asked.batches)

    assert asked.facts.scanned_bytes is None


def test_only_hours_that_labels_look_at_have_to_be_registered(aws, engine, monkeypatch):
    changed(aws, partitioned)
    hour = ["2024", "01", "01", "10"]
    (name,) = (name for name in aws.tables() if name.startswith("live_g"))
    storage = aws.glue.get_table(DatabaseName=aws.database, Name=name)["Table"]["StorageDescriptor"]
    location = f"{storage['Location'].rstrip('/')}/year=2024/month=01/day=01/hour=10"
    partition = {"Values": hour, "StorageDescriptor": {**storage, "Location": location}}
    aws.glue.create_partition(DatabaseName=aws.database, TableName=name, PartitionInput=partition)
    monkeypatch.setattr(assumptions, "OWN_PARTITIONS_BY_LISTING", False)

    (batch,) = answer(engine, labels=LABELS[:2]).batches

    assert batch["value_0"].to_pylist() == [None, 1]


def test_a_listing_needs_its_hours_too(aws, engine, monkeypatch):
    monkeypatch.setattr(assumptions, "OWN_PARTITIONS_BY_LISTING", False)
    changed(aws, partitioned)

    with pytest.raises(Invalid, match="nobody has registered it"):
        list(engine.list(Listing(QUESTION.joins[0])).batches)


def test_a_query_that_fails_is_told_in_athenas_words_with_its_id(aws, engine):
    for key in aws.objects():
        if key.endswith(".parquet"):
            aws.put(key, b"no Parquet")

    with pytest.raises(QueryFailed) as failed:
        list(answer(engine).batches)

    assert failed.value.query in str(failed.value)
    assert failed.value.code == "QueryFailed"


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("Insufficient Lake Formation permission(s) on weather", "grant the role in use SELECT"),
        ("COLUMN_NOT_FOUND: Access Denied: Service: Amazon S3; Status Code: 403", "glue:GetTable"),
        ("Query exhausted resources at this scale factor", "fewer features"),
        ("HIVE_BAD_DATA: Field f's type INT64 in parquet file s3://...", "file of the offline store"),
        ("Query timeout", "in parts"),
    ],
)
def test_a_failure_says_what_would_help(reason, hint):
    assert hint in str(QueryFailed("1234", "FAILED", reason))


def test_credentials_that_may_not_ask_athena_are_told_what_they_lack(stores, aws, engine):
    asked = answer(engine)
    stores.emulator.faults.add("access_denied", operation="StartQueryExecution")

    with pytest.raises(AwsFailed, match="lack athena:StartQueryExecution"):
        list(asked.batches)


def test_a_question_of_too_many_features_is_refused_before_anything_is_made(stores, engine):
    stores.begin_anew()
    names = [f"feature_with_a_long_name_{number:04}" for number in range(1500)]
    shape = Shape("live-g", "Glue", "String", "String", tuple((name, "Integral") for name in names), "id", "at")
    stores.make(shape)
    outputs = tuple(Output(name, name, "Integral") for name in names)
    join = Join("g", "live-g", Key("id", "String"), "id", "at", "String", outputs)

    with pytest.raises(Usage, match="ask for fewer features at a time"):
        answer(engine, Question((join,)))


def test_no_labels_are_answered_without_a_query(aws, engine):
    found = answer(engine, labels=[])

    assert list(found.batches) == []
    assert aws.queries() == []
    assert found.facts.rows == [0]


def test_an_empty_store_is_told_by_its_facts(stores, engine):
    stores.begin_anew()
    stores.make(SHAPE)
    found = answer(engine)

    (batch,) = found.batches

    assert set(batch["status_0"].to_pylist()) == {1}
    assert (found.facts.rows, found.facts.unreadable, found.facts.newest_write) == ([0], [0], [None])


def test_rows_that_cannot_be_read_are_counted(stores, engine):
    stores.begin_anew()
    stores.make(SHAPE)
    spoilt = [ROWS[0]._replace(id=None), ROWS[0]._replace(event="2024-01-01 10:00:00"), ROWS[0]._replace(event=None)]
    stores.fill(SHAPE, [File((*ROWS, *spoilt))])
    found = answer(engine)

    list(found.batches)

    assert (found.facts.rows, found.facts.unreadable) == ([10], [3])
    assert f"{found.facts.newest_write[0]:%H:%M}" == "14:00"


def test_labels_of_many_files_come_back_in_their_order_through_many_blocks(aws, engine, monkeypatch):
    monkeypatch.setattr(athena, "LABELS_AT_ONCE", 7)
    monkeypatch.setattr("reconciler.datasets.engines.ordering.BLOCK_ROWS", 10)

    found = answer(engine, labels=LABELS * 20)

    values = [value for batch in found.batches for value in batch["value_0"].to_pylist()]
    assert values == [None, 1, 3, 3, None, 5, 10, None, None] * 20


def test_an_answer_that_lacks_labels_is_no_answer(stores, aws, engine):
    def told(progress):
        if progress.stage == "on Athena":
            for key in aws.objects():
                if "/answer-1/" in key:
                    aws.s3.delete_object(Bucket=BUCKET, Key=key)

    with pytest.raises(Exception, match="does not have every label once"):
        list(answer(engine, tell=told).batches)
