"""GetRecord and BatchGetRecord: the latest values, from the online store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator import assumptions
from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError
from reconciler.emulator.runtime import instants, online
from reconciler.emulator.runtime.feature_groups import ONLINE, find, not_found
from reconciler.emulator.runtime.records import as_feature_values, check_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.emulator.calls import Call
    from reconciler.emulator.runtime.feature_groups import FeatureGroup


def get(call: Call, asked: dict[str, Any]) -> str:
    """One record; what is not there, is deleted or has expired is an empty reply, not an error."""
    group = readable(call, asked["FeatureGroupName"])
    names = _wanted(group, asked.get("FeatureNames"))
    return as_json(_found(call, group, asked["RecordIdentifierValueAsString"], names, _with_expiry(asked)) or {})


def readable(call: Call, name_or_arn: str) -> FeatureGroup:
    """A group with an online store."""
    group = find(call, name_or_arn, not_found)
    if ONLINE not in group.stores:
        raise assumptions.no_online_store(group.name)
    return group


class _Batch:
    """What there is to say of the records of a batch, so far."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.errors: list[dict[str, Any]] = []
        self.unprocessed: list[dict[str, Any]] = []
        self.size = 0

    @property
    def is_full(self) -> bool:
        return self.size > assumptions.MOST_BATCH_BYTES

    def reply(self) -> str:
        rest = f'"Errors":{as_json(self.errors)},"UnprocessedIdentifiers":{as_json(self.unprocessed)}'
        return f'{{"Records":[{",".join(self.found)}],{rest}}}'


def get_batch(call: Call, asked: dict[str, Any]) -> str:
    """Records of many groups; what is wrong with one of them is said of that one."""
    batch, with_expiry, number = _Batch(), _with_expiry(asked), 0
    for identifier in asked["Identifiers"]:
        ids = _by_faults(call, batch, identifier, number)
        number += len(identifier["RecordIdentifiersValueAsString"])
        try:
            group = readable(call, identifier["FeatureGroupName"])
            names = _wanted(group, identifier.get("FeatureNames"))
        except AwsError as refused:
            batch.errors += [_error(identifier, record_id, refused) for record_id in ids]
        else:
            _read(call, batch, identifier, ids, _Reading(group, names, with_expiry))
    return batch.reply()


class _Reading(NamedTuple):
    group: FeatureGroup
    names: Sequence[str] | None
    with_expiry: bool


def _read(call: Call, batch: _Batch, identifier: dict[str, Any], ids: Sequence[str], how: _Reading) -> None:
    left = []
    for record_id in ids:
        if batch.is_full:
            left.append(record_id)
            continue
        try:
            found = _found(call, how.group, record_id, how.names, how.with_expiry)
        except AwsError as refused:
            batch.errors.append(_error(identifier, record_id, refused))
            continue
        if found is not None:
            named = {"FeatureGroupName": identifier["FeatureGroupName"], "RecordIdentifierValueAsString": record_id}
            batch.found.append(as_json({**named, **found}))
            batch.size += len(batch.found[-1])
    if left:
        batch.unprocessed.append({**identifier, "RecordIdentifiersValueAsString": left})


def _found(
    call: Call,
    group: FeatureGroup,
    record_id: str,
    names: Sequence[str] | None,
    with_expiry: bool,  # noqa: FBT001 - as the request has it
) -> dict[str, Any] | None:
    """The members of a reply that speak of a record; features that were never set are left out."""
    check_id(record_id)
    row = online.read(call.db, group.id, record_id)
    if row is None:
        return None
    body, expires = row
    if expires is not None and expires <= instants.from_epoch(call.now):
        return None
    values = json.loads(body)
    if names is not None:
        values = {name: values[name] for name in names if name in values}
    if not values:
        return None  # the model has no empty record
    found: dict[str, Any] = {"Record": as_feature_values(values)}
    if with_expiry and expires is not None:
        found["ExpiresAt"] = instants.as_iso(expires)
    return found


def _wanted(group: FeatureGroup, names: list[str] | None) -> list[str] | None:
    for name in names or ():
        if name not in group.features:
            raise assumptions.unknown_feature(name)
    if names and len(set(names)) < len(names):
        raise assumptions.duplicate_feature(next(name for name in names if names.count(name) > 1))
    return names


def _with_expiry(asked: dict[str, Any]) -> bool:
    return bool(asked.get("ExpirationTimeResponse") == "Enabled")


def _by_faults(call: Call, batch: _Batch, identifier: dict[str, Any], number: int) -> Sequence[str]:
    """The identifiers that no fault hits, of those that begin with the so-many-th of the batch."""
    ids: list[str] = identifier["RecordIdentifiersValueAsString"]
    fail, leave = call.fault("entries_fail"), call.fault("entries_unprocessed")
    if not fail and not leave:
        return ids
    left, unprocessed = [], []
    for place, record_id in enumerate(ids, number):
        if leave and leave.chance(place) < leave.share:
            unprocessed.append(record_id)
        elif fail and fail.chance(place) < fail.share:
            failed = AwsError(fail.reason, "The record failed on request.")
            batch.errors.append(_error(identifier, record_id, failed))
        else:
            left.append(record_id)
    if unprocessed:
        batch.unprocessed.append({**identifier, "RecordIdentifiersValueAsString": unprocessed})
    return left


def _error(identifier: dict[str, Any], record_id: str, refused: AwsError) -> dict[str, Any]:
    return {
        "FeatureGroupName": identifier["FeatureGroupName"],
        "RecordIdentifierValueAsString": record_id,
        "ErrorCode": refused.code,
        "ErrorMessage": refused.message,
    }
