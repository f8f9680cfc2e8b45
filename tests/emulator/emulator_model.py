"""AWS's own model as judge of a reply: what is missing, what is unknown, and what no such value can be.

botocore's parsers pass over what they do not know, so a misspelt member would go unnoticed.
"""

import base64
import json
import re
from xml.etree import ElementTree as ET

from botocore.utils import parse_timestamp

# DescribeFeatureGroup's NextToken is required by the model and absent from every reply seen in public.
_ABSENT = {("DescribeFeatureGroupResponse", "NextToken")}
# The model knows one class; versions have that of their object.
_OPEN = {"ObjectVersionStorageClass"}


def reply_faults(model, headers, content):
    """Of the reply to an operation, as it goes over the wire in its service's protocol."""
    protocol = model.service_model.metadata["protocol"]
    if protocol == "query":
        yield from _query_faults(model, ET.fromstring(content))
    elif model.output_shape is None:
        if content not in {b"", b"{}"}:
            yield f": {content[:80]!r} where nothing is modelled"
    elif protocol in {"json", "rest-json"}:
        yield from value_faults(model.output_shape, json.loads(content or b"{}"), "")
    else:
        yield from _rest_xml_faults(model.output_shape, {name.lower(): text for name, text in headers.items()}, content)


# JSON


def value_faults(shape, value, path):
    """Of a value as it came out of JSON."""
    kind = shape.type_name
    if kind == "structure":
        yield from _object_faults(shape, value, path)
    elif kind == "list":
        yield from _bound_faults(shape, len(value), path)
        for number, item in enumerate(value):
            yield from value_faults(shape.member, item, f"{path}[{number}]")
    elif kind == "map":
        for key, item in value.items():
            yield from value_faults(shape.value, item, f"{path}.{key}")
    elif kind == "string":
        yield from _text_faults(shape, value, path)
    else:
        yield from _simple_faults(shape, value, path)


def _simple_faults(shape, value, path):
    kind = shape.type_name
    if kind in {"integer", "long"}:
        if type(value) is not int:
            yield f"{path}: {value!r} is no integer"
        else:
            yield from _bound_faults(shape, value, path)
    elif kind in {"float", "double", "timestamp"}:
        if type(value) not in {int, float}:
            yield f"{path}: {value!r} is no {'time' if kind == 'timestamp' else 'number'}"
    elif kind == "boolean" and type(value) is not bool:
        yield f"{path}: {value!r} is no boolean"
    elif kind == "blob" and base64.b64encode(base64.b64decode(value)).decode() != value:
        yield f"{path}: {value!r} is not in base 64"


def _object_faults(shape, value, path):
    for name in shape.required_members:
        if name not in value and (shape.name, name) not in _ABSENT:
            yield f"{path}.{name}: missing"
    for name, item in value.items():
        if name not in shape.members:
            yield f"{path}.{name}: unknown"
        elif item is None:
            yield f"{path}.{name}: null"
        else:
            yield from value_faults(shape.members[name], item, f"{path}.{name}")


def _text_faults(shape, value, path):
    if not isinstance(value, str):
        yield f"{path}: {value!r} is no string"
        return
    yield from _bound_faults(shape, len(value), path)
    if shape.enum and value not in shape.enum and shape.name not in _OPEN:
        yield f"{path}: {value!r} is none of {shape.enum}"
    pattern = shape.metadata.get("pattern", "")
    if pattern and "\\p{" not in pattern and "\\uD800" not in pattern and not re.fullmatch(pattern, value):
        yield f"{path}: {value!r} does not match {pattern}"


def _bound_faults(shape, size, path):
    if size < shape.metadata.get("min", size) or size > shape.metadata.get("max", size):
        yield f"{path}: {size} is out of bounds"


# XML


def _query_faults(model, root):
    if _tag(root) != f"{model.name}Response":
        yield f": {_tag(root)} is no {model.name}Response"
    if root.tag.rpartition("}")[0].removeprefix("{") != model.service_model.metadata["xmlNamespace"]:
        yield f": {root.tag} is of another namespace"
    parts = {_tag(part): part for part in root}
    wrapper = model.output_shape and model.output_shape.serialization.get("resultWrapper")
    allowed = {"ResponseMetadata", wrapper} if wrapper else {"ResponseMetadata"}
    for name in sorted(parts.keys() ^ allowed):
        yield f".{name}: {'missing' if name in allowed else 'unknown'}"
    if wrapper in parts:
        yield from _structure_faults(model.output_shape, parts[wrapper], "")


def _rest_xml_faults(shape, headers, content):
    for name, member in shape.members.items():
        if member.serialization.get("location") == "header" and member.serialization["name"].lower() in headers:
            yield from _element_text_faults(member, headers[member.serialization["name"].lower()], f".{name}")
    payload = shape.serialization.get("payload")
    inside = shape.members[payload] if payload else shape
    if content and inside.type_name == "structure" and any(not _is_elsewhere(one) for one in inside.members.values()):
        yield from _structure_faults(inside, ET.fromstring(content), "")


def _structure_faults(shape, element, path):
    names = {_name_of(name, member): name for name, member in shape.members.items() if not _is_elsewhere(member)}
    found = {}
    for child in element:
        found.setdefault(_tag(child), []).append(child)
    for tag, children in found.items():
        if tag in names:
            yield from _member_faults(shape.members[names[tag]], children, f"{path}.{names[tag]}")
        else:
            yield f"{path}.{tag}: unknown"
    attributes = {name.rpartition("}")[2] for name in element.attrib}
    for name in shape.required_members:
        member = shape.members[name]
        if member.serialization.get("xmlAttribute"):
            is_there = member.serialization["name"].rpartition(":")[2] in attributes
        else:
            is_there = _is_elsewhere(member) or _name_of(name, member) in found
        if not is_there:
            yield f"{path}.{name}: missing"


def _member_faults(member, children, path):
    is_flat = member.serialization.get("flattened")
    if len(children) > 1 and not is_flat:
        yield f"{path}: more than once"
    if member.type_name == "list":
        items = children if is_flat else list(children[0])
        yield from _bound_faults(member, len(items), path)
        item = member.member.serialization.get("name", "member")
        yield from (f"{path}: {_tag(one)} is no {item}" for one in items if not is_flat and _tag(one) != item)
        for number, one in enumerate(items):
            yield from _element_faults(member.member, one, f"{path}[{number}]")
    else:
        yield from _element_faults(member, children[0], path)


def _element_faults(shape, element, path):
    if shape.type_name == "structure":
        yield from _structure_faults(shape, element, path)
    elif len(element):
        yield f"{path}: elements in a {shape.type_name}"
    else:
        yield from _element_text_faults(shape, element.text or "", path)


def _element_text_faults(shape, text, path):
    if shape.type_name == "string":
        yield from _text_faults(shape, text, path)
    elif shape.type_name in {"integer", "long"} and not re.fullmatch(r"-?\d+", text):
        yield f"{path}: {text!r} is no integer"
    elif shape.type_name == "boolean" and text not in {"true", "false"}:
        yield f"{path}: {text!r} is no boolean"
    elif shape.type_name == "timestamp":
        try:
            parse_timestamp(text)
        except ValueError:
            yield f"{path}: {text!r} is no time"


def _is_elsewhere(member):
    """In a header, or an attribute."""
    return "location" in member.serialization or bool(member.serialization.get("xmlAttribute"))


def _name_of(name, member):
    if member.type_name == "list" and member.serialization.get("flattened"):
        return member.member.serialization.get("name", member.serialization.get("name", name))
    return member.serialization.get("name", name)


def _tag(element):
    return element.tag.rpartition("}")[2]
