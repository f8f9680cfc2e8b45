"""Tables of the Data Catalog: looked at, and external ones over Parquet made for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from reconciler.aws.errors import code_of, named
from reconciler.aws.session import create_client
from reconciler.config import Environment

_MISSING = "EntityNotFoundException"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet."


class Tables:
    """The tables of one environment's catalogue."""

    def __init__(self, environment: Environment, root: Path) -> None:
        self._client = create_client("glue", environment, root)

    def find(self, database: str, table: str) -> dict[str, Any] | None:
        """A table as Glue has it, or None."""
        with named("GetTable", f"{database}.{table}"):
            try:
                found: dict[str, Any] = self._client.get_table(DatabaseName=database, Name=table)["Table"]
            except ClientError as answer:
                if code_of(answer) == _MISSING:
                    return None
                raise
        return found

    def list(self, database: str, prefix: str) -> Iterator[dict[str, Any]]:
        """The tables whose names begin so; none where there is no such database."""
        with named("GetTables", database):
            pages = self._client.get_paginator("get_tables").paginate(DatabaseName=database, Expression=f"{prefix}.*")
            try:
                for page in pages:
                    yield from (table for table in page["TableList"] if table["Name"].startswith(prefix))
            except ClientError as answer:
                if code_of(answer) != _MISSING:
                    raise

    def create(
        self, database: str, table: str, location: str, columns: Sequence[tuple[str, str]], marks: Mapping[str, str]
    ) -> None:
        """An external table over the Parquet files of a folder. Columns are names and types of Hive."""
        storage = {
            "Columns": [{"Name": name, "Type": kind} for name, kind in columns],
            "Location": location,
            "InputFormat": f"{_PARQUET}MapredParquetInputFormat",
            "OutputFormat": f"{_PARQUET}MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": f"{_PARQUET}serde.ParquetHiveSerDe"},
        }
        wanted = {
            "Name": table,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet", **marks},
            "StorageDescriptor": storage,
        }
        with named("CreateTable", f"{database}.{table}"):
            self._client.create_table(DatabaseName=database, TableInput=wanted)

    def delete(self, database: str, table: str) -> None:
        """Forget a table; its files stay. One that is not there is no error."""
        with named("DeleteTable", f"{database}.{table}"):
            try:
                self._client.delete_table(DatabaseName=database, Name=table)
            except ClientError as answer:
                if code_of(answer) != _MISSING:
                    raise
