"""Named queries: texts that are kept."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from reconciler.emulator import things
from reconciler.emulator.athena import workgroups
from reconciler.emulator.athena.failures import refused
from reconciler.emulator.calls import as_json

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call

_KIND = "named_query"
_MEMBERS = ("Name", "Description", "Database", "QueryString")


def create(call: Call, request: dict[str, Any]) -> str:
    """The same token makes one query, however often it is sent."""
    group = request.get("WorkGroup", workgroups.PRIMARY)
    workgroups.find(call.db, call.scope, group)
    token = request.get("ClientRequestToken")
    for query, doc in things.listed(call.db, call.scope, _KIND):
        if token is not None and doc["Token"] == token:
            return as_json({"NamedQueryId": query})
    query = str(uuid.uuid4())
    doc = {name: request[name] for name in _MEMBERS if name in request}
    things.write(call.db, call.scope, _KIND, query, {**doc, "WorkGroup": group, "NamedQueryId": query, "Token": token})
    return as_json({"NamedQueryId": query})


def get(call: Call, request: dict[str, Any]) -> str:
    return as_json({"NamedQuery": _shown(_find(call, request["NamedQueryId"]))})


def get_batch(call: Call, request: dict[str, Any]) -> str:
    found, missing = [], []
    for query in request["NamedQueryIds"]:
        doc = things.find(call.db, call.scope, _KIND, query)
        if doc is None:
            missing.append({"NamedQueryId": query, "ErrorCode": "INTERNAL_FAILURE", "ErrorMessage": _missing(query)})
        else:
            found.append(_shown(doc))
    return as_json({"NamedQueries": found, "UnprocessedNamedQueryIds": missing})


def list_all(call: Call, request: dict[str, Any]) -> str:
    group = request.get("WorkGroup", workgroups.PRIMARY)
    workgroups.find(call.db, call.scope, group)
    ours = [query for query, doc in things.listed(call.db, call.scope, _KIND) if doc["WorkGroup"] == group]
    queries, reply = workgroups.page(ours, request)
    return as_json({**reply, "NamedQueryIds": queries} if queries else reply)


def update(call: Call, request: dict[str, Any]) -> str:
    doc = _find(call, request["NamedQueryId"])
    changed = {name: request[name] for name in _MEMBERS if name in request}
    things.write(call.db, call.scope, _KIND, doc["NamedQueryId"], {**doc, **changed})
    return "{}"


def delete(call: Call, request: dict[str, Any]) -> str:
    things.remove(call.db, call.scope, _KIND, _find(call, request["NamedQueryId"])["NamedQueryId"])
    return "{}"


def _find(call: Call, query: str) -> dict[str, Any]:
    found = things.find(call.db, call.scope, _KIND, query)
    if found is None:
        raise refused(_missing(query))
    return found


def _missing(query: str) -> str:
    return f"NamedQuery {query} was not found"


def _shown(doc: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in doc.items() if name != "Token"}
