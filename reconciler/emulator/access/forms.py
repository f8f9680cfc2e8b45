"""The query protocol's forms: `Tags.member.1.Key=team` is a list of structures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.errors import AwsError
from reconciler.emulator.wire.protocols import Query

if TYPE_CHECKING:
    from reconciler.emulator.wire.messages import Answer, Request

_MOST_DEPTH = 8
EMPTY = "\n"
"""The output of an operation that has one, with nothing in it."""


class Forms(Query):
    """The query protocol, with lists and structures as such; everything in them is text."""

    def payload(self, request: Request) -> dict[str, Any]:
        nested: dict[str, Any] = {}
        for name, value in super().payload(request).items():
            steps = name.split(".")
            if len(steps) > _MOST_DEPTH:
                raise _malformed(name)
            _put(nested, steps, value, name)
        listed: dict[str, Any] = _lists(nested)
        return listed

    def reply(self, request: Request, output: str) -> Answer:
        """An operation without an output has no result, not even an empty one."""
        whole = super().reply(request, output)
        empty = f"<{request.operation}Result></{request.operation}Result>".encode()
        return whole if output else whole._replace(body=whole.body.replace(empty, b"", 1))


def _put(nested: dict[str, Any], steps: list[str], value: str, name: str) -> None:
    for step in steps[:-1]:
        nested = nested.setdefault(step, {})
        if not isinstance(nested, dict):
            raise _malformed(name)
    if isinstance(nested.get(steps[-1]), dict):
        raise _malformed(name)
    nested[steps[-1]] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if set(value) == {"member"} and isinstance(value["member"], dict) and all(map(_is_place, value["member"])):
        return [_lists(value["member"][place]) for place in sorted(value["member"], key=int)]
    return {name: [] if inner == "" and name in _LISTS else _lists(inner) for name, inner in value.items()}


# An empty list is sent as an empty text.
_LISTS = frozenset({"Tags", "TagKeys", "PolicyArns", "TransitiveTagKeys"})


def _is_place(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


def _malformed(name: str) -> AwsError:
    return AwsError("MalformedInput", f"The parameter {name[:100]} is malformed.")


def number(request: dict[str, Any], name: str, least: int, most: int, default: int) -> int:
    """A number that came as text."""
    text = request.get(name)
    if text is None:
        return default
    shown = name[0].lower() + name[1:]
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 12):
        raise AwsError("MalformedInput", f"{shown} is not a number.")
    if not least <= int(text) <= most:
        bound = f"greater than or equal to {least}" if int(text) < least else f"less than or equal to {most}"
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{text}' at '{shown}' failed to satisfy constraint: "
            f"Member must have value {bound}",
        )
    return int(text)


def listed(values: list[Any]) -> dict[str, Any]:
    """A list as XML has it."""
    return {"member": values}
