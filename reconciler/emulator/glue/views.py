"""How rows of the catalogue are shown: with the members that AWS fills in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator import pages
from reconciler.emulator.access import identity, places
from reconciler.emulator.errors import AwsError
from reconciler.emulator.glue import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.emulator.calls import Call

    View = Callable[[Call, dict[str, Any]], dict[str, Any]]

# As in replies of AWS (terraform-provider-aws#35954; examples of get-table in the AWS CLI's reference).
_STORAGE = {"Compressed": False, "NumberOfBuckets": 0, "SortColumns": [], "StoredAsSubDirectories": False}
EVERYONE = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}


def database(_call: Call, doc: dict[str, Any]) -> dict[str, Any]:
    """New tables of a database are open to whoever IAM allows, unless it says otherwise."""
    return {"CreateTableDefaultPermissions": [{"Principal": EVERYONE, "Permissions": ["ALL"]}], **doc}


def table(call: Call, doc: dict[str, Any]) -> dict[str, Any]:
    location = doc.get("StorageDescriptor", {}).get("Location", "")
    shown = {
        "CreatedBy": identity.user_arn(call.settings.account),
        "Retention": 0,
        "PartitionKeys": [],
        "IsMultiDialectView": False,
        **doc,
        "IsRegisteredWithLakeFormation": places.covers(call.db, call.scope, location),
    }
    return _with_storage(shown)


def partition(call: Call, doc: dict[str, Any]) -> dict[str, Any]:
    return _with_storage({"CatalogId": call.settings.account, **doc})


def without_columns(doc: dict[str, Any]) -> dict[str, Any]:
    """As ExcludeColumnSchema asks for."""
    storage = doc.get("StorageDescriptor")
    if storage is None:
        return doc
    return {**doc, "StorageDescriptor": {name: value for name, value in storage.items() if name != "Columns"}}


def _with_storage(doc: dict[str, Any]) -> dict[str, Any]:
    storage = doc.get("StorageDescriptor")
    return doc if storage is None else {**doc, "StorageDescriptor": {**_STORAGE, **storage}}


def after(request: dict[str, Any]) -> str:
    """Where the page before ended."""
    try:
        marks = pages.marks(request.get("NextToken"), 1)
    except AwsError as refused:
        raise refusals.invalid(refused.message) from None
    return str(marks[0]) if marks else ""


def page(
    call: Call,
    member: str,
    rows: Iterable[tuple[str, str]],
    request: dict[str, Any],
    view: View,
    keep: Callable[[str, dict[str, Any]], bool] | None = None,
) -> dict[str, Any]:
    """One page of rows (name, document) that come in order, of those that are to be kept."""
    size: int = request.get("MaxResults", 100)
    shown: list[dict[str, Any]] = []
    last = ""
    for name, text in rows:
        doc = json.loads(text)
        if keep is not None and not keep(name, doc):
            continue
        if len(shown) == size:
            return {member: shown, "NextToken": pages.token(last)}
        shown.append(view(call, doc))
        last = name
    return {member: shown}
