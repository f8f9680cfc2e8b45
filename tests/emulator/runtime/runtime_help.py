"""What the runtime's tests share: records to write, and what became of them."""

import json
import os

from hypothesis import HealthCheck, settings

# FUZZ_EXAMPLES sets how many cases of each kind are drawn.
drawn = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
T0, T1, T2, T3 = (f"2024-01-01T0{hour}:00:00Z" for hour in range(4))


_SIGNED = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/sagemaker/aws4_request, SignedHeaders=host"


def raw(emulator, method, path, body=b""):
    """A request that boto3 would not send; `body` is bytes or what becomes JSON."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return emulator.answer(method, path, {"Authorization": _SIGNED, "Content-Type": "application/json"}, sent)


def fv(name, value):
    """A FeatureValue."""
    return {"FeatureName": name, "ValueAsStringList" if isinstance(value, list) else "ValueAsString": value}


def a_record(record_id="a", at=T1, **values):
    """A Record of a group whose record identifier is `id` and whose event time is `at`."""
    return [fv(name, value) for name, value in {"id": record_id, "at": at, **values}.items()]


def values(reply):
    """Values by feature, of a reply or an entry of one; None where there is no record."""
    if "Record" not in reply:
        return None
    return {item["FeatureName"]: item.get("ValueAsString", item.get("ValueAsStringList")) for item in reply["Record"]}


def get(runtime, record_id="a", group="weather", **more):
    return values(
        runtime.get_record(FeatureGroupName=group, RecordIdentifierValueAsString=record_id, **more),
    )


def put(runtime, record_id="a", at=T1, group="weather", options=None, **features):
    runtime.put_record(FeatureGroupName=group, Record=a_record(record_id, at, **features), **(options or {}))


def delete(runtime, record_id="a", at=T2, group="weather", **more):
    runtime.delete_record(FeatureGroupName=group, RecordIdentifierValueAsString=record_id, EventTime=at, **more)


def pending(emulator):
    """The rows that wait for the offline store, in the order they were accepted."""
    with emulator.store.reading() as db:
        found = db.execute("SELECT lines FROM pending ORDER BY seq").fetchall()
    return [json.loads(line) for (lines,) in found for line in lines.split("\n")]


def a_marker(record_id="a", at=T2):
    """What a deletion leaves offline."""
    return {"id": record_id, "at": at, "is_deleted": True}
