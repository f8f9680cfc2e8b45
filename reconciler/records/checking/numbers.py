"""Numbers: whole ones, true and false, and floating ones, out of whatever holds them without loss."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.records.checking.buffers import text_bytes
from reconciler.records.checking.cells import Cells, as_numpy, only
from reconciler.records.limits import EXACT, INT_MAX, INT_MIN

_INT_TEXT = r"\A-?[0-9]+(\.0+)?\z"
_FLOAT_TEXT = r"\A[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\z"
_BOOL_TEXTS = {"true": 1, "True": 1, "TRUE": 1, "1": 1, "false": 0, "False": 0, "FALSE": 0, "0": 0}

_TOO_LARGE = "It does not fit 64 bits: an Integral is from -2^63 to 2^63-1."
_FRACTION = "It is no whole number, and the feature takes whole numbers only."
_NOT_EXACT = "It is beyond 2^53, where a floating-point number no longer says which whole number it was."
_KEEP_INT = "Keep the column as int64, or as a nullable Int64, where some are missing."
_NOT_FINITE = "It is no number that AWS could keep."
_LEAVE_OUT = "Leave the value out (null) where there is none."


def read_int(given: Any, cells: Cells, *, texts: bool) -> Any:
    """int64; numbers that are whole, true and false as 1 and 0."""
    type_ = given.type
    if pa.types.is_integer(type_):
        return _narrowed(given, cells)
    if pa.types.is_boolean(type_):
        return given.cast(pa.int64())
    if pa.types.is_floating(type_):
        return _whole_floats(given.cast(pa.float64()), cells)
    if pa.types.is_decimal(type_):
        return _whole_decimals(given, cells)
    if texts and pa.types.is_string(type_):
        return _int_texts(given, cells)
    return cells.refuse_all(f"It is {named(type_)}, and the feature takes whole numbers.", _convert(type_, "int64"))


def read_bool(given: Any, cells: Cells, *, texts: bool) -> Any:
    """int64 with 0 and 1."""
    type_ = given.type
    if texts and pa.types.is_string(type_):
        return _bool_texts(given, cells)
    if pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_boolean(type_):
        values = given.cast(pa.float64()) if pa.types.is_floating(type_) else given
        if not pa.types.is_boolean(type_):
            numbers = as_numpy(values)
            cells.refuse((numbers != 0) & (numbers != 1), "It is neither true nor false, nor 1 or 0.")
        return only(values, cells.good).cast(pa.int64())
    return cells.refuse_all(f"It is {named(type_)}, and the feature takes true or false.", _convert(type_, "bool"))


def read_float(given: Any, cells: Cells, *, texts: bool) -> Any:
    """float64, every one of them finite."""
    type_ = given.type
    if pa.types.is_floating(type_):
        values = given.cast(pa.float64())
        cells.refuse(~np.isfinite(as_numpy(values)), _NOT_FINITE, _LEAVE_OUT)
        return values
    if pa.types.is_integer(type_):
        return _floats_of_ints(given, cells)
    if pa.types.is_decimal(type_):
        return _floats_of_decimals(given, cells)
    if texts and pa.types.is_string(type_):
        return _float_texts(given, cells)
    return cells.refuse_all(f"It is {named(type_)}, and the feature takes numbers.", _convert(type_, "float64"))


def named(type_: Any) -> str:
    """An Arrow type as a sentence has it."""
    if pa.types.is_string(type_):
        return "text"
    if pa.types.is_boolean(type_):
        return "true or false"
    if pa.types.is_timestamp(type_):
        return "a timestamp"
    if pa.types.is_date(type_):
        return "a date"
    if pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        return "a number"
    if pa.types.is_list(type_):
        return "a list"
    return f"of the type {type_}"


def _convert(type_: Any, wanted: str) -> str:
    if pa.types.is_string(type_):
        return f"Convert the column to {wanted}; texts are taken for numbers only from CSV files."
    return f"Convert the column to {wanted}."


def _narrowed(given: Any, cells: Cells) -> Any:
    if pa.types.is_uint64(given.type):
        cells.refuse(as_numpy(given) > INT_MAX, _TOO_LARGE, "Keep it as text.")
        given = only(given, cells.good)
    return given.cast(pa.int64())


def _whole_floats(values: Any, cells: Cells) -> Any:
    numbers = as_numpy(values)
    cells.refuse(~np.isfinite(numbers), _NOT_FINITE, _LEAVE_OUT)
    cells.refuse(numbers != np.trunc(numbers), _FRACTION, "Round it, or make the feature a float.")
    cells.refuse(np.abs(numbers) > EXACT, _NOT_EXACT, _KEEP_INT)
    return only(values, cells.good).cast(pa.int64())


def _whole_decimals(given: Any, cells: Cells) -> Any:
    try:
        return given.cast(pa.int64())
    except pa.ArrowInvalid:
        values = given.to_pylist()
    wrong = np.array([value is not None and value != int(value) for value in values], np.bool_)
    cells.refuse(wrong, _FRACTION, "Round it, or make the feature a float.")
    wrong = np.array([value is not None and not INT_MIN <= value <= INT_MAX for value in values], np.bool_)
    cells.refuse(wrong, _TOO_LARGE, "Keep it as text.")
    return only(given, cells.good).cast(pa.int64())


def _int_texts(given: Any, cells: Cells) -> Any:
    data = text_bytes(given)
    if bool((((data - 48) < 10) | (data == 45)).all()):  # also keeps Arrow from reading hexadecimal
        try:
            return given.cast(pa.int64())
        except pa.ArrowInvalid:
            pass
    fits = as_numpy(pc.match_substring_regex(given, _INT_TEXT), False)
    cells.refuse(~fits, "The text is no whole number.", "Write it in digits, without blanks or separators.")
    digits = pc.replace_substring_regex(only(given, cells.good), r"\.0+\z", "")
    long = np.flatnonzero(as_numpy(pc.binary_length(digits)) > 18)
    wrong = np.zeros(len(given), np.bool_)
    wrong[[row for row in long.tolist() if not INT_MIN <= _int(digits[row].as_py()) <= INT_MAX]] = True
    cells.refuse(wrong, _TOO_LARGE, "Keep it as text.")
    return only(digits, cells.good).cast(pa.int64())


def _int(digits: str) -> int:
    """The number, or one that is surely too large: Python refuses to read thousands of digits."""
    bare = digits.lstrip("-0")
    return int(digits) if len(bare) < 30 else INT_MAX + 1


def _bool_texts(given: Any, cells: Cells) -> Any:
    texts = pa.array(_BOOL_TEXTS, pa.string())
    found = pc.index_in(given, value_set=texts)
    cells.refuse(as_numpy(found.is_null(), True), "The text is neither true nor false, nor 1 or 0.")
    return pc.take(pa.array(_BOOL_TEXTS.values(), pa.int64()), found)


def _floats_of_ints(given: Any, cells: Cells) -> Any:
    if given.type.bit_width == 64:
        numbers = as_numpy(given)
        wrong = numbers > EXACT
        wrong |= numbers < -EXACT if pa.types.is_signed_integer(given.type) else False
        cells.refuse(wrong, "It is beyond 2^53, and a Fractional would round it.", "Make the feature an int.")
        given = only(given, cells.good)
    return given.cast(pa.float64())


def _floats_of_decimals(given: Any, cells: Cells) -> Any:
    values = given.cast(pa.string()).cast(pa.float64())  # by way of text: rounded once, and rightly
    if given.type.precision > 15:
        pairs = zip(given.to_pylist(), values.to_pylist(), strict=True)
        wrong = np.array([d is not None and _is_rounded(d, f) for d, f in pairs], np.bool_)
        cells.refuse(wrong, "It has more digits than a double keeps.", "Round it, or make the feature a str.")
    return values


def _is_rounded(exact: Decimal, value: float) -> bool:
    return not np.isfinite(value) or Decimal(repr(value)) != exact


def _float_texts(given: Any, cells: Cells) -> Any:
    try:
        values = given.cast(pa.float64())
    except pa.ArrowInvalid:
        fits = as_numpy(pc.match_substring_regex(given, _FLOAT_TEXT), False)
        cells.refuse(~fits, "The text is no number.", "Write it like 1.5 or 1e-3, without blanks or separators.")
        values = only(given, cells.good).cast(pa.float64())
    cells.refuse(~np.isfinite(as_numpy(values)), _NOT_FINITE, "Leave the cell empty where there is no value.")
    return values
