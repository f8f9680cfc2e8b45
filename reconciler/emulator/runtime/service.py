"""The operations of the runtime API: records."""

from __future__ import annotations

from reconciler.emulator.calls import Operation, Service
from reconciler.emulator.runtime import deleting, listing, reading, requests, updating, writing
from reconciler.emulator.runtime.routes import parameters
from reconciler.emulator.wire.protocols import RestJson

SERVICE = Service(
    RestJson(parameters),
    {
        # These two check their input themselves: there are thousands of them in a second.
        "PutRecord": Operation(None, writing.put, writes=True),
        "BatchWriteRecord": Operation(None, writing.put_batch, writes=True),
        "UpdateRecord": Operation(requests.UPDATE, updating.update, writes=True),
        "DeleteRecord": Operation(requests.DELETE, deleting.delete, writes=True),
        "GetRecord": Operation(requests.GET, reading.get),
        "BatchGetRecord": Operation(requests.BATCH_GET, reading.get_batch),
        "ListRecords": Operation(requests.LIST, listing.list_records),
    },
    violation=requests.VIOLATION,
)
