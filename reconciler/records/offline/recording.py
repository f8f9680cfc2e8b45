"""What a run of a backfill leaves beside the data: a record of what it promised, and of what it did.

A run that was killed between the two is finished from its record, by whoever comes next, on whatever machine. The
records hold names of files, no data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reconciler.aws.objects import Objects, Part
from reconciler.records.offline.sinks import Staged

_PROMISED, _DONE = ".promised.json", ".json"


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its digest, and the files that it makes visible together. `rows` are those of all files."""

    run: str
    group: str
    rows: int
    written: datetime
    files: tuple[Staged, ...]

    def as_json(self) -> str:
        files = [
            {
                "uri": file.uri,
                "key": file.key,
                "rows": file.rows,
                "size": file.size,
                "latest": file.latest,
                "upload": file.upload,
                "parts": [list(part) for part in file.parts],
            }
            for file in self.files
        ]
        return json.dumps(
            {
                "run": self.run,
                "group": self.group,
                "rows": self.rows,
                "written": self.written.isoformat(),
                "files": files,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Run:
        document: dict[str, Any] = json.loads(text)
        files = tuple(
            Staged(**{**file, "parts": tuple(Part(*part) for part in file["parts"])}) for file in document["files"]
        )
        return cls(**{**document, "written": datetime.fromisoformat(document["written"]), "files": files})

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


class Records:
    """The records in one folder of S3, whose address ends in a slash."""

    def __init__(self, objects: Objects, folder: str, kms_key: str | None = None) -> None:
        self._objects, self._folder, self._kms_key = objects, folder, kms_key

    def done(self, run: str) -> Run | None:
        """What a run did, if it was finished."""
        return self._read(f"{self._folder}{run}{_DONE}")

    def promised(self) -> Iterator[Run]:
        """Runs that were promised and are not finished."""
        for item in list(self._objects.list(self._folder)):
            if item.uri.endswith(_PROMISED) and (run := self._read(item.uri)) is not None:
                yield run

    def promise(self, run: Run) -> None:
        """From here on the run is finished whatever happens."""
        self._write(run, _PROMISED)

    def fulfil(self, run: Run) -> None:
        """The run is finished."""
        # What completed the uploads is of no use any more.
        self._write(replace(run, files=tuple(replace(file, upload="", parts=()) for file in run.files)), _DONE)
        self._objects.delete([f"{self._folder}{run.run}{_PROMISED}"])

    def _write(self, run: Run, end: str) -> None:
        self._objects.put(f"{self._folder}{run.run}{end}", run.as_json().encode(), kms_key=self._kms_key)

    def _read(self, uri: str) -> Run | None:
        try:
            return Run.from_json(self._objects.read(uri).body.decode())
        except FileNotFoundError:
            return None
