"""Rows held against their contract, a column at a time.

    check_columns(schema, contract)    once an input: unknown, missing and doubled columns
    check(batch, contract)             once a chunk: every value, and the chunk in canonical form
    Duplicates                         over all chunks: rows with one record identifier and one event time
    FaultTable                         over all chunks: what is wrong, counted, and written to a file

Everything that a row may get wrong is a fault here before a byte of the input leaves.
"""

from reconciler.records.checking.check import Checked, check
from reconciler.records.checking.columns import check_columns
from reconciler.records.checking.duplicates import Duplicates, Repeats
from reconciler.records.checking.found import Faults, Finding
from reconciler.records.checking.table import FaultTable, faults_file

__all__ = [
    "Checked",
    "Duplicates",
    "FaultTable",
    "Faults",
    "Finding",
    "Repeats",
    "check",
    "check_columns",
    "faults_file",
]
