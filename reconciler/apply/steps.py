"""One change, made: the call, the wait for AWS to finish, and a look whether it is there.

A reply of 200 is a promise, not a fact. Each step reads back what it wrote, and a change that is not there in the
end is a failure. Each is safe to repeat: an error that may mean "done already" is settled by reading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, assert_never

from reconciler.apply.waiting import Watch
from reconciler.aws import FeatureStore
from reconciler.aws.errors import MISSING
from reconciler.diff import align
from reconciler.errors import AwsFailed
from reconciler.live import read_one, with_metadata
from reconciler.plan.changes import (
    AddFeatures,
    Adopt,
    Change,
    Create,
    Delete,
    Metadata,
    RecreateFailed,
    UpdateMetadata,
    UpdateStorageType,
    UpdateTags,
    UpdateThroughput,
    UpdateTtl,
    made,
)
from reconciler.state import Desired, Feature, Group, Live
from reconciler.state.model import PROTECTED_TAG, REGISTRY_TAG
from reconciler.state.words import (
    create_request,
    definition,
    live_from_reply,
    tag_list,
    tag_map,
    throughput_config,
    ttl_duration,
)

_NOT_PROPAGATED = ("The execution role ARN is invalid.", "Invalid S3Uri provided")
"""Texts of a ValidationException that pass with time; AWS's Terraform provider retries the same two."""

_TOO_MANY_AT_ONCE = "executing in parallel"
"""Part of a ResourceLimitExceeded that passes with time; its other texts are final."""

_UNSURE = ("ResourceInUse", "ConflictException", "ValidationException")
"""Answers to an update or a deletion that may mean "busy" or "done already", as when the answer to the first try was
lost. UNVERIFIED which of them AWS gives when.
"""

_NO_SUCH_GROUP = "AWS accepted it, and there is no such group"


class Steps:
    """Makes changes in one feature store. Nothing else in this program does."""

    def __init__(self, store: FeatureStore, watch: Watch, owner: str) -> None:
        self._store, self._watch, self._owner = store, watch, owner
        self._patience = watch.patience

    def make(self, change: Change) -> None:
        """Make one change and see that it is there; raises `AwsFailed` with AWS's own reason."""
        match change:
            case Create():
                self._create(change.desired)
            case RecreateFailed():
                self._delete(change.group, only_if_failed=True)
                self._create(change.desired)
            case Delete():
                self._delete(change.group)
            case Adopt():
                self._adopt(change)
            case AddFeatures():
                self._add_features(change)
            case UpdateTtl():
                self._update(
                    change.group,
                    {"OnlineStoreConfig": {"TtlDuration": ttl_duration(change.desired)}},
                    lambda group: group.online is not None and group.online.ttl_s == change.desired,
                )
            case UpdateStorageType():
                self._update(
                    change.group,
                    {"OnlineStoreConfig": {"StorageType": change.desired}},
                    lambda group: group.online is not None and group.online.storage_type == change.desired,
                )
            case UpdateThroughput():
                self._update(
                    change.group,
                    {"ThroughputConfig": throughput_config(change.desired)},
                    lambda group: group.throughput == change.desired,
                )
            case UpdateMetadata():
                for metadata in change.features:
                    self._update_metadata(change.group, metadata)
            case UpdateTags():
                self._update_tags(change)
            case _:
                assert_never(change)

    def check_ours(self, group: str) -> None:
        """Raise `AwsFailed` if a group that is about to be changed is no longer ours. The truth, not the index."""
        live = self._look(group)
        if live is None:
            raise _failed("DescribeFeatureGroup", group, "NotThere", "the group is gone")
        self._own_tags("ListTags", live)

    def _own_tags(self, call: str, live: Live) -> dict[str, str]:
        tags = tag_map(self._store.tags(live.arn))
        if tags.get(REGISTRY_TAG) != self._owner:
            raise _failed(call, live.group.name, "NotOurs", "its ownership tag has changed since the plan")
        return tags

    def settle(self, group: str) -> Live | None:
        """Wait until AWS is no longer at work on a group; None where it is gone."""
        return self._watch.until(
            lambda: self._look(group),
            lambda live: live is None or not live.is_moving,
            self._patience.operation_s,
            group,
            lambda _: self._too_long("DescribeFeatureGroup", group, "AWS is still at work on it"),
        )

    def _look(self, group: str) -> Live | None:
        reply = self._store.describe(group)
        return None if reply is None else live_from_reply(reply)

    # Creation

    def _create(self, desired: Group) -> None:
        try:
            self._ask_to_create(create_request(desired), desired.name)
        except AwsFailed as failed:
            # A create whose answer was lost, or another run's: whose it is, and whether it fits, is read below.
            if failed.code != "ResourceInUse":
                raise
        self._see_begun(desired.name)
        live = self.settle(desired.name)
        if live is None:
            raise _failed("CreateFeatureGroup", desired.name, "NotThere", _NO_SUCH_GROUP)
        if live.health.status != "Created":
            raise _failed("CreateFeatureGroup", desired.name, live.health.status, live.health.failure)
        self._see_created(desired)

    def _see_begun(self, group: str) -> None:
        """Wait until AWS shows what it has accepted: a read may lag behind."""
        look = partial(self._look, group)

        def not_there(_: Live | None) -> AwsFailed:
            return _failed("CreateFeatureGroup", group, "NotThere", _NO_SUCH_GROUP)

        self._watch.until(look, lambda live: live is not None, self._patience.read_back_s, group, not_there)

    def _ask_to_create(self, request: dict[str, Any], group: str) -> None:
        waited, look = 0.0, self._patience.first_look_s
        while True:
            try:
                return self._store.create(request)
            except AwsFailed as failed:
                if waited >= self._worth_waiting(failed):
                    raise
            self._watch.pause(look, group)
            waited += look
            look = min(look * 1.5, self._patience.longest_look_s)

    def _worth_waiting(self, failed: AwsFailed) -> float:
        """How long a refused creation is worth asking for again."""
        if failed.code == "ResourceLimitExceeded" and _TOO_MANY_AT_ONCE in failed.message:
            return self._patience.operation_s
        if failed.code == "ValidationException" and any(text in failed.message for text in _NOT_PROPAGATED):
            return self._patience.propagation_s
        return -1

    def _see_created(self, desired: Group) -> None:
        bare = made(desired)
        seen: list[str] = []

        def is_there(live: Live | None) -> bool:
            if live is None:
                return False
            # Tags that the account puts on new groups by itself are no failure of ours.
            tags = {key: value for key, value in live.group.tags.items() if key in bare.tags}
            want, have = align(Desired(bare), replace(live, group=replace(live.group, tags=tags)))
            seen[:] = [name for name in Group.__dataclass_fields__ if getattr(want, name) != getattr(have, name)]
            return not seen

        def differs(live: Live | None) -> AwsFailed:
            what = f"the live group differs in {', '.join(seen)}" if live else "it cannot be read back"
            return _failed("CreateFeatureGroup", desired.name, "NotThere", f"after its creation, {what}")

        read = partial(read_one, self._store, desired.name)
        self._watch.until(read, is_there, self._patience.read_back_s, desired.name, differs)

    # Deletion

    def _delete(self, group: str, *, only_if_failed: bool = False) -> None:
        live = self._look(group)
        if live is None:
            return
        if only_if_failed and live.health.status not in ("CreateFailed", "Deleting"):
            raise _failed(
                "DeleteFeatureGroup", group, "NotFailed", "it has been made since the plan, and may hold data"
            )
        try:
            tags = self._own_tags("DeleteFeatureGroup", live)
        except AwsFailed as failed:
            if failed.code == MISSING and self._look(group) is None:
                return
            raise
        # A group whose creation failed never held anything to protect.
        if tags.get(PROTECTED_TAG) == "true" and not only_if_failed:
            raise _failed("DeleteFeatureGroup", group, "Protected", "it has been protected since the plan")
        if live.health.status != "Deleting":
            self._ask_to_delete(group)
        self._see_gone(group, was=live)

    def _ask_to_delete(self, group: str) -> None:
        try:
            self._store.delete(group)
        except AwsFailed as failed:
            if failed.code not in _UNSURE:
                raise
            live = self._look(group)
            if live is not None and live.health.status != "Deleting":
                raise

    def _see_gone(self, group: str, was: Live) -> None:
        def is_over(live: Live | None) -> bool:
            # A deletion that is tried again may still read as the failure of the first.
            return live is None or (live.health.status == "DeleteFailed" and was.health.status != "DeleteFailed")

        def too_long(live: Live | None) -> AwsFailed:
            if live and live.health.status == "DeleteFailed":
                return _failed("DeleteFeatureGroup", group, "DeleteFailed", live.health.failure)
            return self._too_long("DeleteFeatureGroup", group, "it is still there")

        look = partial(self._look, group)
        live = self._watch.until(look, is_over, self._patience.operation_s, group, too_long)
        if live is not None:
            raise _failed("DeleteFeatureGroup", group, "DeleteFailed", live.health.failure)

    # Updates

    def _add_features(self, change: AddFeatures) -> None:
        wanted = {f[:4] for f in change.features}
        self._update(
            change.group,
            {"FeatureAdditions": [definition(f) for f in change.features]},
            lambda group: wanted <= {f[:4] for f in group.features},
        )

    def _update(self, group: str, request: dict[str, Any], is_there: Callable[[Group], bool]) -> None:
        """One UpdateFeatureGroup call, when AWS is ready for it, until its effect can be read."""
        waited, look = 0.0, self._patience.first_look_s
        while True:
            before = self.settle(group)
            if before is None:
                raise _failed("UpdateFeatureGroup", group, "NotThere", "the group is gone")
            if is_there(before.group):
                return
            try:
                self._store.update(group, **request)
                break
            except AwsFailed as failed:
                if failed.code not in _UNSURE or waited >= self._patience.read_back_s:
                    raise
                now = self._look(group)
                if now is None or not (now.is_moving or is_there(now.group)):
                    raise
            self._watch.pause(look, group)
            waited += look
        self._see_updated(group, before, is_there)

    def _see_updated(self, group: str, before: Live, is_there: Callable[[Group], bool]) -> None:
        def too_long(_: Live | None) -> AwsFailed:
            return self._too_long("UpdateFeatureGroup", group, "the update is still in progress")

        def is_over(live: Live | None) -> bool:
            # The status of the update before this one may still be what is read: only a newer failure counts.
            return live is None or is_there(live.group) or (_has_failed(live) and live.modified_at > before.modified_at)

        def not_there(live: Live | None) -> AwsFailed:
            if live is None:
                return _failed("UpdateFeatureGroup", group, "NotThere", "the group is gone")
            if _has_failed(live):
                return _failed("UpdateFeatureGroup", group, "Failed", live.health.update_failure)
            return _failed("UpdateFeatureGroup", group, "NotThere", "AWS accepted the update, and it is not there")

        look = partial(self._look, group)
        self._watch.until(look, lambda live: not (live and live.is_moving), self._patience.operation_s, group, too_long)
        live = self._watch.until(look, is_over, self._patience.read_back_s, group, not_there)
        if live is None or not is_there(live.group):
            raise not_there(live)

    def _update_metadata(self, group: str, metadata: Metadata) -> None:
        about = metadata.about if metadata.about != metadata.live_about else None
        self._store.update_metadata(group, metadata.feature, about, metadata.added, metadata.removed)
        blank = Feature(metadata.feature, "")

        def is_there(feature: Feature) -> bool:
            return (feature.about, feature.parameters) == (metadata.about, metadata.parameters)

        def not_there(_: Feature) -> AwsFailed:
            what = f"AWS accepted the metadata of {metadata.feature}, and it is not there"
            return _failed("UpdateFeatureMetadata", group, "NotThere", what)

        def read() -> Feature:
            return with_metadata(blank, self._store.metadata(group, metadata.feature))

        self._watch.until(read, is_there, self._patience.read_back_s, group, not_there)

    # Tags

    def _adopt(self, change: Adopt) -> None:
        live = self._look(change.group)
        if live is None:
            raise _failed("AddTags", change.group, "NotThere", "the group is gone")
        owner = tag_map(self._store.tags(live.arn)).get(REGISTRY_TAG)
        if owner not in (None, change.owner):
            raise _failed("AddTags", change.group, "NotOurs", f"{owner} has taken it since the plan")
        tags = {REGISTRY_TAG: change.owner} | ({PROTECTED_TAG: "true"} if change.protected else {})
        self._tag(live, tags, ())

    def _update_tags(self, change: UpdateTags) -> None:
        live = self._look(change.group)
        if live is None:
            raise _failed("AddTags", change.group, "NotThere", "the group is gone")
        self._tag(live, dict(change.added), change.removed)

    def _tag(self, live: Live, added: dict[str, str], removed: tuple[str, ...]) -> None:
        # Removed first: with those to come, there may be more than a group can have.
        if removed:
            self._store.delete_tags(live.arn, removed)
        if added:
            self._store.add_tags(live.arn, tag_list(added))

        def is_there(tags: dict[str, str]) -> bool:
            return tags.items() >= added.items() and not tags.keys() & set(removed)

        def not_there(_: dict[str, str]) -> AwsFailed:
            return _failed("AddTags", live.group.name, "NotThere", "AWS accepted the tags, and they are not there")

        def read() -> dict[str, str]:
            return tag_map(self._store.tags(live.arn))

        self._watch.until(read, is_there, self._patience.read_back_s, live.group.name, not_there)

    def _too_long(self, call: str, group: str, what: str) -> AwsFailed:
        minutes = self._patience.operation_s / 60
        hint = "Run apply again later: it continues from what is live. wait_minutes sets how long it waits."
        return AwsFailed(call, group, "TimeLimit", f"{what} after {minutes:g} minutes", hint)


def _has_failed(live: Live) -> bool:
    return live.health.update_status == "Failed"


def _failed(call: str, group: str, code: str, message: str) -> AwsFailed:
    hint = ""
    if "Lake Formation" in message:
        hint = "Lake Formation governs this account: grant its database creator right to the role and to the caller."
    return AwsFailed(call, group, code, message or "AWS gives no reason", hint)
