"""All files of a run made visible, or none.

Files are staged as uploads that nobody sees. When all of them are, the run is promised: a record of it is put beside
the data. Then the uploads are completed in one sweep, many at a time, each a short call without data; in Iceberg format
that changes nothing for readers yet, and one commit shows all files at once. A run that is killed before its promise
leaves nothing visible; after it, whoever comes next finishes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from reconciler.aws.objects import as_s3
from reconciler.aws.partitions import register
from reconciler.records.offline.layout import Layout, layout_of
from reconciler.records.offline.place import Place
from reconciler.records.offline.recording import Records, Run
from reconciler.records.offline.sinks import S3Sink, Sink, Staged

_SWEEP = 64
"""Uploads that are completed at a time."""


def records_of(place: Place) -> Records:
    """The records of a group's backfills."""
    return Records(place.objects, layout_of(place.live, place.data, "").records, place.kms_key)


def commit(place: Place, run: Run) -> int | None:
    """Make the staged files of a run visible; answers the snapshot of an Iceberg table.

    From the beginning of this call on the run counts as made: if it ends with an error, or is killed, `finish_promised`
    does the rest.
    """
    records = records_of(place)
    records.promise(run)
    return _finish(place, records, run)


def is_committed(place: Place, run: str) -> bool:
    """Whether a run was committed: by its record, or by the snapshot of the Iceberg table."""
    if records_of(place).done(run) is not None:
        return True
    return place.is_iceberg and _is_appended(place, run)


def finish_promised(place: Place) -> list[Run]:
    """Finish the runs that were promised and then interrupted; answers them."""
    records = records_of(place)
    found = list(records.promised())
    for run in found:
        if place.is_iceberg and _is_listed(place, run):
            records.fulfil(run)
        else:
            _finish(place, records, run)
    return found


def _finish(place: Place, records: Records, run: Run) -> int | None:
    layout = layout_of(place.live, place.data, run.run)
    snapshot = None
    if not (place.is_iceberg and _is_appended(place, run.run)):
        reveal_all(S3Sink(place.objects), run.files)
    if place.is_iceberg:
        from reconciler.records.offline.iceberg import append  # noqa: PLC0415 - imports pyiceberg

        snapshot = append(place, layout, run.files)
    elif place.live.table is not None:
        folders: dict[tuple[str, ...], str] = {
            layout.hour(file.key): file.uri.rpartition("/")[0] + "/" for file in run.files
        }
        register(place.environment, place.root, (place.live.table.database, place.live.table.table), folders)
    records.fulfil(run)
    return snapshot


def _is_appended(place: Place, run: str) -> bool:
    """Its files may be gone since, compacted into others."""
    from reconciler.aws.catalog import snapshot_of  # noqa: PLC0415 - imports pyiceberg

    return snapshot_of(place.table(), run) is not None


def _is_listed(place: Place, run: Run) -> bool:
    """The table has files of it. The snapshot that brought them may be expired since, and not be known by its run."""
    from reconciler.records.offline.iceberg_files import data_files  # noqa: PLC0415 - imports pyiceberg

    return not data_files(place.table()).keys().isdisjoint(file.uri for file in run.files)


def reveal_all(sink: Sink, files: Iterable[Staged]) -> None:
    """The sweep: in the order of time, many at once."""
    with ThreadPoolExecutor(_SWEEP) as pool:
        for _ in pool.map(sink.reveal, files):
            pass


def throw_away(place: Place, layout: Layout) -> int:
    """Remove the uploads of a run that was killed before its promise; answers how many there were."""
    found = [
        started
        for started in place.objects.started(as_s3(layout.data))
        if f"_{layout.tag}" in started.uri.rpartition("/")[2]
    ]
    for started in found:
        place.objects.abort(started.uri, started.upload_id)
    return len(found)


def without_footers(files: Iterable[Staged]) -> tuple[Staged, ...]:
    """The files as they are sent and kept where memory counts: Parquet's footers are read again when needed."""
    return tuple(replace(file, footer=None) for file in files)
