"""Imported by every Python of a client's environment before anything else: what asks for another machine is noted.

The sandbox refuses it. But who asks may hide that, as telemetry does; a note makes run.py fail.
"""

import ipaddress
import os
import sys

TRIAL = "trial.invalid"
"""A name that is asked for only to see that the sandbox refuses it."""
_NOTES = os.environ.get("PROOF_SCRATCH")
_HERE = {"", "localhost", TRIAL}


def _is_here(host):
    name = host.decode("latin-1") if isinstance(host, bytes) else host or ""
    if name in _HERE:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _note(event, arguments):
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in {"socket.connect", "socket.sendto"} and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if not _is_here(host):
        with open(f"{_NOTES}/left.txt", "a") as file:  # noqa: PTH123 - before anything else, so with nothing else
            file.write(f"{os.path.basename(sys.argv[0])}: {event} {host}\n")  # noqa: PTH119


if _NOTES:
    sys.addaudithook(_note)
