"""What a web page in a browser on this machine may not do to the emulator behind its user's back.

Any page can send requests to 127.0.0.1. It may not change anything: browsers name the page's origin with every request
that could, and other clients have none. Nor may it read by having its own name point here (DNS rebinding): a name in
the Host header that anybody could own is refused.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
# Names that are kept for one machine or network; nobody can register them.
_OF_THIS_PLACE = (".localhost", ".local", ".internal", ".test", ".localdomain")
_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
_READING = ("GET", "HEAD")

# What a page of ours may do: nothing but what comes from here.
OWN_PAGE = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
# What an object that a browser shows may do: nothing, least of all in the name of the page above.
FOREIGN_PAGE = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}


def is_browser(headers: Mapping[bytes, bytes]) -> bool:
    """Whether somebody asks for something to look at."""
    return b"text/html" in headers.get(b"accept", b"")


def refusal(method: str, headers: Mapping[bytes, bytes], own_host: str) -> str | None:
    """Why a request is refused as a web page's; None for all others."""
    host = headers.get(b"host", b"")
    if not is_own_name(host, own_host):
        return (
            "Requests must be for this machine (127.0.0.1 or localhost): the name in their Host header is one that "
            "anybody could own."
        )
    if method in _READING:
        return None
    origin = headers.get(b"origin")
    if origin is not None and not _is_own_page(origin.rpartition(b"//")[2], host, own_host):
        return "A web page of another site may not ask for this."
    if headers.get(b"sec-fetch-site") == b"cross-site":
        return "A web page of another site may not ask for this."
    return None


def _is_own_page(origin: bytes, host: bytes, own_host: str) -> bool:
    """Whether a page came from here, or at least from this machine.

    Anybody can have a page at an address, in a bucket of AWS, or in the network around.
    """
    if origin == host:
        return True
    name = _without_port(origin.decode("latin-1").lower())
    return not is_open(own_host) and (name in _THIS_MACHINE or name.endswith(".localhost"))


def is_open(own_host: str) -> bool:
    """Whether other machines are let in: then nobody knows by which names they call this one."""
    return not (own_host in {"localhost", "::1"} or own_host.startswith("127."))


@lru_cache(maxsize=1024)
def is_own_name(host: bytes, own_host: str) -> bool:
    """Whether a host, with or without a port, is this machine, an address, or one of AWS's own names."""
    name = _without_port(host.decode("latin-1").lower()).rstrip(".")
    if name == "" or is_open(own_host) or name.endswith(_OF_AWS + _OF_THIS_PLACE):
        return True
    if name.startswith("["):
        return True
    # Without a dot it is a name of this network; and an address is nobody's name.
    return name != "null" and ("." not in name or name.replace(".", "").isdigit())


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
