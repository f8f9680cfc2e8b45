"""The emulator's own paths under /_emulator/: faults, clock, calls, status, and what only AWS itself could do."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from reconciler.emulator.errors import AwsError, serialization
from reconciler.emulator.status import describe_groups
from reconciler.emulator.wire.messages import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.embedded import Emulator

PREFIX = "/_emulator/"


def administer(emulator: Emulator, method: str, path: str, body: bytes) -> Answer:
    """Answer one request on these paths; a mistake in it is a 400 that says so."""
    found = _PATHS.get((method, path.removeprefix(PREFIX)))
    if found is None:
        known = ", ".join(f"{verb} {PREFIX}{name}" for verb, name in _PATHS)
        return _answer(404, {"error": f"there is no {method} {path}; there are: {known}"})
    try:
        return _answer(200, found(emulator, _asked(body)))
    except (AwsError, KeyError, TypeError, ValueError) as error:
        return _answer(400, {"error": str(error)})


def _add_fault(emulator: Emulator, asked: dict[str, Any]) -> dict[str, Any]:
    return {"id": emulator.faults.add(**asked)}


def _clear_faults(emulator: Emulator, asked: dict[str, Any]) -> dict[str, Any]:
    if "id" in asked:
        emulator.faults.remove(int(asked["id"]))
    else:
        emulator.faults.clear()
    return {}


def _faults(emulator: Emulator, _asked: dict[str, Any]) -> dict[str, Any]:
    return {str(number): fault._asdict() for number, fault in emulator.faults.all().items()}


def _clock(emulator: Emulator, asked: dict[str, Any]) -> dict[str, Any]:
    emulator.advance_clock(float(asked["advance_seconds"]))
    return {}


def _status(emulator: Emulator, _asked: dict[str, Any]) -> dict[str, Any]:
    return {"settings": emulator.settings._asdict(), "groups": describe_groups(emulator.store)}


def _calls(emulator: Emulator, _asked: dict[str, Any]) -> dict[str, Any]:
    return {"counts": Counter(operation for operation, _ in emulator.calls), "calls": list(emulator.calls)}


def _forget_calls(emulator: Emulator, _asked: dict[str, Any]) -> dict[str, Any]:
    emulator.calls.clear()
    return {}


def _tags(emulator: Emulator, asked: dict[str, Any]) -> dict[str, Any]:
    emulator.add_system_tags(asked["group"], asked["tags"], region=asked.get("region", "us-east-1"))
    return {}


def _offline(emulator: Emulator, asked: dict[str, Any]) -> dict[str, Any]:
    emulator.block_offline_store(asked["group"], asked["reason"], region=asked.get("region", "us-east-1"))
    return {}


def _reset(emulator: Emulator, _asked: dict[str, Any]) -> dict[str, Any]:
    emulator.reset()
    return {}


_PATHS: dict[tuple[str, str], Callable[[Emulator, dict[str, Any]], dict[str, Any]]] = {
    ("GET", "status"): _status,
    ("GET", "calls"): _calls,
    ("DELETE", "calls"): _forget_calls,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "clock"): _clock,
    ("POST", "system_tags"): _tags,
    ("POST", "offline_store"): _offline,
    ("POST", "reset"): _reset,
}


def _asked(body: bytes) -> dict[str, Any]:
    asked = json.loads(body) if body else {}
    if not isinstance(asked, dict):
        raise serialization("the body must be a JSON object")
    return asked


def _answer(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(body).encode())
