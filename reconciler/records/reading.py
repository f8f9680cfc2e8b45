"""Reading the online store: one record, or many.

A record that was never written, one that was deleted and one that has expired are all None: AWS answers the same to
each of them.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from reconciler.aws.runtime import Reply, Runtime
from reconciler.errors import Usage
from reconciler.records.asking import ask, ask_now
from reconciler.records.decoding import Stored, decoder_of
from reconciler.records.target import Target
from reconciler.records.values import id_text

__all__ = ["Stored", "aget", "get"]


def get(runtime: Runtime, target: Target, record_id: Any, *, expires_at: bool = False) -> Stored | None:
    """The latest values of one record; None where there is none. `expires_at` also asks when it expires."""
    text = id_text(target.contract, record_id)
    reply = ask_now(runtime, "GetRecord", target.name, "GET", _target(target, text, expires_at=expires_at))
    return _stored(target, reply, text)


async def aget(runtime: Runtime, target: Target, record_id: Any, *, expires_at: bool = False) -> Stored | None:
    """As `get`, on the running event loop."""
    text = id_text(target.contract, record_id)
    reply = await ask(runtime, "GetRecord", target.name, "GET", _target(target, text, expires_at=expires_at))
    return _stored(target, reply, text)


def check_online(target: Target) -> None:
    """Refuse to look for records where none can be; raises `Usage`."""
    if not target.contract.online:
        raise Usage(
            f"{target.contract.group} has no online store, so no record of it can be looked up: "
            "give it online=Online(), or read its offline store."
        )


def _target(target: Target, text: str, *, expires_at: bool) -> str:
    check_online(target)
    expiry = "ExpirationTimeResponse=Enabled&" if expires_at else ""
    name, value = quote(target.name, safe=""), quote(text, safe="")
    return f"/FeatureGroup/{name}?{expiry}RecordIdentifierValueAsString={value}"


def _stored(target: Target, reply: Reply, text: str) -> Stored | None:
    body = json.loads(reply.body or b"{}")
    return decoder_of(target.contract).stored(body, text)
