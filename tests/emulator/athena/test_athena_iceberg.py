"""Iceberg tables: time travel, metadata, deletes, updates and upkeep, of feature groups and of people's own."""

from datetime import timedelta

import pytest
from emulator_help import a_feature


@pytest.fixture
def ice(queries):
    """A table of three rows, in one snapshot."""
    queries.run(
        "CREATE TABLE IF NOT EXISTS `ice` (`id` int, `name` string, `at` timestamp) "
        "PARTITIONED BY (bucket(4, id), day(at)) "
        "LOCATION 's3://data/ice' TBLPROPERTIES ('table_type' ='ICEBERG', 'format'='parquet')"
    )
    queries.run("INSERT INTO ice VALUES (1, 'a', TIMESTAMP '2024-01-01 00:00:00'), (2, 'b', NULL), (3, 'c', NULL)")
    return queries


@pytest.fixture
def group(make, queries, runtime):
    """An Iceberg feature group with four records; answers its table's name."""
    made = make("weather", a_feature("temp", "Fractional"), offline={"TableFormat": "Iceberg"})
    for number in range(4):
        record = {"id": f"s{number}", "at": f"2024-01-0{number + 1}T00:00:00Z", "temp": str(number)}
        values = [{"FeatureName": name, "ValueAsString": value} for name, value in record.items()]
        runtime.put_record(FeatureGroupName="weather", Record=values)
    named = made["OfflineStoreConfig"]["DataCatalogConfig"]
    return f'"{named["Database"]}"."{named["TableName"]}"'


def test_a_feature_group_s_records_are_there_at_once(queries, group):
    assert queries.rows(f"SELECT id, temp, is_deleted FROM {group} ORDER BY id") == [
        (f"s{number}", f"{number}.0", "false") for number in range(4)
    ]


def test_rows_of_a_feature_group_can_be_deleted_for_good(queries, group, runtime):
    found = queries.run(f"DELETE FROM {group} WHERE id = 's1' OR temp > 2.5")

    assert (found["StatementType"], found["SubstatementType"]) == ("DML", "DELETE")
    assert queries.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])["UpdateCount"] == 2
    assert queries.rows(f"SELECT id FROM {group} ORDER BY id") == [("s0",), ("s2",)]
    assert queries.rows(f"SELECT id FROM {group} WHERE id = 's1'") == []

    queries.run(f"OPTIMIZE {group.replace(chr(34), '')} REWRITE DATA USING BIN_PACK")
    record = [
        {"FeatureName": "id", "ValueAsString": "new"},
        {"FeatureName": "at", "ValueAsString": "2024-02-01T00:00:00Z"},
    ]
    runtime.put_record(FeatureGroupName="weather", Record=record)

    assert queries.rows(f"SELECT id FROM {group} ORDER BY id") == [("new",), ("s0",), ("s2",)]


def test_a_merge_updates_deletes_and_inserts_in_one_snapshot(ice):
    before = ice.value('SELECT count(*) FROM "ice$snapshots"')
    found = ice.run(
        """
        MERGE INTO "shop"."ice" target
        USING (VALUES (1, 'gone'), (2, 'new'), (4, 'more'), (5, 'skipped')) AS source(id, word)
        ON (target."id" = source."id")
        WHEN MATCHED AND source.word = 'gone' THEN DELETE
        WHEN MATCHED THEN UPDATE SET "name" = target.name || source.word
        WHEN NOT MATCHED AND source.word <> 'skipped' THEN INSERT (id, name) VALUES (source.id, source.word)
        """
    )

    assert found["SubstatementType"] == "MERGE"
    assert ice.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])["UpdateCount"] == 3
    assert ice.rows("SELECT id, name FROM ice ORDER BY id") == [("2", "bnew"), ("3", "c"), ("4", "more")]
    assert ice.value('SELECT count(*) FROM "ice$snapshots"') == str(int(before) + 1)


def test_deleting_nothing_changes_nothing(ice):
    before = ice.rows('SELECT count(*) FROM "ice$snapshots"')
    ice.run("DELETE FROM ice WHERE false")
    ice.run("DELETE FROM ice WHERE id = 99")

    assert ice.rows('SELECT count(*) FROM "ice$snapshots"') == before


def test_updated_rows_are_new_rows_of_one_snapshot(ice):
    found = ice.run("UPDATE ice SET name = upper(name) || '!', id = id + 10 WHERE id >= 2")

    assert ice.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])["UpdateCount"] == 2
    assert ice.rows("SELECT id, name FROM ice ORDER BY id") == [("1", "a"), ("12", "B!"), ("13", "C!")]
    assert ice.rows('SELECT operation FROM "ice$snapshots" ORDER BY committed_at') == [("append",), ("overwrite",)]


def test_the_past_can_be_asked_for_by_version_and_by_time(ice, emulator):
    ((snapshot,),) = ice.rows('SELECT snapshot_id FROM "ice$snapshots"')
    emulator.advance_clock(3600)
    ice.run("DELETE FROM ice WHERE id = 1")

    assert ice.rows("SELECT count(*) FROM ice") == [("2",)]
    assert ice.rows(f"SELECT count(*) FROM ice FOR VERSION AS OF {snapshot}") == [("3",)]
    assert ice.rows("SELECT count(*) FROM ice FOR TIMESTAMP AS OF (now() - INTERVAL '30' MINUTE)") == [("3",)]
    assert ice.rows("SELECT count(*) FROM ice FOR SYSTEM_TIME AS OF now()") == [("2",)]
    assert ice.fail("SELECT 1 FROM ice FOR TIMESTAMP AS OF TIMESTAMP '2020-01-01 00:00:00 UTC'") == (
        'INVALID_ARGUMENTS: No version history table "shop"."ice" at or before 2020-01-01T00:00:00.000Z'
    )
    assert (
        ice.fail("SELECT 1 FROM ice FOR VERSION AS OF 7") == "INVALID_ARGUMENTS: Iceberg snapshot ID does not exists: 7"
    )


def test_metadata_tables_tell_of_snapshots_and_files(ice):
    ice.run("DELETE FROM ice WHERE id = 2")

    names, rows = ice.table('SELECT * FROM "shop"."ice$snapshots" ORDER BY committed_at')
    assert names == ("committed_at", "snapshot_id", "parent_id", "operation", "manifest_list", "summary")
    assert [row[3] for row in rows] == ["append", "delete"]
    assert rows[1][2] == rows[0][1]
    assert ice.rows('SELECT content, count(*) FROM "ice$files" GROUP BY content ORDER BY content') == [
        ("0", "3"),
        ("1", "1"),
    ]
    assert ice.rows('SELECT sum(record_count), count(*) FROM "ice$partitions"')[0] == ("3", "3")
    assert ice.rows('SELECT count(*) FROM "ice$history" WHERE is_current_ancestor') == [("2",)]
    assert ice.rows('SELECT count(*) FROM "ice$manifests"') == [("2",)]
    assert ice.fail('SELECT * FROM "ice$nothing"') == (
        "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.shop.ice$nothing' does not exist"
    )


def test_optimize_and_vacuum_leave_the_rows_and_drop_the_rest(ice, emulator):
    ice.run("DELETE FROM ice WHERE id = 2")
    before = ice.rows("SELECT * FROM ice ORDER BY id")
    ice.run("OPTIMIZE ice REWRITE DATA USING BIN_PACK")
    emulator.advance_clock(timedelta(days=30).total_seconds())
    ice.run("VACUUM ice")

    assert ice.rows("SELECT * FROM ice ORDER BY id") == before
    assert ice.rows('SELECT count(*) FROM "ice$files" WHERE content = 1') == [("0",)]
    assert ice.rows('SELECT count(*) FROM "ice$snapshots"') == [("1",)]


def test_columns_of_an_iceberg_table_come_and_go(ice):
    ice.run("ALTER TABLE ice ADD COLUMNS (extra double)")
    ice.run("INSERT INTO ice (id, extra) VALUES (4, 1.5)")
    assert ice.rows("SELECT id, extra FROM ice ORDER BY id") == [("1", None), ("2", None), ("3", None), ("4", "1.5")]

    ice.run("ALTER TABLE ice DROP COLUMN extra")
    assert ice.table("SELECT * FROM ice WHERE id = 4") == (("id", "name", "at"), [("4", None, None)])


def test_an_iceberg_table_is_described_with_its_partitions(ice):
    assert ice.lines("DESCRIBE ice") == [
        ("# Table schema:\t\t",),
        ("# col_name\tdata_type\tcomment",),
        ("id\tint\t",),
        ("name\tstring\t",),
        ("at\ttimestamp\t",),
        ("\t\t",),
        ("# Partition spec:\t\t",),
        ("# field_name\tfield_transform\tcolumn_name",),
        ("id_bucket\tbucket[4]\tid",),
        ("at_day\tday\tat",),
    ]
    assert ice.lines("SHOW CREATE TABLE ice")[0] == ("CREATE TABLE shop.ice (",)


def test_an_iceberg_table_is_made_of_a_query_and_goes_with_its_data(orders):
    orders.run(
        "CREATE TABLE made WITH (table_type = 'ICEBERG', location = 's3://data/made/', is_external = false, "
        "partitioning = ARRAY['paid']) AS SELECT * FROM orders"
    )

    assert orders.rows("SELECT id, paid FROM made ORDER BY id") == [("1", "true"), ("2", "false"), ("3", None)]

    dropped = orders.run("DROP TABLE made")

    assert orders.file(dropped) == b"\n"
    assert orders.keys("data", "made/") == []


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("ALTER TABLE ice DROP PARTITION (id = '1')", "Query type not supported by Athena Iceberg at this time"),
        ("ALTER TABLE ice SET TBLPROPERTIES ('comment' = 'x')", "Unsupported table property key: comment"),
        ("UPDATE ice SET nope = 1", "COLUMN_NOT_FOUND: line 1:16: The UPDATE SET target column nope doesn't exist"),
        (
            "DELETE FROM ice WHERE nope = 1",
            (
                "COLUMN_NOT_FOUND: line 1:23: Column 'nope' cannot be resolved or requester is not authorized to "
                "access requested resources"
            ),
        ),
        (
            "CREATE TABLE ice (n int) LOCATION 's3://data/x/' TBLPROPERTIES ('table_type'='ICEBERG')",
            "TABLE_ALREADY_EXISTS: Table already exists: shop.ice",
        ),
        (
            "MERGE INTO ice USING (VALUES 1, 1) AS s(x) ON ice.id = s.x WHEN MATCHED THEN UPDATE SET name = 'z'",
            "MERGE_TARGET_ROW_MULTIPLE_MATCHES: One MERGE target table row matched more than one source row",
        ),
        (
            "MERGE INTO ice USING (VALUES 1) AS s(x) ON ice.id = s.x WHEN MATCHED THEN UPDATE SET nope = 'z'",
            "COLUMN_NOT_FOUND: line 1:86: Merge column name does not exist in target table: nope",
        ),
    ],
)
def test_what_an_iceberg_table_refuses(ice, sql, reason):
    assert ice.fail(sql) == reason
    assert ice.rows("SELECT count(*) FROM ice") == [("3",)]
