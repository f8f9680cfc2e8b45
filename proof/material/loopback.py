"""A pytest plugin: no client is tried outside the sandbox."""

import socket

import pytest
from leaving import TRIAL


def pytest_sessionstart(session):
    try:
        socket.getaddrinfo(TRIAL, 443)
    except RuntimeError as refused:
        if type(refused).__name__ == "LeavesThisMachine":
            return
    except OSError:
        pass
    pytest.exit("The sandbox is off: a name of another machine was looked up.", 3)
