"""How a call of an operation is written down."""

from collections.abc import Callable
from typing import Any, NamedTuple

TAGS = [{"Key": "team", "Value": "sky"}]


class One(NamedTuple):
    """The arguments of a call, of what was prepared; and the error that answers it where success cannot be had."""

    arguments: Callable[[Any], dict[str, Any]]
    refused: str = ""


def plain(**arguments):
    """A call whose arguments are known beforehand."""
    return One(lambda _: arguments)


def a_table(name="labels"):
    columns = [{"Name": "id", "Type": "string"}]
    return {
        "Name": name,
        "StorageDescriptor": {"Columns": columns, "Location": f"s3://features/{name}/"},
        "PartitionKeys": [{"Name": "day", "Type": "string"}],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet"},
    }
