"""Which bucket and key a request is about: by its host (`bucket.s3.region.amazonaws.com`) or by its path."""

from __future__ import annotations

import re
import socket
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_to_bytes

from reconciler.emulator.errors import AwsError
from reconciler.emulator.s3 import refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.calls import Site
    from reconciler.emulator.store import Store
    from reconciler.emulator.wire.messages import Request

_AMAZON = re.compile(
    r"(?:(?P<bucket>.+)\.)?s3(?:-accelerate|-external-1|-fips)?(?:[.-](?:dualstack|[a-z]{2}(?:-[a-z]+)+-\d))*"
    r"\.amazonaws\.(?:com|com\.cn|eu)"
)
_SERVICE = re.compile(r"(?:(?P<bucket>.+)\.)?s3(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?")
_HALF_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)
_MOST_FIELDS = 200
_LARGEST = 2**31 - 1


class Asked(NamedTuple):
    """A request to S3, read."""

    site: Site
    request: Request
    bucket: str
    key: str
    query: Mapping[str, str]

    @property
    def headers(self) -> Mapping[str, str]:
        """Their names in lower case."""
        return self.request.headers

    @property
    def store(self) -> Store:
        return self.site.store

    def limit(self, name: str, most: int) -> int:
        """How many at most: what the query asks for, or fewer."""
        given = self.query.get(name)
        if not given:
            return most
        number = int(given) if _NUMBER.fullmatch(given) else _LARGEST + 1
        if number > _LARGEST:
            message = f"Provided {name} not an integer or within integer range"
            raise refusals.invalid_argument(message, name, given)
        if number < 0:
            camel = name.partition("-")[0] + name.partition("-")[2].capitalize()
            message = f"Argument {camel} must be an integer between 0 and {_LARGEST}"
            raise refusals.invalid_argument(message, camel, given)
        return min(number, most)


def read(site: Site, request: Request) -> Asked:
    """AwsError InvalidURI for what is no UTF-8, or half an escape."""
    bucket, key = split(request.path, request.host)
    try:
        return Asked(site, request, decoded(bucket), decoded(key), _query(request.query))
    except ValueError:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI.") from None


def shown(path: str, host: str) -> str | None:
    """Bucket and key for logs and faults: never an error, and nothing that a terminal would act upon."""
    bucket, key = (unquote_to_bytes(_wire(part)).decode("utf-8", "replace") for part in split(path, host))
    whole = f"{bucket}/{key}" if key else bucket
    return "".join(c if c.isprintable() else "\ufffd" for c in whole) or None


def split(path: str, host: str) -> tuple[str, str]:
    """Bucket and key as they were sent, still escaped."""
    named, rest = _bucket_of_host(host), path.removeprefix("/")
    if named:
        return named, rest
    bucket, _, key = rest.partition("/")
    return bucket, key


def _wire(sent: str) -> bytes:
    try:
        return sent.encode("latin-1")
    except UnicodeEncodeError:
        return sent.encode("utf-8", "replace")


def _query(sent: str) -> dict[str, str]:
    """Names and values; of a name that comes twice the first counts."""
    fields = [field for field in sent.split("&") if field]
    if len(fields) > _MOST_FIELDS:
        raise ValueError(sent)
    found: dict[str, str] = {}
    for field in fields:
        name, _, value = field.replace("+", " ").partition("=")
        found.setdefault(decoded(name), decoded(value))
    return found


def decoded(sent: str) -> str:
    """A percent-encoded name; ValueError for what is none."""
    raw = _wire(sent)
    if _HALF_ESCAPE.search(raw):
        raise ValueError(sent)
    return unquote_to_bytes(raw).decode()


def _bucket_of_host(host: str) -> str | None:
    name = host.rpartition("@")[2].lower()
    if not name.endswith("]"):
        name = name.partition(":")[0] if name.count(":") == 1 else name
    found = _AMAZON.fullmatch(name)
    if found:
        return found["bucket"]
    for own in _own_names():
        if name.endswith(f".{own}"):
            return _before_service(name[: -len(own) - 1])
    return None


def _before_service(prefix: str) -> str | None:
    """`bucket`, of `bucket`, `bucket.s3` and `bucket.s3.eu-west-1`; nothing of `s3` alone."""
    found = _SERVICE.fullmatch(prefix)
    return found["bucket"] if found else prefix


@cache
def _own_names() -> tuple[str, ...]:
    """Names under which the emulator is known to be reached; under any other, the bucket has to be in the path."""
    return ("localhost", "127.0.0.1", "host.docker.internal", socket.gethostname().lower())
