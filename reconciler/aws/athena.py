"""Athena: one query at a time, waited for, and stopped if whoever waits goes away."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.aws.errors import named
from reconciler.aws.session import create_client
from reconciler.config import Environment
from reconciler.errors import AwsFailed

_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0
_MOMENTS = 25
_ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
UNKNOWN_QUERY = "InvalidRequestException"
"""The code for a query that Athena does not know, or no longer: it forgets them after 45 days (Athena user guide)."""
STATEMENT_MAXIMUM = 262_144
"""Bytes of a statement (API reference, StartQueryExecution)."""


class QueryFailed(AwsFailed):
    """A query ended without a result. `retryable` is Athena's own word on whether another try may succeed."""

    def __init__(self, query: str, state: str, reason: str, *, retryable: bool = False) -> None:
        self.query, self.retryable = query, retryable
        text = f"{reason or 'no reason given'} (query {query})"
        super().__init__("GetQueryExecution", "", f"Query{state.title()}", text, _hint(reason))


class Finished(NamedTuple):
    """A query that succeeded, and how many bytes it scanned."""

    id: str
    scanned_bytes: int


class Athena:
    """Queries in one environment.

    Results go where the environment says, else where its workgroup says, else to `output`.
    """

    def __init__(self, environment: Environment, root: Path, output: str) -> None:
        self._client = create_client("athena", environment, root)
        self._settings, self._output = environment.athena, output

    def rows(
        self,
        query: str,
        database: str,
        *,
        sleep: Callable[[float], object] = time.sleep,
        started: Callable[[str], object] = lambda _: None,
    ) -> list[list[str]]:
        """The rows of a query as texts, header left out; AwsFailed where it is refused, or fails."""
        execution = self.run(query, database, sleep=sleep, started=started).id
        found: list[list[str]] = []
        page: dict[str, str] = {}
        with named("GetQueryResults"):
            while True:
                reply = self._client.get_query_results(QueryExecutionId=execution, **page)
                found += [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in reply["ResultSet"]["Rows"]]
                if not reply.get("NextToken"):
                    return found[1:]
                page = {"NextToken": reply["NextToken"]}

    def run(
        self,
        query: str,
        database: str,
        *,
        sleep: Callable[[float], object] = time.sleep,
        started: Callable[[str], object] = lambda _: None,
        watch: Callable[[str, int], object] = lambda _, __: None,
        output: str = "",
    ) -> Finished:
        """Run a query to its end; `QueryFailed` where it fails. If this is interrupted, the query is stopped.

        `started` is told the query's id, `watch` now and then its state and the bytes scanned so far. `output` is where
        Athena's own results go, unless the workgroup says; without it, where all queries' go.
        """
        execution = self._start(query, database, started, output)
        try:
            started(execution)
            return self._wait(execution, sleep, watch)
        except QueryFailed:
            raise
        except BaseException:
            with suppress(AwsFailed):
                self.stop(execution)
                self._let_end(execution)
            raise

    def stop(self, execution: str) -> None:
        """Cancel a query; one that has ended is no error."""
        with named("StopQueryExecution"):
            self._client.stop_query_execution(QueryExecutionId=execution)

    def results(self, execution: str) -> list[str]:
        """The objects that Athena itself may have written for a query: what it says, not what UNLOAD was told."""
        with named("GetQueryExecution"):
            found = self._client.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
        output = str(found.get("ResultConfiguration", {}).get("OutputLocation", ""))
        if not output.rpartition("/")[2].startswith(execution):
            return []  # results that Athena manages, or a folder
        manifest = found.get("Statistics", {}).get("DataManifestLocation")
        usual = f"{output.removesuffix('.csv')}-manifest.csv"
        return [output, f"{output}.metadata", *dict.fromkeys([usual, manifest or usual])]

    def _let_end(self, execution: str) -> None:
        """Wait a moment for a query that was stopped: until then it may write."""
        for _ in range(_MOMENTS):
            with named("GetQueryExecution"):
                found = self._client.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
            if found["Status"]["State"] in _ENDED:
                return
            time.sleep(_PAUSE_S)

    def _start(self, query: str, database: str, started: Callable[[str], object], output: str) -> str:
        asked: dict[str, Any] = {
            "QueryString": query,
            "QueryExecutionContext": {"Database": database, "Catalog": "AwsDataCatalog"},
            "WorkGroup": self._settings.workgroup,
        }
        if self._settings.output or self._settings.kms_key:
            asked["ResultConfiguration"] = self._results(self._settings.output and (output or self._settings.output))
        try:
            return self._started(asked, started)
        except AwsFailed as failed:
            if failed.code != "InvalidRequestException" or "no output location" not in failed.message.lower():
                raise
        return self._started(asked | {"ResultConfiguration": self._results(output or self._output)}, started)

    def _started(self, asked: dict[str, Any], started: Callable[[str], object]) -> str:
        # The same call again, after an answer that was lost, is not another query.
        asked = asked | {"ClientRequestToken": uuid.uuid4().hex}

        def start() -> str:
            with named("StartQueryExecution"):
                return str(self._client.start_query_execution(**asked)["QueryExecutionId"])

        try:
            return start()
        except AwsFailed:
            raise
        except BaseException:
            with suppress(AwsFailed):  # interrupted: whether it runs, and as which query, is not known yet
                execution = start()
                started(execution)
                self.stop(execution)
                self._let_end(execution)
            raise

    def _results(self, output: str | None) -> dict[str, Any]:
        found: dict[str, Any] = {"OutputLocation": output} if output else {}
        if self._settings.kms_key:
            found["EncryptionConfiguration"] = {"EncryptionOption": "SSE_KMS", "KmsKey": self._settings.kms_key}
        return found

    def _wait(self, execution: str, sleep: Callable[[float], object], watch: Callable[[str, int], object]) -> Finished:
        pause = _PAUSE_S
        while True:
            with named("GetQueryExecution"):
                found = self._client.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
            status, statistics = found["Status"], found.get("Statistics", {})
            scanned = int(statistics.get("DataScannedInBytes", 0))
            watch(status["State"], scanned)
            if status["State"] == "SUCCEEDED":
                return Finished(execution, scanned)
            if status["State"] in _ENDED:
                retryable = bool(status.get("AthenaError", {}).get("Retryable"))
                raise QueryFailed(execution, status["State"], status.get("StateChangeReason", ""), retryable=retryable)
            sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE_S)


_HINTS = (
    (
        ("insufficient lake formation permission", "lakeformation", "lake formation"),
        "Lake Formation guards a table or its location: grant the role in use SELECT on it, and the data's location.",
    ),
    (
        ("access denied", "accessdenied", "not authorized", "insufficient permissions"),
        (
            "The role in use needs s3:GetObject and s3:ListBucket on the offline data, glue:GetTable and "
            "glue:GetPartitions on its table (in the account that owns them), and s3:PutObject where the answer goes."
        ),
    ),
    (
        ("query exhausted resources", "exceeded_memory", "exceeded the memory", "exceeded local memory"),
        "Ask for fewer features or fewer labels at a time, or use the duckdb or the spark engine, which spill to disk.",
    ),
    (
        ("hive_bad_data", "hive_cannot_open_split", "hive_cursor_error", "iceberg_bad_data"),
        "A file of the offline store is damaged, or has another type than the table says: the reason names it.",
    ),
    (("query timeout", "exceeded_time_limit"), "Build the dataset in parts, or raise the workgroup's query timeout."),
)
"""What a failure's reason has in it, and what helps. UNVERIFIED: texts of Athena are documented only in examples."""


def _hint(reason: str) -> str:
    lower = reason.lower()
    return next((hint for words, hint in _HINTS if any(word in lower for word in words)), "")
