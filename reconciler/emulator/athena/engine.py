"""DuckDB in a cage: one database in memory for each query, which reads nothing outside the data directory.

Text of a user never reaches it as text: only what was parsed as Trino's SQL, with every table and function known.
The cage is for what would slip through.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any

from reconciler.emulator.athena.failures import Stopped, missing_library
from reconciler.emulator.athena.types import literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.emulator.store import Store

FOLDER = "athena"
_READABLE = ("s3", "s3-odd", FOLDER)
_THREADS = 4
_AGAIN_S = 0.05
_MEMORY = "60%"
_CONFIG: dict[str, Any] = {
    "default_null_order": "nulls_last",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "true",
}


class Engine:
    """A connection that can be interrupted from another thread, before a statement of its as well as during one."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._stopped = threading.Event()
        self._closed = threading.Event()
        self._closing = threading.Lock()

    def run(self, sql: str) -> Any:
        """Execute one statement."""
        self.check()
        return self.connection.execute(sql)

    def relation(self, sql: str) -> Any:
        """A query that is bound and not run yet: its columns and types are known."""
        self.check()
        return self.connection.sql(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.run(sql).fetchall()
        return found

    def check(self) -> None:
        if self._stopped.is_set():
            raise Stopped

    def stop(self) -> None:
        """Interrupt it until it is closed: an interrupt that comes before a statement has begun is lost."""
        self._stopped.set()
        threading.Thread(target=self._interrupt, name="athena-stop", daemon=True).start()

    def _interrupt(self) -> None:
        while not self._closed.wait(_AGAIN_S):
            with self._closing:
                if not self._closed.is_set():
                    self.connection.interrupt()

    def close(self) -> None:
        with self._closing:
            self._closed.set()
        self.connection.close()

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()


@contextlib.contextmanager
def opened(store: Store) -> Iterator[Engine]:
    """An engine that is gone after the block."""
    engine = Engine(_connect(store))
    try:
        yield engine
    finally:
        engine.close()


def folder(store: Store, *names: str) -> str:
    """A folder of Athena's own under the data directory."""
    path = os.path.join(os.path.abspath(store.directory), FOLDER, *names)  # noqa: PTH100, PTH118 - as the store
    os.makedirs(path, exist_ok=True)  # noqa: PTH103
    return path


def require() -> None:
    """A clear error where the extra is not installed."""
    for name in ("duckdb", "pyarrow", "sqlglot"):
        try:
            __import__(name)
        except ImportError:
            raise missing_library(name) from None


def _connect(store: Store) -> Any:
    import duckdb  # noqa: PLC0415 - heavy

    from reconciler.emulator.athena.macros import MACROS  # noqa: PLC0415 - only here

    root = os.path.abspath(store.directory)  # noqa: PTH100
    config = {**_CONFIG, "threads": str(min(os.cpu_count() or 1, _THREADS)), "temp_directory": folder(store, "spill")}
    connection = duckdb.connect(":memory:", config=config)
    allowed = ", ".join(literal(os.path.join(root, name, "")) for name in _READABLE)  # noqa: PTH118
    for statement in (
        "SET TimeZone = 'UTC'",
        f"SET memory_limit = '{_MEMORY}'",
        "SET parquet_metadata_cache = true",
        *MACROS,
        f"SET allowed_directories = [{allowed}]",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(statement)
    return connection
