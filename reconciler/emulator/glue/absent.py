"""What engines look up in every catalogue and this one never holds: functions, connections, indexes, statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.calls import as_json
from reconciler.emulator.glue import entries, refusals

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call


def functions(call: Call, request: dict[str, Any]) -> str:
    if "DatabaseName" in request:
        entries.database(call, request["DatabaseName"])
    return as_json({"UserDefinedFunctions": []})


def function(call: Call, request: dict[str, Any]) -> str:
    entries.database(call, request["DatabaseName"])
    raise refusals.not_found(f"Function {request['FunctionName']}")


def connection(_call: Call, request: dict[str, Any]) -> str:
    raise refusals.not_found(f"Connection {request['Name']}")


def connections(_call: Call, _request: dict[str, Any]) -> str:
    return as_json({"ConnectionList": []})


def partition_indexes(call: Call, request: dict[str, Any]) -> str:
    entries.table(call, request["DatabaseName"], request["TableName"])
    return as_json({"PartitionIndexDescriptorList": []})


def column_statistics(call: Call, request: dict[str, Any]) -> str:
    """Each column is refused by itself: that they have none is no failure of the call."""
    entries.table(call, request["DatabaseName"], request["TableName"])
    if not assumptions.MISSING_STATISTICS_BY_COLUMN:
        raise refusals.not_found("Column statistics")
    error = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Column statistics not found."}
    errors = [{"ColumnName": name, "Error": error} for name in request["ColumnNames"]]
    return as_json({"ColumnStatisticsList": [], "Errors": errors})
