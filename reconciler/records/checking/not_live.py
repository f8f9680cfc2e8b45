"""Features that the spec keeps and the live group was made without, since they were deprecated before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from reconciler.contract import Contract
from reconciler.records.checking.cells import Cells
from reconciler.records.checking.values import missing_column

REASON = "The feature is deprecated, and the live group was made without it."
FIX = "Leave the value out."


def leave_out(arrays: list[Any], columns: Mapping[str, Cells], contract: Contract) -> None:
    """Let nothing through for them. A value other than the default, which every record has, is a fault."""
    for index, column in enumerate(contract.columns):
        if column.is_live:
            continue
        array, default = arrays[index], missing_column(column, 1, contract.record).to_pylist()[0]
        if column.name in columns:
            given = [value is not None and value != default for value in array.to_pylist()]
            columns[column.name].refuse(np.array(given, np.bool_), REASON, FIX)
        arrays[index] = pa.nulls(len(array), array.type)
