"""One chunk of rows against the contract: every value, and the chunk as it goes on from here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from reconciler.contract import Contract
from reconciler.records.checking.cells import Cells, Mask
from reconciler.records.checking.columns import places
from reconciler.records.checking.found import Faults, Finding
from reconciler.records.checking.lifetimes import check_lifetimes
from reconciler.records.checking.not_live import leave_out
from reconciler.records.checking.sizes import check_sizes
from reconciler.records.checking.values import check_column, missing_column, reread
from reconciler.records.checking.whole_rows import left_to_the_class, make_records
from reconciler.records.faults import Allowable


class Checked(NamedTuple):
    """A batch that was checked.

    `batch` is in canonical form: a column for each of the contract's, in its order, by its name on AWS. Rows at fault
    are still in it, with null where a value cannot be used. `bad` marks them (a numpy array of bool), or is None where
    there are none. `seconds` (int64) and `nanos` (int32, 0 to 999,999,999) since 1970 are the event times of the rows;
    0 where there is none.
    """

    batch: Any
    faults: Faults
    bad: Any
    seconds: Any
    nanos: Any


def check(
    batch: Any, contract: Contract, *, texts: bool, now: datetime, allow: frozenset[Allowable] = frozenset()
) -> Checked:
    """Check every value of the batch. `texts` says that all columns are text, as in a CSV file.

    Whether rows are expired goes by `contract.ttl_s`; for rows with a time to live of their own, or that are not meant
    for the online store, give a contract that says so: `dataclasses.replace(contract, ttl_s=...)`. Where a required
    column is missing every row is bad without a fault of its own: that fault is `check_columns`'s.
    """
    found = places(batch.schema.names, contract)
    with np.errstate(all="ignore"):  # what is worked out of a value that was refused does not matter
        arrays, columns = _columns(batch, contract, found, texts=texts)
        findings = _whole_rows(arrays, columns, contract, found)
        leave_out(arrays, columns, contract)
    findings += [finding for cells in columns.values() for finding in cells.findings]
    seconds, nanos, timed = _event_times(columns.get(contract.event_time), batch.num_rows)
    if contract.online and contract.ttl_s is not None:
        findings += check_lifetimes(seconds, nanos, timed, contract, now, allow)
    names = [column.name for column in contract.columns]
    findings += check_sizes(names, arrays)
    bad = _bad(findings, batch.num_rows)
    if any(column.required and column.name not in found for column in contract.columns):
        bad = np.ones(batch.num_rows, np.bool_)
    return Checked(
        pa.RecordBatch.from_arrays(arrays, names=names),
        Faults(findings),
        bad if bad is not None and bad.any() else None,
        seconds,
        nanos,
    )


def _columns(
    batch: Any, contract: Contract, found: dict[str, int], *, texts: bool
) -> tuple[list[Any], dict[str, Cells]]:
    arrays, columns = [], {}
    for column in contract.columns:
        if column.name in found:
            if contract.code and contract.record is not None:
                column = left_to_the_class(column)  # noqa: PLW2901 - the same column, seen with less
            given = batch.column(found[column.name])
            array, columns[column.name] = check_column(
                given, column, texts=texts, role=_role(column.name, contract), record=contract.record
            )
        else:
            array = missing_column(column, batch.num_rows, contract.record)
        arrays.append(array)
    return arrays, columns


def _whole_rows(
    arrays: list[Any], columns: dict[str, Cells], contract: Contract, found: dict[str, int]
) -> list[Finding]:
    """Where the class has validators of whole records, make every row a record, and keep what that has changed."""
    if contract.record is None or not contract.code:
        return []
    good = np.ones(len(arrays[0]), np.bool_)
    for cells in columns.values():
        for finding in cells.findings:
            good[finding.rows] = False
    made = make_records(arrays, contract, found, good)
    for index, values in made.changed.items():
        column = contract.columns[index]
        cells = columns.setdefault(column.name, Cells(column, values))
        arrays[index] = reread(values, cells, _role(column.name, contract))
    return made.findings


def _role(name: str, contract: Contract) -> str:
    return {contract.record_id: "id", contract.event_time: "time"}.get(name, "")


def _event_times(cells: Cells | None, count: int) -> tuple[Any, Any, Mask]:
    """Seconds and nanoseconds, and the rows that have them."""
    if cells is None:
        return np.zeros(count, np.int64), np.zeros(count, np.int32), np.zeros(count, np.bool_)
    seconds, nanos = cells.seconds, cells.nanos
    if seconds is None:
        seconds, nanos = np.zeros(count, np.int64), np.zeros(count, np.int64)
    good = cells.good
    return np.where(good, seconds, 0), np.where(good, nanos, 0).astype(np.int32), good


def _bad(findings: Sequence[Finding], count: int) -> Mask | None:
    if not findings:
        return None
    bad = np.zeros(count, np.bool_)
    for finding in findings:
        bad[finding.rows] = True
    return bad
