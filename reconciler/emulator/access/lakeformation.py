"""Lake Formation: registered places, permissions and settings. They are kept and listed; nobody is refused for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions, pages
from reconciler.emulator.access import lake_settings, permissions, places, sessions
from reconciler.emulator.access import lakeformation_shapes as shapes
from reconciler.emulator.calls import Operation, Service, as_json
from reconciler.emulator.errors import AwsError
from reconciler.emulator.glue import catalogue
from reconciler.emulator.shapes import Flag, Shape, Struct
from reconciler.emulator.wire.protocols import RestJson

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.calls import Call

_SERVICE_ROLE = "aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess"


def register(call: Call, request: dict[str, Any]) -> str:
    """A place is registered once; with the service's own role unless another is given."""
    arn = _place(request["ResourceArn"])
    own_role = request.get("UseServiceLinkedRole", False)
    if own_role == ("RoleArn" in request):
        raise _invalid("Either UseServiceLinkedRole or RoleArn must be given, and not both.")
    if places.find(call.db, call.scope, arn):
        raise AwsError("AlreadyExistsException", "Resource is already registered")
    role = request.get("RoleArn", f"arn:aws:iam::{call.settings.account}:role/{_SERVICE_ROLE}")
    kept = {name: request[name] for name in _FLAGS if name in request}
    places.write(call.db, call.scope, {"ResourceArn": arn, "RoleArn": role, "LastModified": call.now, **kept})
    return "{}"


def update(call: Call, request: dict[str, Any]) -> str:
    info = _registered(call, request["ResourceArn"])
    kept = {name: request[name] for name in ("RoleArn", *_FLAGS) if name in request}
    places.write(call.db, call.scope, {**info, **kept, "LastModified": call.now})
    return "{}"


def deregister(call: Call, request: dict[str, Any]) -> str:
    places.remove(call.db, call.scope, _registered(call, request["ResourceArn"])["ResourceArn"])
    return "{}"


def describe(call: Call, request: dict[str, Any]) -> str:
    return as_json({"ResourceInfo": _registered(call, request["ResourceArn"])})


def list_places(call: Call, request: dict[str, Any]) -> str:
    if request.get("FilterConditionList"):
        raise _not_emulated("ListResources", "FilterConditionList")
    rows = places.listed(call.db, call.scope, _after(request))
    return _page("ResourceInfoList", list(rows), request)


def grant(call: Call, request: dict[str, Any]) -> str:
    _change(call, request, permissions.grant)
    return "{}"


def revoke(call: Call, request: dict[str, Any]) -> str:
    _change(call, request, permissions.revoke)
    return "{}"


def grant_batch(call: Call, request: dict[str, Any]) -> str:
    return _each(call, request, permissions.grant)


def revoke_batch(call: Call, request: dict[str, Any]) -> str:
    return _each(call, request, permissions.revoke)


def list_permissions(call: Call, request: dict[str, Any]) -> str:
    """Of a principal, on a resource, of a type of resource: whatever is given has to fit."""
    resource = permissions.resource(call, request["Resource"]) if request.get("Resource") else None
    principal = request.get("Principal", {}).get("DataLakePrincipalIdentifier")
    kind = _TYPES.get(request.get("ResourceType", "ANY_RESOURCE"))
    if kind is None:
        raise _not_emulated("ListPermissions", f"ResourceType {request['ResourceType']}")
    after = _after(request)
    rows = [
        (place, row)
        for place, row in permissions.listed(call)
        if place > after
        and (resource is None or place.startswith(resource.key))
        and principal in {None, row["Principal"]["DataLakePrincipalIdentifier"]}
        and (not kind or next(iter(row["Resource"])) in kind)
    ]
    return _page("PrincipalResourcePermissions", rows, request)


def get_settings(call: Call, _request: dict[str, Any]) -> str:
    return as_json({"DataLakeSettings": lake_settings.find(call)})


def put_settings(call: Call, request: dict[str, Any]) -> str:
    lake_settings.write(call, request["DataLakeSettings"])
    return "{}"


def table_credentials(call: Call, request: dict[str, Any]) -> str:
    """For whoever reads or writes a table's files; they open no more and no less than any others here."""
    database, _, name = request["TableArn"].partition(":table/")[2].partition("/")
    if not catalogue.find_table(call.db, call.scope, database, name):
        raise AwsError("EntityNotFoundException", f"Table {name or request['TableArn']} not found.")
    account = call.settings.account
    who = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/lakeformation/{name}",
        "UserId": f"AROAEMULATOR000000000:{name}",
    }
    issued = sessions.issue(call.db, account, who, call.now + request.get("DurationSeconds", 3600))
    return as_json({**issued.members, "Expiration": issued.expires})


def _change(call: Call, request: dict[str, Any], change: Callable[..., None]) -> None:
    if request.get("Condition"):
        raise _not_emulated("GrantPermissions", "Condition")
    principal = request.get("Principal", {}).get("DataLakePrincipalIdentifier", "")
    named = principal == lake_settings.EVERYONE or principal.startswith("arn:")
    if not named and not principal.partition(":")[0].isdigit():
        raise _invalid(f"Invalid principal, {principal}.")
    resource = permissions.resource(call, request.get("Resource", {}))
    change(call, principal, resource, request.get("Permissions", []), request.get("PermissionsWithGrantOption", []))


def _each(call: Call, request: dict[str, Any], change: Callable[..., None]) -> str:
    failures = []
    for entry in request["Entries"]:
        try:
            _change(call, entry, change)
        except AwsError as refused:
            error = {"ErrorCode": refused.code, "ErrorMessage": refused.message}
            failures.append({"RequestEntry": entry, "Error": error})
    return as_json({"Failures": failures})


def _registered(call: Call, arn: str) -> dict[str, Any]:
    found = places.find(call.db, call.scope, arn)
    if found is None:
        raise AwsError("EntityNotFoundException", "Entity not found")
    return found


def _place(arn: str) -> str:
    """Only S3 can be registered (data-lakes-on-aws#76 has the sentence)."""
    if not (arn.startswith("arn:aws") and ":s3:::" in arn and arn.partition(":s3:::")[2]):
        raise _invalid("Unsupported resource ARN Format")
    return arn


def _after(request: dict[str, Any]) -> str:
    try:
        marks = pages.marks(request.get("NextToken"), 1)
    except AwsError as refused:
        raise _invalid(refused.message) from None
    return str(marks[0]) if marks else ""


def _page(member: str, rows: list[tuple[str, dict[str, Any]]], request: dict[str, Any]) -> str:
    size = request.get("MaxResults", 100)
    page: dict[str, Any] = {member: [row for _, row in rows[:size]]}
    if len(rows) > size:
        page["NextToken"] = pages.token(rows[size - 1][0])
    return as_json(page)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidInputException", message)


def _not_emulated(operation: str, member: str) -> AwsError:
    message = f"The emulator does not answer {member} of operation {operation} of lakeformation."
    return AwsError("NotImplemented", message, 501)


_FLAGS = ("WithFederation", "HybridAccessEnabled", "WithPrivilegedAccess", "ExpectedResourceOwnerAccount")
_TYPES: dict[str, tuple[str, ...]] = {
    "ANY_RESOURCE": permissions.KINDS,
    "CATALOG": ("Catalog",),
    "DATABASE": ("Database",),
    "TABLE": ("Table", "TableWithColumns"),
    "DATA_LOCATION": ("DataLocation",),
}


def _operation(shape: Struct, answer: Callable[[Call, dict[str, Any]], str], *, writes: bool = False) -> Operation:
    def answered(call: Call, request: dict[str, Any]) -> str:
        """Catalogues of other accounts are not there."""
        if request.get("CatalogId", call.settings.account) != call.settings.account:
            raise assumptions.no_catalog(request["CatalogId"])
        return answer(call, request)

    return Operation(shape, answered, writes)


SERVICE = Service(
    RestJson(),
    {
        "RegisterResource": _operation(
            Struct({**shapes.REGISTERED, "UseServiceLinkedRole": Flag()}, ("ResourceArn",)), register, writes=True
        ),
        "UpdateResource": _operation(Struct(shapes.REGISTERED, ("RoleArn", "ResourceArn")), update, writes=True),
        "DeregisterResource": _operation(Struct(shapes.PLACE, ("ResourceArn",)), deregister, writes=True),
        "DescribeResource": _operation(Struct(shapes.PLACE, ("ResourceArn",)), describe),
        "ListResources": _operation(Struct({**shapes.PAGED, "FilterConditionList": Shape()}), list_places),
        "GrantPermissions": _operation(shapes.ONE_CHANGE, grant, writes=True),
        "RevokePermissions": _operation(shapes.ONE_CHANGE, revoke, writes=True),
        "BatchGrantPermissions": _operation(shapes.CHANGES, grant_batch, writes=True),
        "BatchRevokePermissions": _operation(shapes.CHANGES, revoke_batch, writes=True),
        "ListPermissions": _operation(shapes.LISTED, list_permissions),
        "GetDataLakeSettings": _operation(Struct(shapes.CATALOG), get_settings),
        "PutDataLakeSettings": _operation(
            Struct({**shapes.CATALOG, "DataLakeSettings": shapes.SETTINGS}, ("DataLakeSettings",)),
            put_settings,
            writes=True,
        ),
        "GetTemporaryGlueTableCredentials": _operation(shapes.CREDENTIALS, table_credentials, writes=True),
    },
    assumptions.LAKE_VIOLATION,
)
