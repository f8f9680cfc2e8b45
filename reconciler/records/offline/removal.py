"""Rows of some record identifiers taken out of an offline store of either format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import ReconcilerError
from reconciler.records.offline import glue_files
from reconciler.records.offline.erasure import Remaining
from reconciler.records.offline.glue_files import every_file
from reconciler.records.offline.holding import Held, Wanted, held
from reconciler.records.offline.place import Place
from reconciler.records.offline.reading import named_in
from reconciler.records.offline.rewriting import Keep

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.table import Table

_TRIES = 5


class TableBusy(ReconcilerError):
    """The Iceberg table is changed by others faster than its files can be rewritten."""


@dataclass(frozen=True, slots=True)
class Removed:
    """Rows that are gone, the files rewritten and removed, the snapshots expired, and what could not be done."""

    rows: int = 0
    rewritten: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    snapshots: tuple[int, ...] = ()
    failed: tuple[Remaining, ...] = ()

    def plus(self, other: Removed) -> Removed:
        return Removed(
            self.rows + other.rows,
            self.rewritten + other.rewritten,
            self.removed + other.removed,
            self.snapshots + other.snapshots,
            other.failed,
        )


def holding(place: Place, wanted: Wanted) -> Removed:
    """What would be rewritten, and how many rows would go."""
    found = list(_held_in_iceberg(place.table(), place, wanted) if place.is_iceberg else _held_in_glue(place, wanted))
    holds = [one for one in found if one.rows]
    return Removed(sum(one.rows for one in holds), tuple(one.uri for one in holds), failed=_unreadable(found))


def remove(place: Place, wanted: Wanted, scratch: Path) -> Removed:
    """Take the rows out; what fails for one file is said, and keeps no other."""
    return _from_iceberg(place, wanted, scratch) if place.is_iceberg else _from_glue(place, wanted, scratch)


def _from_glue(place: Place, wanted: Wanted, scratch: Path) -> Removed:
    found = list(_held_in_glue(place, wanted))
    keep = _others(place, wanted)
    taken = glue_files.take_out(place, {one.uri: keep for one in found if one.rows}, scratch)
    failed = (*taken.failed, *_unreadable(found))
    return Removed(taken.rows, taken.rewritten, taken.removed, failed=failed)


def _held_in_glue(place: Place, wanted: Wanted) -> list[Held]:
    return list(held(place.objects, wanted, every_file(place)))


def _from_iceberg(place: Place, wanted: Wanted, scratch: Path) -> Removed:
    """Replace the files that hold some, then forget the snapshots that lead to those they replace."""
    from reconciler.records.offline.iceberg_expiring import expire  # noqa: PLC0415 - pyiceberg is heavy
    from reconciler.records.offline.iceberg_files import data_files, tasks  # noqa: PLC0415
    from reconciler.records.offline.iceberg_rewriting import Moved, replace_files  # noqa: PLC0415

    for _ in range(_TRIES):
        table = place.table()
        found = _held_in_iceberg(table, place, wanted)
        holds = {one.uri for one in found if one.rows}
        keep = _others(place, wanted)
        try:
            made = replace_files(place, table, dict.fromkeys(holds & tasks(table).keys(), keep), scratch, "erasure")
        except Moved:
            continue
        replaced = {one.old.file_path for one in made}
        # Of the table as it is by now: who added rows meanwhile made snapshots that lead to the same files.
        files = data_files(place.table())
        expired = expire(place, {number for uri in holds & files.keys() for number in files[uri].snapshots})
        return Removed(
            sum(one.rows for one in found if one.uri in replaced),
            tuple(one.old.file_path for one in made if one.new is not None),
            tuple(one.old.file_path for one in made if one.new is None),
            expired.snapshots,
            (*expired.kept, *_unreadable(found)),
        )
    raise TableBusy(
        f"The table of {place.name} was changed {_TRIES} times while its files were being rewritten. Run this again "
        "when less is written to it."
    )


def _held_in_iceberg(table: Table, place: Place, wanted: Wanted) -> list[Held]:
    """The data files, of all snapshots, that hold some, hidden by deletes or not."""
    from reconciler.records.offline.iceberg_files import data_files, may_hold  # noqa: PLC0415

    field = table.schema().find_field(wanted.column, case_sensitive=False)
    suspects = [
        uri for uri, one in data_files(table).items() if may_hold(one.file, field.field_id, field.field_type, wanted)
    ]
    return list(held(place.objects, wanted, suspects))


def _others(place: Place, wanted: Wanted) -> Keep:
    """The rows of everybody else."""
    import pyarrow.compute as pc  # noqa: PLC0415 - heavy

    def keep(rows: pa.Table, _: int) -> pa.ChunkedArray:
        name = named_in(rows, place.record_id)
        return pc.invert(wanted.among(rows[name]))

    return keep


def _unreadable(found: list[Held]) -> tuple[Remaining, ...]:
    return tuple(
        Remaining("file", one.uri, f"nobody could look into it: {one.unreadable}", "Look into it by hand.")
        for one in found
        if one.unreadable
    )
