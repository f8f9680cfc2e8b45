"""Folders for what is needed only while a process is at work; those that dead processes have left are removed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import Usage


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """A folder of this process's own under `home`, while the block runs."""
    place = home / "scratch"
    try:
        place.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=place))
    except OSError as failed:
        raise Usage(
            f"The journal of what is sent belongs into {home}, and nothing can be written there: {failed}."
        ) from failed
    for left in place.iterdir():
        owner = left.name.partition("-")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
