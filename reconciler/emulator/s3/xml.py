"""The XML of S3: written by hand, read without document types, which can hide bombs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from reconciler.emulator.s3 import refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MOST_ELEMENTS = 100_000
# Not even a reference to most of these is XML 1.0; S3 sends them so all the same, and asks for encoding-type=url.
_REFERRED = re.compile("[\0-\x1f\x7f\ufffe\uffff]")
_MARKS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def document(root: str, members: Mapping[str, Any], *, attributes: str = f' xmlns="{NAMESPACE}"') -> bytes:
    """A whole document."""
    return f"{_HEAD}<{root}{attributes}>{elements(members)}</{root}>".encode()


def elements(members: Mapping[str, Any]) -> str:
    return "".join(element(name, value) for name, value in members.items())


def element(name: str, value: Any) -> str:
    """A mapping holds elements, a list repeats the element, None leaves it out."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(element(name, item) for item in value)
    if isinstance(value, bool):
        value = "true" if value else "false"
    inner = elements(value) if isinstance(value, dict) else text(str(value))
    return f"<{name}>{inner}</{name}>"


def text(value: str) -> str:
    for mark, entity in _MARKS.items():
        value = value.replace(mark, entity)
    return _REFERRED.sub(lambda found: f"&#x{ord(found[0]):x};", value)


def parse(body: bytes, root: str) -> Element:
    """The elements under a root of this name, without namespaces; MalformedXML for anything else."""
    builder, parser, left = TreeBuilder(), expat.ParserCreate(namespace_separator="}"), _MOST_ELEMENTS

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise ValueError(name)
        builder.start(name.rpartition("}")[2], {})

    def end(name: str) -> None:
        builder.end(name.rpartition("}")[2])

    def refuse(*_: object) -> None:
        raise ValueError("a document type")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = builder.data, refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, AssertionError, LookupError):
        raise refusals.malformed_xml() from None
    found = builder.close()
    if found.tag != root:
        raise refusals.malformed_xml()
    return found


def said(parent: Element, name: str) -> str | None:
    """The text of a child, as it was written; None without that child."""
    child = parent.find(name)
    return None if child is None else child.text or ""
