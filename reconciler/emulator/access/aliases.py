"""Aliases of KMS keys: where each points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import things
from reconciler.emulator.access.kms_replies import not_found
from reconciler.emulator.calls import partition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.emulator.calls import Call

_KIND = "kms_alias"


def place(call: Call) -> str:
    """The beginning of the ARNs of keys and aliases."""
    return f"arn:{partition(call.region)}:kms:{call.region}:{call.settings.account}"


def find(call: Call, name: str) -> dict[str, Any] | None:
    return things.find(call.db, call.scope, _KIND, name)


def known(call: Call, name: str) -> dict[str, Any]:
    """The alias, or KMS's refusal."""
    alias = find(call, name)
    if alias is None:
        raise not_found(f"Alias {place(call)}:{name} is not found.")
    return alias


def listed(call: Call, after: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return things.listed(call.db, call.scope, _KIND, after=after)


def remove(call: Call, name: str) -> None:
    things.remove(call.db, call.scope, _KIND, name)


def point(call: Call, name: str, key_id: str, created: float) -> None:
    doc = {
        "AliasArn": f"{place(call)}:{name}",
        "TargetKeyId": key_id,
        "CreationDate": created,
        "LastUpdatedDate": call.now,
    }
    things.write(call.db, call.scope, _KIND, name, doc)
