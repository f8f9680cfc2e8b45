"""How Athena says no: a request that starts nothing, and a query that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import assumptions
from reconciler.emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Numbers of the Athena error catalog (Athena user guide), by the names of Trino's errors: those seen on live Athena
# are TABLE_NOT_FOUND to NOT_FOUND (measurements of aoyagikouhei/athena-local); what is not listed is a user error.
_TYPES: Mapping[str, int] = {
    "TABLE_NOT_FOUND": 1301,
    "SCHEMA_NOT_FOUND": 1301,
    "COLUMN_NOT_FOUND": 1006,
    "CATALOG_NOT_FOUND": 1006,
    "TYPE_MISMATCH": 1002,
    "FUNCTION_NOT_FOUND": 1303,
    "DIVISION_BY_ZERO": 1001,
    "INVALID_CAST_ARGUMENT": 1100,
    "MISSING_COLUMN_NAME": 1100,
    "INVALID_FUNCTION_ARGUMENT": 1106,
    "TABLE_ALREADY_EXISTS": 1110,
    "NOT_SUPPORTED": 1200,
    "NOT_FOUND": 1300,
    "SYNTAX_ERROR": 1006,
    "HIVE_BAD_DATA": 1001,
}
_USER, _SYSTEM = 2, 1


class QueryFailed(Exception):
    """The query ends as FAILED, for this reason."""

    def __init__(
        self,
        reason: str,
        kind: int = assumptions.UNSEEN_ERROR_TYPE,
        *,
        category: int = _USER,
        detail: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.category = category
        self.detail = detail
        """The sentence of AthenaError, where it is another."""

    def as_error(self) -> dict[str, Any]:
        """The member AthenaError."""
        return {
            "ErrorCategory": self.category,
            "ErrorType": self.kind,
            "Retryable": False,
            "ErrorMessage": self.detail or self.reason,
        }


class Stopped(Exception):
    """The query was cancelled while it ran."""


def failed(name: str, message: str, at: tuple[int, int] | None = None) -> QueryFailed:
    """A failure of the query engine: its name, where in the text, and what."""
    place = f"line {at[0]}:{at[1]}: " if at else ""
    return QueryFailed(f"{name}: {place}{message}", _TYPES.get(name, assumptions.UNSEEN_ERROR_TYPE))


def ddl_failed(reason: str, detail: str | None = None, kind: int = 1003, category: int = _SYSTEM) -> QueryFailed:
    """A failure of the DDL engine, which speaks as Hive does."""
    return QueryFailed(f"FAILED: {reason}", kind, category=category, detail=detail)


def refused(message: str, code: str = "INVALID_INPUT") -> AwsError:
    """The request starts nothing."""
    return AwsError("InvalidRequestException", message, AthenaErrorCode=code, ErrorCode=code)


def malformed(message: str, at: tuple[int, int] | None = None) -> AwsError:
    """The text is no statement."""
    place = f"line {at[0]}:{at[1]}: " if at else ""
    return refused(f"{place}{message}", "MALFORMED_QUERY")


def missing_library(name: str) -> AwsError:
    """What the core does not need comes with an extra."""
    return AwsError(
        "InternalServerException",
        f"Athena needs the Python package {name}, which the extra emulator brings: pip install 'reconciler[emulator]'.",
        500,
    )
