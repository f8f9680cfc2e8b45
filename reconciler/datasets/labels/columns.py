"""Whether a table has the columns that labels need, by their names and types."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import tzinfo

import pyarrow as pa
import pyarrow.types as pt

from reconciler.datasets.labels.faults import LabelFault
from reconciler.datasets.question import Key, Question
from reconciler.records.checking.numbers import named

_AS_WRITTEN = "Convert it to text, written as the identifiers are: 007 is not 7."
_WORDS = {"String": "text", "Integral": "whole numbers", "Fractional": "numbers"}


def check_columns(
    schema: pa.Schema,
    question: Question,
    time: str | None,
    zone: tzinfo | None,
    *,
    texts: bool,
    levels: Collection[str] = (),
) -> list[LabelFault]:
    """Every fault of the columns. `time` is None where all labels are of one moment.

    `levels` are names that a frame of pandas has in its index. `texts` says that all columns are text, as in CSV.
    """
    if not schema.names:
        return [LabelFault("", "They have no columns.", f"Needed are {' and '.join(needed(question, time))}.")]
    found = [*_doubles(schema.names), *_clashes(schema.names, question)]
    types = dict(zip(schema.names, schema.types, strict=True))
    found += [_missing(name, schema.names, levels) for name in needed(question, time) if name not in types]
    for key in question.keys:
        if key.column in types:
            found += _key_type(key, _decoded(types[key.column]), question, texts=texts)
    if time in types:
        found += _time_type(str(time), _decoded(types[str(time)]), zone)
    return found


def needed(question: Question, time: str | None) -> list[str]:
    """The columns that labels have to have."""
    return list(dict.fromkeys([*(key.column for key in question.keys), *([time] if time else [])]))


def usable(faults: Sequence[LabelFault], names: Collection[str]) -> frozenset[str]:
    """The columns whose values can be looked at all the same."""
    return frozenset(names) - {fault.column for fault in faults}


def _doubles(names: Sequence[str]) -> Iterator[LabelFault]:
    for name, count in Counter(names).items():
        if count > 1:
            yield LabelFault(name, f"{count} columns have this name.", "Rename all but one, or leave them out.")


def _clashes(names: Sequence[str], question: Question) -> Iterator[LabelFault]:
    groups = {column.name: join.group for join in question.joins for column in join.columns}
    for name in dict.fromkeys(names):
        if name in groups:
            reason = f"A feature of {groups[name]} has this name in the result, and so has a column of the labels."
            fix = f'Rename or leave out the column, or name the features apart: using(..., prefix="{groups[name]}_").'
            yield LabelFault(name, reason, fix)


def _missing(name: str, names: Sequence[str], levels: Collection[str]) -> LabelFault:
    if name in levels:
        return LabelFault(name, "It is in the index of the frame, which is left out.", "Use labels.reset_index().")
    same = [other for other in names if other.casefold() == name.casefold()]
    close = same or difflib.get_close_matches(name, names, 1)
    hint = f"Did you mean {close[0]}?" if close else f"There are {_listed(names)}."
    return LabelFault(name, "The labels have no such column.", hint)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown


def _key_type(key: Key, kind: pa.DataType, question: Question, *, texts: bool) -> Iterator[LabelFault]:
    is_text = _is_text(kind)
    fits = {
        "String": is_text,
        "Integral": bool(pt.is_integer(kind)) or (texts and is_text),
        "Fractional": bool(pt.is_integer(kind) or pt.is_floating(kind)) or (texts and is_text),
    }
    if pt.is_null(kind) or fits[key.type]:
        return
    groups = dict.fromkeys(join.group for join in question.joins if join.key == key)
    reason = f"The column is {_named(kind)}, and the identifiers of {' and '.join(groups)} are {_WORDS[key.type]}."
    yield LabelFault(key.column, reason, _conversion(key, kind))


def _conversion(key: Key, kind: pa.DataType) -> str:
    if key.type == "String":
        return _AS_WRITTEN
    if key.type == "Fractional":
        return "Convert it to float64."
    if pt.is_floating(kind):
        return "Convert it to int64, or in pandas where some are missing to the nullable Int64."
    return "Convert it to int64."


def _time_type(name: str, kind: pa.DataType, zone: tzinfo | None) -> Iterator[LabelFault]:
    if pt.is_timestamp(kind):
        if kind.tz is None and zone is None:
            reason = "The times have no time zone, so the instants are not known."
            yield LabelFault(name, reason, 'Say which one: time_zone="UTC", or another.')
    elif pt.is_float32(kind) or pt.is_float16(kind):
        bits = "32" if pt.is_float32(kind) else "16"
        reason = f"The column is numbers of {bits} bits, which are minutes apart where seconds since 1970 are today."
        yield LabelFault(name, reason, "Make the times float64 where they come from: a cast brings nothing back.")
    elif pt.is_date(kind):
        fix = "Give instants: midnight of which zone, or the end of the day?"
        yield LabelFault(name, "The column is dates without a time of day.", fix)
    elif not (pt.is_null(kind) or pt.is_integer(kind) or pt.is_floating(kind) or _is_text(kind)):
        fix = "Give timestamps with a zone, ISO-8601 texts, or numbers of seconds since 1970."
        yield LabelFault(name, f"The column is {_named(kind)}, and no times.", fix)


def _named(kind: pa.DataType) -> str:
    """A type as a sentence has it: numbers by what sets them apart."""
    if pt.is_integer(kind):
        return "whole numbers"
    if pt.is_floating(kind):
        return "floating-point numbers"
    return "text" if _is_text(kind) else named(kind)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pt.is_string(kind) or pt.is_large_string(kind) or pt.is_string_view(kind))


def _decoded(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pt.is_dictionary(kind) else kind
