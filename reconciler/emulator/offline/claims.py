"""Which rows are being written to files, decided and written down before the first file is.

The names of the files follow from the claim alone. Whoever finds a claim that was not fulfilled, because its process
was killed or the disk was full, does it again: the same rows, the same names, no row twice.
"""

from __future__ import annotations

import json
import os
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from reconciler.emulator.calls import as_json
from reconciler.emulator.offline import health, pending

if TYPE_CHECKING:
    import sqlite3

    from reconciler.emulator.offline.pending import Row

_MOST_RECORDS = 25_000
_MOST_CELLS = 5_000_000
_MOST_CHARACTERS = 16_000_000

# Rows that come later may be due earlier, so a claim says where it ends in both orders.
_MINE = "group_id = ? AND (due, seq) <= (?, ?) AND seq <= ?"


class Claim(NamedTuple):
    """Rows of one group: those up to `due` and `seq`, in the order they became due, of those there were."""

    group_id: int
    seed: str
    """What the names of the files are drawn from."""
    moment: float
    """When it was made: rows that are not due by then were asked for early, and are written now."""
    due: float
    seq: int
    newest: int

    @property
    def place(self) -> tuple[int, float, int, int]:
        return self.group_id, self.due, self.seq, self.newest


class Forgotten(Exception):
    """The rows are gone: somebody reset the emulator while they were being written."""


def portion(db: sqlite3.Connection, group_id: int, moment: float, horizon: int, columns: int) -> list[Row]:
    """As many of the rows that are due as a file should take and memory hold; at least one, if there is any."""
    most = max(1, min(_MOST_RECORDS, _MOST_CELLS // columns))
    taken: list[Row] = []
    records = characters = 0
    with closing(pending.read(db, group_id, moment, horizon)) as rows:
        for row in map(pending.Row._make, rows):
            records, characters = records + row.records, characters + len(row.lines)
            if taken and (records > most or characters > _MOST_CHARACTERS):
                break
            taken.append(row)
    return taken


def make(db: sqlite3.Connection, group_id: int, rows: list[Row], moment: float) -> Claim | None:
    """Write a claim down; None if the rows have gone since they were read."""
    last = rows[-1]
    if db.execute("SELECT 1 FROM pending WHERE seq = ?", (last.seq,)).fetchone() is None:
        return None
    newest = max(row.seq for row in rows)
    claim = Claim(group_id, os.urandom(16).hex(), moment, last.due, last.seq, newest)
    db.execute("INSERT INTO flushes (group_id, plan) VALUES (?, ?)", (group_id, as_json(claim._asdict())))
    return claim


def unfulfilled(db: sqlite3.Connection, group_id: int) -> Claim | None:
    """The claim that somebody made on rows of this group and did not get to fulfil."""
    row = db.execute("SELECT plan FROM flushes WHERE group_id = ?", (group_id,)).fetchone()
    return Claim(**json.loads(row[0])) if row else None


def rows(db: sqlite3.Connection, claim: Claim) -> list[Row]:
    """The rows of a claim, in the order they became due."""
    found = db.execute(
        f"SELECT seq, due, invoked, count, lines FROM pending WHERE {_MINE} ORDER BY due, seq",  # noqa: S608
        claim.place,
    )
    return [pending.Row._make(row) for row in found]


def fulfil(db: sqlite3.Connection, claim: Claim) -> None:
    """The rows are in files: they are pending no more. In one transaction with what makes the files visible."""
    done = db.execute("DELETE FROM flushes WHERE group_id = ? AND plan = ?", (claim.group_id, as_json(claim._asdict())))
    if done.rowcount == 0:
        raise Forgotten
    db.execute(f"DELETE FROM pending WHERE {_MINE}", claim.place)  # noqa: S608
    health.unblock(db, claim.group_id)
    db.execute(
        "DELETE FROM departed WHERE group_id = ? AND NOT EXISTS (SELECT 1 FROM pending WHERE group_id = ?)",
        (claim.group_id, claim.group_id),
    )
