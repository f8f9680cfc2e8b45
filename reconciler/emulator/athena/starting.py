"""StartQueryExecution: what is refused at once, what is remembered, and whoever runs it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.athena import engine, executions, statements, workers, workgroups
from reconciler.emulator.athena.failures import malformed, refused
from reconciler.emulator.calls import as_json
from reconciler.emulator.s3 import objects

if TYPE_CHECKING:
    from reconciler.emulator.athena.statements import Kind
    from reconciler.emulator.calls import Site

# A query that takes longer runs on while its identifier is answered; clients give up after a minute.
_PATIENCE_S = 20.0
_COMPARED = (("QueryString",), ("QueryExecutionContext", "Database"), ("ResultConfiguration", "OutputLocation"))


def start(site: Site, request: dict[str, Any]) -> str:
    """Answer an identifier; by then, as a rule, the query has ended."""
    engine.require()
    if "ClientRequestToken" not in request:
        raise refused("clientRequestToken is null or empty")
    asked = _asked(request)
    doc, kind, statement = _prepared(site, request)
    doc["asked"] = asked
    query = doc["execution"]["QueryExecutionId"]
    hold = executions.Hold(site.store, query)
    try:
        known = _insert(site, doc, request["ClientRequestToken"])
    except BaseException:
        hold.release()
        raise
    if known is not None:
        hold.release()
        return as_json({"QueryExecutionId": known})
    from reconciler.emulator.athena.running import Run  # noqa: PLC0415 - sqlglot, DuckDB and Arrow come with it

    workers.run(Run(site, query, doc, kind, statement, hold).perform, _PATIENCE_S)
    return as_json({"QueryExecutionId": query})


def _asked(request: dict[str, Any]) -> list[Any]:
    """What a request with the same token must repeat (seen on live Athena)."""
    found = []
    for path in _COMPARED:
        value: Any = request
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        found.append(value)
    return found


def _insert(site: Site, doc: dict[str, Any], token: str) -> str | None:
    """Remember a query; the identifier of the one that has its token, if there is one."""
    with site.store.writing() as db:
        known = executions.by_token(db, site, token)
        if known is None:
            moment = site.call(db).now
            doc["execution"]["Status"]["SubmissionDateTime"] = moment
            executions.insert(db, site, doc, token, moment)
            return None
    if known["asked"] != doc["asked"]:
        raise refused("Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH")
    return str(known["execution"]["QueryExecutionId"])


def _prepared(site: Site, request: dict[str, Any]) -> tuple[dict[str, Any], Kind, Any]:
    """The query as it will be remembered, its kind, and its statement."""
    from reconciler.emulator.athena.preparing import parsed  # noqa: PLC0415 - sqlglot comes with it

    with site.store.reading() as db:
        group = workgroups.find(db, site.scope, request.get("WorkGroup", workgroups.PRIMARY))
    if group["State"] != "ENABLED":
        raise refused(assumptions.WORKGROUP_DISABLED.format(group["Name"]))
    results = workgroups.results(group, request.get("ResultConfiguration", {}))
    _check_results(site, results)
    sql = request["QueryString"]
    kind = statements.classify(sql)
    if kind is None:
        first = (statements.words(sql, 1) or ["<EOF>"])[0]
        raise _no_statement(sql, first)
    context = _context(request.get("QueryExecutionContext", {}))
    statement = parsed(site, sql, kind, context)
    query = str(uuid.uuid4())
    prefix = None if results.managed else f"{str(results.location).rstrip('/')}/"
    execution: dict[str, Any] = {
        "QueryExecutionId": query,
        "Query": sql,
        "StatementType": kind.type,
        "QueryExecutionContext": _shown_context(request.get("QueryExecutionContext", {})),
        "Status": {"State": "QUEUED"},
        "Statistics": {},
        "WorkGroup": group["Name"],
        "EngineVersion": group["Configuration"]["EngineVersion"],
        "ResultReuseConfiguration": request.get(
            "ResultReuseConfiguration", {"ResultReuseByAgeConfiguration": {"Enabled": False}}
        ),
    }
    if kind.sub:
        execution["SubstatementType"] = kind.sub
    if prefix is None:
        execution["ManagedQueryResultsConfiguration"] = {"Enabled": True}
    else:
        place = prefix + kind.place.format(id=query)
        execution["ResultConfiguration"] = {**results.configuration, "OutputLocation": place}
    if request.get("ExecutionParameters"):
        execution["ExecutionParameters"] = request["ExecutionParameters"]
    doc = {"execution": execution, "prefix": prefix, "context": list(context), "enforced": results.enforced}
    return doc, kind, statement


def _check_results(site: Site, results: workgroups.Results) -> None:
    if results.managed:
        return
    if not results.location:
        raise refused(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input."
        )
    workgroups.check_location(results.location)
    bucket = objects.split(results.location)[0]
    if not objects.has_bucket(site.store, bucket):
        raise refused(assumptions.NO_OUTPUT_BUCKET.format(bucket))


def _context(given: dict[str, Any]) -> tuple[str, str]:
    """Catalog and database for names without; a client may quote the database."""
    catalog = given.get("Catalog", "awsdatacatalog").lower()
    return catalog, given.get("Database", "default").strip("`").lower()


def _shown_context(given: dict[str, Any]) -> dict[str, Any]:
    """The catalog is shown in lower case (seen on live Athena)."""
    shown = {name: value for name, value in given.items() if name == "Database"}
    return {**shown, "Catalog": given["Catalog"].lower()} if "Catalog" in given else shown


def _no_statement(sql: str, first: str) -> Exception:
    from reconciler.emulator.athena.syntax import EXPECTED, place  # noqa: PLC0415

    offset = len(sql) - len(statements.without_comments(sql))
    word = first if first == "<EOF>" else sql[offset : offset + len(first)]
    return malformed(f"mismatched input '{word}'. {EXPECTED}", place(sql, offset))
