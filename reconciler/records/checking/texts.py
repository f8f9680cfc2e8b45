"""Texts: what AWS takes of a value, and of a record identifier."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.records.checking.buffers import text_bytes
from reconciler.records.checking.cells import Cells, as_numpy, only
from reconciler.records.checking.numbers import named
from reconciler.records.limits import LINE_BREAKS, LONGEST_ID, LONGEST_VALUE

_BREAKS = tuple(character.encode() for character in LINE_BREAKS)


def read_text(given: Any, cells: Cells) -> Any:
    """UTF-8 text without line breaks, none longer than AWS takes."""
    if not pa.types.is_string(given.type):
        fix = "Convert the column to text, the way it is to be read back."
        return cells.refuse_all(f"It is {named(given.type)}, and the feature takes text.", fix)
    data = text_bytes(given).tobytes()
    if any(mark in data for mark in _BREAKS):
        broken = pc.match_substring_regex(only(given, cells.good), f"[{LINE_BREAKS}]")
        fix = "Replace line breaks, with blanks or with \\n in two characters."
        cells.refuse(as_numpy(broken, False), "It has a line break, which AWS does not take in a value.", fix)
    if len(data) > LONGEST_VALUE:
        long = as_numpy(pc.utf8_length(only(given, cells.good))) > LONGEST_VALUE
        cells.refuse(
            long, f"It has more than {LONGEST_VALUE:,} characters.", "Keep it elsewhere, and its address here."
        )
    return given


def check_identifier(values: Any, cells: Cells) -> None:
    """The record identifier: there is something, and it is not too long."""
    if not pa.types.is_string(values.type):
        return
    length = as_numpy(pc.binary_length(values))
    cells.refuse(length == 0, "The record identifier is empty.", "Every row has to say which record it is.")
    cells.refuse(length > LONGEST_ID, f"The record identifier is longer than {LONGEST_ID:,} bytes.", "Shorten it.")


def decodable(given: Any, cells: Cells) -> Any:
    """The column without texts that are none: Arrow does not look at what it is handed."""
    if not pa.types.is_string(given.type):
        return given
    data = text_bytes(given)
    if not len(data) or int(data.max()) < 0x80:
        return given
    try:
        given.validate(full=True)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        raw = given.cast(pa.binary()).to_pylist()
        wrong = np.array([value is not None and not _is_utf8(value) for value in raw], np.bool_)
        cells.refuse(wrong, "It is no UTF-8 text.", "Encode it as UTF-8; half of a surrogate pair has no encoding.")
    return only(given, cells.good)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
