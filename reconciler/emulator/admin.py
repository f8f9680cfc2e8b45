"""The emulator's own paths under /_emulator/: faults, clock, calls, status, and what only AWS itself could do."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

from reconciler.emulator import page
from reconciler.emulator.errors import AwsError, serialization
from reconciler.emulator.status import describe
from reconciler.emulator.wire.messages import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.embedded import Emulator
    from reconciler.emulator.http.request_log import RequestLog

PREFIX = "/_emulator/"


class OwnSide(NamedTuple):
    """What these paths are about."""

    emulator: Emulator
    log: RequestLog


def administer(side: OwnSide, method: str, path: str, query: str, body: bytes) -> Answer:
    """Answer one request on these paths, or for the page; a mistake in it is a 400 that says so."""
    found = _PATHS.get((method, path.removeprefix(PREFIX)))
    if found is None:
        return page.show(side, method, path, query) or _unknown(method, path)
    try:
        return _answer(200, found(side, _asked(query, body)))
    except (AwsError, KeyError, OverflowError, RecursionError, TypeError, ValueError) as error:
        missing = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        return _answer(400, {"error": missing})


def refused(status: int, reason: str) -> Answer:
    """Before it is known what was asked for, or where it cannot be said."""
    return _answer(status, {"error": reason})


def _unknown(method: str, path: str) -> Answer:
    known = ", ".join(f"{verb} {PREFIX}{name}" for verb, name in _PATHS)
    return _answer(404, {"error": f"there is no {method} {path}; there are: {known}"})


def _add_fault(side: OwnSide, asked: dict[str, Any]) -> dict[str, Any]:
    return {"id": side.emulator.faults.add(**asked)}


def _clear_faults(side: OwnSide, asked: dict[str, Any]) -> dict[str, Any]:
    if "id" in asked:
        side.emulator.faults.remove(int(asked["id"]))
    else:
        side.emulator.faults.clear()
    return {}


def _faults(side: OwnSide, _asked: dict[str, Any]) -> dict[str, Any]:
    faults = side.emulator.faults
    return {str(number): {**fault.details(), "hits": faults.hits(number)} for number, fault in faults.all().items()}


def _clock(side: OwnSide, _asked: dict[str, Any]) -> dict[str, Any]:
    return side.emulator.clock()


def _move_clock(side: OwnSide, asked: dict[str, Any]) -> dict[str, Any]:
    emulator = side.emulator
    known = {"advance_seconds", "set", "freeze"}
    if not asked or set(asked) - known:
        raise ValueError(f"the clock is moved by: {', '.join(sorted(known))}")
    if "freeze" in asked:
        if not isinstance(asked["freeze"], bool):
            raise ValueError("freeze is true or false")
        (emulator.freeze_clock if asked["freeze"] else emulator.thaw_clock)()
    if "set" in asked:
        emulator.set_clock(asked["set"])
    if "advance_seconds" in asked:
        emulator.advance_clock(float(asked["advance_seconds"]))
    return emulator.clock()


def _status(side: OwnSide, _asked: dict[str, Any]) -> dict[str, Any]:
    return {"settings": side.emulator.settings._asdict(), **describe(side.emulator.store)}


def _flush(side: OwnSide, asked: dict[str, Any]) -> dict[str, Any]:
    return {"rows": side.emulator.flush(everything=bool(asked.get("everything", False)))}


def _calls(side: OwnSide, _asked: dict[str, Any]) -> dict[str, Any]:
    calls = list(side.emulator.calls)
    return {"counts": Counter(operation for operation, _ in calls), "calls": calls}


def _forget_calls(side: OwnSide, _asked: dict[str, Any]) -> dict[str, Any]:
    side.emulator.calls.clear()
    return {}


def _requests(side: OwnSide, asked: dict[str, Any]) -> dict[str, Any]:
    return {"requests": side.log.after(int(asked.get("after", 0)))}


def _tags(side: OwnSide, asked: dict[str, Any]) -> dict[str, Any]:
    tags = asked["tags"]
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise TypeError("tags is an object of texts")
    side.emulator.add_system_tags(_text(asked, "group"), tags, region=_region(asked))
    return {}


def _offline(side: OwnSide, asked: dict[str, Any]) -> dict[str, Any]:
    side.emulator.block_offline_store(_text(asked, "group"), _text(asked, "reason"), region=_region(asked))
    return {}


def _region(asked: dict[str, Any]) -> str:
    return _text({"region": "us-east-1", **asked}, "region")


def _text(asked: dict[str, Any], name: str) -> str:
    text = asked[name]
    if not isinstance(text, str):
        raise TypeError(f"{name} is text")
    return text


def _reset(side: OwnSide, _asked: dict[str, Any]) -> dict[str, Any]:
    side.emulator.reset()
    return {}


_PATHS: dict[tuple[str, str], Callable[[OwnSide, dict[str, Any]], dict[str, Any]]] = {
    ("GET", "status"): _status,
    ("GET", "requests"): _requests,
    ("GET", "calls"): _calls,
    ("DELETE", "calls"): _forget_calls,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "clock"): _clock,
    ("POST", "clock"): _move_clock,
    ("POST", "flush"): _flush,
    ("POST", "system_tags"): _tags,
    ("POST", "offline_store"): _offline,
    ("POST", "reset"): _reset,
}


def _asked(query: str, body: bytes) -> dict[str, Any]:
    asked = json.loads(body) if body else {}
    if not isinstance(asked, dict):
        raise serialization("the body must be a JSON object")
    return {**dict(parse_qsl(query)), **asked}


def _answer(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(body).encode())
