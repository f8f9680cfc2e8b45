"""Replies, as they go over the wire, held against botocore's model: JSON, XML, and what S3 says in headers."""

import json
from xml.etree import ElementTree as ET

from botocore.awsrequest import AWSResponse
from botocore.utils import parse_timestamp
from emulator_help import _bound_faults, _faults, _text_faults


class _Body:
    def __init__(self, body):
        self._body = body

    def stream(self, **_):
        yield self._body


class Judge:
    """boto3's `before-send` handler: an emulator answers, and what does not fit the model is kept in `faults`."""

    def __init__(self):
        self.emulator = None
        self.begin()

    def begin(self):
        """Forget what was seen."""
        self.faults = []
        self.statuses = []

    def attach(self, client):
        """Answer this client's requests from now on."""
        service = client.meta.service_model

        def answer(request, event_name, **_):
            model = service.operation_model(event_name.rpartition(".")[2])
            body = request.body or b""
            reply = self.emulator.answer(
                request.method, request.url, request.headers, body.encode() if isinstance(body, str) else body
            )
            content = b"".join(reply.chunks())
            self.statuses.append(reply.status)
            if reply.status < 300:
                self.faults += [f"{model.name}{fault}" for fault in reply_faults(model, reply.headers, content)]
            return AWSResponse(request.url, reply.status, reply.headers, _Body(content))

        client.meta.events.register("before-send", answer)
        return client


def reply_faults(model, headers, content):
    """What a reply has that the operation's output has not, and the other way round."""
    shape = model.output_shape
    if shape is None:
        if content not in {b"", b"{}"} and b"Response" not in content[:200]:
            yield f": {content[:80]!r} where nothing is modelled"
        return
    protocol = model.service_model.metadata["protocol"]
    if protocol in {"json", "rest-json"}:
        yield from _faults(shape, json.loads(content or b"{}"), "")
    elif protocol == "query":
        yield from _query_faults(shape, ET.fromstring(content))
    else:
        yield from _rest_xml_faults(shape, {name.lower(): text for name, text in headers.items()}, content)


def _query_faults(shape, root):
    wrapper = shape.serialization.get("resultWrapper")
    inside = [child for child in root if _tag(child) == wrapper]
    if not inside:
        yield f": no {wrapper}"
        return
    yield from _structure_faults(shape, inside[0], "")


def _rest_xml_faults(shape, headers, content):
    for name, member in shape.members.items():
        if member.serialization.get("location") == "header":
            text = headers.get(member.serialization["name"].lower())
            if text is not None:
                yield from _scalar_faults(member, text, f".{name}")
    payload = shape.serialization.get("payload")
    inside = shape.members[payload] if payload else shape
    if inside.type_name == "blob" or inside.serialization.get("streaming"):
        return
    in_body = [one for one in shape.members.values() if "location" not in one.serialization]
    if content and in_body:
        yield from _structure_faults(inside, ET.fromstring(content), "")


def _tag(element):
    return element.tag.rpartition("}")[2]


def _structure_faults(shape, element, path):
    names = {}
    for name, member in shape.members.items():
        if "location" in member.serialization or member.serialization.get("xmlAttribute"):
            continue
        names[_wire_name(name, member)] = (name, member)
    found = {}
    for child in element:
        found.setdefault(_tag(child), []).append(child)
    for tag, children in found.items():
        if tag not in names:
            yield f"{path}.{tag}: unknown"
            continue
        name, member = names[tag]
        yield from _member_faults(member, children, f"{path}.{name}")
    attributes = {name.rpartition("}")[2] for name in element.attrib}
    for name in shape.required_members:
        attribute = shape.members[name].serialization.get("xmlAttribute") and shape.members[name].serialization["name"]
        if attribute and attribute.rpartition(":")[2] in attributes:
            continue
        if "location" not in shape.members[name].serialization and _wire_name(name, shape.members[name]) not in found:
            yield f"{path}.{name}: missing"


def _wire_name(name, member):
    if member.type_name == "list" and member.serialization.get("flattened"):
        return member.member.serialization.get("name", member.serialization.get("name", name))
    return member.serialization.get("name", name)


def _member_faults(member, children, path):
    if member.type_name == "list":
        flat = member.serialization.get("flattened")
        items = children if flat else [item for child in children for item in child]
        yield from _bound_faults(member, len(items), path)
        for number, item in enumerate(items):
            if not flat and _tag(item) != member.member.serialization.get("name", "member"):
                yield f"{path}[{number}]: {_tag(item)} is no item"
            yield from _element_faults(member.member, item, f"{path}[{number}]")
        return
    if len(children) > 1:
        yield f"{path}: more than once"
    yield from _element_faults(member, children[0], path)


def _element_faults(shape, element, path):
    if shape.type_name == "structure":
        yield from _structure_faults(shape, element, path)
    else:
        yield from _scalar_faults(shape, element.text or "", path)


def _scalar_faults(shape, text, path):
    if shape.type_name == "string":
        yield from _text_faults(shape, text, path)
    elif shape.type_name in {"integer", "long"} and not text.lstrip("-").isdigit():
        yield f"{path}: {text!r} is no integer"
    elif shape.type_name == "boolean" and text not in {"true", "false"}:
        yield f"{path}: {text!r} is no boolean"
    elif shape.type_name == "timestamp":
        try:
            parse_timestamp(text)
        except ValueError:
            yield f"{path}: {text!r} is no time"
