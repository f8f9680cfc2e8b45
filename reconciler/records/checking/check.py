"""One chunk of rows against the contract: every value, and the chunk as it goes on from here."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reconciler.contract import Contract
from reconciler.records.checking.columns import places
from reconciler.records.checking.found import Faults
from reconciler.records.faults import Allowable

CANONICAL = {
    "int": pa.int64(),
    "bool": pa.int64(),
    "float": pa.float64(),
    "unix": pa.float64(),
    "str": pa.string(),
    "datetime": pa.string(),
}
"""The Arrow type of a value, by its kind; collections are lists of it."""


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
    """Check every value of the batch. `texts` says that all columns are text, as in a CSV file."""
    found = places(batch.schema.names, contract)
    arrays = []
    for column in contract.columns:
        type_ = CANONICAL[column.kind]
        type_ = pa.list_(type_) if column.collection else type_
        if column.name not in found:
            arrays.append(pa.nulls(batch.num_rows, type_))
        elif pa.types.is_timestamp(batch.schema.field(found[column.name]).type):
            array = pc.strftime(batch.column(found[column.name]).cast(pa.timestamp("s", "UTC")), "%Y-%m-%dT%H:%M:%SZ")
            arrays.append(array.cast(type_))
        else:
            arrays.append(batch.column(found[column.name]).cast(type_))
    canonical = pa.RecordBatch.from_arrays(arrays, names=[c.name for c in contract.columns])
    moments = canonical.column(contract.event_time)
    if contract.moment.kind != "unix":
        moments = moments.cast(pa.timestamp("s", "UTC")).cast(pa.int64())
    seconds = np.asarray(moments).astype(np.int64)
    return Checked(canonical, Faults(), None, seconds, np.zeros(batch.num_rows, np.int32))
