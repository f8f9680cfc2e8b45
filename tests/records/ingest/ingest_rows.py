"""Contracts and canonical batches for the tests of ingest."""

import pyarrow as pa

from reconciler.contract import Column, Contract

TYPES = {"int": pa.int64(), "bool": pa.int64(), "float": pa.float64(), "unix": pa.float64()}


def a_column(name, kind="str", **more):
    return Column(name, more.pop("field", name), kind, **more)


def a_contract(*columns, group="weather", **more):
    """A contract whose record identifier is `id` and whose event time is `at`."""
    return Contract(group, "id", "at", (a_column("id"), a_column("at", "datetime"), *columns), **more)


def arrow_type(column):
    one = TYPES.get(column.kind, pa.string())
    return pa.list_(one) if column.collection else one


def a_batch(contract, rows):
    """A canonical batch of rows given as dicts by AWS's names."""
    arrays = [pa.array([row.get(c.name) for row in rows], arrow_type(c)) for c in contract.columns]
    return pa.RecordBatch.from_arrays(arrays, names=[c.name for c in contract.columns])
