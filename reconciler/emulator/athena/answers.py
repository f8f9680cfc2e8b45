"""What is asked of a query after its start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import pages
from reconciler.emulator.athena import executions, resultfiles, workgroups
from reconciler.emulator.athena.failures import refused
from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import objects

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call, Site

_MOST_ROWS = 1000


def get(site: Site, request: dict[str, Any]) -> str:
    return as_json({"QueryExecution": executions.find(site, request["QueryExecutionId"])["execution"]})


def get_batch(site: Site, request: dict[str, Any]) -> str:
    """Those that are known, and why the others are not."""
    found, missing = [], []
    for query in request["QueryExecutionIds"]:
        try:
            found.append(executions.find(site, query)["execution"])
        except AwsError as error:
            code = error.extra["AthenaErrorCode"]
            missing.append({"QueryExecutionId": query, "ErrorCode": code, "ErrorMessage": error.message})
    return as_json({"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing})


def list_queries(call: Call, request: dict[str, Any]) -> str:
    """Latest first, of one workgroup."""
    group = request.get("WorkGroup", workgroups.PRIMARY)
    workgroups.find(call.db, call.scope, group)
    size = request.get("MaxResults") or 50
    after = _list_marks(request.get("NextToken"))
    found = list(executions.page(call.db, call.scope, group, after, size + 1))
    reply: dict[str, Any] = {"QueryExecutionIds": [query for query, _ in found[:size]]} if found else {}
    if len(found) > size:
        query, moment = found[size - 1]
        reply["NextToken"] = pages.token(moment, query)
    return as_json(reply)


def _list_marks(given: str | None) -> tuple[float, str] | None:
    try:
        marks = pages.marks(given, 2)
    except AwsError:
        raise refused(f"The nextPageToken is malformed: {given}") from None
    if marks is None:
        return None
    if not isinstance(marks[0], float | int) or not isinstance(marks[1], str):
        raise refused(f"The nextPageToken is malformed: {given}")
    return float(marks[0]), marks[1]


def stop(site: Site, request: dict[str, Any]) -> str:
    """A query that ended stays as it is."""
    query = request["QueryExecutionId"]
    executions.find(site, query)
    if executions.cancel(site, query):
        from reconciler.emulator.athena import running  # noqa: PLC0415 - it has run, so it is imported

        running.stop(query)
    return "{}"


def statistics(site: Site, request: dict[str, Any]) -> str:
    doc = executions.find(site, request["QueryExecutionId"])
    seen, result = doc["execution"]["Statistics"], doc.get("result", {})
    timeline = {name: value for name, value in seen.items() if name.endswith("TimeInMillis")}
    rows = {
        "InputBytes": seen.get("DataScannedInBytes", 0),
        "OutputBytes": result.get("bytes", 0),
        "OutputRows": result.get("rows", 0),
    }
    return as_json({"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": rows}})


def results(site: Site, request: dict[str, Any]) -> str:
    """One page. The order of the checks, and their words, are those of live Athena."""
    query = request["QueryExecutionId"]
    doc = executions.find(site, query)
    size = request.get("MaxResults", _MOST_ROWS)
    if size > _MOST_ROWS:
        raise refused(f"MaxResults is more than maximum allowed length {_MOST_ROWS}")
    if _check_state(doc):
        return as_json({"ResultSet": {"Rows": []}})
    if request.get("QueryResultType") == "DATA_MANIFEST":
        return as_json(_manifest(site, doc))
    return as_json(_page(site, query, doc["result"], request.get("NextToken"), size))


def _check_state(doc: dict[str, Any]) -> bool:
    """Whether it is a failed statement of the DDL engine, whose result is empty and no error."""
    state = executions.state(doc)
    if state in executions.ACTIVE:
        raise refused(f"Query has not yet finished. Current state: {state}", "INVALID_QUERY_EXECUTION_STATE")
    if state == "CANCELLED":
        raise refused("Could not find results", "RESULT_NOT_FOUND")
    if state != "FAILED":
        return False
    if str(doc["execution"]["Status"].get("StateChangeReason", "")).startswith("FAILED: "):
        return True
    raise refused(f"Query did not finish successfully. Final query state: {state}", "INVALID_QUERY_EXECUTION_STATE")


def _page(site: Site, query: str, result: dict[str, Any], token: str | None, size: int) -> dict[str, Any]:
    reply: dict[str, Any] = {"ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": result["columns"]}}}
    if result["updates"] is not None:
        reply["UpdateCount"] = result["updates"]
    if result["body"] is None:
        return reply
    read = resultfiles.csv_page if result["body"] == "csv" else resultfiles.text_page
    with resultfiles.opened(site, result["place"], query) as file:
        found, after = read(file, _offset(token), size)
    reply["ResultSet"]["Rows"] = [
        {"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in found
    ]
    if len(found) == size:
        # A page that is full has a token, though it may be the last one (seen on live Athena).
        reply["NextToken"] = pages.token(after)
    return reply


def _offset(token: str | None) -> int:
    try:
        marks = pages.marks(token, 1)
    except AwsError:
        raise refused(f"Malformed nextPageToken {token}") from None
    if marks is None:
        return 0
    if not isinstance(marks[0], int) or isinstance(marks[0], bool) or marks[0] < 0:
        raise refused(f"Malformed nextPageToken {token}")
    return marks[0]


def _manifest(site: Site, doc: dict[str, Any]) -> dict[str, Any]:
    """The files a statement wrote, one a row."""
    place = doc["execution"]["Statistics"].get("DataManifestLocation")
    listed = objects.read(site, *objects.split(place)).decode().split("\n") if place else []
    columns = [{"Name": "manifest", "Type": "varchar"}]
    rows = [{"Data": [{"VarCharValue": uri}]} for uri in listed if uri]
    return {"ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": columns}}}
