"""Partitions of a Glue table, told to the Data Catalog where the table has any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from reconciler.aws.errors import code_of, named
from reconciler.aws.session import create_client
from reconciler.config import Environment
from reconciler.errors import AwsFailed

_AT_ONCE = 100
"""Of BatchCreatePartition (API reference)."""
_EXISTS = "AlreadyExistsException"
_KEYS = ["year", "month", "day", "hour"]
_PROJECTED = "projection.enabled"


def register(
    environment: Environment, root: Path, table: tuple[str, str], partitions: Mapping[tuple[str, ...], str]
) -> int:
    """Make partitions known that are not: values of the table's partition keys, and the folder of each.

    Answers how many were new. Nothing is done for a table that is not there, has no partition keys or works them out
    by itself (partition projection).

    UNVERIFIED: whether the table that the service makes has partition keys, and who registers them.
    """
    glue = create_client("glue", environment, root)
    found = _partitioned(glue, table)
    if found is None:
        return 0
    rest, new = iter(partitions.items()), 0
    while some := list(islice(rest, _AT_ONCE)):
        new += len(some) - _create(glue, table, found["StorageDescriptor"], some)
    return new


def check(environment: Environment, root: Path, table: tuple[str, str]) -> None:
    """Refuse a table whose partitions are others than the folders of the offline store."""
    _partitioned(create_client("glue", environment, root), table)


def _partitioned(glue: Any, table: tuple[str, str]) -> dict[str, Any] | None:
    """The table, if its partitions have to be told to the catalogue."""
    found = _table(glue, table)
    if found is None or not found.get("PartitionKeys") or _is_projected(found):
        return None
    keys = [str(key["Name"]) for key in found["PartitionKeys"]]
    if keys != _KEYS:
        reason = f"its partition keys are {', '.join(keys)}, and the files lie in folders by {', '.join(_KEYS)}"
        hint = "Give the table these keys, or none: then a crawler or partition projection has to find the files."
        raise AwsFailed("BatchCreatePartition", ".".join(table), "OtherPartitions", reason, hint)
    return found


def _table(glue: Any, table: tuple[str, str]) -> dict[str, Any] | None:
    with named("GetTable", ".".join(table)):
        try:
            found: dict[str, Any] = glue.get_table(DatabaseName=table[0], Name=table[1])["Table"]
        except ClientError as answer:
            if code_of(answer) == "EntityNotFoundException":
                return None
            raise
    return found


def _is_projected(table: Mapping[str, Any]) -> bool:
    return str(table.get("Parameters", {}).get(_PROJECTED, "")).lower() == "true"


def _create(
    glue: Any, table: tuple[str, str], storage: Mapping[str, Any], some: Iterable[tuple[tuple[str, ...], str]]
) -> int:
    """Answers how many were there already."""
    wanted = [{"Values": list(values), "StorageDescriptor": {**storage, "Location": at}} for values, at in some]
    with named("BatchCreatePartition", ".".join(table)):
        reply = glue.batch_create_partition(DatabaseName=table[0], TableName=table[1], PartitionInputList=wanted)
    errors = reply.get("Errors", ())
    for error in errors:
        detail = error.get("ErrorDetail", {})
        if detail.get("ErrorCode") != _EXISTS:
            message = f"{'/'.join(error.get('PartitionValues', ()))}: {detail.get('ErrorMessage', '')}"
            raise AwsFailed("BatchCreatePartition", ".".join(table), str(detail.get("ErrorCode")), message)
    return len(errors)
