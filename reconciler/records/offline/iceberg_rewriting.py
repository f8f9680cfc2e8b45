"""Rows taken out of an Iceberg table: the data files that hold them are replaced by others, all in one commit."""

from __future__ import annotations

import secrets
import string
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reconciler.records.offline.holding import in_parallel
from reconciler.records.offline.iceberg_files import NotSupported, tasks
from reconciler.records.offline.place import Place
from reconciler.records.offline.rewriting import Keep, Rewritten, rewrite
from reconciler.records.offline.uploading import upload

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import FileScanTask, Table

_ALPHANUMERIC = string.ascii_letters + string.digits


class Moved(Exception):
    """The table was changed meanwhile: look again."""


class Replaced(NamedTuple):
    """A data file, and what takes its place: None where no row is left."""

    old: DataFile
    new: DataFile | None
    dropped: int


def replace_files(place: Place, table: Table, keeps: Mapping[str, Keep], scratch: Path, purpose: str) -> list[Replaced]:
    """Rewrite current data files, each without the rows that do not stay, and commit that.

    Rows that a delete file hides go with them. Raises `Moved` if one of the files is no longer the table's, or has
    other deletes, by the time of the commit; nothing has happened then.
    """
    current = tasks(table)
    if not keeps.keys() <= current.keys():
        raise Moved
    if any(current[uri].file.spec_id != table.spec().spec_id for uri in keeps):
        raise NotSupported(
            f"{'.'.join(table.name())} has files from before its partitioning was changed. Compact it with Athena's "
            "OPTIMIZE ... REWRITE DATA, and do this again."
        )
    made = list(in_parallel(lambda uri: _replacement(place, table, current[uri], keeps[uri], scratch), sorted(keeps)))
    made = [one for one in made if one.dropped]
    if made:
        _commit(place, table, current, made, purpose)
    return made


def _replacement(place: Place, table: Table, task: FileScanTask, keep: Keep, scratch: Path) -> Replaced:
    path = scratch / f"{uuid.uuid4().hex}.parquet"
    try:
        try:
            made = rewrite(place.objects, task.file.file_path, _visible(table, task, keep), path)
        except FileNotFoundError as gone:
            raise Moved from gone
        if not made.dropped or not made.kept:
            return Replaced(task.file, None, made.dropped)
        return Replaced(task.file, _uploaded(place, table, task.file, made), made.dropped)
    finally:
        path.unlink(missing_ok=True)


def _visible(table: Table, task: FileScanTask, keep: Keep) -> Keep:
    """Rows that stay and that no delete file hides."""
    import numpy as np  # noqa: PLC0415 - heavy
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    hidden = deleted_positions(table, task)
    if not len(hidden):
        return keep

    def visible(rows: pa.Table, first: int) -> pa.ChunkedArray:
        stays = ~np.isin(np.arange(first, first + len(rows)), hidden)
        return pc.and_(keep(rows, first), pa.chunked_array([pa.array(stays)]))

    return visible


def deleted_positions(table: Table, task: FileScanTask) -> pa.Array:
    """Positions in a data file of the rows that its delete files hide."""
    import numpy as np  # noqa: PLC0415
    from pyiceberg.io.pyarrow import _read_deletes  # noqa: PLC0415 - there is no public way

    found = [_read_deletes(table.io, deletes).get(task.file.file_path) for deletes in task.delete_files]
    return np.unique(np.concatenate([np.array([], np.int64), *(f.to_numpy() for f in found if f is not None)]))


def _uploaded(place: Place, table: Table, old: DataFile, made: Rewritten) -> DataFile:
    folder, _, name = old.file_path.rpartition("/")
    drawn = "".join(secrets.choice(_ALPHANUMERIC) for _ in range(16))
    uri = f"{folder}/{name.removesuffix('.parquet').rpartition('_')[0] or 'rows'}_{drawn}.parquet"
    size = made.path.stat().st_size
    upload(place, made.path, uri)
    return _described(table, old, uri, size, made)


def _described(table: Table, old: DataFile, uri: str, size: int, made: Rewritten) -> DataFile:
    """The entry of the new file, with what Parquet itself knows of its columns."""
    from pyiceberg.io.pyarrow import (  # noqa: PLC0415
        compute_statistics_plan,
        data_file_statistics_from_parquet_metadata,
        parquet_path_to_id_mapping,
    )
    from pyiceberg.manifest import DataFile, DataFileContent, FileFormat  # noqa: PLC0415

    schema = table.schema()
    ids = parquet_path_to_id_mapping(schema)
    for field in made.footer.schema.to_arrow_schema():
        number = (field.metadata or {}).get(b"PARQUET:field_id")
        if number is not None:
            ids[field.name] = int(number)
    plan = compute_statistics_plan(schema, table.metadata.properties)
    found = data_file_statistics_from_parquet_metadata(made.footer, plan, ids)
    described = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=uri,
        file_format=FileFormat.PARQUET,
        partition=old.partition,
        file_size_in_bytes=size,
        sort_order_id=old.sort_order_id,
        equality_ids=None,
        key_metadata=None,
        **found.to_serialized_dict(),
    )
    described.spec_id = old.spec_id
    return described


def _commit(
    place: Place, before: Table, planned: Mapping[str, FileScanTask], made: list[Replaced], purpose: str
) -> None:
    """On the table as it is by now: rows that were added meanwhile are none of this."""
    from pyiceberg.exceptions import CommitFailedException, ValidationException  # noqa: PLC0415

    from reconciler.records.offline.iceberg_overwriting import overwrite  # noqa: PLC0415

    try:
        table = place.table()
        if table.metadata.current_snapshot_id != before.metadata.current_snapshot_id:
            now = tasks(table)
            if any(_deletes(now.get(one.old.file_path)) != _deletes(planned[one.old.file_path]) for one in made):
                raise Moved
        overwrite(table, [(one.old, one.new) for one in made], purpose)
    except (CommitFailedException, ValidationException, Moved) as failed:
        place.objects.delete([one.new.file_path for one in made if one.new is not None])
        raise Moved from failed


def _deletes(task: FileScanTask | None) -> set[str] | None:
    return None if task is None else {file.file_path for file in task.delete_files}
