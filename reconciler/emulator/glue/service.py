"""Glue's Data Catalog: which operations are answered, and by what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.calls import Operation, Service, Task
from reconciler.emulator.control import lifecycle
from reconciler.emulator.glue import absent, databases, labels, partitions, refusals, searching, tables, versions
from reconciler.emulator.glue import shapes as s
from reconciler.emulator.offline import flushing
from reconciler.emulator.shapes import Flag, Many, Map, Struct, Text, Whole
from reconciler.emulator.wire.protocols import Json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.emulator.calls import Call, Site
    from reconciler.emulator.shapes import Shape

    Answer = Callable[[Call, dict[str, Any]], str]
    Answers = dict[str, tuple[Struct, Answer]]

_DATABASE: dict[str, Shape] = {"DatabaseName": s.NAME}
_TABLE: dict[str, Shape] = {**_DATABASE, "Name": s.NAME}
_OF_TABLE: dict[str, Shape] = {**_DATABASE, "TableName": s.NAME}
_VALUES = Struct({"Values": s.VALUES}, ("Values",))
_ENTRY = Struct(
    {"PartitionValueList": s.PARTITION_VALUES, "PartitionInput": s.PARTITION}, ("PartitionValueList", "PartitionInput")
)
_SEGMENT = Struct(
    {"SegmentNumber": Whole(0), "TotalSegments": Whole(1, 10)},
    ("SegmentNumber", "TotalSegments"),
)
_SHARED = Text(enum=("FOREIGN", "ALL", "FEDERATED"))
_LOOKS: dict[str, Shape] = {
    "AuditContext": s.ANYTHING,
    "IncludeStatusDetails": s.ANYTHING,
    "AttributesToGet": Many(Text()),
}
_FILTERS = Many(Struct({"Key": Text(1024, 1), "Value": Text(1024, 1), "Comparator": Text()}))
_ARN: dict[str, Shape] = {"ResourceArn": Text(10240, 1, "arn:aws(-(cn|us-gov|iso(-[bef])?))?:glue:.*")}
_FUNCTION_TYPE = Text(enum=("REGULAR_FUNCTION", "AGGREGATE_FUNCTION", "STORED_PROCEDURE"))

# Each looks at the tables after what is due offline has reached them.
_READS: Answers = {
    "GetTable": (s.request(_TABLE, _LOOKS), tables.get),
    "GetTables": (s.request(_DATABASE, {**_LOOKS, **s.PAGED, "Expression": s.FILTER}), tables.get_all),
    "SearchTables": (
        s.request(
            {},
            {
                **s.WIDELY_PAGED,
                "SearchText": Text(1024, 1),
                "Filters": _FILTERS,
                "SortCriteria": s.ANYTHING,
                "IncludeStatusDetails": s.ANYTHING,
                "ResourceShareType": _SHARED,
            },
        ),
        searching.search,
    ),
    "GetTableVersion": (s.request(_OF_TABLE, {"VersionId": s.NAME, "AuditContext": s.ANYTHING}), versions.get),
    "GetTableVersions": (s.request(_OF_TABLE, {**s.PAGED, "AuditContext": s.ANYTHING}), versions.get_all),
    "GetPartition": (s.request({**_OF_TABLE, "PartitionValues": s.VALUES}), partitions.get),
    "GetPartitions": (
        s.request(
            _OF_TABLE,
            {
                **s.WIDELY_PAGED,
                "Expression": s.FILTER_LINES,
                "Segment": _SEGMENT,
                "ExcludeColumnSchema": Flag(),
                "AuditContext": s.ANYTHING,
            },
        ),
        partitions.get_all,
    ),
    "BatchGetPartition": (
        s.request({**_OF_TABLE, "PartitionsToGet": Many(_VALUES, 1000)}, {"AuditContext": s.ANYTHING}),
        partitions.get_batch,
    ),
    "GetPartitionIndexes": (s.request(_OF_TABLE, {"NextToken": Text()}), absent.partition_indexes),
    "GetColumnStatisticsForTable": (
        s.request({**_OF_TABLE, "ColumnNames": Many(s.NAME, 100)}),
        absent.column_statistics,
    ),
    "GetColumnStatisticsForPartition": (
        s.request({**_OF_TABLE, "PartitionValues": s.VALUES, "ColumnNames": Many(s.NAME, 100)}),
        absent.column_statistics,
    ),
    # Databases come with feature groups whose creation may be due.
    "GetDatabase": (s.request({"Name": s.NAME}), databases.get),
    "GetDatabases": (
        s.request({}, {**s.PAGED, "ResourceShareType": _SHARED, "AttributesToGet": s.DATABASE_ATTRIBUTES}),
        databases.get_all,
    ),
    "GetTags": (s.request(_ARN), labels.get),
    "GetUserDefinedFunctions": (
        s.request({"Pattern": s.NAME}, {**_DATABASE, **s.PAGED, "FunctionType": _FUNCTION_TYPE}),
        absent.functions,
    ),
    "GetUserDefinedFunction": (s.request({**_DATABASE, "FunctionName": s.NAME}), absent.function),
    "GetConnection": (s.request({"Name": s.NAME}, {"HidePassword": Flag()}), absent.connection),
    "GetConnections": (
        s.request({}, {**s.WIDELY_PAGED, "HidePassword": Flag(), "Filter": s.ANYTHING}),
        absent.connections,
    ),
}
_WRITES: Answers = {
    "CreateDatabase": (s.request({"DatabaseInput": s.DATABASE}, {"Tags": Map()}), databases.create),
    "UpdateDatabase": (s.request({"Name": s.NAME, "DatabaseInput": s.DATABASE}), databases.update),
    "DeleteDatabase": (s.request({"Name": s.NAME}), databases.delete),
    "CreateTable": (
        s.request(
            _DATABASE,
            {
                "Name": s.NAME,
                "TableInput": s.TABLE,
                "PartitionIndexes": s.UNSUPPORTED,
                "OpenTableFormatInput": s.UNSUPPORTED,
            },
        ),
        tables.create,
    ),
    "UpdateTable": (
        s.request(
            _DATABASE,
            {
                "Name": s.NAME,
                "TableInput": s.TABLE,
                "SkipArchive": Flag(),
                "VersionId": s.NAME,
                "Force": s.UNSUPPORTED,
                "ViewUpdateAction": s.UNSUPPORTED,
                "UpdateOpenTableFormatInput": s.UNSUPPORTED,
            },
        ),
        tables.update,
    ),
    "DeleteTable": (s.request(_TABLE), tables.delete),
    "BatchDeleteTable": (s.request({**_DATABASE, "TablesToDelete": Many(s.NAME, 100)}), tables.delete_batch),
    "DeleteTableVersion": (s.request({**_OF_TABLE, "VersionId": s.NAME}), versions.delete),
    "BatchDeleteTableVersion": (s.request({**_OF_TABLE, "VersionIds": Many(s.NAME, 100)}), versions.delete_batch),
    "CreatePartition": (s.request({**_OF_TABLE, "PartitionInput": s.PARTITION}), partitions.create),
    "BatchCreatePartition": (
        s.request({**_OF_TABLE, "PartitionInputList": Many(s.PARTITION, 100)}),
        partitions.create_batch,
    ),
    "UpdatePartition": (
        s.request({**_OF_TABLE, "PartitionValueList": s.PARTITION_VALUES, "PartitionInput": s.PARTITION}),
        partitions.update,
    ),
    "BatchUpdatePartition": (s.request({**_OF_TABLE, "Entries": Many(_ENTRY, 100, 1)}), partitions.update_batch),
    "DeletePartition": (s.request({**_OF_TABLE, "PartitionValues": s.VALUES}), partitions.delete),
    "BatchDeletePartition": (
        s.request({**_OF_TABLE, "PartitionsToDelete": Many(_VALUES, 25)}),
        partitions.delete_batch,
    ),
    "TagResource": (s.request({**_ARN, "TagsToAdd": Map()}), labels.tag),
    "UntagResource": (s.request({**_ARN, "TagsToRemove": Many(Text(128, 1), 50)}), labels.untag),
}


def _read(name: str, shape: Struct, answer: Answer) -> Task:
    def answered(site: Site, request: dict[str, Any]) -> str:
        _settle(site)
        flushing.flush(site)
        with site.store.reading() as db:
            call = site.call(db)
            _refuse(call, name, shape, request)
            return answer(call, request)

    return Task(shape, answered)


def _write(name: str, shape: Struct, answer: Answer) -> Operation:
    def answered(call: Call, request: dict[str, Any]) -> str:
        _refuse(call, name, shape, request)
        return answer(call, request)

    return Operation(shape, answered, writes=True)


def _settle(site: Site) -> None:
    """Creations and updates of feature groups that are due change tables."""
    with site.store.reading() as db:
        due = lifecycle.is_due(db, site.call(db).now)
    if due:
        with site.store.writing() as db:
            lifecycle.settle(db, site.call(db).now)


def _refuse(call: Call, name: str, shape: Struct, request: dict[str, Any]) -> None:
    """Catalogues of other accounts are not there; neither is all that the shape marks as unsupported."""
    for member in _unsupported(shape, request):
        raise refusals.not_emulated(name, member)
    if request.get("CatalogId", call.settings.account) != call.settings.account:
        raise assumptions.no_catalog(request["CatalogId"])


def _unsupported(shape: Struct, value: dict[str, Any]) -> Iterator[str]:
    for name, member in shape.members.items():
        if member is s.UNSUPPORTED and value.get(name):
            yield name
        if isinstance(member, Struct) and name in value:
            yield from _unsupported(member, value[name])


SERVICE = Service(
    Json(),
    {
        **{name: _read(name, *how) for name, how in _READS.items()},
        **{name: _write(name, *how) for name, how in _WRITES.items()},
    },
)
