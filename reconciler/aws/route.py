"""How requests reach the runtime API of an environment: address, keys, proxy, certificates, timeouts, attempts.

All of it is resolved by botocore, exactly as boto3 does it, by asking a client of its own for one request that is
never sent. From then on only the keys are asked for again, because they expire.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import create_urllib3_context, get_cert_path

from reconciler.aws.errors import named
from reconciler.aws.session import create_client
from reconciler.aws.signing import Keys, Signer
from reconciler.config import Environment

SERVICE = "sagemaker-featurestore-runtime"
_ATTEMPTS = 10
_LOOK_S = 1.0


class Proxy:
    """A proxy on the way. Its own TLS, where its address begins with https, is verified as the endpoint's is."""

    def __init__(self, url: str, headers: Mapping[str, str], tls: ssl.SSLContext | None) -> None:
        address = urlsplit(url)
        self.host, self.port = address.hostname or "", address.port or (443 if tls else 80)
        self.tls = tls
        self.head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())


@dataclass(frozen=True)
class Route:
    """The way to one endpoint. `base` is the path that every request's path follows, mostly empty.

    `connect_s` and `read_s` are timeouts; `attempts` is how often a call is tried in all. `tls` is None for http.
    """

    host: str
    port: int
    authority: str
    base: str
    tls: ssl.SSLContext | None
    proxy: Proxy | None
    connect_s: float
    read_s: float
    attempts: int
    identity: Identity

    @property
    def is_nested(self) -> bool:
        """TLS runs inside the TLS of a proxy, which the socket of a waiting thread cannot do."""
        return self.tls is not None and self.proxy is not None and self.proxy.tls is not None


def find_route(environment: Environment, root: Path) -> Route:
    """The way to the runtime API of this environment; raises `AwsFailed` where there is none."""
    client = create_client(SERVICE, environment, root)
    with named("Connect"):
        sent = _sample(client)
        address = urlsplit(sent.url)
        region, service = sent.headers["Authorization"].partition("Credential=")[2].split("/")[2:4]
        default = 443 if address.scheme == "https" else 80
        bare = f"[{address.hostname}]" if ":" in (address.hostname or "") else (address.hostname or "")
        authority = bare if address.port in (None, default) else f"{bare}:{address.port}"
        verify, proxy = _surroundings(client, sent.url)
        config = client.meta.config
        is_plain = proxy is not None and address.scheme == "http"
        identity = Identity(
            _credentials(client),
            partial(
                Signer,
                region=region,
                service=service,
                host=authority,
                agent=sent.headers["User-Agent"],
                through=f"http://{authority}" if is_plain else "",
                more=proxy.head if proxy and is_plain else "",
            ),
        )
        return Route(
            host=address.hostname or "",
            port=address.port or default,
            authority=authority,
            base=address.path.partition("/FeatureGroup/")[0],
            tls=_tls(verify) if address.scheme == "https" else None,
            proxy=proxy,
            connect_s=float(config.connect_timeout),
            read_s=float(config.read_timeout),
            attempts=_attempts(),
            identity=identity,
        )


def _sample(client: Any) -> _Sent:
    """A request as boto3 would have sent it, signed, to the endpoint that all its rules lead to."""
    sent: list[_Sent] = []

    def keep(request: Any, **_: Any) -> AWSResponse:
        headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}
        sent.append(_Sent(request.url, headers))
        return AWSResponse(request.url, 200, {}, _Nothing())

    client.meta.events.register_first(f"before-send.{SERVICE}", keep)
    try:
        client.get_record(FeatureGroupName="group", RecordIdentifierValueAsString="record")
    finally:
        client.meta.events.unregister(f"before-send.{SERVICE}", keep)
    return sent[0]


@dataclass(frozen=True)
class _Sent:
    url: str
    headers: Mapping[str, str]


class _Nothing:
    """An empty reply."""

    def stream(self, **_: Any) -> Any:
        yield b"{}"


def _surroundings(client: Any, url: str) -> tuple[Any, Proxy | None]:
    """What botocore made of AWS_CA_BUNDLE and of HTTPS_PROXY and its kind; only its private names tell."""
    session = client._endpoint.http_session  # noqa: SLF001 - as in `swift`; a test holds on to it
    verify, proxies = session._verify, session._proxy_config  # noqa: SLF001
    proxy = proxies.proxy_url_for(url)
    if not proxy:
        return verify, None
    tls = _tls(verify) if proxy.lower().startswith("https:") else None
    return verify, Proxy(proxy, proxies.proxy_headers_for(proxy), tls)


def _tls(verify: Any) -> ssl.SSLContext:
    context: ssl.SSLContext = create_urllib3_context()
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.check_hostname = True
        found = Path(get_cert_path(verify))
        context.load_verify_locations(**{"capath" if found.is_dir() else "cafile": str(found)})
    return context


def _attempts() -> int:
    """AWS_MAX_ATTEMPTS or max_attempts of the profile, where one is set."""
    configured = botocore.session.get_session().get_config_variable("max_attempts")
    return int(configured or _ATTEMPTS)


def _credentials(client: Any) -> Any:
    found = client._request_signer._credentials  # noqa: SLF001 - as in `swift`
    if found is None:
        raise NoCredentialsError
    return found


class Identity:
    """The keys to sign with. They are looked at again every second, and renewed before they expire.

    Safe to use from several threads.
    """

    def __init__(self, credentials: Any, signed_by: Callable[[Keys], Signer]) -> None:
        self._credentials, self._signed_by = credentials, signed_by
        self._lock = threading.Lock()
        self._is_refused = False
        self._look_at = 0.0
        self._signer = self._signed_by(self._keys())

    def signer(self) -> Signer | None:
        """Who signs now, at no cost; None where `renew` has to work it out, which may take a while."""
        if time.monotonic() < self._look_at:
            return self._signer
        if self._is_refused or self._is_due():
            return None
        self._take(self._keys())
        return self._signer

    def renew(self) -> Signer:
        """Who signs from now on, after all that it takes: a call to STS, to the metadata service, to SSO."""
        with self._lock, named("GetCredentials"):
            if self._is_refused:
                self._is_refused = False
                self._credentials = botocore.session.get_session().get_credentials() or self._credentials
            self._take(self._keys())
            return self._signer

    def refuse(self, signer: Signer) -> None:
        """AWS says that this signer's keys have expired: resolve them from the beginning.

        It finds what another tool has written to ~/.aws/credentials in the meantime.
        """
        if signer is self._signer and self._credentials.method != "explicit":
            self._is_refused, self._look_at = True, 0.0

    def _is_due(self) -> bool:
        needed = getattr(self._credentials, "refresh_needed", None)
        return bool(needed and needed())

    def _keys(self) -> Keys:
        return Keys(*self._credentials.get_frozen_credentials()[:3])

    def _take(self, keys: Keys) -> None:
        if keys != self._signer.keys:
            self._signer = self._signed_by(keys)
        self._look_at = time.monotonic() + _LOOK_S
