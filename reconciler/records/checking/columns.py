"""The columns of an input against those of the contract: once, before its rows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.contract import Contract
from reconciler.records.faults import RowFault


def check_columns(schema: Any, contract: Contract, *, texts: bool = False) -> tuple[list[RowFault], Mapping[str, int]]:
    """What is wrong with the columns themselves, and where each column of the contract is in the schema.

    The mapping is from a feature's name on AWS to an index; a column may be named as on AWS or as in Python. Faults
    have no row (`row` is -1): unknown columns, required ones that are missing, those given twice. A required column
    that is missing spoils every row, so an input with such a fault is refused whole.
    """
    del texts  # names are the same in a CSV file
    names = list(schema.names)
    found = places(names, contract)
    faults = [*_unknown(names, contract, found), *_doubled(names, contract)]
    for column in contract.columns:
        if column.required and column.name not in found:
            fix = (
                f"Add the column {column.name}." if column.name == column.field else _either(column.name, column.field)
            )
            faults.append(
                RowFault(-1, "", column.name, "", "The column is missing, and every row has to have it.", fix)
            )
    return [*faults, *_unchecked(contract, found)], found


def places(names: Iterable[str], contract: Contract) -> dict[str, int]:
    """Where each column of the contract is; the first of those that are doubled."""
    known = aliases(contract)
    found: dict[str, int] = {}
    for index, name in enumerate(names):
        if name in known:
            found.setdefault(known[name], index)
    return found


def aliases(contract: Contract) -> dict[str, str]:
    """Names that rows may use, and the name on AWS of each. Where the two clash, AWS's wins."""
    return {column.field: column.name for column in contract.columns} | {
        column.name: column.name for column in contract.columns
    }


def _unknown(names: list[str], contract: Contract, found: Mapping[str, int]) -> Iterable[RowFault]:
    known = aliases(contract)
    free = [name for name, meant in known.items() if meant not in found]
    for name in dict.fromkeys(names):
        if name in known:
            continue
        near = difflib.get_close_matches(name, free, n=1, cutoff=0.7)
        fix = f"Rename it to {near[0]}." if near else "Drop the column, or add the feature to the spec."
        yield RowFault(-1, "", name, "", f"{contract.group} has no such feature.", fix)


def _doubled(names: list[str], contract: Contract) -> Iterable[RowFault]:
    known = aliases(contract)
    for feature in dict.fromkeys(known.values()):
        used = [name for name in names if known.get(name) == feature]
        if len(used) > 1:
            reason = f"The column is given {len(used)} times: {', '.join(used)}."
            yield RowFault(-1, "", feature, "", reason, "Keep one of them.")


def _unchecked(contract: Contract, found: Mapping[str, int]) -> Iterable[RowFault]:
    """Constraints that are code need the class; from the command line there is none, and nothing is let through."""
    if contract.record is not None:
        return
    fix = f"Ingest from Python, where the class of {contract.group} is: connect().ingest(...)."
    for column in contract.columns:
        if column.code and column.name in found:
            reason = f"Only Python can check what the spec demands of it: {', '.join(column.code)}."
            yield RowFault(-1, "", column.name, "", reason, fix)
    if contract.code:
        reason = f"Only Python can check rows with the validators of the class: {', '.join(contract.code)}."
        yield RowFault(-1, "", "", "", reason, fix)


def _either(name: str, field: str) -> str:
    return f"Add the column {name} (or {field}, as the spec calls it)."
