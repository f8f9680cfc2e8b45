"""Glue format: a file for each hour of event time, which is visible by lying there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.glue import catalogue
from reconciler.emulator.offline import claims, names, parquet
from reconciler.emulator.offline.slices import HOUR, slices

if TYPE_CHECKING:
    import pyarrow as pa

    from reconciler.emulator.calls import Site
    from reconciler.emulator.offline.claims import Claim
    from reconciler.emulator.offline.targets import Target


def write(site: Site, target: Target, claim: Claim, rows: pa.Table) -> None:
    """Write the files of a claim and fulfil it."""
    written: dict[str, str] = {}
    for part in slices(rows, target.event_time_column, HOUR):
        uri = names.glue(target.uri, claim.seed, part.key, part.latest)
        parquet.write(site, uri, part.rows)
        written[uri] = part.key
    try:
        with site.store.writing() as db:
            claims.fulfil(db, claim)
            if target.table:
                catalogue.register_hours(db, target.scope, target.table, written.values(), site.call(db).now)
    except claims.Forgotten:
        for uri in written:
            parquet.remove(site, uri)
        raise
