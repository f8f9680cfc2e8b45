"""A SearchExpression as a SQL condition with bound values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from reconciler.emulator import assumptions
from reconciler.emulator.errors import AwsError, invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Condition: TypeAlias = tuple[str, list[Any]]
_MOST = 50
_COMPARED = {"GreaterThan": ">", "GreaterThanOrEqualTo": ">=", "LessThan": "<", "LessThanOrEqualTo": "<="}
# An operator that denies is the denial of one that affirms.
_DENIED = {"NotEquals": "Equals", "NotExists": "Exists"}


class Property(NamedTuple):
    """A property a resource has once; `sql` is its column or expression."""

    sql: str
    is_time: bool = False
    is_flag: bool = False
    nullable: bool = False


class Several(NamedTuple):
    """A property a resource has many times, as tags are; one of them passing the test is enough."""

    rows: str
    columns: tuple[str, ...]


class Properties(NamedTuple):
    """What a resource can be searched by; the keys of `keyed` are prefixes, like `Tags.`."""

    fixed: Mapping[str, Property]
    several: Mapping[str, Several]
    keyed: Mapping[str, Several]


def _doc(path: str, *, is_flag: bool = False) -> Property:
    return Property(f"json_extract(groups.doc, '$.{path}')", is_flag=is_flag, nullable=True)


_TAGS = "tags WHERE tags.group_id = groups.id"
_DEFINITIONS = "features WHERE features.group_id = groups.id"
_PARAMETERS = "json_each(features.parameters) AS p WHERE 1"
_PARAMETER = ("p.value ->> '$.Key'", "p.value ->> '$.Value'")
_TEXTS = (
    *("FeatureGroupArn", "RecordIdentifierFeatureName", "EventTimeFeatureName", "RoleArn", "Description"),
    *("FailureReason", "LastUpdateStatus.Status", "LastUpdateStatus.FailureReason"),
    *("OfflineStoreStatus.BlockedReason", "OnlineStoreConfig.StorageType", "OnlineStoreConfig.TtlDuration.Unit"),
    *("OnlineStoreConfig.SecurityConfig.KmsKeyId", "OfflineStoreConfig.S3StorageConfig.KmsKeyId"),
    *("OfflineStoreConfig.S3StorageConfig.S3Uri", "OfflineStoreConfig.S3StorageConfig.ResolvedOutputS3Uri"),
    *("OfflineStoreConfig.TableFormat", "OfflineStoreConfig.DataCatalogConfig.TableName"),
    *("OfflineStoreConfig.DataCatalogConfig.Database", "OfflineStoreConfig.DataCatalogConfig.Catalog"),
)
_FLAGS = ("OnlineStoreConfig.EnableOnlineStore", "OfflineStoreConfig.DisableGlueTableCreation")

GROUP = Properties(
    {
        "FeatureGroupName": Property("groups.name"),
        "FeatureGroupStatus": Property("groups.status"),
        "CreationTime": Property("groups.created", is_time=True),
        "LastModifiedTime": Property("groups.modified", is_time=True),
        "OfflineStoreStatus.Status": Property("groups.offline_status", nullable=True),
        **{path: _doc(path) for path in _TEXTS},
        **{path: _doc(path, is_flag=True) for path in _FLAGS},
    },
    {
        "AllTags": Several(_TAGS, ("key", "value")),
        "FeatureDefinitions.FeatureName": Several(_DEFINITIONS, ("name",)),
        "FeatureDefinitions.FeatureType": Several(_DEFINITIONS, ("type",)),
    },
    {"Tags.": Several(f"{_TAGS} AND key = ?", ("value",))},
)
FEATURE = Properties(
    {
        "FeatureGroupName": Property("groups.name"),
        "FeatureGroupArn": _doc("FeatureGroupArn"),
        "FeatureName": Property("features.name"),
        "FeatureType": Property("features.type"),
        "Description": Property("features.description", nullable=True),
        "CreationTime": Property("features.created", is_time=True),
        "LastModifiedTime": Property("features.modified", is_time=True),
    },
    {"AllParameters": Several(_PARAMETERS, _PARAMETER)},
    {"Parameters.": Several(f"{_PARAMETERS} AND {_PARAMETER[0]} = ?", _PARAMETER[1:])},
)


def condition(expression: dict[str, Any] | None, properties: Properties) -> Condition:
    """The whole expression; AWS counts its parts, and its Contains, over all levels."""
    if expression is None:
        return "1", []
    parts = list(_parts(expression))
    if len(parts) > _MOST:
        raise invalid(f"A SearchExpression can have at most {_MOST} filters.")
    if sum(part.get("Operator") == "Contains" for part in parts) > 1:
        raise AwsError("ValidationException", "'CONTAINS' operator usage limit of 1 exceeded.")
    return _expression(expression, properties)


def _parts(expression: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from expression.get("Filters", ())
    for inner in expression.get("SubExpressions", ()):
        yield {}
        yield from _parts(inner)


def _expression(expression: dict[str, Any], properties: Properties) -> Condition:
    if "NestedFilters" in expression:
        raise AwsError("NotImplemented", "This emulator does not answer searches with NestedFilters.", 501)
    found = [_filter(part, properties) for part in expression.get("Filters", ())]
    found += [_expression(inner, properties) for inner in expression.get("SubExpressions", ())]
    if not found:
        raise invalid("A SearchExpression needs at least one filter, nested filter or subexpression.")
    word = " OR " if expression.get("Operator") == "Or" else " AND "
    return f"({word.join(sql for sql, _ in found)})", [value for _, values in found for value in values]


def _filter(part: dict[str, Any], properties: Properties) -> Condition:
    name, value = part["Name"], part.get("Value")
    operator = part.get("Operator", "Equals")
    if (value is None) != (operator in {"Exists", "NotExists"}):
        raise invalid(f"The operator {operator} of the filter on {name} does not fit its Value.")
    affirmed = _DENIED.get(operator, operator)
    if name in properties.fixed:
        sql, values = _once(properties.fixed[name], name, affirmed, value)
        if operator == "NotEquals" and not assumptions.MISSING_IS_NOT_EQUAL:
            sql = f"({properties.fixed[name].sql} IS NULL OR {sql})"
    else:
        sql, values = _among(properties, name, affirmed, value)
    return (f"NOT {sql}", values) if operator in _DENIED else (sql, values)


def _once(found: Property, name: str, operator: str, value: str | None) -> Condition:
    if found.is_time:
        return _test(found.sql, name, operator, None if value is None else _moment(name, value))
    if found.is_flag and value is not None:
        return _test(found.sql, name, operator, int(value.lower() == "true"))
    return _test(found.sql, name, operator, value)


def _among(properties: Properties, name: str, operator: str, value: str | None) -> Condition:
    several, keys = properties.several.get(name), []
    for prefix, keyed in properties.keyed.items():
        if name.startswith(prefix) and len(name) > len(prefix):
            several, keys = keyed, [name.removeprefix(prefix)]
    if several is None:
        raise invalid(f"Unknown property name: {name}.")
    tests = [_test(column, name, operator, value) for column in several.columns]
    sql = " OR ".join(test for test, _ in tests)
    values = [*keys, *(bound for _, bounds in tests for bound in bounds)]
    return f"EXISTS (SELECT 1 FROM {several.rows} AND ({sql}))", values  # noqa: S608 - values are bound


def _test(column: str, name: str, operator: str, value: str | float | None) -> Condition:
    """True or false, never unknown: a missing property passes no test."""
    if operator == "Exists":
        return f"({column} IS NOT NULL)", []
    if operator == "Equals":
        return f"({column} IS ?)", [value]
    if operator in _COMPARED and not isinstance(value, str):
        return f"(coalesce({column} {_COMPARED[operator]} ?, 0))", [value]
    if operator == "Contains" and isinstance(value, str):
        return f"(coalesce(instr({column}, ?) > 0, 0))", [value]
    if operator == "In" and isinstance(value, str):
        words = [word.strip() for word in value.split(",")]
        return f"(coalesce({column} IN ({', '.join('?' * len(words))}), 0))", list(words)
    raise invalid(f"The operator {operator} is not supported for the property {name}.")


def _moment(name: str, value: str) -> float:
    """ISO 8601, as the API reference asks for in filters on times."""
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise invalid(f"The value {value} of the filter on {name} is not an ISO 8601 date-time.") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
