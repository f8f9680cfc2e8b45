"""What Glue's requests may hold (botocore 1.44.5, glue); everything that is kept comes back as it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.shapes import Flag, Many, Map, Moment, Shape, Struct, Text, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE = r"[\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF\t]*"
_LINES = r"[\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF\r\n\t]*"


class Unsupported(Shape):
    """A member that AWS knows and the emulator does not: anything but an empty value is refused."""

    __slots__ = ()


UNSUPPORTED = Unsupported()
ANYTHING = Shape()
"""A member that makes no difference here."""

NAME = Text(255, 1, _LINE)
_DESCRIPTION = Text(2048, 0, _LINES)
_LOCATION = Text(2056, None, _LINES)
_FORMAT = Text(128, None, _LINE)
FILTER = Text(2048, 0, _LINE)
FILTER_LINES = Text(2048, 0, _LINES)
DATABASE_ATTRIBUTES = Many(Text(enum=("NAME", "TARGET_DATABASE")))
VALUES = Many(Text(1024, 1))
PARTITION_VALUES = Many(Text(1024, 1), 100)

_COLUMNS = Many(
    Struct(
        {"Name": NAME, "Type": Text(131072, 0, _LINE), "Comment": Text(255, 0, _LINE), "Parameters": Map()}, ("Name",)
    )
)
_SCHEMA_REFERENCE = Struct(
    {
        "SchemaId": Struct({"SchemaArn": Text(10240, 1), "SchemaName": NAME, "RegistryName": NAME}),
        "SchemaVersionId": Text(36, 36),
        "SchemaVersionNumber": Whole(1, 100_000),
    }
)
_STORAGE = Struct(
    {
        "Columns": _COLUMNS,
        "Location": _LOCATION,
        "AdditionalLocations": Many(_LOCATION),
        "InputFormat": _FORMAT,
        "OutputFormat": _FORMAT,
        "Compressed": Flag(),
        "NumberOfBuckets": Whole(),
        "SerdeInfo": Struct({"Name": NAME, "SerializationLibrary": NAME, "Parameters": Map()}),
        "BucketColumns": Many(NAME),
        "SortColumns": Many(Struct({"Column": NAME, "SortOrder": Whole(0, 1)}, ("Column", "SortOrder"))),
        "Parameters": Map(),
        "SkewedInfo": Struct(
            {
                "SkewedColumnNames": Many(NAME),
                "SkewedColumnValues": Many(Text()),
                "SkewedColumnValueLocationMaps": Map(),
            }
        ),
        "StoredAsSubDirectories": Flag(),
        "SchemaReference": _SCHEMA_REFERENCE,
    }
)
TABLE = Struct(
    {
        "Name": NAME,
        "Description": _DESCRIPTION,
        "Owner": NAME,
        "LastAccessTime": Moment(),
        "LastAnalyzedTime": Moment(),
        "Retention": Whole(0),
        "StorageDescriptor": _STORAGE,
        "PartitionKeys": _COLUMNS,
        "ViewOriginalText": Text(409_600),
        "ViewExpandedText": Text(409_600),
        "TableType": Text(255),
        "Parameters": Map(),
        "TargetTable": Struct({"CatalogId": NAME, "DatabaseName": NAME, "Name": NAME, "Region": NAME}),
        "FederatedTable": UNSUPPORTED,
        "ViewDefinition": UNSUPPORTED,
    },
    ("Name",),
)
_PERMISSIONS = (
    *("ALL", "SELECT", "ALTER", "DROP", "DELETE", "INSERT"),
    *("CREATE_DATABASE", "CREATE_TABLE", "DATA_LOCATION_ACCESS"),
)
_DEFAULT_PERMISSIONS = Many(
    Struct(
        {
            "Principal": Struct({"DataLakePrincipalIdentifier": Text(255, 1)}),
            "Permissions": Many(Text(enum=_PERMISSIONS)),
        }
    )
)
DATABASE = Struct(
    {
        "Name": NAME,
        "Description": _DESCRIPTION,
        "LocationUri": Text(1024, 1, _LINES),
        "Parameters": Map(),
        "CreateTableDefaultPermissions": _DEFAULT_PERMISSIONS,
        "TargetDatabase": Struct({"CatalogId": NAME, "DatabaseName": NAME, "Region": NAME}),
        "FederatedDatabase": UNSUPPORTED,
    },
    ("Name",),
)
PARTITION = Struct(
    {
        "Values": VALUES,
        "LastAccessTime": Moment(),
        "StorageDescriptor": _STORAGE,
        "Parameters": Map(),
        "LastAnalyzedTime": Moment(),
    }
)
_TIME_TRAVEL: Mapping[str, Shape] = {"TransactionId": UNSUPPORTED, "QueryAsOfTime": UNSUPPORTED}
PAGED: Mapping[str, Shape] = {"MaxResults": Whole(1, 100), "NextToken": Text()}
WIDELY_PAGED: Mapping[str, Shape] = {"MaxResults": Whole(1, 1000), "NextToken": Text()}


def request(required: Mapping[str, Shape] | None = None, optional: Mapping[str, Shape] | None = None) -> Struct:
    """An input: all of them may name a catalogue, and none may travel in time."""
    needed = required or {}
    return Struct({"CatalogId": NAME, **_TIME_TRAVEL, **needed, **(optional or {})}, tuple(needed))
