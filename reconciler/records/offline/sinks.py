"""Where files go: they are staged first, which nobody sees, and made visible later, all of a run in one sweep."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from reconciler.aws.objects import Objects, Part
from reconciler.errors import AwsFailed

PART_BYTES = 16 * 1024 * 1024
"""Bytes of a part of an upload: a file of 512 MB has 32 of them."""
_PARALLEL_PARTS = 4


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that is written and not visible yet. It can be pickled, and its dictionary is JSON but for `footer`.

    `key` is its partition, `latest` the last event time in it (seconds since 1970), `size` its bytes. `upload` and
    `parts` are what completes an upload to S3. `footer` is Parquet's own description of it, where it is still at hand.
    """

    uri: str
    key: int
    rows: int
    size: int
    latest: int
    upload: str = ""
    parts: tuple[Part, ...] = ()
    footer: Any = None


class Sink(Protocol):
    """Takes the files of a run. Called from several threads."""

    def stage(self, path: Path, uri: str) -> tuple[str, tuple[Part, ...]]:
        """Take the local file, which is gone afterwards; answers `upload` and `parts`."""
        ...

    def reveal(self, staged: Staged) -> None:
        """Make it visible. Doing it again is no error."""
        ...

    def discard(self, staged: Staged) -> None:
        """Throw away what was staged and not revealed."""
        ...


class S3Sink:
    """Uploads in parts, which are objects once they are completed."""

    def __init__(self, objects: Objects, kms_key: str | None = None) -> None:
        self._objects, self._kms_key = objects, kms_key

    def stage(self, path: Path, uri: str) -> tuple[str, tuple[Part, ...]]:
        upload = self._objects.begin(uri, kms_key=self._kms_key)
        starts = range(0, path.stat().st_size, PART_BYTES)

        def part(number: int) -> Part:
            with path.open("rb") as file:
                file.seek(starts[number])
                return self._objects.part(uri, upload, number + 1, file.read(PART_BYTES))

        try:
            if len(starts) == 1:
                parts = [part(0)]
            else:
                with ThreadPoolExecutor(_PARALLEL_PARTS) as pool:
                    parts = list(pool.map(part, range(len(starts))))
        except BaseException:
            self._objects.abort(uri, upload)
            raise
        path.unlink()
        return upload, tuple(parts)

    def reveal(self, staged: Staged) -> None:
        try:
            self._objects.complete(staged.uri, staged.upload, staged.parts)
        except FileNotFoundError:
            # Completed already, by a run that was killed before it could say so; or thrown away by somebody.
            if not self._is_there(staged):
                raise AwsFailed(
                    "CompleteMultipartUpload",
                    staged.uri,
                    "NoSuchUpload",
                    "the upload was thrown away before it was completed (by a rule of the bucket, or by hand)",
                    "Remove the record of the run (backfills/*.promised.json beside the data), and run it again.",
                ) from None

    def _is_there(self, staged: Staged) -> bool:
        try:
            return self._objects.size(staged.uri) == staged.size
        except FileNotFoundError:
            return False

    def discard(self, staged: Staged) -> None:
        self._objects.abort(staged.uri, staged.upload)


class FolderSink:
    """Files in a local folder, in the place of the bucket and prefix that `base` names."""

    def __init__(self, folder: Path, base: str) -> None:
        self._folder, self._base = folder, base

    def stage(self, path: Path, uri: str) -> tuple[str, tuple[Part, ...]]:
        place = self._place(uri)
        place.parent.mkdir(parents=True, exist_ok=True)
        # The same file system, most likely: then this is a rename.
        shutil.move(path, self._draft(place))
        return "", ()

    def reveal(self, staged: Staged) -> None:
        place = self._place(staged.uri)
        if self._draft(place).exists() or not place.exists():
            self._draft(place).replace(place)

    def discard(self, staged: Staged) -> None:
        self._draft(self._place(staged.uri)).unlink(missing_ok=True)

    def _place(self, uri: str) -> Path:
        return self._folder / uri.removeprefix(self._base)

    def _draft(self, place: Path) -> Path:
        return place.with_name(f".{place.name}.draft")
