"""What a call can end in besides a reply: an error AWS would send, or a connection that is gone."""

from __future__ import annotations

# The five exceptions botocore 1.44.5 models for SageMaker carry their text as "Message"; all others as "message".
_MODELLED = frozenset(
    {"ConflictException", "ResourceAlreadyExists", "ResourceInUse", "ResourceLimitExceeded", "ResourceNotFound"}
)


class AwsError(Exception):
    """An error reply: its code, its sentence and its HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400, **extra: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.extra = extra
        """Further members of the reply, where a service has them."""

    @property
    def member(self) -> str:
        """The key under which this service's clients look for the sentence."""
        return "Message" if self.code in _MODELLED or self.code.startswith("Entity") else "message"


class ConnectionDropped(ConnectionError):
    """The connection ended without a reply; whether the call took effect is for the caller to find out."""


class UnusableDirectory(Exception):
    """The data directory cannot be read, and what to do about it, in one sentence."""


def invalid(message: str) -> AwsError:
    """A request whose parts are well formed but do not fit together."""
    return AwsError("ValidationException", f"Validation Error: {message}")


def serialization(message: str) -> AwsError:
    """A body that could not be read as the operation's input at all."""
    return AwsError("SerializationException", message)


def missing_group(name: str) -> AwsError:
    """ResourceNotFound is HTTP 400, not 404 (AWS API reference, DeleteFeatureGroup)."""
    return AwsError(
        "ResourceNotFound",
        f"Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name {name}. "
        "Please check your FeatureGroup name.",
    )
