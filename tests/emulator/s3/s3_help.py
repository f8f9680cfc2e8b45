"""What the tests of S3 share: a bucket's name, keys that are hard on file systems, requests as bytes."""

import contextlib
import hashlib
import socket
from base64 import b64encode
from pathlib import Path

BUCKET = "features"
EU = {"LocationConstraint": "eu-west-1"}
# Each of these is a key, and none of them may reach a file outside the bucket, or a file of another key.
NASTY = (
    *("a", "a/b", "a/b/c", "a//b", "a/", "a/b/", "a.b", "a-b", "a0", "ab", "A"),
    *("/", "//", "/a", "./a", "../a", "a/./b", "a/../b", "..", ".", "a/..", "../../../../a", "a\\..\\b"),
    *("\0", "a\0b", "\n", "\r", "\t a", " ", "a b+c", "a%2Fb", "%", "?x=y", "#", "&<>\"'", "\x7f"),
    *("é", "e\u0301", "日本/語", "\U0001f600", "\uffff", "\ud7ff", "\ue000", "\U0010ffff", "ÿ/\U00010000"),
    *("x" * 255, "x" * 256, "é" * 128, "d/" * 500 + "f", "x" * 1024, "~", "s3-tmp", "con", "a:b", "a|b", "-rf *"),
)


def url(key="", query="", bucket=BUCKET):
    return f"/{bucket}" + (f"/{key}" if key else "") + (f"?{query}" if query else "")


def everything(folder):
    """Every file below a folder, and every folder, with content: what a request may not change outside its own."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = path.read_bytes() if path.is_file() else None
    return found


def keys(s3, **more):
    return [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET, **more).get("Contents", [])]


def listed(s3, operation="list_objects_v2", **more):
    """Keys and common prefixes over all pages."""
    objects, prefixes = [], []
    for page in s3.get_paginator(operation).paginate(Bucket=BUCKET, **more):
        objects += [found["Key"] for found in page.get("Contents", page.get("Versions", []))]
        prefixes += [found["Prefix"] for found in page.get("CommonPrefixes", [])]
    return objects, prefixes


def expected(model, prefix="", delimiter="", after=""):
    """What a listing says of a set of keys, in the words of the API reference: one rule, no walk."""
    items = {}
    for key in sorted(model, key=str.encode):
        if not key.startswith(prefix):
            continue
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        name = key if end < 0 else key[: end + len(delimiter)]
        if name.encode() > after.encode():
            items[name] = end < 0
    return [name for name, is_key in items.items() if is_key], [name for name, is_key in items.items() if not is_key]


def md5(content):
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def content_md5(content):
    return b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def raw(server, data, *, half_close=False):
    """One request as bytes; the reply's status and body."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(data)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        reply = b""
        with contextlib.suppress(ConnectionError):
            while chunk := connection.recv(65536):
                reply += chunk
    head, _, body = reply.partition(b"\r\n\r\n")
    return (int(head.split()[1]) if head else None), body


def request(method, path, body=b"", **headers):
    """An HTTP request as bytes; underscores in the names of headers are hyphens."""
    given = {"Host": "127.0.0.1", "Connection": "close", "Content_Length": str(len(body)), **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items() if value is not None]
    return f"{method} {path} HTTP/1.1\r\n".encode("latin-1") + "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(*chunks, trailers=(), signed=False):
    """A body in aws-chunked."""
    sign = ";chunk-signature=" + "0" * 64 if signed else ""
    body = b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), sign.encode(), chunk) for chunk in chunks)
    ends = "".join(f"{name}:{value}\r\n" for name, value in trailers)
    return body + f"0{sign}\r\n{ends}\r\n".encode()
