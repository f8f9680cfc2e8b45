"""What the emulator's tests share: groups to create, a way in for boto3, and AWS's own model as judge."""

import io
import json
import re
from xml.etree import ElementTree as ET

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError
from emulator_xml import query_reply

from reconciler.emulator.embedded import ConnectionDropped

ROLE = "arn:aws:iam::000000000000:role/feature-store"
S3 = "s3://features/prod"


def a_feature(name, kind="String", **more):
    return {"FeatureName": name, "FeatureType": kind, **more}


KEYS = (a_feature("id"), a_feature("at"))


def a_group(name="weather", *features, online=True, offline=None, **more):
    """The arguments of a CreateFeatureGroup that AWS would accept."""
    request = {
        "FeatureGroupName": name,
        "RecordIdentifierFeatureName": "id",
        "EventTimeFeatureName": "at",
        "FeatureDefinitions": [*KEYS, *features],
    }
    if online:
        request["OnlineStoreConfig"] = {"EnableOnlineStore": True, **(online if isinstance(online, dict) else {})}
    if offline is not None:
        request["OfflineStoreConfig"] = {"S3StorageConfig": {"S3Uri": S3}, **offline}
        request["RoleArn"] = ROLE
    return {**request, **more}


class _Raw(io.RawIOBase):
    """The body of a reply as botocore reads it: whole, or piece by piece."""

    def __init__(self, chunks):
        self._chunks = chunks
        self._left = b""

    def readable(self):
        return True

    def readinto(self, buffer):
        self._left = self._left or next(self._chunks, b"")
        taken, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def read(self, amount=None, **_):
        return super().read(-1 if amount is None else amount)

    def stream(self, *_, **__):
        yield from self._chunks


class InProcess:
    """boto3's `before-send` handler: the reply comes from an emulator, and is held against botocore's model."""

    def __init__(self):
        self.emulator = None
        self.replies = 0

    def attach(self, client):
        service = client.meta.service_model

        def answer(request, event_name, **_):
            model = service.operation_model(event_name.rpartition(".")[2])
            body = request.body or b""
            body = body.encode() if isinstance(body, str) else body
            body = body.read() if hasattr(body, "read") else bytes(body)
            try:
                reply = self.emulator.answer(request.method, request.url, request.headers, body)
            except ConnectionDropped as dropped:
                raise ConnectionClosedError(endpoint_url=request.url) from dropped
            if reply.status == 200 and service.metadata["protocol"] in {"json", "rest-json"}:
                self.replies += 1
                assert_fits(model.output_shape, json.loads(reply.body or b"{}"))
            if reply.status == 200 and service.metadata["protocol"] == "rest-xml" and reply.body.startswith(b"<?xml"):
                self.replies += 1
                assert_xml_fits(model.output_shape, reply.body)
            if reply.status == 200 and service.metadata["protocol"] == "query":
                self.replies += 1
                output, faults = query_reply(model, reply.body)
                assert faults == []
                assert_fits(model.output_shape, output)
            return AWSResponse(request.url, reply.status, reply.headers, _Raw(reply.chunks()))

        client.meta.events.register("before-send", answer)
        return client


def assert_fits(shape, reply):
    """The reply has every required member, no unknown one, and only values the model allows."""
    faults = list(_faults(shape, reply, "")) if shape is not None else []

    assert faults == []


def assert_xml_fits(shape, body):
    """No element of the reply is unknown to the model, and each holds what it should."""
    payload = shape.serialization.get("payload") if shape is not None else None
    shape = shape.members[payload] if payload else shape
    faults = list(_xml_faults(shape, ET.fromstring(body), "")) if shape.type_name == "structure" else []

    assert faults == []


def _xml_faults(shape, node, path):
    name = node.tag.rpartition("}")[2]
    if shape.type_name == "structure":
        members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for child in node:
            tag = child.tag.rpartition("}")[2]
            member = members.get(tag)
            if member is None:
                yield f"{path}.{tag}: unknown"
                continue
            is_flat = member.type_name == "list" and member.serialization.get("flattened")
            yield from _xml_faults(member.member if is_flat else member, child, f"{path}.{tag}")
    elif shape.type_name == "list":
        for child in node:
            yield from _xml_faults(shape.member, child, f"{path}.{name}")
    else:
        yield from _xml_text_faults(shape, node.text or "", path)


def _xml_text_faults(shape, text, path):
    forms = {"integer": r"-?\d+", "long": r"-?\d+", "boolean": "true|false", "timestamp": r"\d{4}-\d\d-\d\dT[\d:.]+Z"}
    if not re.fullmatch(forms.get(shape.type_name, "(?s).*"), text):
        yield f"{path}: {text!r} is no {shape.type_name}"
    # Of versions the model knows one class only; their objects have the others too.
    if getattr(shape, "enum", None) and text not in shape.enum and shape.name != "ObjectVersionStorageClass":
        yield f"{path}: {text!r} is none of {shape.enum}"


def _faults(shape, value, path):
    kind = shape.type_name
    if kind == "structure":
        yield from _structure_faults(shape, value, path)
    elif kind == "list":
        yield from _bound_faults(shape, len(value), path)
        for number, item in enumerate(value):
            yield from _faults(shape.member, item, f"{path}[{number}]")
    elif kind == "map":
        for key, item in value.items():
            yield from _faults(shape.value, item, f"{path}.{key}")
    elif kind == "string":
        yield from _text_faults(shape, value, path)
    elif kind in {"integer", "long"}:
        if type(value) is not int:
            yield f"{path}: {value!r} is no integer"
        yield from _bound_faults(shape, value, path)
    elif kind == "timestamp":
        if type(value) not in {int, float}:
            yield f"{path}: {value!r} is no time"
    elif kind == "boolean" and type(value) is not bool:
        yield f"{path}: {value!r} is no boolean"


def _structure_faults(shape, value, path):
    for name in shape.required_members:
        # DescribeFeatureGroup's NextToken is required by the model and absent from every reply seen in public.
        if name not in value and (shape.name, name) != ("DescribeFeatureGroupResponse", "NextToken"):
            yield f"{path}.{name}: missing"
    for name, item in value.items():
        if name not in shape.members:
            yield f"{path}.{name}: unknown"
        elif item is None:
            yield f"{path}.{name}: null"
        else:
            yield from _faults(shape.members[name], item, f"{path}.{name}")


def _text_faults(shape, value, path):
    if not isinstance(value, str):
        yield f"{path}: {value!r} is no string"
        return
    yield from _bound_faults(shape, len(value), path)
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is none of {shape.enum}"
    pattern = shape.metadata.get("pattern", "")
    if pattern and "\\p{" not in pattern and "\\uD800" not in pattern and not re.fullmatch(pattern, value):
        yield f"{path}: {value!r} does not match {pattern}"


def _bound_faults(shape, size, path):
    if size < shape.metadata.get("min", size) or size > shape.metadata.get("max", size):
        yield f"{path}: {size} is out of bounds"
