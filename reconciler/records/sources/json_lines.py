"""JSON Lines: one object a line, whose whole numbers stay whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from reconciler.contract import Contract
from reconciler.errors import Fault, Invalid
from reconciler.records.sources.chunk import Lines, Piece
from reconciler.records.sources.frames import columns_by_name
from reconciler.records.sources.json_swift import SwiftReader
from reconciler.records.sources.paths import File, fault, labels
from reconciler.records.sources.rows import Reader, Unusable, row_schema
from reconciler.records.sources.source import Source
from reconciler.records.sources.texts import BLOCK, MAX_RECORD, UTF8_MARK, check_utf8, not_utf8, reading
from reconciler.records.sources.values import Unfit, shown


class Texts(NamedTuple):
    """Some lines that are not blank, each with the index of its file and its number in it."""

    texts: list[bytes]
    files: Lines
    lines: Lines

    def part(self, start: int, end: int) -> Texts:
        """Some of the lines."""
        return Texts(self.texts[start:end], self.files[start:end], self.lines[start:end])


class ManyFiles(NamedTuple):
    """Where the lines of several files stand."""

    labels: Sequence[str]
    files: Lines
    lines: Lines

    def __call__(self, row: int, /) -> str:
        """`weather.jsonl:18`."""
        return f"{self.labels[self.files[row]]}:{self.lines[row]}"

    def skip(self, rows: int, /) -> Self:
        """The same places without the first rows."""
        return self._replace(files=self.files[rows:], lines=self.lines[rows:])


def json_source(files: Sequence[File], contract: Contract, chunk_rows: int) -> Source:
    """JSON Lines files as one table. Raises `Invalid` with each that is empty, no text, or an array."""
    check_lines(files)
    names = [file.label for file in files]
    folders = [folder_values(file, contract) for file in files]

    def pieces() -> Iterator[Piece]:
        reader, swift = Reader(contract), SwiftReader(contract)
        for some in regrouped(all_lines(files), chunk_rows):
            places = ManyFiles(names, some.files, some.lines)
            batch = None if any(folders) else swift.batch(some.texts)
            if batch is not None:
                yield Piece(batch, places)
                continue
            pairs = zip(some.files.tolist(), some.texts, strict=True)
            found = reader.batch([with_values(folders[file], row_of(text)) for file, text in pairs])
            yield Piece(found.batch, places, found.faults)

    return Source(labels(files), row_schema(contract), pieces, chunk_rows=chunk_rows)


def folder_values(file: File, contract: Contract) -> dict[str, Any]:
    """What the folders of a file say of its rows, numbers as JSON has them."""
    known = columns_by_name(contract)
    return {
        name: value if value is None or known[name].aws_type == "String" else _number(value)
        for name, value in file.keys
        if name in known
    }


def _number(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def with_values(keys: dict[str, Any], row: Any) -> Any:
    """A row with what its folder says, where it does not say so itself."""
    return {**keys, **row} if keys and isinstance(row, dict) else row


def check_lines(files: Sequence[File]) -> None:
    """Raises `Invalid` with each file that is empty, no text, or an array."""
    faults = list[Fault]()
    for file in files:
        try:
            with reading(file) as stream:
                start = stream.read(BLOCK)
            check_utf8(file, start)
        except Invalid as invalid:
            faults += invalid.faults
            continue
        text = start.removeprefix(UTF8_MARK).lstrip()
        if text.startswith(b"["):
            reason = "The file is a JSON array; JSON Lines have one object a line."
            faults.append(fault(file.label, reason, f"jq -c '.[]' {file.label} makes them.", line=1))
        elif not text and len(start) < BLOCK:
            faults.append(fault(file.label, "The file is empty."))
    if faults:
        raise Invalid(faults)


def all_lines(files: Sequence[File]) -> Iterator[Texts]:
    """The lines of all files that are not blank, some at a time."""
    for index, file in enumerate(files):
        file.check_unchanged()
        first = 1
        for block in _blocks(file):
            kept = [number for number, text in enumerate(block, first) if text and not text.isspace()]
            texts = block if len(kept) == len(block) else [block[number - first] for number in kept]
            yield Texts(texts, np.full(len(kept), index), np.array(kept, np.int64))
            first += len(block)
        file.check_unchanged()


def regrouped(blocks: Iterable[Texts], size: int) -> Iterator[Texts]:
    """The same lines, exactly so many at a time but for the last."""
    texts, files, lines = list[bytes](), list[Lines](), list[Lines]()
    for block in blocks:
        texts += block.texts
        files.append(block.files)
        lines.append(block.lines)
        if len(texts) >= size:
            whole = Texts(texts, np.concatenate(files), np.concatenate(lines))
            full = len(texts) - len(texts) % size
            for first in range(0, full, size):
                yield whole.part(first, first + size)
            rest = whole.part(full, len(texts))
            texts, files, lines = rest.texts, [rest.files], [rest.lines]
    if texts:
        yield Texts(texts, np.concatenate(files), np.concatenate(lines))


def _blocks(file: File) -> Iterator[list[bytes]]:
    """The lines of a file; of one that is too long, as much as shows that it is."""
    rest = b""
    with reading(file) as stream:
        data = stream.read(BLOCK).removeprefix(UTF8_MARK)
        while data:
            first, *others = data.split(b"\n")
            rest = rest + first if len(rest) <= MAX_RECORD else rest
            if others:
                yield [rest, *others[:-1]]
                rest = others[-1]
            data = stream.read(BLOCK)
    yield [rest]


def row_of(text: bytes) -> Any:
    """The object of a line, or what stands for one that cannot be read."""
    if len(text) > MAX_RECORD:
        return Unusable(_start(text), f"The line is longer than {MAX_RECORD >> 20} MB.")
    if reason := not_utf8(text):
        return Unusable(_start(text), reason, "Save the file as UTF-8.")
    try:
        row = _DECODER.decode(text.decode())
    except json.JSONDecodeError as error:
        return Unusable(_start(text), f"The line is no JSON: {error.msg} at column {error.colno}.")
    except Unfit as unfit:
        return Unusable(_start(text), unfit.reason)
    except RecursionError:
        return Unusable(_start(text), "The line is nested too deeply.")
    except ValueError:
        return Unusable(_start(text), "A number in it has thousands of digits.")
    return (
        row
        if isinstance(row, dict)
        else Unusable(_start(text), "The line is no JSON object.", "Give one object a line.")
    )


def _start(text: bytes) -> str:
    return shown(text[:200].decode("utf-8", "replace"))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unfit(f"The key {twice!r} is given twice.")
    return found


def _constant(word: str) -> Any:
    raise Unfit(f"{word} is no number of JSON.")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
