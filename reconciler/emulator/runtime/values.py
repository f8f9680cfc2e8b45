"""Feature values as text: what each type takes, at a glance and in full."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator import assumptions
from reconciler.emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 350 * 1024
"""Of a record and of a value, in bytes (developer guide, quotas)."""
LONGEST_ID = 2048
"""Of a record identifier, in bytes."""

_INTEGRAL = re.compile(assumptions.INTEGRAL).fullmatch
_FRACTIONAL = re.compile(assumptions.FRACTIONAL).fullmatch
# What nearly all numbers look like, and what certainly fits its type: the rest is looked at in full.
_PLAINLY_INTEGRAL = re.compile("-?[0-9]{1,18}").fullmatch
_PLAINLY_FRACTIONAL = re.compile(r"-?[0-9]{1,200}(?:\.[0-9]{1,200})?").fullmatch


class Feature(NamedTuple):
    """One feature of a group: its type, and the collection it may be."""

    name: str
    type: str
    collection: str | None = None
    dimension: int | None = None

    def glance(self) -> Callable[[str], object] | None:
        """Says of most texts that they certainly fit; None where every text does."""
        if self.collection:
            return _never
        return {"Integral": _PLAINLY_INTEGRAL, "Fractional": _PLAINLY_FRACTIONAL}.get(self.type)

    def value(self, given: dict[str, Any]) -> str | list[str]:
        """The value of a FeatureValue whose shape is right, or the refusal of it."""
        text, texts = given.get("ValueAsString"), given.get("ValueAsStringList")
        if text is None and texts is None:
            raise assumptions.bad_feature_value(self.name, "is missing")
        if text is not None and texts is not None:
            raise assumptions.bad_feature_value(self.name, "is given as a string and as a list")
        if self.collection is None:
            if text is None:
                raise assumptions.bad_feature_value(self.name, "must be given in ValueAsString")
            self.check(text)
            return str(text)
        if texts is None:
            raise assumptions.bad_feature_value(self.name, "must be given in ValueAsStringList")
        return self._collection(texts)

    def check(self, text: str) -> None:
        """Refuse a text that its type does not take."""
        if self.type == "Integral" and not _is_integral(text):
            raise assumptions.not_integral(self.name)
        if self.type == "Fractional" and not _is_fractional(text):
            raise _not_fractional(self.name)
        if len(text) > LARGEST // 4 and len(text.encode()) > LARGEST:
            raise assumptions.record_too_large()

    def _collection(self, texts: list[str]) -> list[str]:
        for text in texts:
            self.check(text)
        if self.collection == "Vector" and len(texts) != self.dimension:
            raise assumptions.bad_feature_value(
                self.name, f"has {len(texts)} elements, but its Dimension is {self.dimension}"
            )
        return list(dict.fromkeys(texts)) if self.collection == "Set" else texts


def _never(text: str) -> None:  # noqa: ARG001 - no text is a collection
    return None


def _is_integral(text: str) -> bool:
    if _INTEGRAL(text) is None:
        return False
    digits = text.removeprefix("-").lstrip("0") or "0"
    if len(digits) > 19:
        return False
    return int(digits) <= (2**63 if text[0] == "-" else 2**63 - 1)


def _is_fractional(text: str) -> bool:
    return _FRACTIONAL(text) is not None and isfinite(float(text))


def _not_fractional(name: str) -> AwsError:
    """As AWS words it (aws-samples, feature-store-end-to-end-workshop, pull request 13)."""
    return AwsError(
        "ValidationError",
        f"Attempted to parse the feature value for the feature named [{name}] into a FeatureValue of type Fractional. "
        "The provided value must be within the range of a double precision floating point number defined by the "
        "IEEE 754 standard. The input format can be in either decimal form or scientific notation.",
    )
