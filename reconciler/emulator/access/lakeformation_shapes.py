"""What Lake Formation's requests may hold (botocore 1.44.5, lakeformation)."""

from __future__ import annotations

from reconciler.emulator.access import permissions
from reconciler.emulator.shapes import Flag, Many, Map, Shape, Struct, Text, Whole

_NAME = Text(255, 1, r"[\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF\t]*")
_ARN = Text(2048, 1, r"[\x21-\x7e]*")
_PRINCIPAL = Struct({"DataLakePrincipalIdentifier": _NAME})
_TABLE: dict[str, Shape] = {"CatalogId": _NAME, "DatabaseName": _NAME, "Name": _NAME}
_COLUMNS: dict[str, Shape] = {
    "ColumnNames": Many(_NAME),
    "ColumnWildcard": Struct({"ExcludedColumnNames": Many(_NAME)}),
}
_RESOURCE = Struct(
    {
        "Catalog": Struct({"Id": _NAME}),
        "Database": Struct({"CatalogId": _NAME, "Name": _NAME}, ("Name",)),
        "Table": Struct({**_TABLE, "TableWildcard": Struct({})}, ("DatabaseName",)),
        "TableWithColumns": Struct({**_TABLE, **_COLUMNS}, ("DatabaseName", "Name")),
        "DataLocation": Struct({"CatalogId": _NAME, "ResourceArn": _ARN}, ("ResourceArn",)),
    }
)
_PERMISSIONS = Many(Text(enum=permissions.PERMISSIONS))
_CHANGE: dict[str, Shape] = {
    "Principal": _PRINCIPAL,
    "Resource": _RESOURCE,
    "Permissions": _PERMISSIONS,
    "PermissionsWithGrantOption": _PERMISSIONS,
    "Condition": Struct({"Expression": Text(3000)}),
}
CATALOG: dict[str, Shape] = {"CatalogId": _NAME}
PAGED: dict[str, Shape] = {"MaxResults": Whole(1, 1000), "NextToken": Text()}
ONE_CHANGE = Struct({**CATALOG, **_CHANGE}, ("Principal", "Resource", "Permissions"))
CHANGES = Struct({**CATALOG, "Entries": Many(Struct({"Id": Text(255, 1), **_CHANGE}, ("Id",)), 20)}, ("Entries",))
PLACE: dict[str, Shape] = {"ResourceArn": _ARN}
_ROLE = Text(pattern=r"arn:aws:iam::[0-9]*:role/.*")
REGISTERED: dict[str, Shape] = {
    **PLACE,
    "RoleArn": _ROLE,
    "WithFederation": Flag(),
    "HybridAccessEnabled": Flag(),
    "WithPrivilegedAccess": Flag(),
    "ExpectedResourceOwnerAccount": Text(pattern=r"\d{12}"),
}
_DEFAULTS = Many(Struct({"Principal": _PRINCIPAL, "Permissions": _PERMISSIONS}))
SETTINGS = Struct(
    {
        "DataLakeAdmins": Many(_PRINCIPAL, 30),
        "ReadOnlyAdmins": Many(_PRINCIPAL, 30),
        "CreateDatabaseDefaultPermissions": _DEFAULTS,
        "CreateTableDefaultPermissions": _DEFAULTS,
        "Parameters": Map(),
        "TrustedResourceOwners": Many(_NAME),
        "AllowExternalDataFiltering": Flag(),
        "AllowFullTableExternalDataAccess": Flag(),
        "ExternalDataFilteringAllowList": Many(_PRINCIPAL, 30),
        "AuthorizedSessionTagValueList": Many(_NAME),
    }
)
LISTED = Struct(
    {
        **CATALOG,
        **PAGED,
        "Principal": _PRINCIPAL,
        "Resource": _RESOURCE,
        "ResourceType": Text(),
        "IncludeRelated": Text(),
    }
)
CREDENTIALS = Struct(
    {
        "TableArn": _ARN,
        "Permissions": _PERMISSIONS,
        "DurationSeconds": Whole(900, 43_200),
        "SupportedPermissionTypes": Many(Text(), 255, 1),
        "AuditContext": Shape(),
        "S3Path": Text(),
        "QuerySessionContext": Shape(),
    },
    ("TableArn",),
)
