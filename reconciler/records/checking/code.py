"""Constraints that are Python code of the spec: each distinct value through the class's own validation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import numpy as np
import pyarrow as pa

from reconciler.contract import Column
from reconciler.records.checking.cells import Cells
from reconciler.records.checking.iso import written


def check_code(values: Any, cells: Cells, record: Any) -> Any:
    """Validate as the class does when a record is made, and hold what it would hold: validation may change a value."""
    column = cells.column
    validate = _validator(record, column)
    indices: Any = None
    distinct = values
    if not column.collection:
        encoded = values.dictionary_encode()
        indices, distinct = encoded.indices, encoded.dictionary
    before = [as_python(value, column) for value in distinct.to_pylist()]
    after, errors = [], {}
    for index, value in enumerate(before):
        result, error = (None, "") if value is None else _tried(validate, value)
        after.append(result)
        if error:
            errors[index] = error
    _refuse(cells, errors, indices)
    if after == before:
        return values
    changed = as_canonical(after, column, values.type, distinct, before)
    return changed if indices is None else changed.take(indices)


def as_python(value: Any, column: Column) -> Any:
    """A canonical value as a record of the class is given it."""
    if value is None:
        return None
    if column.collection:
        inner = column._replace(collection=None)
        items = [as_python(item, inner) for item in value]
        return set(items) if column.collection == "Set" else items
    if column.kind == "bool":
        return bool(value)
    return _moment(value) if column.kind == "datetime" else value


def as_canonical(after: list[Any], column: Column, type_: Any, values: Any, before: list[Any]) -> Any:
    """Python values as an Arrow column; what validation did not change keeps every digit it had."""
    plain = [
        old if new == was else _plain(new, column)
        for new, was, old in zip(after, before, values.to_pylist(), strict=True)
    ]
    return pa.array(plain, type_)


def _validator(record: Any, column: Column) -> Callable[[Any], Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - only code needs it

    fields = {field.name: field for field in record.__feature_group__.fields}
    validate: Callable[[Any], Any] = TypeAdapter(fields[column.name].type.checked).validate_python
    return validate


def _tried(validate: Callable[[Any], Any], value: Any) -> tuple[Any, str]:
    from pydantic import ValidationError  # noqa: PLC0415 - as above

    try:
        return validate(value), ""
    except ValidationError as error:
        return None, "; ".join(first["msg"] for first in error.errors(include_url=False))
    except Exception as error:  # noqa: BLE001 - the spec's code may raise anything, and it is about this value
        return None, f"The spec's own check failed: {type(error).__name__}: {error}"


def _refuse(cells: Cells, errors: dict[int, str], indices: Any) -> None:
    by_reason: dict[str, list[int]] = {}
    for index, reason in errors.items():
        by_reason.setdefault(reason, []).append(index)
    where = np.arange(len(cells.good)) if indices is None else indices.fill_null(-1).to_numpy(zero_copy_only=False)
    for reason, wrong in by_reason.items():
        cells.refuse(np.isin(where, wrong), sentence(reason))


def sentence(reason: str) -> str:
    """With a full stop."""
    return reason if reason.endswith(".") else f"{reason}."


def _plain(value: Any, column: Column) -> Any:
    if value is None:
        return None
    if column.collection:
        inner = column._replace(collection=None)
        return [_plain(item, inner) for item in _ordered(value)]
    if isinstance(value, datetime):
        return _text(value)
    if isinstance(value, Enum):
        return value.value
    return int(value) if isinstance(value, bool) else value


def _ordered(value: Iterable[Any]) -> Iterable[Any]:
    return sorted(value, key=str) if isinstance(value, (set, frozenset)) else value


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text[:-1][:26]}+00:00")


def _text(moment: datetime) -> str:
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    seconds = since.days * 86_400 + since.seconds
    text: str = written(np.array([seconds]), np.array([since.microseconds * 1000]))[0].as_py()
    return text
