"""CREATE VIEW: the text of a query under a name, kept in the catalogue as Athena keeps it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from reconciler.emulator.athena import selecting, syntax
from reconciler.emulator.athena.failures import failed
from reconciler.emulator.athena.outcomes import Job, Outcome
from reconciler.emulator.athena.tables import CATALOG, VIEW_MARK
from reconciler.emulator.athena.types import hive_type, trino_type
from reconciler.emulator.glue import archive, catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence


def create(job: Job) -> Outcome:
    tree: exp.Create = job.statement
    named = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    _, database, name = job.context.full([part.name for part in named.parts])
    text = _query_text(job.sql)
    query = selecting.prepared(job, syntax.parse(text), text)
    try:
        relation = job.engine.relation(query.sql)
    except Exception as error:
        raise selecting.engine_failure(error, job, query) from error
    names = selecting.shown_names(relation.columns, syntax.parse(text))
    _check_names(names)
    found = list(zip(names, map(str, relation.types), strict=True))
    _write(job, database, name, text, found, replace=bool(tree.args.get("replace")))
    return Outcome(lines=[])


def _check_names(names: Sequence[str]) -> None:
    for number, name in enumerate(names, 1):
        if name == f"_col{number - 1}":
            raise failed("MISSING_COLUMN_NAME", f"Column name not specified at position {number}", (1, 1))
        if name.lower() in {other.lower() for other in names[: number - 1]}:
            raise failed("DUPLICATE_COLUMN_NAME", f"Column name '{name}' specified more than once", (1, 1))


def _query_text(sql: str) -> str:
    """What follows the first AS outside of parentheses."""
    depth = 0
    for word in syntax.tokens(sql):
        kind = word.token_type.name
        depth += {"L_PAREN": 1, "R_PAREN": -1}.get(kind, 0)
        if kind == "ALIAS" and depth == 0:
            return sql[word.end + 1 :].strip().rstrip(";").strip()
    raise failed("SYNTAX_ERROR", "CREATE VIEW needs a query")


def _write(job: Job, database: str, name: str, text: str, columns: Sequence[tuple[str, str]], *, replace: bool) -> None:
    doc: dict[str, Any] = {
        "originalSql": text,
        "catalog": CATALOG,
        "schema": job.context.database,
        "columns": [{"name": column, "type": trino_type(kind)} for column, kind in columns],
    }
    encoded = base64.b64encode(json.dumps(doc).encode()).decode()
    with job.site.store.writing() as db:
        call = job.site.call(db)
        if catalogue.find_database(db, call.scope, database) is None:
            raise failed("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
        before = catalogue.find_table(db, call.scope, database, name)
        if before is not None and (not replace or before.get("TableType") != "VIRTUAL_VIEW"):
            raise failed("ALREADY_EXISTS", f"View already exists: '{CATALOG}.{database}.{name}'", (1, 1))
        if before is not None:
            archive.keep(db, call.scope, before)
        moment = int(call.now)
        table: dict[str, Any] = {
            "Name": name,
            "DatabaseName": database,
            "CreateTime": before["CreateTime"] if before else moment,
            "UpdateTime": moment,
            "VersionId": str(int(before["VersionId"]) + 1) if before else "0",
            "StorageDescriptor": {
                "Columns": [{"Name": column.lower(), "Type": hive_type(kind)} for column, kind in columns],
                "Location": "",
                "SerdeInfo": {},
            },
            "PartitionKeys": [],
            "ViewOriginalText": f"{VIEW_MARK}{encoded} */",
            "ViewExpandedText": "/* Presto View */",
            "TableType": "VIRTUAL_VIEW",
            "Parameters": {"presto_view": "true", "comment": "Presto View"},
        }
        catalogue.write_table(db, call.scope, table)
