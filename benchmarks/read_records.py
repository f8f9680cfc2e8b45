"""One way of reading, timed: ours, boto3, many, loop; fill writes what they read. Prints microseconds."""

import sys
import time
from datetime import datetime
from pathlib import Path

from reconciler.aws.runtime import Runtime
from reconciler.aws.session import create_client
from reconciler.config import Environment
from reconciler.records.batches import get_many
from reconciler.records.reading import get
from reconciler.records.target import Target
from reconciler.spec import Online, feature_group


@feature_group(record_id="id", event_time="at", online=Online())
class Reading:
    """Ten features."""

    id: str
    at: datetime
    f0: float
    f1: float
    f2: float
    f3: float
    f4: float
    f5: float
    f6: float
    f7: float


what, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
environment, root = Environment("here", url, region="us-east-1"), Path()
contract = Reading.__feature_group__.contract(Reading)
target = Target(contract, contract.group)
ids = [f"r{number}" for number in range(count)]


def client():
    """boto3's own, with no retries or checks of ours."""
    import boto3

    return boto3.client(
        "sagemaker-featurestore-runtime",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def fill():
    """The group, and a record for each identifier."""
    create_client("sagemaker", environment, root).create_feature_group(
        FeatureGroupName=target.name,
        RecordIdentifierFeatureName="id",
        EventTimeFeatureName="at",
        FeatureDefinitions=[{"FeatureName": c.name, "FeatureType": c.aws_type} for c in contract.columns],
        OnlineStoreConfig={"EnableOnlineStore": True},
    )
    boto, at = client(), {"FeatureName": "at", "ValueAsString": "2026-01-31T12:00:00Z"}
    numbers = [{"FeatureName": f"f{n}", "ValueAsString": f"{n}.123456"} for n in range(8)]
    for name in ids:
        record = [{"FeatureName": "id", "ValueAsString": name}, at, *numbers]
        boto.put_record(FeatureGroupName=target.name, Record=record)


def each(read):
    """The time of one call in the middle of many."""
    for name in ids[:50]:
        read(name)
    began = time.perf_counter()
    for name in ids:
        read(name)
    print((time.perf_counter() - began) / count * 1e6)


def whole(read):
    """The time of all of it, connections open."""
    read(ids[:1])
    began = time.perf_counter()
    found = read(ids)
    print((time.perf_counter() - began) * 1e6)
    assert len(found) == count
    assert None not in found


with Runtime(environment, root) as runtime:
    if what == "fill":
        fill()
    elif what == "ours":
        each(lambda name: get(runtime, target, name))
    elif what == "many":
        whole(lambda names: get_many(runtime, [(target, name) for name in names]))
    else:
        boto = client()

        def one(name):
            """As an application does it."""
            return boto.get_record(FeatureGroupName=target.name, RecordIdentifierValueAsString=name).get("Record")

        if what == "boto3":
            each(one)
        else:
            whole(lambda names: [one(name) for name in names])
