"""Where declarations stand, and where they go.

In a program of its user a declaration stands for itself, and one that is at fault raises `Invalid` at once. While a
registry is read there is a collector: it takes every declaration, faults included, so that one run shows them all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import NamedTuple, TypeAlias

from reconciler.contract import Contract
from reconciler.errors import Fault, Invalid
from reconciler.state import Dataset, Desired, Retirement

_OURS = "reconciler.spec"
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")

Declared: TypeAlias = Desired | Retirement | Dataset


class Place(NamedTuple):
    """A line of a file: by the name that users see, and by the path to read it from."""

    file: str
    line: int
    path: str


class Collector:
    """Takes what the files below one folder declare. `strangers` are declarations that stand elsewhere."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root, self._folder = f"{root}/", f"{folder}/"
        self.declared: list[Declared] = []
        self.faults: list[Fault] = []
        self.strangers: list[str] = []
        self.contracts: dict[str, Callable[[], Contract]] = {}

    def take(self, declared: Declared, faults: Iterable[Fault], contract: Callable[[], Contract] | None = None) -> None:
        """A declaration of this registry, or one that a library made while it was imported."""
        source = declared.source
        name = declared.group.name if isinstance(declared, Desired) else declared.name
        if not f"{self._root}{source.file}".startswith(self._folder):
            self.strangers.append(f"{source.file}:{source.line}: {name}")
            return
        self.declared.append(declared)
        self.faults.extend(faults)
        if contract is not None and isinstance(declared, Desired):
            self.contracts[declared.group.name] = contract

    def forget(self, files: Iterable[str]) -> None:
        """Drop what files declared that then failed: another import of them would declare it once more."""
        gone = set(files)
        self.declared = [declared for declared in self.declared if declared.source.file not in gone]

    def place(self, frame: FrameType | None) -> Place:
        """The module-level line that made the declaration, whatever helpers it went through."""
        comprehension = None
        while frame and frame.f_code.co_name != "<module>":
            comprehension = frame if frame.f_code.co_name in _COMPREHENSIONS else None
            frame = frame.f_back
        return _place(comprehension or frame, self._root)


_collector: Collector | None = None


def install(collector: Collector | None) -> None:
    """From now on declarations go to this collector; None is how it is in users' programs."""
    global _collector  # noqa: PLW0603  (there is one registry to a process)
    _collector = collector


def take(
    declare: Callable[[], Declared], faults: Sequence[Fault], contract: Callable[[], Contract] | None = None
) -> None:
    """Hand on a finished declaration, or raise what is wrong with it. `contract` is worked out only if asked for."""
    if _collector is not None:
        _collector.take(declare(), faults, contract)
    elif faults:
        raise Invalid(faults)


def is_reading() -> bool:
    """A registry is being read, and wants to know the line of everything."""
    return _collector is not None


def caller() -> Place:
    """The line outside of these modules that is at work now."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  (documented, and what warnings itself uses)
    while frame and frame.f_globals.get("__name__", "").startswith(_OURS):
        frame = frame.f_back
    return _collector.place(frame) if _collector else _place(frame, f"{Path.cwd()}/")


def _place(frame: FrameType | None, root: str) -> Place:
    if frame is None:
        return Place("", 0, "")
    path = frame.f_code.co_filename
    return Place(path.removeprefix(root), frame.f_lineno, path)
