"""DataLakeSettings: who administers the lake, and who may use what is new in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import things

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call

_KIND, _NAME = "lake_settings", "settings"
EVERYONE = "IAM_ALLOWED_PRINCIPALS"
# As of an account that never changed them: IAM alone decides (Lake Formation developer guide, initial settings).
_OPEN = [{"Principal": {"DataLakePrincipalIdentifier": EVERYONE}, "Permissions": ["ALL"]}]
_DEFAULT: dict[str, Any] = {
    "DataLakeAdmins": [],
    "ReadOnlyAdmins": [],
    "CreateDatabaseDefaultPermissions": _OPEN,
    "CreateTableDefaultPermissions": _OPEN,
    "Parameters": {"CROSS_ACCOUNT_VERSION": "1"},
    "TrustedResourceOwners": [],
    "AllowExternalDataFiltering": False,
    "ExternalDataFilteringAllowList": [],
    "AuthorizedSessionTagValueList": [],
}


def find(call: Call) -> dict[str, Any]:
    return things.find(call.db, call.scope, _KIND, _NAME) or _DEFAULT


def write(call: Call, given: dict[str, Any]) -> None:
    """The new settings stand in for all of the old ones."""
    empty: dict[str, Any] = {name: [] for name, value in _DEFAULT.items() if isinstance(value, list)}
    rest = {"Parameters": _DEFAULT["Parameters"], "AllowExternalDataFiltering": False}
    things.write(call.db, call.scope, _KIND, _NAME, {**rest, **empty, **given})


def database_defaults(call: Call) -> list[dict[str, Any]]:
    """Permissions on a database that is made now."""
    defaults: list[dict[str, Any]] = find(call)["CreateDatabaseDefaultPermissions"]
    return defaults


def table_defaults(call: Call) -> list[dict[str, Any]]:
    """What a database that is made now says of its tables."""
    defaults: list[dict[str, Any]] = find(call)["CreateTableDefaultPermissions"]
    return defaults
