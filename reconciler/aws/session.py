"""How the client reaches an environment: credentials, region, endpoint, retries.

Everything is resolved as boto3 resolves it, by the library underneath it: its own start-up is the larger part of a
plan's time, and boto3 adds only resources that feature groups do not have. The embedded emulator is attached as
one more way to send a request, after signing and before the socket; no other code knows of it.
"""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from botocore.loaders import create_loader
from botocore.parsers import ResponseParserError

from reconciler.aws.errors import NotSageMaker, named
from reconciler.config import LOCAL_ACCOUNT, Environment
from reconciler.errors import AwsFailed, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.emulator.embedded import Emulator

CONNECTIONS = 64
_ATTEMPTS = 10


def create_client(service: str, environment: Environment, root: Path) -> Any:
    """A client for one service of this environment. `root` is the project's folder."""
    if environment.region is None:
        raise Usage(f"The environment {environment.name} has no region: add region to it in pyproject.toml.")
    session = botocore.session.get_session()
    extra: dict[str, Any] = {"endpoint_url": None if environment.is_embedded else environment.endpoint}
    if environment.is_local:
        extra |= {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    if environment.is_embedded:
        _attach(session, root / ".reconciler" / "emulator")
    config = Config(
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        max_pool_connections=CONNECTIONS,
        connect_timeout=10,
        read_timeout=60,
        # Limits are checked before a call is made, and the removal of a lifetime sends what boto3 would refuse.
        parameter_validation=False,
        user_agent_extra="reconciler",
        # An emulator's address has no buckets before its name.
        s3={"addressing_style": "path"} if environment.is_local and not environment.is_embedded else None,
    )
    with named("CreateClient"):
        session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
        return session.create_client(service, region_name=environment.region, config=config, **extra)


@cache
def _loader(data_path: str | None) -> Any:
    """Models and endpoints as botocore keeps them: read once for all clients of this process."""
    return create_loader(data_path)


def check_account(environment: Environment, root: Path) -> None:
    """Refuse credentials that belong to another account than the environment names, and an emulator that is not up."""
    if environment.is_local and environment.endpoint and not environment.is_embedded:
        _knock(environment.endpoint)
    if environment.account is None or environment.is_embedded:
        return
    with named("GetCallerIdentity"):
        account = _account(create_client("sts", environment, root))
    if account != environment.account:
        raise AwsFailed(
            "GetCallerIdentity",
            "",
            "WrongAccount",
            f"these credentials belong to account {account}; {environment.name} is account {environment.account}",
            "Choose the right AWS_PROFILE, or the right --env.",
        )


def _account(sts: Any) -> str:
    try:
        return str(sts.get_caller_identity()["Account"])
    except (ResponseParserError, KeyError) as unreadable:
        # A proxy's page for signing in, most likely: HTML is no XML, or none that names an account.
        raise NotSageMaker("of another kind") from unreadable


def _knock(endpoint: str) -> None:
    """Say at once that nobody listens: botocore would try for half a minute."""
    import socket  # noqa: PLC0415 - only for an emulator of one's own

    address = urlsplit(endpoint)
    with named("Connect"):
        try:
            socket.create_connection((address.hostname or "", address.port or 80), timeout=10).close()
        except ConnectionRefusedError as refused:
            raise EndpointConnectionError(endpoint_url=endpoint) from refused
        except OSError:
            return  # a proxy may know the way: let the client try


def place_of(environment: Environment) -> str:
    """Account and region, as the digest of a plan has them; an emulator without an account stands for itself."""
    account = environment.account or (LOCAL_ACCOUNT if environment.is_local else "")
    return f"{account}/{environment.region}"


def _attach(session: Any, directory: Path) -> None:
    """Answer every request of this session from the emulator in this process."""
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415

    from reconciler.emulator.embedded import ConnectionDropped  # noqa: PLC0415 - only here, only local

    emulator = _embedded(directory)

    def answer(request: Any, **_: Any) -> AWSResponse:
        try:
            reply = emulator.answer(request.method, request.url, dict(request.headers), _body(request.body))
        except ConnectionDropped as dropped:
            raise _dropped(request.url, dropped) from dropped
        return AWSResponse(request.url, reply.status, reply.headers, _Raw(reply.chunks()))

    session.register("before-send", answer)


def answer_embedded(root: Path) -> Callable[[str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], bytes]]:
    """What answers a request in this process: method, address, headers, body. Raises ConnectionResetError as told."""
    from reconciler.emulator.embedded import ConnectionDropped  # noqa: PLC0415 - only here, only local

    emulator = _embedded(root / ".reconciler" / "emulator")

    def answer(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        try:
            reply = emulator.answer(method, url, headers, body)
        except ConnectionDropped as dropped:
            raise ConnectionResetError(str(dropped)) from dropped
        return reply.status, reply.headers, b"".join(reply.chunks())

    return answer


def _embedded(directory: Path) -> Emulator:
    """The emulator of a directory; raises `Usage` where the directory cannot be used."""
    from reconciler.emulator.embedded import open_emulator  # noqa: PLC0415 - only here, only local
    from reconciler.emulator.errors import UnusableDirectory  # noqa: PLC0415

    try:
        return _open(directory, open_emulator)
    except UnusableDirectory as unusable:
        raise Usage(str(unusable)) from unusable


_opened: dict[Path, Emulator] = {}
_opening = Lock()


def _open(directory: Path, open_emulator: Any) -> Emulator:
    """One emulator a directory in this process."""
    with _opening:
        if directory not in _opened:
            _opened[directory] = open_emulator(directory)
            atexit.register(_opened[directory].close)
        return _opened[directory]


def _body(body: Any) -> bytes:
    if body is None:
        return b""
    return body if isinstance(body, bytes) else str(body).encode() if isinstance(body, str) else body.read()


def _dropped(url: str, error: Exception) -> Exception:
    from botocore.exceptions import ConnectionClosedError  # noqa: PLC0415

    closed: Exception = ConnectionClosedError(endpoint_url=url, error=error)
    return closed


class _Raw:
    """The body of an answer, in the shape botocore reads it: whole, or piece by piece for an object of S3."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = b""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield from self._chunks

    def read(self, amount: int | None = None, **_: Any) -> bytes:
        """All of it, or up to so many bytes; nothing at the end."""
        while amount is None or len(self._left) < amount:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._left += chunk
        end = len(self._left) if amount is None else amount
        taken, self._left = self._left[:end], self._left[end:]
        return taken

    def close(self) -> None:
        """Nothing is held that would not go by itself."""
        self._chunks = iter(())

    def release_conn(self) -> None:
        """As urllib3's responses have it."""
