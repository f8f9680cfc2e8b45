"""Rows deleted from an Iceberg table the way Athena does it: by position delete files, merged by whoever reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from pyiceberg.conversions import to_bytes
from pyiceberg.manifest import DataFileContent, ManifestContent
from pyiceberg.table.snapshots import Operation
from pyiceberg.types import LongType, StringType

from reconciler.emulator.offline import iceberg_files, parquet
from reconciler.emulator.offline.iceberg_catalog import Catalog
from reconciler.emulator.offline.iceberg_snapshots import Change, ChangedMeanwhile, commit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table

    from reconciler.emulator.calls import Site

# The ids the specification reserves for the columns of position delete files.
_PATH_ID, _POSITION_ID = 2147483546, 2147483545
_SCHEMA = pa.schema(
    [
        pa.field("file_path", pa.string(), nullable=False, metadata={b"PARQUET:field_id": str(_PATH_ID).encode()}),
        pa.field("pos", pa.int64(), nullable=False, metadata={b"PARQUET:field_id": str(_POSITION_ID).encode()}),
    ]
)


def delete(site: Site, named: tuple[str, str], positions: Mapping[str, Sequence[int]]) -> int:
    """One snapshot with a delete file for each data file."""
    wanted = {uri: sorted(set(found)) for uri, found in positions.items() if found}
    if not wanted:
        return 0
    written: dict[str, DataFile] = {}

    def plan(table: Table) -> Change:
        files = _data_files(table)
        for uri, found in wanted.items():
            if uri not in files:
                raise ChangedMeanwhile(uri)
            if uri not in written:
                written[uri] = _write(site, table, files[uri], found)
        return Change(Operation.DELETE, deletes=list(written.values()))

    catalog = Catalog(site)
    commit(lambda: catalog.load_table(named), plan)
    return sum(map(len, wanted.values()))


def delete_files(site: Site, table: Table, positions: Mapping[str, Sequence[int]]) -> list[DataFile]:
    """New delete files, for whoever commits them together with new rows; ChangedMeanwhile as of `delete`."""
    files = _data_files(table)
    missing = [uri for uri in positions if uri not in files]
    if missing:
        raise ChangedMeanwhile(missing[0])
    return [_write(site, table, files[uri], sorted(set(found))) for uri, found in positions.items()]


def _data_files(table: Table) -> dict[str, DataFile]:
    snapshot = table.current_snapshot()
    return {
        entry.data_file.file_path: entry.data_file
        for manifest in (snapshot.manifests(table.io) if snapshot else [])
        if manifest.content == ManifestContent.DATA
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
    }


def _write(site: Site, table: Table, file: DataFile, positions: Sequence[int]) -> DataFile:
    uri = iceberg_files.place(table, file.partition, file.spec_id, "-deletes.parquet")
    rows = pa.table([[file.file_path] * len(positions), positions], schema=_SCHEMA)
    path = to_bytes(StringType(), file.file_path)
    return iceberg_files.entry(
        uri,
        file.partition,
        file.spec_id,
        len(parquet.write(site, uri, rows)),
        content=DataFileContent.POSITION_DELETES,
        record_count=len(positions),
        # One data file's path from end to end: by this, readers know which file it is about.
        lower_bounds={_PATH_ID: path, _POSITION_ID: to_bytes(LongType(), positions[0])},
        upper_bounds={_PATH_ID: path, _POSITION_ID: to_bytes(LongType(), positions[-1])},
    )
