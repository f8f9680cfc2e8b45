"""Rows held against their contract, a column at a time.

    check_columns(schema, contract)    once an input: unknown, missing and doubled columns
    check(batch, contract)             once a chunk: every value, and the chunk in canonical form
    Duplicates                         over all chunks: rows with one record identifier and one event time
    FaultTable                         over all chunks: what is wrong, counted, its first lines kept, all of it in a file

Everything that a row may get wrong is a fault here before a byte of the input leaves.
"""

from reconciler.records.checking.check import Checked, check
from reconciler.records.checking.columns import check_columns
from reconciler.records.checking.found import Faults, Finding

__all__ = ["Checked", "Faults", "Finding", "check", "check_columns"]
