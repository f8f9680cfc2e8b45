"""No column of whatever type makes a check fail: it is converted, or it is a fault."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from checking_rows import NOW, a_column, a_contract

from reconciler.records.checking import check

AT = "2025-06-01T00:00:00Z"
MOMENT = datetime(2020, 1, 1, tzinfo=UTC)
TYPES = {"int": pa.int64(), "bool": pa.int64(), "float": pa.float64(), "unix": pa.float64()}
COLUMNS = [
    pa.array([None, None]),
    pa.array([2**64 - 1, None], pa.uint64()),
    pa.array([1.5, None], pa.float16()),
    pa.array([float("nan"), float("inf"), -0.0, 1e308, 5e-324]),
    pa.array([b"a", None]),
    pa.array([b"ab", None], pa.binary(2)),
    pa.array([b"\xff\xfe", b"ok", None]).view(pa.string()),
    pa.array(["\x00", "é", "", None]),
    pa.array(["1" * 100_000]),
    pa.array([date(2020, 1, 1), None], pa.date64()),
    pa.array([time(1), None]),
    pa.array([timedelta(1), None]),
    pa.array([{"a": 1}, None]),
    pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    pa.array([Decimal("1.5"), None], pa.decimal256(60, 3)),
    pa.array([Decimal(100)], pa.decimal128(5, -2)),
    pa.array([Decimal("1e30")], pa.decimal256(70, 3)),
    pa.DictionaryArray.from_arrays(pa.array([0, 1, None]), pa.array(["a", None])),
    pa.array([1, None]).dictionary_encode(),
    pa.array([MOMENT]).dictionary_encode(),
    pa.RunEndEncodedArray.from_arrays([2, 3], [1, None]),
    pa.array([datetime(2020, 1, 1), None]),  # noqa: DTZ001
    pa.array([MOMENT, None], pa.timestamp("ns", "+05:30")),
    pa.array([2**62]).cast(pa.timestamp("s", "UTC")),
    pa.array([-(2**63)]).cast(pa.timestamp("ns", "UTC")),
    pa.array([[1], None, []]),
    pa.array([["a", None]]),
    pa.array([[["a"]]]),
    pa.array([[None]]),
    pa.array([[]], pa.list_(pa.null())),
    pa.array([[MOMENT]]),
    pa.array([[True, False]]),
    pa.array([[1.0, float("nan")]]),
    pa.array([[1, 2], None], pa.large_list_view(pa.int64())),
    pa.array([["a"]], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
    pa.array([["a"]], pa.list_(pa.string_view())),
    pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])]),
    pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"1" * 16], pa.binary(16))),
    pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}"])),
    pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: str(column.type))
@pytest.mark.parametrize("kind", ["int", "float", "str", "bool", "datetime", "unix"])
def test_a_column_of_any_type_is_converted_or_at_fault(column, kind):
    for part in (column, column.slice(1), column.slice(0, 0)):
        for collection in (None, "List", "Set", "Vector"):
            for texts in (False, True):
                _is_whole(part, a_column("value", kind, collection=collection, optional=True), texts)
        for texts in (False, True):
            _is_whole(part, None, texts, who=kind)
            _is_whole(part, None, texts, at=kind)


def _is_whole(part, column, texts, **keys):
    contract = a_contract(*([column] if column else []), **{"who": str, "at": "datetime", **keys})
    name = next(iter(keys), "value")
    columns = {
        "who": pa.array(["k"] * len(part), pa.string()),
        "at": pa.array([AT] * len(part), pa.string()),
        name: part,
    }
    batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    checked = check(batch, contract, texts=texts, now=NOW)

    checked.batch.validate(full=True)
    rows = {fault.row for fault in checked.faults}
    assert rows == (set() if checked.bad is None else set(np.flatnonzero(checked.bad).tolist()))
    wanted = TYPES.get(contract.column(name).kind, pa.string())
    is_list = column is not None and column.collection
    assert checked.batch.schema.field(name).type == (pa.list_(wanted) if is_list else wanted)
