"""Search over feature groups and over feature metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator import pages
from reconciler.emulator.calls import as_json
from reconciler.emulator.control import filters, metadata
from reconciler.emulator.errors import AwsError, invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.calls import Call

_TAGS = "(SELECT json_group_array(json_object('Key', key, 'Value', value)) FROM tags WHERE tags.group_id = groups.id)"


# From so many hits on, walking in the order of the answer finds a page sooner than sorting all hits does.
_MANY = 5_000


class _Source(NamedTuple):
    """Where the records of one resource come from; `ordered` makes SQLite walk them in the order of time."""

    properties: filters.Properties
    tables: str
    ordered: str
    columns: str
    id: str
    record: Callable[[tuple[Any, ...]], str]


def search(call: Call, request: dict[str, Any]) -> str:
    """A page of records as stored JSON: nothing of a group is parsed to serve it."""
    source = _SOURCES.get(request["Resource"])
    if source is None:
        raise AwsError("NotImplemented", f"This emulator has no {request['Resource']} to search for.", 501)
    if request.get("CrossAccountFilterOption") == "CrossAccount":
        return as_json({"Results": [], "TotalHits": {"Value": 0, "Relation": "EqualTo"}})
    condition, values = filters.condition(request.get("SearchExpression"), source.properties)
    sort = _sort(source.properties, request.get("SortBy", "LastModifiedTime"))
    descending = request.get("SortOrder", "Descending") == "Descending"
    where, bound = f"groups.scope = ? AND {condition}", [call.scope, *values]
    after = pages.marks(request.get("NextToken"), 3)
    if after:
        total = after.pop()
        where += f" AND ({sort}, {source.id}) {'<' if descending else '>'} (?, ?)"
    else:
        total = call.db.execute(f"SELECT count(*) FROM {source.tables} WHERE {where}", bound).fetchone()[0]  # noqa: S608 - values are bound
    size, order = request.get("MaxResults", 100), "DESC" if descending else "ASC"
    tables = source.ordered if int(total) > _MANY else source.tables
    statement = (
        f"SELECT {source.id}, {sort}, {source.columns} FROM {tables} WHERE {where} "  # noqa: S608 - values are bound
        f"ORDER BY {sort} {order}, {source.id} {order} LIMIT ?"
    )
    rows = call.db.execute(statement, (*bound, *(after or ()), size + 1)).fetchall()
    results = ",".join(source.record(row[2:]) for row in rows[:size])
    more = f',"NextToken":"{pages.token(rows[size - 1][1], rows[size - 1][0], total)}"' if len(rows) > size else ""
    return f'{{"Results":[{results}],"TotalHits":{{"Value":{int(total)},"Relation":"EqualTo"}}{more}}}'


def _sort(properties: filters.Properties, name: str) -> str:
    known = properties.fixed.get(name)
    if known is None:
        raise invalid(f"Search results can't be sorted by {name}.")
    return f"coalesce({known.sql}, '')" if known.nullable else known.sql


def _group_record(row: tuple[Any, ...]) -> str:
    doc, tags = row
    return f'{{"FeatureGroup":{doc[:-1]},"Tags":{tags}}}}}'


def _feature_record(row: tuple[Any, ...]) -> str:
    arn, group, *feature = row
    return as_json({"FeatureMetadata": metadata.as_record(arn, group, tuple(feature))})


_SOURCES = {
    "FeatureGroup": _Source(filters.GROUP, "groups", "groups", f"doc, {_TAGS}", "groups.id", _group_record),
    "FeatureMetadata": _Source(
        filters.FEATURE,
        "features JOIN groups ON groups.id = features.group_id",
        "features CROSS JOIN groups ON groups.id = features.group_id",
        "json_extract(groups.doc, '$.FeatureGroupArn'), groups.name, features.name, features.type, "
        "features.created, features.modified, features.description, features.parameters",
        "features.id",
        _feature_record,
    ),
}
