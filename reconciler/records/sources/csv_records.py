"""Where the records of a CSV block begin and end, by the quotes and line ends in it.

Worked out on whole blocks: a line end counts where an even number of quotes precedes it. That holds as long as quotes
stand where RFC 4180 has them; a block with one elsewhere is read record by record, and what breaks the rule is a
fault of its own line.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Bytes: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]

_COMMA, _QUOTE, _LF, _CR = b',"\n\r'

_CELL = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^",\r\n]*+)'
_RECORD = re.compile(rb"%b(?:,%b)*+(?=[\r\n]|\Z)" % (_CELL, _CELL))
_OPEN = re.compile(rb'(?:%b,)*+"[^"]*+(?:""[^"]*+)*+"?\Z' % _CELL)
_QUOTED = re.compile(rb'"[^"]*+"')
_LINE_END = re.compile(rb"\r\n|\n|\r")


class Records(NamedTuple):
    """The records of a block, blank lines left out: where each begins and ends (its line end excluded), the number of
    the line it begins in, and how many cells it has; 0 cells: a quote stands where none may. `used` bytes were read,
    `next_line` is the line that follows; the rest is the beginning of a record.
    """

    starts: Numbers
    ends: Numbers
    lines: Numbers
    cells: Numbers
    used: int
    next_line: int

    def after_first(self) -> Records:
        """Without the first record: the header."""
        return Records(self.starts[1:], self.ends[1:], self.lines[1:], self.cells[1:], self.used, self.next_line)


def find_records(block: bytes, line: int, *, final: bool, forced: bool = False) -> Records:
    """The records of a block that begins in line `line`.

    `final` says that the file ends with it, `forced` that the first record has been waited for long enough.
    """
    if block and not forced:
        found = _at_once(block, line, final=final)
        if found is not None:
            return found
    return _one_by_one(block, line, final=final, forced=forced)


def _at_once(block: bytes, line: int, *, final: bool) -> Records | None:
    data: Bytes = np.frombuffer(block, np.uint8)
    inside = None
    if b'"' in block:
        quotes = data == _QUOTE
        inside = np.bitwise_xor.accumulate(quotes.view(np.uint8))
        if not _well_placed(data, np.flatnonzero(quotes), inside, final=final):
            return None
    feeds = np.flatnonzero(data == _LF)
    breaks = feeds if b"\r" not in block else _line_ends(data, feeds, final=final)
    ends = breaks if inside is None else breaks[inside[breaks] == 0]
    commas = data == _COMMA
    commas = np.flatnonzero(commas if inside is None else commas & (inside == 0))
    return _bounded(data, _Marks(feeds, breaks, ends, commas), line, final=final)


class _Marks(NamedTuple):
    """Positions in a block: line feeds, all line ends, those outside quotes, commas outside quotes."""

    feeds: Numbers
    breaks: Numbers
    ends: Numbers
    commas: Numbers


def _bounded(data: Bytes, marks: _Marks, line: int, *, final: bool) -> Records:
    size, ends = len(data), marks.ends
    if final and (not len(ends) or ends[-1] != size - 1):
        ends = np.append(ends, size)
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    used = int(min(ends[-1] + 1, size)) if len(ends) else 0
    counted = marks.feeds if len(marks.feeds) == len(marks.breaks) else _counted(marks)
    lines = line + np.searchsorted(counted, starts)
    cells = np.searchsorted(marks.commas, ends) - np.searchsorted(marks.commas, starts) + 1
    crs = (ends < size) & (ends > starts) & (data[np.minimum(ends, size - 1)] == _LF)
    crs &= data[np.maximum(np.minimum(ends, size) - 1, 0)] == _CR
    ends = ends - crs
    full = ends > starts
    next_line = line + int(np.searchsorted(counted, used))
    return Records(starts[full], ends[full], lines[full], cells[full], used, next_line)


def _counted(marks: _Marks) -> Numbers:
    """What counts as the end of a line: line feeds, and carriage returns that end a record."""
    return np.union1d(marks.feeds, marks.ends)


def _line_ends(data: Bytes, feeds: Numbers, *, final: bool) -> Numbers:
    """Line feeds, and carriage returns without one. The last byte may have its line feed in the next block."""
    returns = np.flatnonzero(data == _CR)
    at_end = returns == len(data) - 1
    following = data[np.minimum(returns + 1, len(data) - 1)]
    lone = returns[np.where(at_end, final, following != _LF)]
    return np.union1d(feeds, lone) if len(lone) else feeds


def _well_placed(data: Bytes, quotes: Numbers, inside: Bytes, *, final: bool) -> bool:
    """Quotes open at the beginning of a cell and close at its end, or are doubled."""
    opening = inside[quotes] == 1
    opens, closes = quotes[opening], quotes[~opening]
    before = data[opens[opens > 0] - 1]
    after = data[closes[closes < len(data) - 1] + 1]
    if final and len(opens) > len(closes):
        return False
    return bool(np.isin(before, (_COMMA, _LF, _CR, _QUOTE)).all() and np.isin(after, (_COMMA, _LF, _CR, _QUOTE)).all())


def _one_by_one(block: bytes, line: int, *, final: bool, forced: bool) -> Records:
    starts, ends, lines, cells = list[int](), list[int](), list[int](), list[int]()
    at = 0
    while at < len(block):
        found = _record_at(block, at, final=final, forced=forced and at == 0)
        if found is None:
            break
        end, well_formed = found
        if end > at:
            starts.append(at)
            ends.append(end)
            lines.append(line)
            cells.append(_QUOTED.sub(b"", block[at:end]).count(b",") + 1 if well_formed else 0)
        after = _LINE_END.match(block, end)
        stop = after.end() if after else end
        line, at = line + block.count(b"\n", at, stop) + block.endswith(b"\r", at, stop), stop
    return Records(_numbers(starts), _numbers(ends), _numbers(lines), _numbers(cells), at, line)


def _numbers(found: list[int]) -> Numbers:
    return np.array(found, np.int64)


def _record_at(block: bytes, at: int, *, final: bool, forced: bool) -> tuple[int, bool] | None:
    """Where the record ends and whether it is well formed; nothing where the next block has to tell."""
    match = _RECORD.match(block, at)
    is_open = match.end() == len(block) if match else _OPEN.match(block, at) is not None
    if match and (final or (not is_open and block[match.end() :] != b"\r")):
        return match.end(), True
    if match and not is_open and not forced:
        return None  # a carriage return at the end of the block
    if is_open and not final and not forced:
        return None
    end = min(found for found in (block.find(b"\n", at), block.find(b"\r", at), len(block)) if found >= 0)
    if end >= len(block) - 1 and not final and not forced:
        return None
    return end, False
