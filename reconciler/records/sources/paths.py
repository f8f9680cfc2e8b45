"""From what a caller calls files to the files: folders, globs, kinds, and the columns that folder names stand for."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import unquote

import pyarrow as pa

from reconciler.errors import Fault, Invalid, Usage
from reconciler.records.sources.values import shown

Format: TypeAlias = Literal["CSV", "JSON Lines", "Parquet"]

_FORMATS: dict[str, Format] = {
    ".csv": "CSV",
    ".jsonl": "JSON Lines",
    ".ndjson": "JSON Lines",
    ".json": "JSON Lines",
    ".parquet": "Parquet",
    ".pq": "Parquet",
}
_COMPRESSED = {".gz": "gzip", ".zst": "zstd"}
_KNOWN = "Files end in .csv, .jsonl, .ndjson or .parquet; texts also in .gz or .zst after it."
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


class File(NamedTuple):
    """A file to be read. `label` is its name in messages, `keys` what its folders say of its rows (`origin=JFK`)."""

    path: Path
    label: str
    format: Format
    codec: str | None
    keys: tuple[tuple[str, str | None], ...]
    size: int
    changed_ns: int

    def check_unchanged(self) -> None:
        """Raises `Invalid` if the file is not what it was when the source was opened."""
        try:
            now = self.path.stat()
        except OSError as error:
            raise Invalid([fault(self.label, f"The file cannot be read any more: {error.strerror}.")]) from None
        if (now.st_size, now.st_mtime_ns) != (self.size, self.changed_ns):
            raise Invalid([fault(self.label, "The file changed while it was read.", "Try again once it is complete.")])


def fault(label: str, reason: str, fix: str = "", *, line: int = 0, group: str = "", field: str = "") -> Fault:
    """Something wrong with a file as a whole."""
    return Fault(label, line, group, field, "", reason, fix)


@contextmanager
def arrow_errors(label: str, what: str = "It cannot be read") -> Iterator[None]:
    """Raises `Invalid` for what Arrow raises; errors with a number are not Arrow's, but of the caller's iterator."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and (type(error) is not OSError or error.errno is not None):
            raise
        first_line = str(error).partition("\n")[0].rstrip(". ")
        raise Invalid([fault(label, f"{what}: {first_line}.")]) from None


def find_files(given: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[File]:
    """The files, in the order given; those of folders and globs sorted by name.

    Of a folder, names that begin with `_` or `.` are left out, as Spark and Hive do. Raises `Invalid` with every path
    that leads to no file, or to one that is no table.
    """
    paths = [given] if isinstance(given, (str, os.PathLike)) else list(given)
    faults = list[Fault]()
    files = [file for path in paths for file in _files(os.fsdecode(path), faults)]
    faults += [
        fault(
            file.label,
            f"The file is {file.format}, and {files[0].label} is {files[0].format}.",
            "Give files of one format at a time.",
        )
        for file in files
        if file.format != files[0].format
    ]
    if faults:
        raise Invalid(faults)
    return files


def _files(path: str, faults: list[Fault]) -> Iterator[File]:
    if "://" in path:
        raise Usage(f"{path} is no local file. Give a pyarrow dataset of it: pyarrow.dataset.dataset({path!r}).")
    try:
        found, base = _found(path, faults)
    except (OSError, ValueError, RuntimeError) as error:  # too long, a zero byte, nobody's home
        faults.append(fault(shown(path), f"This is no path: {getattr(error, 'strerror', None) or error}."))
        return
    for file in found:
        yield from _file(file, base, faults)


def _found(path: str, faults: list[Fault]) -> tuple[list[Path], Path]:
    """The files, and the folder below which names of folders say something of them."""
    root = Path(path).expanduser()
    if "\0" in path:
        raise ValueError("it has a zero byte in it")
    if root.is_dir():
        found, base = sorted(_within(root)), root
        if not found:
            faults.append(fault(path, "The folder has no files in it."))
    elif root.exists() or not glob.has_magic(path):
        found, base = [root], root.parent
    else:
        base = _fixed(root)
        found = sorted(_matching(base, root.relative_to(base)))
        if not found:
            faults.append(fault(path, "There is no such file."))
    return found, base


def _within(folder: Path) -> Iterator[Path]:
    seen = {folder.resolve()}  # a link may lead back up
    for place, folders, names in os.walk(folder, followlinks=True):
        found = sorted(name for name in folders if not name.startswith(("_", ".")))
        folders.clear()
        for name in found:
            real = Path(place, name).resolve()
            if real not in seen:
                seen.add(real)
                folders.append(name)
        yield from (Path(place, name) for name in names if not name.startswith(("_", ".")))


def _matching(base: Path, pattern: Path) -> Iterator[Path]:
    """Files that match; hidden ones only where the pattern says so."""
    hidden = tuple({"_", "."} - {part[0] for part in pattern.parts})
    for path in base.glob(str(pattern)):
        if path.is_file() and not any(part.startswith(hidden) for part in path.relative_to(base).parts):
            yield path


def _fixed(pattern: Path) -> Path:
    """The part of a glob that is no pattern."""
    fixed = Path(pattern.anchor)
    for part in pattern.relative_to(pattern.anchor).parts[:-1]:
        if glob.has_magic(part):
            break
        fixed /= part
    return fixed


def _file(path: Path, base: Path, faults: list[Fault]) -> Iterator[File]:
    label = _label(path)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    codec = _COMPRESSED.get(suffixes[-1]) if suffixes else None
    suffix = suffixes[-2 if codec else -1] if len(suffixes) > bool(codec) else ""
    kind = _FORMATS.get(suffix)
    try:
        stat = path.stat()
        if not path.is_file():
            faults.append(fault(label, "This is no file."))
            return
        os.fspath(path).encode()
        with path.open("rb"):
            pass
    except OSError as error:
        faults.append(fault(label, f"It cannot be read: {error.strerror}."))
        return
    except UnicodeEncodeError:  # Arrow would not open it
        faults.append(fault(label, "The name of the file is not UTF-8.", "Rename it."))
        return
    if kind is None or (kind == "Parquet" and codec):
        faults.append(fault(label, "The file is neither CSV, JSON Lines nor Parquet.", _KNOWN))
    else:
        yield File(path, label, kind, codec, tuple(_keys(path, base)), stat.st_size, stat.st_mtime_ns)


def _label(path: Path) -> str:
    """Short where the file lies below the working directory."""
    with suppress(ValueError):
        path = path.absolute().relative_to(Path.cwd())
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _keys(path: Path, base: Path) -> Iterator[tuple[str, str | None]]:
    """The columns that folders stand for, as Hive lays them out."""
    for part in path.relative_to(base).parts[:-1]:
        name, equals, value = part.partition("=")
        if equals:
            yield unquote(name), None if value == _NO_VALUE else unquote(value)


def labels(files: Iterable[File]) -> str:
    """What the files are called together."""
    names = [file.label for file in files]
    return names[0] if len(names) == 1 else f"{len(names):,} files"
