"""Rows that AWS did not take, as JSON Lines that can be ingested again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from reconciler.records.report import FailedRow

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = "reconciler:"
"""Keys that say what happened; an ingest of the file passes over them."""

FIRST = 20
"""How many failed rows a report has."""


class DeadLetters:
    """Collects failed rows into a file, which appears, whole, when it is closed and there were any."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._file: TextIO | None = None
        self.count = 0
        self.first: list[FailedRow] = []
        self.path: Path | None = None

    def add(self, rows: Iterable[tuple[FailedRow, dict[str, Any]]]) -> None:
        """Failed rows, each with its values by AWS's names."""
        for failed, values in rows:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._part.open("w", encoding="utf-8")
            self.count += 1
            if len(self.first) < FIRST:
                self.first.append(failed)
            why = {f"{PREFIX}{name}": value for name, value in failed._asdict().items()}
            given = {name: value for name, value in values.items() if value is not None}
            self._file.write(json.dumps({**given, **why}, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Put the file in its place, if any row failed; `path` is then where it is."""
        if self._file is None:
            return
        self._file.close()
        self._file = None
        self._part.replace(self._path)
        self.path = self._path
