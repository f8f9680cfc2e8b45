"""What the executors of a cluster do: check the rows of a partition, and write the files of others.

Functions from record batches to record batches, so that Spark is not needed to run them. Columns go by their place (c0,
c1, ...): names of features may have hyphens, and Spark knows no case.
"""

from __future__ import annotations

import importlib
import json
import pickle
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from reconciler.aws.objects import Objects
from reconciler.config import Environment
from reconciler.contract import Contract
from reconciler.errors import Usage
from reconciler.records.checking import Checked, check
from reconciler.records.faults import Allowable, RowFault, allowed
from reconciler.records.offline.committing import without_footers
from reconciler.records.offline.files import Form
from reconciler.records.offline.sinks import S3Sink, Staged
from reconciler.records.offline.sorting import Sorted
from reconciler.records.offline.writing import write
from reconciler.records.sources.chunk import Rows

KEPT = 20
"""So many faults of each partition are told; the others are counted."""
THREADS = 2
"""Of a task that writes: one encodes while another waits for the network. A task has a core, most often."""

SECONDS, NANOS, PART, ROW, SUMMARY = "seconds", "nanos", "part", "row", "summary"
DIGEST, STAGED, ROWS, KEY = "digest", "staged", "rows", "key"
_ARROW = {"long": pa.int64(), "int": pa.int32(), "double": pa.float64(), "string": pa.string(), "binary": pa.binary()}
_KINDS = {"int": "long", "bool": "long", "float": "double", "unix": "double", "str": "string", "datetime": "string"}
WRITTEN = {KEY: "long", ROWS: "long", DIGEST: "string", STAGED: "binary"}
"""The columns that tell of files that were written, with Spark's types."""


@dataclass(frozen=True, slots=True)
class Job:
    """What an executor is told. No credentials are in it: each has its own.

    `contract` is JSON; `record` names the record's class, which is imported where constraints are Python code.
    """

    contract: str
    now: datetime
    allow: frozenset[Allowable] = frozenset()
    record: tuple[str, str] | None = None

    def read_contract(self) -> Contract:
        """The contract; `Usage` where the class cannot be imported."""
        contract = Contract.from_json(json.loads(self.contract))
        return contract if self.record is None else replace(contract, record=_imported(*self.record))


@dataclass(frozen=True, slots=True)
class Writing:
    """What an executor that writes is told: where, in which form, and which features the columns are.

    `totals` is how many rows each partition of the store gets.
    """

    environment: Environment
    root: Path
    kms_key: str | None
    form: Form
    names: tuple[str, ...]
    totals: Mapping[int, int]


class Summary(NamedTuple):
    """What was found in partition `part` of the input: rows, bad ones, the number of faults, the first of them."""

    part: int
    rows: int
    bad: int
    number: int
    faults: tuple[RowFault, ...]

    def as_text(self) -> str:
        return json.dumps(self)

    @classmethod
    def of_text(cls, text: str) -> Summary:
        part, rows, bad, number, faults = json.loads(text)
        return cls(part, rows, bad, number, tuple(RowFault(*fault) for fault in faults))


def job_of(contract: Contract, now: datetime, allow: Iterable[Allowable]) -> Job:
    """What executors have to know; `Usage` where they could not import the class that checks need."""
    record = None
    if contract.record is not None and any(column.code for column in contract.columns):
        record = (contract.record.__module__, contract.record.__qualname__)
        if record[0] == "__main__" or "<locals>" in record[1]:
            raise Usage(
                f"Constraints of {contract.group} are Python code, and Spark's executors have to import {record[1]} "
                f"to run it: define it in a module that they have, not in {record[0]}."
            )
    return Job(json.dumps(contract.as_json()), now, allowed(allow), record)


def _imported(module: str, name: str) -> Any:
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as missing:
        raise Usage(
            f"Constraints of {name} are Python code, and this executor cannot import it ({missing}): put {module} on "
            "the path of Spark's executors."
        ) from missing
    return found


def checked_columns(contract: Contract) -> dict[str, str]:
    """The columns that `look` gives, with Spark's types."""
    features = {place(index): _KINDS[column.kind] for index, column in enumerate(contract.columns)}
    return {**features, SECONDS: "long", NANOS: "int", PART: "int", ROW: "long", SUMMARY: "string"}


def place(index: int) -> str:
    """The name of a column by its place in the contract."""
    return f"c{index}"


def look(batches: Iterable[pa.RecordBatch], job: Job, part: int) -> Iterator[pa.RecordBatch]:
    """Check the rows of one partition: the good ones in canonical form, and in the end a row that has the summary."""
    contract = job.read_contract()
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in checked_columns(contract).items()])
    rows, bad, count, first = 0, 0, 0, list[RowFault]()
    for batch in batches:
        found = check(_in_utc(batch), contract, texts=False, now=job.now, allow=job.allow)
        count += len(found.faults)
        if len(first) < KEPT and len(found.faults):
            first += islice(found.faults.at(rows, Rows(f"partition {part}", rows)), KEPT - len(first))
        bad += 0 if found.bad is None else int(found.bad.sum())
        good = _good(found, schema, part, rows)
        rows += batch.num_rows
        if good.num_rows:
            yield good
    if rows:
        yield _told(schema, Summary(part, rows, bad, count, tuple(first)))


def _in_utc(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Instants named in UTC: Spark names them in its session's time zone, in words that not every library knows."""
    arrays = []
    for array in batch.columns:
        kind = array.type
        has_zone = pa.types.is_timestamp(kind) and kind.tz is not None
        arrays.append(array.view(pa.timestamp(kind.unit, "UTC")) if has_zone else array)
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _good(found: Checked, schema: pa.Schema, part: int, first_row: int) -> pa.RecordBatch:
    count = found.batch.num_rows
    arrays = [
        *found.batch.columns,
        pa.array(found.seconds, pa.int64()),
        pa.array(found.nanos, pa.int32()),
        pa.repeat(pa.scalar(part, pa.int32()), count),
        pa.array(np.arange(first_row, first_row + count, dtype=np.int64)),
        pa.nulls(count, pa.string()),
    ]
    batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
    return batch if found.bad is None else batch.filter(pa.array(~found.bad))


def _told(schema: pa.Schema, summary: Summary) -> pa.RecordBatch:
    arrays = [pa.nulls(1, field.type) for field in schema]
    arrays[-1] = pa.array([summary.as_text()])
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def stage(batches: Iterable[pa.RecordBatch], writing: Writing) -> Iterator[pa.RecordBatch]:
    """Write the rows of whole partitions of the store, in their order, and stage the files: a row for each file.

    A task that fails leaves nothing staged. One that Spark runs twice stages its files twice, and only those of the run
    that Spark takes are ever told to the driver.
    """
    digests = _Digests(writing.form.layout.span_s)
    sink = S3Sink(Objects(writing.environment, writing.root), writing.kms_key)
    with tempfile.TemporaryDirectory(prefix="reconciler-") as scratch:
        stream = digests.watched(batches, writing.names)
        staged = write(stream, writing.form, sink, Path(scratch), totals=writing.totals, threads=THREADS)
    # Only a commit of Iceberg's asks for Parquet's own description of a file, and there may be many files.
    yield _files(staged if writing.form.layout.is_iceberg else without_footers(staged), digests)


def _files(staged: Sequence[Staged], digests: _Digests) -> pa.RecordBatch:
    """The first file of a partition has the digest of all its rows."""
    keys = [file.key for file in staged]
    columns = {
        KEY: keys,
        ROWS: [file.rows for file in staged],
        DIGEST: [str(digests.found[key]) if key not in keys[:n] else "0" for n, key in enumerate(keys)],
        STAGED: [pickle.dumps(file) for file in staged],
    }
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in WRITTEN.items()])
    return pa.RecordBatch.from_pydict(columns, schema=schema)


class _Digests:
    """Adds up the digests of the rows that go by, for each partition of the store."""

    def __init__(self, span_s: int) -> None:
        self._span_s = span_s
        self.found: dict[int, int] = {}

    def watched(self, batches: Iterable[pa.RecordBatch], names: tuple[str, ...]) -> Iterator[Sorted]:
        """The rows as features of the store, with their seconds. Columns: the features, seconds, digest."""
        for batch in batches:
            if not batch.num_rows:
                continue
            seconds = batch.column(len(names)).to_numpy()
            self._add(seconds // self._span_s, batch.column(len(names) + 1))
            yield Sorted(pa.RecordBatch.from_arrays(batch.columns[: len(names)], names=list(names)), seconds)

    def _add(self, keys: Any, digests: pa.Array) -> None:
        """Sums of 64-bit numbers do not fit into 64 bits, but those of their halves do."""
        starts = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
        numbers = digests.to_numpy()
        high, low = (np.add.reduceat(half, starts).tolist() for half in (numbers >> 32, numbers & 0xFFFFFFFF))
        for key, upper, lower in zip(keys[starts].tolist(), high, low, strict=True):
            self.found[key] = self.found.get(key, 0) + (upper << 32) + lower
