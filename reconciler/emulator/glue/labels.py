"""Tags of databases and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions, things
from reconciler.emulator.calls import as_json, partition
from reconciler.emulator.glue import catalogue, refusals

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call

_KIND = "glue_tags"
_MOST = 50


def of_database(call: Call, name: str) -> str:
    """The ARN that tags are kept under."""
    return f"{_place(call)}:database/{name.lower()}"


def of_table(call: Call, database: str, name: str) -> str:
    """As of a database."""
    return f"{_place(call)}:table/{database.lower()}/{name.lower()}"


def write(call: Call, arn: str, added: dict[str, str]) -> None:
    """Add tags, or change them."""
    tags = {**_tags(call, arn), **added}
    if len(tags) > _MOST:
        raise assumptions.too_many_glue_tags(_MOST)
    things.write(call.db, call.scope, _KIND, arn, tags)


def forget(call: Call, arn: str) -> None:
    things.remove(call.db, call.scope, _KIND, arn)


def get(call: Call, request: dict[str, Any]) -> str:
    return as_json({"Tags": _tags(call, _found(call, request["ResourceArn"]))})


def tag(call: Call, request: dict[str, Any]) -> str:
    write(call, _found(call, request["ResourceArn"]), request["TagsToAdd"])
    return "{}"


def untag(call: Call, request: dict[str, Any]) -> str:
    arn = _found(call, request["ResourceArn"])
    gone = set(request["TagsToRemove"])
    left = {key: value for key, value in _tags(call, arn).items() if key not in gone}
    things.write(call.db, call.scope, _KIND, arn, left)
    return "{}"


def _tags(call: Call, arn: str) -> dict[str, str]:
    return things.find(call.db, call.scope, _KIND, arn) or {}


def _place(call: Call) -> str:
    return f"arn:{partition(call.region)}:glue:{call.region}:{call.settings.account}"


def _found(call: Call, arn: str) -> str:
    kind, _, rest = arn.removeprefix(_place(call) + ":").partition("/")
    database, _, table = rest.partition("/")
    if kind == "database" and not table and catalogue.find_database(call.db, call.scope, database):
        return of_database(call, database)
    if kind == "table" and catalogue.find_table(call.db, call.scope, database, table):
        return of_table(call, database, table)
    raise refusals.not_found(f"Resource {arn}")
