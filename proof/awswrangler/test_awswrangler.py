"""awswrangler reads the offline store through Athena, the catalogue and the files, and keeps its own beside."""

import awswrangler as wr
import pandas as pd
import pytest
from groups import BUCKET

DATABASE = "sagemaker_featurestore"
WAYS = {
    "csv": {"ctas_approach": False},
    "ctas": {"ctas_approach": True},
    "unload": {"ctas_approach": False, "unload_approach": True},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_query_brings_values_and_types(query, table, way):
    sql = f'SELECT id, temp, "count", note, is_deleted FROM {table} ORDER BY id, at'

    found = query(sql, to=f"values-{way}", **WAYS[way])
    found = found.sort_values(["id", "is_deleted"]).reset_index(drop=True)

    assert len(found) == 21
    assert list(found["id"])[:3] == ["r00", "r00", "r01"]
    assert list(found["is_deleted"])[:3] == [False, True, False]
    assert found["temp"].dropna().sum() == sum(range(20)) / 4
    assert found["count"].dropna().sum() == sum(range(20))
    assert set(found["note"].dropna()) == {'a,"b" é'}
    assert str(found["count"].dtype) == "Int64"


@pytest.mark.parametrize("way", ["csv", "ctas"])
def test_a_query_without_rows_is_an_empty_frame(query, table, way):
    assert len(query(f"SELECT id FROM {table} WHERE id = 'nobody'", to=f"empty-{way}", **WAYS[way])) == 0


def test_an_unload_without_rows_leaves_no_file_to_take_types_from(query, table):
    with pytest.raises(wr.exceptions.EmptyDataFrame):
        query(f"SELECT id FROM {table} WHERE id = 'nobody'", to="empty-unload", **WAYS["unload"])


def test_an_unload_needs_an_empty_place(query, table):
    query(f"SELECT id FROM {table}", to="once", **WAYS["unload"])

    with pytest.raises(wr.exceptions.QueryFailed, match="HIVE_PATH_ALREADY_EXISTS"):
        query(f"SELECT id FROM {table}", to="once", **WAYS["unload"])


def test_a_query_comes_in_pieces(query, table):
    pieces = list(query(f"SELECT id FROM {table}", ctas_approach=True, chunksize=8))

    assert [len(piece) for piece in pieces] == [8, 8, 5]


def test_temporary_tables_are_gone_afterwards(query, table):
    query(f"SELECT id FROM {table}", ctas_approach=True)

    assert [name for name in wr.catalog.tables(database=DATABASE)["Table"] if name.startswith("temp_table")] == []


def test_parameters_are_put_in(query, table):
    found = query(f"SELECT id FROM {table} WHERE temp = :temp", ctas_approach=False, params={"temp": 1.25})

    assert list(found["id"]) == ["r05"]


def test_a_whole_table_is_read(offline, table):
    found = wr.athena.read_sql_table(table, database=DATABASE, s3_output=f"s3://{BUCKET}/results/")

    assert len(found) == 21
    assert {"id", "at", "temp", "count", "note", "write_time", "api_invocation_time", "is_deleted"} <= set(found)
    assert str(found["write_time"].dtype).startswith("datetime64")


def test_a_wrong_query_is_an_error_of_its_own(query, table):
    with pytest.raises(wr.exceptions.QueryFailed, match="nothing"):
        query(f"SELECT nothing FROM {table}", ctas_approach=False)


def test_the_files_are_read_as_a_dataset(offline, folder):
    found = wr.s3.read_parquet(f"{folder}/", dataset=True)

    assert len(found) == 21
    assert set(found["hour"]) == {"10", "11", "12"}
    assert found["temp"].sum() == sum(range(20)) / 4


def test_the_files_of_one_partition_are_read_alone(offline, folder):
    found = wr.s3.read_parquet(f"{folder}/", dataset=True, partition_filter=lambda part: part["hour"] == "11")

    assert sorted(found["id"]) == [f"r{number:02}" for number in range(1, 20, 2)]


def test_the_files_are_read_through_the_catalogue(offline, table):
    found = wr.s3.read_parquet_table(table=table, database=DATABASE)

    assert len(found) == 21
    assert found["count"].sum() == sum(range(20))


def test_the_catalogue_describes_the_table(offline, table, folder):
    types = wr.catalog.get_table_types(database=DATABASE, table=table)

    assert (types["id"], types["temp"], types["count"], types["is_deleted"]) == (
        "string",
        "double",
        "bigint",
        "boolean",
    )
    assert DATABASE in set(wr.catalog.databases()["Database"])
    assert table in set(wr.catalog.tables(database=DATABASE)["Table"])
    assert wr.catalog.does_table_exist(database=DATABASE, table=table)
    assert not wr.catalog.does_table_exist(database=DATABASE, table="no_such_table")
    assert wr.catalog.get_table_location(database=DATABASE, table=table).rstrip("/") == folder
    assert list(wr.catalog.table(database=DATABASE, table=table)["Column Name"])[:2] == ["id", "at"]


def test_a_table_of_ones_own_is_written_extended_and_joined(query, table):
    if "mine" not in set(wr.catalog.databases()["Database"]):
        wr.catalog.create_database("mine")
    labels = pd.DataFrame({"id": ["r01", "r02"], "label": [1, 0], "day": ["2024-01-01", "2024-01-02"]})
    place = {"path": f"s3://{BUCKET}/labels/", "dataset": True, "database": "mine", "table": "labels"}

    wr.s3.to_parquet(labels, partition_cols=["day"], mode="overwrite", **place)
    wr.s3.to_parquet(labels.assign(id=["r03", "r04"]), partition_cols=["day"], mode="append", **place)

    found = query(
        f"SELECT l.id, l.label, l.day, w.temp FROM mine.labels l JOIN {table} w ON l.id = w.id ORDER BY l.id",
        ctas_approach=False,
    )
    assert list(found["id"]) == ["r01", "r02", "r03", "r04"]
    assert list(found["label"]) == [1, 0, 1, 0]
    assert list(found["temp"]) == [0.25, 0.5, 0.75, 1.0]
    assert len(wr.catalog.get_partitions(database="mine", table="labels")) == 2
    assert wr.catalog.delete_table_if_exists(database="mine", table="labels")


def test_an_iceberg_table_of_ones_own_is_written_and_described(query, offline):
    if "mine" not in set(wr.catalog.databases()["Database"]):
        wr.catalog.create_database("mine")
    rows = pd.DataFrame({"id": ["a", "b"], "value": [1.5, 2.5]})
    places = {"table_location": f"s3://{BUCKET}/ice/", "temp_path": f"s3://{BUCKET}/tmp/"}

    wr.athena.to_iceberg(rows, "mine", "ice", s3_output=f"s3://{BUCKET}/results/", keep_files=False, **places)

    described = wr.athena.describe_table("ice", "mine", s3_output=f"s3://{BUCKET}/results/")
    found = query("SELECT * FROM mine.ice ORDER BY id", ctas_approach=False)
    assert found.to_dict("list") == {"id": ["a", "b"], "value": [1.5, 2.5]}
    assert list(described["Column Name"])[:2] == ["id", "value"]


def test_objects_are_listed_copied_and_deleted(offline):
    wr.s3.to_csv(pd.DataFrame({"a": [1]}), f"s3://{BUCKET}/csv/one.csv", index=False)

    copied = wr.s3.copy_objects([f"s3://{BUCKET}/csv/one.csv"], f"s3://{BUCKET}/csv", f"s3://{BUCKET}/copied")
    read = wr.s3.read_csv(copied)
    wr.s3.delete_objects(f"s3://{BUCKET}/copied/")

    assert list(read["a"]) == [1]
    assert wr.s3.does_object_exist(f"s3://{BUCKET}/csv/one.csv")
    assert wr.s3.list_objects(f"s3://{BUCKET}/copied/") == []
