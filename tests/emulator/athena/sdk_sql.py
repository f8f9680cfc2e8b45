"""The SQL of the SageMaker SDK's dataset builder (version 2, point-in-time join), for one feature group."""


def base_table(name, location):
    """The table of a DataFrame; the folder holds its CSV, without header."""
    return (
        f"CREATE EXTERNAL TABLE {name} (key STRING, at STRING, number INT) "
        "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' "
        'WITH SERDEPROPERTIES ("separatorChar" = ",", "quoteChar" = "`", "escapeChar" = "\\\\") '
        f"LOCATION '{location}';"
    )


def dataset(base, group, *, join="JOIN", include_deleted=False, recent=None):
    """Labels (key, at, number) joined with a feature group (id, at, f)."""
    where = f"WHERE row_recent <= {recent}" if recent is not None else ""
    features = _with_deleted(group) if include_deleted else _without_deleted(group)
    return (
        f"WITH fg_base AS ({_base(base)}),\n"
        f"fg_0 AS ({features})\n"
        'SELECT key, at, number, "id.1", "at.1", "f.1"\n'
        "FROM (\n"
        'SELECT fg_base.key, fg_base.at, fg_base.number, fg_0."id" as "id.1", fg_0."at" as "at.1", '
        'fg_0."f" as "f.1", row_number() OVER (\n'
        'PARTITION BY fg_base."key"\n'
        'ORDER BY fg_base."at" DESC, fg_0."at" DESC\n'
        ") AS row_recent\n"
        "FROM fg_base\n"
        f"{join} fg_0\n"
        'ON fg_base."key" = fg_0."id"\n'
        'AND from_iso8601_timestamp(fg_base."at") >= from_iso8601_timestamp(fg_0."at")\n'
        ")\n"
        f"{where}"
    )


def _base(table):
    columns = ", ".join(f'table_base."{name}"' for name in ("key", "at", "number"))
    return (
        "WITH table_base AS (\nSELECT *\nFROM (\nSELECT *, row_number() OVER (\n"
        'PARTITION BY origin_base."key", origin_base."at"\n'
        ") AS dedup_row_base\n"
        f'FROM "sagemaker_featurestore"."{table}" origin_base\n)\n)\n'
        f"SELECT {columns}\nFROM (\nSELECT {columns}\nFROM table_base\n) AS table_base\n"
    )


def _without_deleted(table):
    columns = 'table_0."id", table_0."at", table_0."f"'
    timed = f'{columns}, table_0."write_time"'
    later = (
        'table_0."at" > deleted_0."at"\n'
        'OR (table_0."at" = deleted_0."at" AND table_0."api_invocation_time" > deleted_0."api_invocation_time")\n'
        'OR (table_0."at" = deleted_0."at" AND table_0."api_invocation_time" = deleted_0."api_invocation_time" '
        'AND table_0."write_time" > deleted_0."write_time")\n'
    )
    return (
        f"WITH {_dedup(table)},\n{_deleted(table)}\n"
        f"SELECT {columns}\nFROM (\n"
        f"SELECT {timed}\nFROM table_0\nLEFT JOIN deleted_0\n"
        'ON table_0."id" = deleted_0."id"\nWHERE deleted_0."id" IS NULL\n'
        "UNION ALL\n"
        f"SELECT {timed}\nFROM deleted_0\nJOIN table_0\n"
        f'ON table_0."id" = deleted_0."id"\nAND (\n{later})\n'
        ") AS table_0\n"
    )


def _dedup(table):
    return (
        "table_0 AS (\nSELECT *\nFROM (\nSELECT *, row_number() OVER (\n"
        'PARTITION BY origin_0."id", origin_0."at"\n'
        'ORDER BY origin_0."api_invocation_time" DESC, origin_0."write_time" DESC\n'
        ") AS dedup_row_0\n"
        f'FROM "sagemaker_featurestore"."{table}" origin_0\n)\nWHERE dedup_row_0 = 1\n)'
    )


def _deleted(table):
    return (
        "deleted_0 AS (\nSELECT *\nFROM (\nSELECT *, row_number() OVER (\n"
        'PARTITION BY origin_0."id"\n'
        'ORDER BY origin_0."at" DESC, origin_0."api_invocation_time" DESC, origin_0."write_time" DESC\n'
        ") AS deleted_row_0\n"
        f'FROM "sagemaker_featurestore"."{table}" origin_0\nWHERE is_deleted\n)\nWHERE deleted_row_0 = 1\n)'
    )


def _with_deleted(table):
    columns = 'table_0."id", table_0."at", table_0."f"'
    return (
        f"SELECT {columns}\nFROM (\nSELECT *, row_number() OVER (\n"
        'PARTITION BY origin_0."id", origin_0."at"\n'
        'ORDER BY origin_0."api_invocation_time" DESC, origin_0."write_time" DESC\n'
        ") AS row_0\n"
        f'FROM "sagemaker_featurestore"."{table}" origin_0\nWHERE NOT is_deleted) AS table_0\nWHERE row_0 = 1'
    )
