"""Collections: the elements checked like values of their own, and what only a collection can get wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from reconciler.records.checking.cells import CANONICAL, Cells, Mask, as_numpy, only, shown, validity
from reconciler.records.checking.demands import check_lengths
from reconciler.records.checking.found import Finding
from reconciler.records.checking.numbers import named
from reconciler.records.checking.plain import lengths_of, parents_of, plain
from reconciler.records.limits import LONGEST_VALUE

CheckElements: TypeAlias = Callable[[Any, Cells], Any]

_JSON = "The text is no JSON list of such elements."


def check_list(given: Any, cells: Cells, check: CheckElements, *, texts: bool) -> Any:
    """list<canonical>; from a CSV file a cell is a JSON list."""
    wanted = CANONICAL[cells.column.kind]
    if texts and pa.types.is_string(given.type):
        given = _from_json(given, cells)
    if pa.types.is_null(given.type):
        return pa.nulls(len(given), pa.list_(wanted))
    if not pa.types.is_list(given.type):
        what = (cells.column.collection or "").lower()
        reason = f"It is {named(given.type)}, and the feature takes a {what} of {cells.column.kind}."
        cells.refuse(cells.good, reason)
        return pa.nulls(len(given), pa.list_(wanted))
    parents, lengths = parents_of(given), lengths_of(given)
    values = _elements(plain(given.flatten()), parents, cells, check)
    if cells.column.collection == "Set":
        values, parents, lengths = _distinct(values, parents, lengths)
    _check_lengths(lengths, cells)
    bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(bounds), values, mask=pa.array(~validity(given)))


def _elements(given: Any, parents: Any, cells: Cells, check: CheckElements) -> Any:
    column = cells.column
    inner = Cells(column._replace(collection=None, bounds=column.element_bounds, optional=False, code=()), given)
    values = check(given, inner)
    for finding in inner.findings:
        rows, first = np.unique(parents[finding.rows], return_index=True)
        where = dict(zip(rows.tolist(), finding.rows[first].tolist(), strict=True))
        wrong = _at(rows, len(cells.good))
        cells.refuse(wrong, f"An element cannot be used. {finding.reason}", finding.fix, _show(finding, where))
    holes = np.unique(parents[~validity(given)])
    fix = "Leave such elements out: AWS refuses a record with None inside a collection."
    cells.refuse(_at(holes, len(cells.good)), "There is None inside of it.", fix)
    return only(values, inner.good)


def _show(finding: Finding, where: dict[int, int]) -> Callable[[int], str]:
    return lambda row: finding.show(where[row])


def _at(rows: Any, count: int) -> Mask:
    mask = np.zeros(count, np.bool_)
    mask[rows] = True
    return mask


def _distinct(values: Any, parents: Any, lengths: Any) -> tuple[Any, Any, Any]:
    """Each element of a set once, where it stood first."""
    codes = as_numpy(values.dictionary_encode().indices, -1).astype(np.int64)
    _, first = np.unique(parents.astype(np.int64) * (len(values) + 1) + codes, return_index=True)
    if len(first) == len(values):
        return values, parents, lengths
    kept = np.sort(first)
    parents = parents[kept]
    return values.take(pa.array(kept)), parents, np.bincount(parents, minlength=len(lengths))


def _check_lengths(lengths: Any, cells: Cells) -> None:
    column = cells.column
    if column.dimension is not None:
        wrong = lengths != column.dimension
        cells.refuse(wrong, f"It has to have exactly {column.dimension:,} elements.", "", _counted(lengths))
    check_lengths(lengths, cells, column.bounds, "elements")
    cells.refuse(lengths > LONGEST_VALUE, f"It has more than {LONGEST_VALUE:,} elements.")


def _counted(lengths: Any) -> Callable[[int], str]:
    return lambda row: f"{int(lengths[row]):,} elements"


def _from_json(given: Any, cells: Cells) -> Any:
    rows: list[Any] = []
    wrong = np.zeros(len(given), np.bool_)
    for index, text in enumerate(given.to_pylist()):
        value = None if text is None else _list(text, cells.column.kind)
        wrong[index] = text is not None and value is None
        rows.append(value)
    cells.refuse(wrong, _JSON, 'Write it like ["a", "b"] or [1.5, 2].', lambda row: shown(given[row]))
    inner = {"int": pa.int64(), "bool": pa.bool_(), "float": pa.float64(), "unix": pa.float64()}
    return pa.array(rows, pa.list_(inner.get(cells.column.kind, pa.string())))


def _list(text: str, kind: str) -> list[Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    fits = _FITS.get(kind, _is_text)
    return value if isinstance(value, list) and all(fits(item) for item in value) else None


def _is_text(item: Any) -> bool:
    return item is None or isinstance(item, str)


def _is_int(item: Any) -> bool:
    return item is None or (isinstance(item, int) and not isinstance(item, bool) and -(2**63) <= item < 2**63)


def _is_number(item: Any) -> bool:
    return item is None or isinstance(item, float) or (isinstance(item, int) and abs(item) <= 2**53)


_FITS: dict[str, Callable[[Any], bool]] = {
    "int": _is_int,
    "bool": lambda item: item is None or isinstance(item, bool),
    "float": _is_number,
    "unix": _is_number,
}
