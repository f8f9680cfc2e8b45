"""STS: who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.access import identity
from reconciler.emulator.calls import Operation, Service
from reconciler.emulator.shapes import Struct
from reconciler.emulator.wire.protocols import Query
from reconciler.emulator.wire.xml import elements

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call


def caller(call: Call, _request: dict[str, Any]) -> str:
    """Whoever asks is one user of the emulator's account."""
    return elements(identity.members(call.settings.account))


SERVICE = Service(
    Query("https://sts.amazonaws.com/doc/2011-06-15/"),
    {"GetCallerIdentity": Operation(Struct({}), caller)},
)
