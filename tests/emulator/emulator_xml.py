"""AWS's own model as judge of XML replies: an element that it does not know, or that it misses, is a fault.

botocore's parsers pass over what they do not know, so a misspelt element would go unnoticed.
"""

from xml.etree import ElementTree as ET


def query_reply(model, body):
    """The output of a query-protocol reply as plain values, and the faults of its form."""
    root = ET.fromstring(body)
    namespace, name = _named(root)
    faults = [] if name == f"{model.name}Response" else [f"{name} is no {model.name}Response"]
    if namespace != model.service_model.metadata["xmlNamespace"]:
        faults.append(f"{namespace} is another namespace")
    parts = {_named(part)[1]: part for part in root}
    wrapper = model.output_shape.serialization.get("resultWrapper") if model.output_shape is not None else None
    allowed = {"ResponseMetadata"} | ({wrapper} if wrapper else set())
    faults += [f"{part} is unknown" for part in parts.keys() - allowed]
    faults += [f"{part} is missing" for part in allowed - parts.keys()]
    if wrapper is None or faults:
        return {}, faults
    return as_value(model.output_shape, parts[wrapper], "", faults), faults


def as_value(shape, element, path, faults):
    """What an element says, as JSON would; elements that no member is named after are faults."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, element, path, faults)
    if kind == "list":
        return _list(shape, element, path, faults)
    if len(element):
        faults.append(f"{path}: elements in a {kind}")
    text = element.text or ""
    if kind in {"integer", "long"}:
        return int(text) if text.removeprefix("-").isdigit() else text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return _seconds(text, path, faults) if kind == "timestamp" else text


def _structure(shape, element, path, faults):
    members = {member.serialization.get("name", name): name for name, member in shape.members.items()}
    found = {}
    for child in element:
        name = members.get(_named(child)[1])
        if name is None or name in found:
            faults.append(f"{path}.{_named(child)[1]}: {'unknown' if name is None else 'twice'}")
        else:
            found[name] = as_value(shape.members[name], child, f"{path}.{name}", faults)
    return found


def _list(shape, element, path, faults):
    item = shape.member.serialization.get("name", "member")
    faults.extend(f"{path}.{_named(child)[1]}: not {item}" for child in element if _named(child)[1] != item)
    return [as_value(shape.member, child, f"{path}[{place}]", faults) for place, child in enumerate(element)]


def _seconds(text, path, faults):
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        faults.append(f"{path}: {text!r} is no time")
        return 0


def _named(element):
    namespace, _, name = element.tag.rpartition("}")
    return namespace.removeprefix("{"), name
