"""A result as files: Parquet or CSV, one file or a folder in Hive's layout. The same rows make the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from reconciler.datasets.results.assembling import in_blocks
from reconciler.datasets.results.csv_lines import csv_fault, csv_head, csv_lines
from reconciler.datasets.results.drafts import draft_of, move_file, move_folder, write_whole
from reconciler.datasets.results.hive import Partitions, partition_faults
from reconciler.datasets.results.manifest import File, Manifest, file_of, manifest_of, manifest_path, read_manifest
from reconciler.errors import Fault, Invalid, ReconcilerError, Usage

if TYPE_CHECKING:
    from reconciler.datasets.results.result import Result

__all__ = ["write_dataset", "write_whole"]

ROW_GROUP: Final = 131_072
"""Rows of a row group of Parquet."""

_PARQUET = {"version": "2.6", "compression": "zstd", "compression_level": 3, "data_page_version": "1.0"}

_PANDAS = "2.2.0"
"""The version whose form of metadata this is; later ones read it."""


class Writer(Protocol):
    """An open file that takes batches."""

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """More rows."""

    def close(self) -> None:
        """Nothing more comes."""


def write_dataset(
    result: Result, place: Path, form: str, *, partition_by: Sequence[str] = (), replace: bool = False
) -> Manifest:
    """Write a result and its manifest, whole or not at all.

    Raises `Invalid` for columns that the format cannot hold, before the engine is asked, and `Usage` where something is
    there already; with `replace` a file is replaced, and a folder that holds nothing but a dataset.
    """
    columns = tuple([partition_by] if isinstance(partition_by, str) else partition_by)
    schema = result.schema.remove_metadata()
    faults = [*partition_faults(schema, columns), *_format_faults(schema, columns, form)]
    if faults:
        raise Invalid(faults)
    _check_place(place, is_folder=bool(columns), replace=replace)
    schema = _for_pandas(schema, result.features)
    batches = (batch.replace_schema_metadata(schema.metadata) for batch in result.batches())
    with draft_of(place) as draft:
        try:
            if columns:
                return _write_folder(result, place, draft / "data", form, columns, batches)
            return _write_file(result, place, draft / place.name, form, schema, batches)
        except OSError as failed:
            raise ReconcilerError(f"{place} cannot be written: {failed.strerror or failed}.") from failed


def _write_file(
    result: Result, place: Path, draft: Path, form: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]
) -> Manifest:
    rows = _write(draft, form, schema, batches)
    file = file_of(draft, draft.parent, rows)
    manifest = manifest_of(result, manifest_path(place, is_folder=False), form, (), (file,))
    said = draft.with_name("manifest")
    said.write_bytes(as_bytes(manifest))
    move_file(draft, place)
    move_file(said, manifest.file)
    return manifest


def _write_folder(
    result: Result, place: Path, draft: Path, form: str, columns: tuple[str, ...], batches: Iterator[pa.RecordBatch]
) -> Manifest:
    files: list[File] = []
    partitions = Partitions(columns)
    for path, table in partitions.parts(batches, form):
        part = draft / path
        if part.exists():
            raise ReconcilerError(
                f"{path} is there already: {place.parent} does not tell folders apart that differ in upper and lower "
                "case. Partition otherwise."
            )
        part.parent.mkdir(parents=True, exist_ok=True)
        rows = _write(part, form, table.schema, iter(table.to_batches()))
        files.append(file_of(part, draft, rows))
    draft.mkdir(parents=True, exist_ok=True)
    files.sort()
    manifest = manifest_of(result, manifest_path(place, is_folder=True), form, columns, tuple(files))
    manifest_path(draft, is_folder=True).write_bytes(as_bytes(manifest))
    move_folder(draft, place)
    return manifest


def _write(path: Path, form: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> int:
    """Write one file; answers how many rows it has."""
    rows = 0
    writer: Writer = pq.ParquetWriter(str(path), schema, **_PARQUET) if form == "parquet" else _Csv(path, schema)
    try:
        for batch in in_blocks(batches, schema, ROW_GROUP):
            writer.write_batch(batch)
            rows += batch.num_rows
    finally:
        writer.close()
    return rows


class _Csv:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("wb")
        self._file.write(csv_head(schema.names))

    def write_batch(self, batch: pa.RecordBatch) -> None:
        self._file.write(csv_lines(batch))

    def close(self) -> None:
        self._file.close()


def _for_pandas(schema: pa.Schema, features: Sequence[str]) -> pa.Schema:
    """With the word for pandas that whole numbers can be missing. It would read them as floats, and round them."""
    columns = [
        {"name": name, "field_name": name, "pandas_type": "int64", "numpy_type": "Int64", "metadata": None}
        for name in features
        if pa.types.is_int64(schema.field(name).type)
    ]
    said = {"index_columns": [], "column_indexes": [], "columns": columns, "pandas_version": _PANDAS}
    return schema.with_metadata({"pandas": json.dumps(said)})


def _format_faults(schema: pa.Schema, partition_by: tuple[str, ...], form: str) -> Iterator[Fault]:
    if form not in ("parquet", "csv"):
        raise Usage(f"A dataset is written as parquet or csv, and not as {form!r}.")
    for field in schema:
        if field.name in partition_by:
            continue
        fault = csv_fault(field) if form == "csv" else _parquet_fault(field)
        if fault is not None:
            yield fault


def _parquet_fault(field: pa.Field) -> Fault | None:
    try:
        pq.ParquetWriter(pa.BufferOutputStream(), pa.schema([field]), **_PARQUET).close()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as refused:
        return Fault("", 0, "", field.name, "", f"Parquet cannot hold {field.type}: {refused}.", "Leave it out.")
    return None


def _check_place(place: Path, *, is_folder: bool, replace: bool) -> None:
    if not place.exists():
        return
    if not replace:
        raise Usage(f"{place} is there already. Replace it (replace=True, --replace), or write somewhere else.")
    if place.is_dir() != is_folder:
        what, wanted = ("a folder", "a file") if place.is_dir() else ("a file", "a folder")
        raise Usage(f"{place} is {what}, and {wanted} is to be written. Write somewhere else.")
    if is_folder:
        _check_folder(place)


def _check_folder(place: Path) -> None:
    """A folder can be replaced if there is nothing in it but the files of its manifest."""
    manifest = manifest_path(place, is_folder=True)
    found = {path.relative_to(place).as_posix() for path in place.rglob("*") if not path.is_dir()}
    ours = {file.path for file in read_manifest(place).files} | {manifest.name} if manifest.is_file() else set()
    if found - ours:
        raise Usage(
            f"{place} holds files that no manifest there speaks of, and would lose them: "
            f"{', '.join(sorted(found - ours)[:3])}. Write somewhere else."
        )


def as_bytes(manifest: Manifest) -> bytes:
    """The manifest as it lies in its file."""
    document: dict[str, Any] = manifest.as_json()
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode()
