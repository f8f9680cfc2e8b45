"""Proof that no row of some record identifiers is left offline: by a query of Athena, or by reading the files.

Athena keeps the text of queries for weeks, so the identifiers are not in it: they are asked for by their SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from reconciler.aws.athena import Athena
from reconciler.aws.objects import split
from reconciler.errors import AwsFailed
from reconciler.records.offline.erasure import Proof
from reconciler.records.offline.glue_files import every_file
from reconciler.records.offline.holding import Wanted, held, in_parallel
from reconciler.records.offline.place import Place
from reconciler.records.offline.reading import readable

if TYPE_CHECKING:
    from pyiceberg.table import FileScanTask

_AT_ONCE = 2_000
"""Identifiers of one query: with their digests it stays under Athena's 262,144 bytes."""


class Proven(NamedTuple):
    """How many rows were found, how it was looked for, and in what words; why not as asked for."""

    left: int
    proof: Proof
    query: str = ""
    instead: str = ""


def prove(place: Place, wanted: Wanted, proof: Proof | None, sleep: Callable[[float], object]) -> Proven:
    """Count the rows that are left. Athena is asked unless that is not permitted, or a scan is what is wanted."""
    instead = ""
    if proof != "scan":
        if place.live.table is None:
            instead = "the group has no table in the Data Catalog"
        else:
            try:
                return _by_athena(place, wanted, sleep)
            except AwsFailed as failed:
                if proof == "athena":
                    raise
                instead = f"Athena could not be asked: {failed.code}: {failed.message}"
    left = count_iceberg(place, wanted) if place.is_iceberg else count_glue(place, wanted)
    return Proven(left, "scan", instead=instead)


def query_of(place: Place, ids: tuple[str, ...]) -> str:
    """The query that counts rows of some identifiers without naming them."""
    digests = ", ".join(f"'{hashlib.sha256(text.encode()).hexdigest()}'" for text in ids)
    table = place.live.table
    name = f'"{table.database}"."{table.table}"' if table else ""
    column = f'"{place.record_id.lower()}"'
    return (
        f"SELECT count(*) FROM {name} "  # noqa: S608 - names of the catalogue, and digits
        f"WHERE lower(to_hex(sha256(to_utf8(cast({column} AS varchar))))) IN ({digests})"
    )


def _by_athena(place: Place, wanted: Wanted, sleep: Callable[[float], object]) -> Proven:
    table = place.live.table
    bucket = split(place.data)[0]
    athena = Athena(place.environment, place.root, f"s3://{bucket}/reconciler/athena-results/")
    left, query = 0, ""
    for start in range(0, len(wanted.ids), _AT_ONCE):
        query = query_of(place, wanted.ids[start : start + _AT_ONCE])
        rows = athena.rows(query, table.database if table else "", sleep=sleep)
        left += int(rows[0][0])
    return Proven(left, "athena", query)


def count_glue(place: Place, wanted: Wanted) -> int:
    """Rows in all files of the group."""
    return sum(one.rows for one in held(place.objects, wanted, every_file(place)))


def count_iceberg(place: Place, wanted: Wanted) -> int:
    """Rows that the table shows now."""
    from pyiceberg.expressions import AlwaysTrue  # noqa: PLC0415 - heavy
    from pyiceberg.io.pyarrow import ArrowScan  # noqa: PLC0415

    from reconciler.records.offline.iceberg_files import may_hold, tasks  # noqa: PLC0415

    table = place.table()
    field = table.schema().find_field(wanted.column, case_sensitive=False)
    schema = table.schema().select(field.name)

    def count(task: FileScanTask) -> int:
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.compute as pc  # noqa: PLC0415

        scan = ArrowScan(table.metadata, table.io, schema, AlwaysTrue())
        batches = (batch.column(0) for batch in scan.to_record_batches([task]))
        with readable(task.file.file_path):
            return sum(int(pc.sum(wanted.among(pa.chunked_array([ids]))).as_py() or 0) for ids in batches)

    suspects = [t for t in tasks(table).values() if may_hold(t.file, field.field_id, field.field_type, wanted)]
    return sum(in_parallel(count, suspects))
