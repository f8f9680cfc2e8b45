"""One number as the columns have it. The encoder works on whole columns; reads and deletes have one identifier."""

from __future__ import annotations

_LOW, _HIGH = -6, 10
"""From and below which power of ten a number is written without an exponent."""


def number_text(value: float) -> str:
    """The shortest text that reads back as the same double, as an ingest writes it: 1, 0.5, 1e+16, 1e-7."""
    if value == 0:
        return "-0" if str(value).startswith("-") else "0"
    sign, digits, power = _parts(value)
    if not _LOW <= power < _HIGH:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{power:+d}"
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    whole, fraction = digits[: power + 1].ljust(power + 1, "0"), digits[power + 1 :]
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _parts(value: float) -> tuple[str, str, int]:
    """Sign, digits and the power of ten of the first of them."""
    text = repr(float(value))
    sign = "-" if text[0] == "-" else ""
    mantissa, _, exponent = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    return sign, digits.rstrip("0"), len(whole) - 1 - leading + int(exponent or 0)
