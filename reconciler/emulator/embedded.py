"""The emulator in this process: one HTTP request in, one HTTP reply out, no socket between.

Only the standard library is imported here, and little of it: every command of a laptop user starts with this.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, Self

from reconciler.emulator import clock, faults, subjects
from reconciler.emulator.access import identity
from reconciler.emulator.calls import Operation, Raw, Service, Site, partition
from reconciler.emulator.control import groups, lifecycle, staleness, tags
from reconciler.emulator.errors import AwsError, ConnectionDropped, missing_group, serialization
from reconciler.emulator.operations import service
from reconciler.emulator.settings import Settings
from reconciler.emulator.shapes import checked
from reconciler.emulator.store import DiskFull, Store
from reconciler.emulator.wire import routes
from reconciler.emulator.wire.messages import Answer
from reconciler.emulator.wire.protocols import Json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from reconciler.emulator.calls import AnyOperation
    from reconciler.emulator.shapes import Struct
    from reconciler.emulator.wire.messages import Request

__all__ = ["Answer", "ConnectionDropped", "Emulator", "Exchange", "open_emulator"]

_REMEMBERED_CALLS = 100_000
_DEFAULT_REGION = "us-east-1"
_UNKNOWN = Service(Json(), {})


def open_emulator(directory: Path | str, **settings: Any) -> Emulator:
    """The emulator whose data lives in a directory, which is made when it is not there.

    The settings are the fields of `Settings`; `**REALISTIC` gives AWS's own durations and quota.
    """
    return Emulator(Store(directory), Settings(**settings))


class Exchange:
    """A request that was received and is not answered yet: the wait in between belongs to the caller."""

    __slots__ = ("_emulator", "_error", "_payload", "_service", "code", "delay_s", "faults", "groups", "request")

    def __init__(
        self,
        emulator: Emulator,
        request: Request,
        payload: dict[str, Any] | None,
        error: AwsError | None = None,
    ) -> None:
        self._emulator = emulator
        self._service = service(request.service) or _unknown(request)
        self._payload = payload
        self._error = error
        self.request = request
        self.code = ""
        """The error's, once it was answered with one."""
        self.groups = subjects.groups(request, payload)
        """The feature groups it names; for S3, the bucket."""
        self.faults = () if error else emulator.faults.draw(request.service, request.operation, self.groups)
        waits = sum(fault.seconds for fault in self.faults if fault.kind == "latency")
        self.delay_s: float = min(waits, emulator.settings.sleep_limit_s)

    @property
    def is_long(self) -> bool:
        """Whether answering may take its time, so that a server should not hold others up with it."""
        return not isinstance(self.operation, Operation | None)

    @property
    def group(self) -> str | None:
        """The feature group it is about, if it is about one."""
        return self.groups[0] if self.groups and self.request.service != "s3" else None

    @property
    def subject(self) -> str:
        """What it is about, in a word for the log."""
        return subjects.subject(self.request, self._payload)

    @property
    def operation(self) -> AnyOperation | None:
        """What will answer it, if anything does."""
        return self._service.operations.get(self.request.operation)

    def finish(self) -> Answer:
        """The reply; or ConnectionDropped, before or after the effect, when a fault asks for it."""
        kinds = {fault.kind for fault in self.faults}
        if "dropped_before_effect" in kinds:
            raise ConnectionDropped(f"the connection was dropped before {self.request.operation} took effect")
        try:
            if self._error:
                raise self._error
            answer = self._perform()
        except AwsError as error:
            answer = self.refused(error)
        except DiskFull:
            answer = self.refused(self._emulator.disk_full(self))
        if "dropped_after_effect" in kinds:
            raise ConnectionDropped(f"the connection was dropped after {self.request.operation} took effect")
        return answer

    def refused(self, error: AwsError) -> Answer:
        """An error, as the clients of this service read it."""
        self.code = error.code
        return self._service.protocol.error(self.request, error)

    def _perform(self) -> Answer:
        self._emulator.refuse(self)
        operation = self.operation
        if operation is None:
            raise _not_implemented(self.request)
        site = self._emulator.site(self)
        if isinstance(operation, Raw):
            return operation.answer(site, self.request)
        try:
            asked = self._asked(operation.shape)
        except RecursionError:
            raise serialization("The request body is nested too deeply.") from None
        if not isinstance(operation, Operation):
            output = operation.answer(site, asked)
        elif operation.writes:
            output = self._emulator.write(operation, self, asked)
        else:
            output = self._emulator.read(operation, self, asked)
        return self._service.protocol.reply(self.request, output)

    def _asked(self, shape: Struct | None) -> dict[str, Any]:
        if shape is None:
            return self._payload or {}
        return checked(shape, self._payload, self._service.violation)


class Emulator:
    """Answers AWS requests from one directory; safe to share between threads, and beside other processes."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.settings = settings
        self.store = store
        self.faults = faults.Faults(store)
        self.calls: deque[tuple[str, str | None]] = deque(maxlen=_REMEMBERED_CALLS)
        """(operation, group) of every call this instance received, oldest first."""
        self._has_records = False

    def answer(self, method: str, url: str, headers: Mapping[str, Any], body: Any) -> Answer:
        """Reply to one request, as AWS would over HTTP. `body` is bytes, or an open binary file for a large object."""
        exchange = self.receive(method, url, headers, body)
        if exchange.delay_s:
            time.sleep(exchange.delay_s)
        return exchange.finish()

    def receive(
        self, method: str, url: str, headers: Mapping[Any, Any], body: Any, *, is_too_large: bool = False
    ) -> Exchange:
        """Read a request and draw its faults, so that a server can wait without holding anything up.

        A body that is too large need not be there.
        """
        request = routes.read(method, url, headers, body)
        payload, refused = None, None
        try:
            if is_too_large:
                raise _too_large(request)
            payload = self._payload(request)
        except AwsError as error:
            refused = error
        exchange = Exchange(self, request, payload, refused)
        about = exchange.group or request.resource
        self.calls.append((request.operation, about and subjects.short(about)))
        return exchange

    def _payload(self, request: Request) -> dict[str, Any] | None:
        is_object = request.service == "s3" and request.method == "PUT"  # S3 has a limit of its own for these
        if isinstance(request.body, bytes) and len(request.body) > self.settings.max_body_bytes and not is_object:
            raise _too_large(request)
        found = service(request.service)
        if found is None or isinstance(found.operations.get(request.operation), Raw | None):
            return None
        return found.protocol.payload(request)

    def site(self, exchange: Exchange) -> Site:
        """Where a long operation works."""
        return Site(self.store, exchange.request.region, self.settings, exchange.faults)

    def advance_clock(self, seconds: float) -> None:
        """Move time forward for every process on this directory."""
        self._move_clock(clock.advance, seconds)

    def set_clock(self, moment: float | str) -> None:
        """Set the time, as epoch seconds or ISO-8601; back only in a directory where nothing has happened after it."""
        self._move_clock(clock.set_to, clock.moment_of(moment))

    def freeze_clock(self) -> None:
        """Time stands, for every process on this directory, until it is moved or thawed."""
        self._move_clock(clock.freeze)

    def thaw_clock(self) -> None:
        """Time goes on from where it stands."""
        self._move_clock(clock.thaw)

    def clock(self) -> dict[str, Any]:
        """`now`, `epoch_seconds` and `frozen`."""
        with self.store.reading() as db:
            return clock.told(db)

    def _move_clock(self, move: Callable[..., None], *how: float) -> None:
        with self.store.writing() as db:
            move(db, *how)
            lifecycle.settle(db, clock.now(db))

    def flush(self, *, everything: bool = False) -> int:
        """Write what is due offline, or all that is pending, to files; answers how many rows became visible."""
        from reconciler.emulator.offline.flushing import flush  # noqa: PLC0415 - start-up is counted

        return flush(Site(self.store, _DEFAULT_REGION, self.settings), everything=everything)

    def add_system_tags(self, name: str, values: Mapping[str, str], *, region: str = "us-east-1") -> None:
        """Tags that only AWS itself writes, such as aws:cloudformation:stack-name."""
        with self.store.writing() as db:
            group = self._named(db, name, region)
            tags.write(db, group.id, [{"Key": key, "Value": value} for key, value in values.items()])

    def block_offline_store(self, name: str, reason: str, *, region: str = "us-east-1") -> None:
        """Replication to S3 fails from now on; an empty reason unblocks it."""
        blocked = {"Status": "Blocked", "BlockedReason": reason}
        with self.store.writing() as db:
            group = self._named(db, name, region)
            group.doc["OfflineStoreStatus"] = blocked if reason else {"Status": "Active"}
            groups.save(db, group)

    def reset(self) -> None:
        """Forget every group, record, table, object and fault, and set the clock right again."""
        from reconciler.emulator.status import forget  # noqa: PLC0415 - start-up is counted

        forget(self.store)

    def close(self) -> None:
        """Let go of the directory, after what this instance wrote and is due has become files, if that is possible."""
        if self._has_records:
            from reconciler.emulator.closing import flush_at_the_end  # noqa: PLC0415 - start-up is counted

            flush_at_the_end(self)
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _named(self, db: Any, name: str, region: str) -> groups.Group:
        group = groups.named(db, f"{self.settings.account}/{region}", name)
        if group is None:
            raise missing_group(name)
        return group

    def refuse(self, exchange: Exchange) -> None:
        """Raise the error that a drawn fault stands for."""
        if not exchange.faults:
            return
        from reconciler.emulator.fault_refusals import Asked, refusal  # noqa: PLC0415 - start-up is counted

        region, account = exchange.request.region, self.settings.account
        place = f"arn:{partition(region)}:sagemaker:{region}:{account}:feature-group"
        resource = f"{place}/{exchange.group.lower()}" if exchange.group else "*"
        asked = Asked(exchange.request.service, exchange.request.operation, resource, identity.user_arn(account))
        for fault in exchange.faults:
            error = refusal(fault.kind, asked)
            if error:
                raise error

    def disk_full(self, exchange: Exchange) -> AwsError:
        """What a service answers when there is no room for what it should store."""
        from reconciler.emulator.fault_refusals import Asked, refusal  # noqa: PLC0415 - as above

        asked = Asked(exchange.request.service, exchange.request.operation, "*", "")
        return refusal("disk_full", asked) or AwsError("InternalFailure", "There is no room on the disk.", 500)

    def read(self, operation: Operation, exchange: Exchange, asked: dict[str, Any]) -> str:
        """Answer an operation that changes nothing, after what is due by now."""
        with self.store.reading() as db:
            call = self.site(exchange).call(db)
            described = exchange.group if exchange.request.operation == "DescribeFeatureGroup" else None
            stale = described and staleness.is_stale(db, call.scope, described)
            if not stale and not lifecycle.is_due(db, call.now):
                return operation.answer(call, asked)
        with self.store.writing() as db:
            call = self.site(exchange).call(db)
            lifecycle.settle(db, call.now)
            before = staleness.recall(call, described) if described else None
            if before is None:
                return operation.answer(call, asked)
        # Outside the transaction: that the read was counted must outlast the error it may end in.
        if before.body is None:
            raise missing_group(str(described))
        return before.body

    def write(self, operation: Operation, exchange: Exchange, asked: dict[str, Any]) -> str:
        """Answer an operation that changes something: all of it, or nothing."""
        self._has_records = self._has_records or exchange.request.service == "featurestore-runtime"
        try:
            with self.store.writing() as db:
                call = self.site(exchange).call(db)
                lifecycle.settle(db, call.now)
                stale = call.fault("stale_reads")
                if stale and exchange.group:
                    staleness.remember(call, exchange.group, stale)
                text = operation.answer(call, asked)
                if call.fault("ignored_write"):
                    raise _Ignored(text)
                lifecycle.settle(db, call.now)
                return text
        except _Ignored as ignored:
            return ignored.text


class _Ignored(Exception):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def _unknown(request: Request) -> Service:
    """A service nobody emulates is refused in the protocol it was asked in, as far as the request shows it."""
    if "x-www-form-urlencoded" not in request.headers.get("content-type", ""):
        return _UNKNOWN
    from reconciler.emulator.wire.protocols import Query  # noqa: PLC0415 - rare

    return Service(Query("https://amazonaws.com/"), {})


def _too_large(request: Request) -> AwsError:
    if request.service == "s3":
        return AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.", 400)
    return AwsError("RequestEntityTooLargeException", "The request body is too large.", 413)


def _not_implemented(request: Request) -> AwsError:
    import logging  # noqa: PLC0415 - start-up is counted, and few processes come here

    service, operation = request.service or "(unknown)", request.operation or "(unknown)"
    logging.getLogger("reconciler.emulator").warning("not emulated: %s %s", service, operation)
    return AwsError("NotImplemented", f"The emulator does not answer operation {operation} of {service}.", 501)
