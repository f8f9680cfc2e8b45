"""Partitions of tables: users' own, and those the offline store registers."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError
from reconciler.emulator.glue import entries, refusals, views
from reconciler.emulator.glue.predicates import predicate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.emulator.calls import Call


def get(call: Call, request: dict[str, Any]) -> str:
    table = _table(call, request)
    found = _find(call, table, request["PartitionValues"])
    if found is None:
        raise refusals.no_partition()
    return as_json({"Partition": views.partition(call, found)})


def get_all(call: Call, request: dict[str, Any]) -> str:
    """One page of those that satisfy `Expression` and lie in `Segment`, in the order of their values."""
    table = _table(call, request)
    test = predicate(request.get("Expression"), table.get("PartitionKeys", []))
    rows = call.db.execute(
        "SELECT spec, doc FROM partitions WHERE scope = ? AND database = ? AND name = ? AND spec > ? ORDER BY spec",
        (call.scope, table["DatabaseName"], table["Name"], views.after(request)),
    )
    view = _bare if request.get("ExcludeColumnSchema") else views.partition
    wanted = ((spec, doc) for spec, doc in _segment(rows, request.get("Segment")) if test(json.loads(spec)))
    return as_json(views.page(call, "Partitions", wanted, request, view))


def get_batch(call: Call, request: dict[str, Any]) -> str:
    """Those that are there; nothing is ever left unprocessed."""
    table = _table(call, request)
    found = (_find(call, table, wanted["Values"]) for wanted in request["PartitionsToGet"])
    shown = [views.partition(call, partition) for partition in found if partition is not None]
    return as_json({"Partitions": shown, "UnprocessedKeys": []})


def create(call: Call, request: dict[str, Any]) -> str:
    _create(call, _table(call, request), request["PartitionInput"])
    return "{}"


def create_batch(call: Call, request: dict[str, Any]) -> str:
    table = _table(call, request)
    return _each(
        request["PartitionInputList"],
        lambda given: _create(call, table, given),
        lambda given: {"PartitionValues": given.get("Values", [])},
    )


def update(call: Call, request: dict[str, Any]) -> str:
    _update(call, _table(call, request), request)
    return "{}"


def update_batch(call: Call, request: dict[str, Any]) -> str:
    table = _table(call, request)
    return _each(
        request["Entries"],
        lambda entry: _update(call, table, entry),
        lambda entry: {"PartitionValueList": entry["PartitionValueList"]},
    )


def delete(call: Call, request: dict[str, Any]) -> str:
    _delete(call, _table(call, request), request["PartitionValues"])
    return "{}"


def delete_batch(call: Call, request: dict[str, Any]) -> str:
    table = _table(call, request)
    return _each(
        request["PartitionsToDelete"],
        lambda wanted: _delete(call, table, wanted["Values"]),
        lambda wanted: {"PartitionValues": wanted["Values"]},
    )


def _table(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return entries.table(call, request["DatabaseName"], request["TableName"])


def _place(call: Call, table: dict[str, Any], values: list[str]) -> tuple[str, str, str, str]:
    return call.scope, table["DatabaseName"], table["Name"], as_json(values)


def _find(call: Call, table: dict[str, Any], values: list[str]) -> dict[str, Any] | None:
    row = call.db.execute(
        "SELECT doc FROM partitions WHERE scope = ? AND database = ? AND name = ? AND spec = ?",
        _place(call, table, values),
    ).fetchone()
    return json.loads(row[0]) if row else None


def _write(call: Call, table: dict[str, Any], given: dict[str, Any], created: float) -> None:
    named = {"DatabaseName": table["DatabaseName"], "TableName": table["Name"], "CreationTime": int(created)}
    place = _place(call, table, given["Values"])
    call.db.execute("INSERT OR REPLACE INTO partitions VALUES (?, ?, ?, ?, ?)", (*place, as_json({**given, **named})))


def _create(call: Call, table: dict[str, Any], given: dict[str, Any]) -> None:
    if len(given.get("Values", ())) != len(table.get("PartitionKeys", ())):
        raise refusals.wrong_number_of_values()
    if _find(call, table, given["Values"]):
        raise refusals.exists("Partition")
    _write(call, table, given, call.now)


def _update(call: Call, table: dict[str, Any], request: dict[str, Any]) -> None:
    """A partition's values cannot change (API reference, UpdatePartition)."""
    values, given = request["PartitionValueList"], request["PartitionInput"]
    before = _find(call, table, values)
    if before is None:
        raise refusals.no_partition()
    if given.get("Values", values) != values:
        raise refusals.invalid("The Values property can't be changed.")
    _write(call, table, {**given, "Values": values}, before.get("CreationTime", call.now))


def _delete(call: Call, table: dict[str, Any], values: list[str]) -> None:
    gone = call.db.execute(
        "DELETE FROM partitions WHERE scope = ? AND database = ? AND name = ? AND spec = ?",
        _place(call, table, values),
    )
    if not gone.rowcount:
        raise refusals.no_partition()


def _each(
    entries: list[dict[str, Any]],
    do: Callable[[dict[str, Any]], None],
    named: Callable[[dict[str, Any]], dict[str, Any]],
) -> str:
    """Do it for each; those it fails for are named in the reply."""
    errors = []
    for entry in entries:
        try:
            do(entry)
        except AwsError as refused:
            errors.append({**named(entry), "ErrorDetail": refusals.detail(refused)})
    return as_json({"Errors": errors} if errors else {})


def _segment(rows: Iterable[tuple[str, str]], segment: dict[str, Any] | None) -> Iterable[tuple[str, str]]:
    """Each partition lies in one segment, whoever asks."""
    if segment is None:
        return rows
    number, total = segment["SegmentNumber"], segment["TotalSegments"]
    if number >= total:
        raise refusals.invalid("SegmentNumber must be less than TotalSegments.")
    return (row for row in rows if zlib.crc32(row[0].encode()) % total == number)


def _bare(call: Call, doc: dict[str, Any]) -> dict[str, Any]:
    return views.without_columns(views.partition(call, doc))
