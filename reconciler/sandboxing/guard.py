"""Nothing leaves this machine: every connection and every look-up of a name that would is refused where it is tried.

An audit hook sees what Python code does through the socket module, whichever library it is in. Libraries with a network
code of their own (pyarrow, DuckDB, the JVM) do not pass it: they are pointed at the emulator by the environment.
"""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

_MARK = "_reconciler_sandbox"
_ANYWHERE = {"", "0.0.0.0", "::", "localhost"}  # noqa: S104 - connected to, they are this machine


class LeavesThisMachine(RuntimeError):
    """Something was tried that the sandbox does not let through. It is no OSError: that would be tried again."""


def install(url: str) -> None:
    """Refuse from now on, in this process, for good. The emulator itself may be reached wherever it is."""
    if getattr(sys, _MARK, None) is not None:
        return
    setattr(sys, _MARK, url)
    own = frozenset({socket.gethostname().lower(), *_of_emulator(url)})
    checks: dict[str, Callable[..., None]] = {
        "socket.connect": lambda _, address: _check_address(address, own, url),
        "socket.sendto": lambda _, address: _check_address(address, own, url),
        "socket.sendmsg": lambda _, address: _check_address(address, own, url),
        "socket.getaddrinfo": lambda host, *_: _check_name(host, own, url),
        "socket.gethostbyname": lambda host: _check_name(host, own, url),
        "socket.gethostbyaddr": lambda host: _check_name(host, own, url, is_reverse=True),
        "socket.getnameinfo": lambda address: _check_name(address[0], own, url, is_reverse=True),
    }

    def hook(event: str, args: Any) -> None:
        check = checks.get(event)
        if check is not None:
            check(*args)

    sys.addaudithook(hook)


def _of_emulator(url: str) -> frozenset[str]:
    """The emulator's host and its addresses: it may be another container's."""
    host = urlsplit(url).hostname or ""
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return frozenset({host})
    return frozenset({host, *(str(entry[4][0]) for entry in found)})


def _check_address(address: Any, own: frozenset[str], url: str) -> None:
    """Of a socket of the Internet; all others stay here by their nature."""
    if isinstance(address, tuple) and address and isinstance(address[0], (str, bytes, bytearray)):
        host = _text(address[0])
        if not (_is_known(host, own) or _is_of_this_machine(host)):
            raise _refused(f"A connection to {host}" + (f" port {address[1]}" if len(address) > 1 else ""), url)


def _check_name(host: Any, own: frozenset[str], url: str, *, is_reverse: bool = False) -> None:
    """A name; an address in its place asks nobody, unless it is its name that is wanted."""
    name = _text(host) if host is not None else ""
    if _is_known(name, own) or (_is_numeric(name) and not is_reverse) or _is_of_this_machine(name):
        return
    raise _refused(f"Looking up {name}", url)


def _text(host: Any) -> str:
    name = bytes(host).decode("utf-8", "replace") if isinstance(host, (bytes, bytearray)) else str(host)
    return name.partition("%")[0].rstrip(".").lower()


def _is_known(name: str, own: frozenset[str]) -> bool:
    if name in _ANYWHERE or name in own or name.endswith(".localhost"):
        return True
    return name == "::1" or (name.startswith("127.") and _is_numeric(name))


def _is_numeric(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdigit()


def _is_of_this_machine(name: str) -> bool:
    """Whether it is an address of this machine's own: only such can be bound to."""
    from ipaddress import ip_address  # noqa: PLC0415 - rarely asked

    try:
        address = ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    if mapped.is_loopback:
        return True
    if mapped.is_multicast or str(mapped) == "255.255.255.255":
        return False
    family = socket.AF_INET if mapped.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as trial:
            trial.bind((str(mapped), 0))
    except OSError:
        return False
    return True


def _refused(what: str, url: str) -> LeavesThisMachine:
    return LeavesThisMachine(
        f"{what} would leave this machine, and the sandbox of the emulator does not let it. "
        f"What is meant for AWS belongs to {url}; what has to reach the network cannot run in the sandbox."
    )
