"""Errors of the Data Catalog. Its modelled errors carry their sentence as `Message` (botocore 1.44.5, glue)."""

from __future__ import annotations

from reconciler.emulator.errors import AwsError


class CatalogueError(AwsError):
    """One that Glue models."""

    @property
    def member(self) -> str:
        return "Message"


def no_database(name: str) -> CatalogueError:
    return CatalogueError("EntityNotFoundException", f"Database {name} not found.")


def no_table(name: str) -> CatalogueError:
    """The sentence is AWS's (terraform-provider-aws#34132)."""
    return CatalogueError("EntityNotFoundException", f"Table {name} not found.")


def no_partition() -> CatalogueError:
    return CatalogueError("EntityNotFoundException", "Cannot find partition.")


def no_version() -> CatalogueError:
    return CatalogueError("EntityNotFoundException", "Version not found.")


def not_found(what: str) -> CatalogueError:
    """For what this catalogue never holds."""
    return CatalogueError("EntityNotFoundException", f"{what} not found.")


def exists(what: str) -> CatalogueError:
    """`what` is Database, Table or Partition (dbt-glue#548)."""
    return CatalogueError("AlreadyExistsException", f"{what} already exists.")


def invalid(message: str) -> CatalogueError:
    return CatalogueError("InvalidInputException", message)


def changed_meanwhile() -> CatalogueError:
    """Code and sentence as AWS answers a stale VersionId (apache/iceberg#8636, floci#1205)."""
    return CatalogueError("ConcurrentModificationException", "Update table failed due to concurrent modifications.")


def wrong_number_of_values() -> CatalogueError:
    """The sentence is AWS's (apache/hudi#6281)."""
    return invalid("The number of partition keys do not match the number of partition values")


def detail(error: AwsError) -> dict[str, str]:
    """An error that befell one entry of many."""
    return {"ErrorCode": error.code, "ErrorMessage": error.message}


def not_emulated(operation: str, member: str) -> AwsError:
    """Part of an operation that is not answered; what a client asks for is never dropped in silence."""
    return AwsError("NotImplemented", f"The emulator does not answer {member} of operation {operation} of glue.", 501)
