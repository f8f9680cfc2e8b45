"""Athena: one query, waited for, its rows as texts."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reconciler.aws.errors import named
from reconciler.aws.session import create_client
from reconciler.config import Environment
from reconciler.errors import AwsFailed

_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0


class Athena:
    """Queries in one environment. Results go where the workgroup says, else to `output`."""

    def __init__(self, environment: Environment, root: Path, output: str, workgroup: str = "primary") -> None:
        self._client = create_client("athena", environment, root)
        self._output, self._workgroup = output, workgroup

    def rows(self, query: str, database: str, *, sleep: Callable[[float], object] = time.sleep) -> list[list[str]]:
        """The rows of a query, header left out; AwsFailed where it is refused, or fails."""
        execution = self._start(query, database)
        self._wait(execution, sleep)
        found: list[list[str]] = []
        page: dict[str, str] = {}
        with named("GetQueryResults"):
            while True:
                reply = self._client.get_query_results(QueryExecutionId=execution, **page)
                found += [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in reply["ResultSet"]["Rows"]]
                if not reply.get("NextToken"):
                    return found[1:]
                page = {"NextToken": reply["NextToken"]}

    def _start(self, query: str, database: str) -> str:
        asked: dict[str, Any] = {
            "QueryString": query,
            "QueryExecutionContext": {"Database": database, "Catalog": "AwsDataCatalog"},
            "WorkGroup": self._workgroup,
        }
        try:
            with named("StartQueryExecution"):
                return str(self._client.start_query_execution(**asked)["QueryExecutionId"])
        except AwsFailed as failed:
            if failed.code != "InvalidRequestException" or "output location" not in failed.message.lower():
                raise
        with named("StartQueryExecution"):
            asked["ResultConfiguration"] = {"OutputLocation": self._output}
            return str(self._client.start_query_execution(**asked)["QueryExecutionId"])

    def _wait(self, execution: str, sleep: Callable[[float], object]) -> None:
        pause = _PAUSE_S
        while True:
            with named("GetQueryExecution"):
                reply = self._client.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]
            if reply["State"] == "SUCCEEDED":
                return
            if reply["State"] in ("FAILED", "CANCELLED"):
                raise AwsFailed(
                    "GetQueryExecution", "", f"Query{reply['State'].title()}", reply.get("StateChangeReason", "")
                )
            sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE_S)
