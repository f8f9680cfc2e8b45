"""What a check lets through, the emulator takes: every value, every identifier, every event time to the nanosecond."""

import json

import pyarrow as pa
from checking_rows import NOW
from checking_tables import CONTRACT, tables
from hypothesis import given, settings

from reconciler.emulator.runtime import instants, records
from reconciler.emulator.runtime.feature_groups import FeatureGroup
from reconciler.emulator.runtime.requests import PUT
from reconciler.emulator.shapes import checked as shaped
from reconciler.records.checking import check
from reconciler.records.encoding import Form, encode

_START = instants.nanoseconds("1970-01-01T00:00:00.000000000")


def _definition(column):
    words = {"FeatureName": column.name, "FeatureType": column.aws_type}
    if column.collection:
        words["CollectionType"] = column.collection
    if column.dimension:
        words["CollectionConfig"] = {"VectorConfig": {"Dimension": column.dimension}}
    return words


GROUP = FeatureGroup(
    1,
    0.0,
    {
        "FeatureGroupName": CONTRACT.group,
        "RecordIdentifierFeatureName": CONTRACT.record_id,
        "EventTimeFeatureName": CONTRACT.event_time,
        "FeatureDefinitions": [_definition(column) for column in CONTRACT.columns],
        "OnlineStoreConfig": {"EnableOnlineStore": True, "StorageType": "InMemory"},
    },
)


@given(tables())
@settings(max_examples=settings.default.max_examples * 5)
def test_a_row_without_a_fault_is_one_that_the_emulator_takes(table):
    checked = check(table[0], CONTRACT, texts=False, now=NOW)
    good = [row for row in range(checked.batch.num_rows) if checked.bad is None or not checked.bad[row]]

    encoded = encode(checked.batch.take(pa.array(good, pa.int64())), Form(CONTRACT, CONTRACT.group))

    for index, row in enumerate(good):
        request = {"FeatureGroupName": CONTRACT.group, **json.loads(bytes(encoded.put(index)))}
        record = records.read(GROUP, shaped(PUT, request)["Record"])
        moment = instants.nanoseconds(record.instant) - _START
        assert moment == int(checked.seconds[row]) * 10**9 + int(checked.nanos[row])
