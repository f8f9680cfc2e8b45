"""What a statement gets to run, and what it leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.emulator.athena.engine import Engine
    from reconciler.emulator.athena.rendering import Output
    from reconciler.emulator.athena.statements import Kind
    from reconciler.emulator.athena.tables import Context, Names
    from reconciler.emulator.calls import Site


class Job(NamedTuple):
    """One query being run."""

    site: Site
    id: str
    sql: str
    kind: Kind
    statement: Any
    """A tree of sqlglot, or a statement of Hive's language."""
    context: Context
    prefix: str | None
    """The output location, with a slash at its end; None where Athena manages results itself."""
    parameters: Sequence[str]
    engine: Engine
    names: Names
    enforced: bool = False
    """Whether the workgroup says where results go."""

    @property
    def place(self) -> str | None:
        """Where the result goes."""
        return None if self.prefix is None else self.prefix + self.kind.place.format(id=self.id)


class Outcome(NamedTuple):
    """Of a query that succeeded."""

    outputs: Sequence[Output] = ()
    lines: Sequence[str] | None = None
    """The result as text, line by line; of a SELECT the file is written already."""
    updates: int | None = None
    """UpdateCount."""
    manifest: str | None = None
    rows: int = 0
    bytes: int = 0
    sub: str | None = None
    """The SubstatementType, where it turned out to be another."""
    update_type: str | None = None
    """What the engine calls the change, in the metadata file."""
    has_columns: bool = True
