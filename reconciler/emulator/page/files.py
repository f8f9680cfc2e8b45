"""Style sheet, script and icon: files of this package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from reconciler.emulator.http.browsers import OWN_PAGE
from reconciler.emulator.wire.messages import Answer

_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def answer(name: str) -> Answer | None:
    """One of them, if it is one."""
    if name not in _TYPES:
        return None
    return Answer(200, {"Content-Type": _TYPES[name], **OWN_PAGE}, _content(name))


@cache
def _content(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
