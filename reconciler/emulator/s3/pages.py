"""One page of a bucket's keys: prefixes folded by a delimiter, a limit, and where the next page begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reconciler.emulator import assumptions
from reconciler.emulator.s3 import files, walking

if TYPE_CHECKING:
    from reconciler.emulator.s3.files import Found
    from reconciler.emulator.store import Store


class Page(NamedTuple):
    """Objects and common prefixes together are as many as were asked for, if there were so many."""

    objects: list[Found]
    prefixes: list[str]
    last: str
    """The last key or prefix on it."""
    next_start: str | None
    """What the next page begins with; None if this is the last."""


def read(store: Store, bucket: str, prefix: str, delimiter: str, start: str | None, most: int) -> Page:
    """The page from the first key that is not before `start`; None is after all keys."""
    if most == 0 or start is None:
        return Page([], [], "", None)
    steps: list[walking.Step] = []
    prefixes: list[str] = []
    last, next_start, cursor = "", start, walking.Cursor(start)
    for step in walking.walk(store, bucket, prefix, cursor, folded=delimiter == "/"):
        if len(steps) + len(prefixes) == most:
            return Page(files.describe(store, bucket, steps), prefixes, last, next_start)
        common = common_prefix(step.key, prefix, delimiter)
        if common is None:
            steps.append(step)
            last, next_start = step.key, walking.after_key(step.key)
            continue
        prefixes.append(common)
        following = walking.after_prefix(common)
        if following is None:
            break
        last, next_start = common, following
        cursor.start = following
    return Page(files.describe(store, bucket, steps), prefixes, last, None)


def common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    """The key up to the first delimiter after the prefix."""
    end = key.find(delimiter, len(prefix)) if delimiter else -1
    return None if end < 0 else key[: end + len(delimiter)]


def start_after(marker: str, prefix: str, delimiter: str) -> str | None:
    """Where a listing after this key or common prefix begins."""
    common = common_prefix(marker, prefix, delimiter) if marker.startswith(prefix) else None
    if common is not None and (marker == common or assumptions.MARKER_PASSES_ITS_PREFIX):
        return walking.after_prefix(common)
    return walking.after_key(marker) if marker else ""
