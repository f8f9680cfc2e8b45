"""`reconciler records`: rows in, out, away, and waited for."""

from __future__ import annotations

import click

from reconciler.cli.lazy import LazyGroup

COMMANDS = {
    "ingest": ("reconciler.cli.records_ingest:ingest", "Check rows against their spec and write them."),
    "backfill": ("reconciler.cli.records_ingest:backfill", "Write rows straight to the offline store's files."),
    "wait": ("reconciler.cli.records_ingest:wait", "Wait until every row of an ingest is readable offline."),
    "get": ("reconciler.cli.records_read:get", "Read records from the online store."),
    "list": ("reconciler.cli.records_read:list_ids", "List the record identifiers of the online store."),
    "delete": ("reconciler.cli.records_delete:delete", "Delete records."),
    "erase": ("reconciler.cli.records_delete:erase", "Erase records from both stores, history included."),
    "deduplicate": (
        "reconciler.cli.records_delete:deduplicate",
        "Remove rows that repeats have written to the offline store twice.",
    ),
}
"""Every command, where it lives, and the first sentence of its help, in the order a new user meets them."""


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def records() -> None:
    """Write, read and delete the records of a feature group.

    GROUP is a group's name in the registry. Rows are checked against its spec before a byte is sent.
    """
