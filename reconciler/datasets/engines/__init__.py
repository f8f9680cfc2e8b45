"""Where a question is answered: in this process, on Athena, or on Spark."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from reconciler.config import Environment
from reconciler.datasets.inventory.files import InEnvironment, InFolder
from reconciler.datasets.question import Engine
from reconciler.errors import Usage

NAMES: Final = ("duckdb", "athena", "spark")
"""The engines; the first is the default."""


def check_engine(name: object, folder: Path | None = None) -> None:
    """Raises `Usage` for an engine that there is not, and for copies that it cannot read."""
    if name not in NAMES:
        close = get_close_matches(str(name), NAMES, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(NAMES)}."
        raise Usage(f"There is no engine {name!r}: {hint}")
    if folder is not None and name == "athena":
        raise Usage("Athena reads the tables of the Data Catalog, and no folder with copies: leave one of them out.")


def engine_of(
    name: str, environment: Environment, root: Path, scratch: Path, *, folder: Path | None = None, session: Any = None
) -> Engine:
    """The engine. `folder` holds copies of offline stores, `scratch` takes what is needed for a while.

    `session` is Spark's; the one that runs, or a new one, unless given. Raises `Usage` where a package is missing.
    """
    check_engine(name, folder)
    if name == "athena":
        from reconciler.datasets.engines.athena import AthenaEngine  # noqa: PLC0415 - heavy

        return AthenaEngine(environment, root)
    where = InFolder(folder) if folder is not None else InEnvironment(environment, root)
    try:
        if name == "spark":
            from reconciler.datasets.engines.spark import Spark, session_here  # noqa: PLC0415 - heavy

            return Spark(session or session_here(), where, scratch=scratch)
        from reconciler.datasets.engines.duckdb import DuckDb  # noqa: PLC0415 - heavy

        return DuckDb(where, scratch)
    except ModuleNotFoundError as missing:
        if missing.name not in ("duckdb", "pyspark"):
            raise
        extra = "spark" if missing.name == "pyspark" else "datasets"
        raise Usage(f"The engine {name} needs {missing.name}: pip install 'reconciler[{extra}]'.") from None
