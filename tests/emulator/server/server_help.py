"""What tests of the server share: requests as bytes, and what came back."""

import json
import socket
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

SIGNED = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


@contextmanager
def connected(url):
    """A plain connection to a server."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        yield connection


def head(method="POST", path="/", **headers):
    """The head of a request; names of headers are written with underscores."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def call(operation="SageMaker.ListFeatureGroups", body=b"{}", **more):
    """A request of SageMaker."""
    return head(Host="127.0.0.1", X_Amz_Target=operation, Content_Length=len(body), **more) + body


class Reply:
    """A reply as it came."""

    def __init__(self, top, body):
        status, *lines = top.decode("latin-1").split("\r\n")
        self.status = int(status.split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


def reply_on(connection, method="POST"):
    """The next reply on a connection, which stays open; None where it is closed instead."""
    got = b""
    while b"\r\n\r\n" not in got:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        got += chunk
    top, _, body = got.partition(b"\r\n\r\n")
    reply = Reply(top, body)
    length = 0 if method == "HEAD" or reply.status == 100 else int(reply.headers.get("content-length", 0))
    while len(reply.body) < length:
        reply.body += connection.recv(65536)
    reply.body = reply.body[:length]
    return reply


def exchange(url, data, method="POST"):
    """One request on a connection of its own."""
    with connected(url) as connection:
        connection.sendall(data)
        return reply_on(connection, method)


def get(url, path="/", **headers):
    """As a browser asks for a page."""
    wanted = {"Host": urlsplit(url).netloc, "Accept": "text/html,*/*", **headers}
    return exchange(url, head("GET", path, **wanted), "GET")


def until(holds, seconds=20):
    """Wait for what comes by itself, a moment at a time."""
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, "it did not come"
        time.sleep(0.02)
