"""Encoded rows to AWS: in batches where the endpoint has them, one by one where it does not, until each has an answer.

A write may be tried any number of times: the same record with the same event time is the same record online, and
what is twice offline can be found and removed. So whatever may pass is tried again for as long as anything else gets
through, and a row is only given up when AWS has something against the row itself.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import quote

from reconciler.aws.reply import EXPIRED, THROTTLING, TRANSIENT
from reconciler.aws.runtime import Cut
from reconciler.errors import AwsFailed
from reconciler.records.asking import side_by_side
from reconciler.records.pace import Pace

if TYPE_CHECKING:
    from reconciler.aws.reply import Reply
    from reconciler.records.encoding import Encoded, Form

ABSENT = frozenset({"UnknownOperationException", "UnknownOperation", "UnsupportedOperation", "404", "405", "501"})
"""Answers that mean: there is no BatchWriteRecord here. UNVERIFIED: what an endpoint without it says."""

DENIED = frozenset({"AccessDeniedException", "AccessDenied", "AccessForbidden", "403"})
AT_FAULT = frozenset({"ValidationError", "ValidationException", "SerializationException", "400", "413"})
"""Answers that are about what was sent: its rows are then sent one by one, and the one that is at fault is named."""

NOT_YET = ("can't find a FeatureGroup", "Resource Not Found")
"""What AWS says of a group that it made a moment ago, and for a while afterwards now and then."""

ENTRY_TRIES = 8
"""How often an entry of a batch is sent that AWS refuses for reasons of its own."""

SETTLE_S = 60.0
"""How long a group may be unknown, or keys be expired, before that is taken for the truth."""

_STRANGER = "what answered there is not SageMaker: {}"
_ELSEWHERE = "Check the endpoint in pyproject.toml, and whether a proxy stands in between."

FLOOR = 500.0
"""Records a second that a process goes on trying however much is refused; waits between attempts grow all the same."""

_ALL_TAKEN = (b'{"Errors":[],"UnprocessedEntries":[]}', b'{"Errors": [], "UnprocessedEntries": []}')


class Refused(NamedTuple):
    """A row that AWS did not take; `row` is its number among the encoded ones."""

    row: int
    code: str
    message: str


class Sent(NamedTuple):
    """What became of encoded rows: all were taken but those that were refused."""

    refused: tuple[Refused, ...] = ()
    repeated: int = 0


class Caller(Protocol):
    """What a sender needs of `Runtime`."""

    async def call(self, method: str, target: str, body: bytes = b"") -> Reply:
        """One attempt; raises `Cut`."""


@dataclass(slots=True)
class _Work:
    """Rows on their way."""

    encoded: Encoded
    waiting: deque[Sequence[int]]
    refused: list[Refused] = field(default_factory=list)
    repeated: set[int] = field(default_factory=set)
    tries: dict[int, int] = field(default_factory=dict)


class Sender:
    """Sends to one group, over up to `most` connections for each `send`; gives up after `patience_s` without success.

    `taken` counts the rows that AWS has answered for; `note` says what holds things up.
    """

    def __init__(
        self,
        caller: Caller,
        form: Form,
        *,
        most: int = 32,
        patience_s: float = 300.0,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._caller, self._form, self._most, self._patience_s = caller, form, most, patience_s
        self._pace = pace or Pace(slowest=FLOOR, clock=clock, sleep=sleep)
        self._clock, self._sleep = clock, sleep
        self._target = f"/FeatureGroup/{quote(form.group, safe='')}"
        self._in_batches = True
        self._moved = self._began = 0.0
        self.taken, self.note = 0, ""
        self.started: datetime | None = None

    async def send(self, encoded: Encoded, rows: Sequence[int] | None = None) -> Sent:
        """Send all rows, or these; raises `AwsFailed` where nothing gets through any more."""
        work = _Work(encoded, deque(self._requests(encoded, rows)))
        self._moved = self._clock()
        self._began = self._began or self._moved
        await side_by_side(min(len(work.waiting), self._most), lambda: self._empty(work))
        refused = {one.row for one in work.refused}
        return Sent(tuple(sorted(work.refused)), len(work.repeated - refused))

    @staticmethod
    def _requests(encoded: Encoded, rows: Sequence[int] | None) -> list[Sequence[int]]:
        if rows is None:
            return [range(start, stop) for start, stop in encoded.requests()]
        few = encoded.only(rows)
        return [rows[start:stop] for start, stop in few.requests()]

    async def _empty(self, work: _Work) -> None:
        """Take requests and see them through until there are none."""
        while work.waiting:
            rows, failures = work.waiting.popleft(), 0
            while rows:
                left = await (self._batch(work, rows) if self._in_batches else self._puts(work, rows))
                failures = failures + 1 if len(left) == len(rows) else 1
                if rows := left:
                    await self._sleep(self._pace.delay_s(failures))

    async def _ask(self, method: str, target: str, body: bytes, records: int) -> Reply | Cut:
        """One attempt, when its turn has come."""
        await self._pace.turn(records)
        try:
            answer = await self._caller.call(method, target, body)
        except Cut as cut:
            return cut
        if answer.is_throttled:
            self._pace.refused(records)
        if answer.is_ok and answer.body.lstrip()[:1] not in (b"", b"{"):
            raise AwsFailed("Connect", self._form.group, "NotSageMaker", _STRANGER.format(answer.message), _ELSEWHERE)
        return answer

    # Batches

    async def _batch(self, work: _Work, rows: Sequence[int]) -> Sequence[int]:
        """One BatchWriteRecord; answers the rows that have to be sent again."""
        is_range = isinstance(rows, range)
        body = work.encoded.batch(rows[0], rows[-1] + 1) if is_range else work.encoded.batch_of(rows)
        answer = await self._ask("POST", "/BatchWriteRecord", body, len(rows))
        if not isinstance(answer, Cut):
            if answer.is_ok:
                if answer.body in _ALL_TAKEN:
                    self._take(len(rows), answer)
                    return ()
                return await self._rest(work, rows, body, answer)
            if answer.code in ABSENT or answer.code in DENIED:
                self._in_batches = False
                return rows
            if self._is_at_fault(answer):
                return await self._puts(work, rows)
        return self._again("BatchWriteRecord", work, rows, answer)

    async def _rest(self, work: _Work, rows: Sequence[int], body: bytes, answer: Reply) -> Sequence[int]:
        """What a batch that was not taken whole leaves to do."""
        document = answer.document
        sent = [self._key(entry) for entry in json.loads(body)["Entries"]]
        place = dict(zip(sent, rows, strict=True))
        errors, unprocessed = document.get("Errors") or (), document.get("UnprocessedEntries") or ()
        named = [place.get(self._key(error.get("Entry"))) for error in errors]
        skipped = [place.get(self._key(entry)) for entry in unprocessed]
        if None in named or None in skipped or len(place) < len(rows):
            work.repeated.update(rows)  # which entries are meant is not to be told: ask about each
            return await self._puts(work, rows)
        again = [row for row in skipped if row is not None]
        for row, error in zip(named, errors, strict=True):
            refused = Refused(row or 0, str(error.get("ErrorCode", "")), str(error.get("ErrorMessage", "")))
            if self._is_worth_a_try(work, refused):
                again.append(refused.row)
            else:
                work.refused.append(refused)
        if skipped:
            self._pace.refused(len(skipped))
        if len(again) < len(rows):
            self._take(len(rows) - len(again), answer)
            return sorted(again)
        is_over = self._clock() - self._moved > self._patience_s
        message = f"{len(skipped)} of {len(rows)} entries were not processed, and the others failed"
        return self._unless_hopeless("BatchWriteRecord", rows, "Unprocessed", message, is_over=is_over)

    def _is_worth_a_try(self, work: _Work, refused: Refused) -> bool:
        """An entry that fails for a reason of AWS's own may be taken the next time."""
        if refused.code not in TRANSIENT | THROTTLING | EXPIRED:
            return False
        work.repeated.add(refused.row)
        work.tries[refused.row] = work.tries.get(refused.row, 1) + 1
        return work.tries[refused.row] <= ENTRY_TRIES

    def _key(self, entry: Any) -> tuple[str, str]:
        """Identifier and event time of an entry."""
        record = entry.get("Record") if isinstance(entry, dict) else None
        values = {item.get("FeatureName"): item.get("ValueAsString") for item in record or ()}
        contract = self._form.contract
        return str(values.get(contract.record_id)), str(values.get(contract.event_time))

    # Records one by one

    async def _puts(self, work: _Work, rows: Sequence[int]) -> Sequence[int]:
        """A PutRecord each; answers the rows from the first on that has to be sent again."""
        for number, row in enumerate(rows):
            answer = await self._ask("PUT", self._target, work.encoded.put(row), 1)
            if isinstance(answer, Cut) or not (answer.is_ok or self._is_at_fault(answer)):
                self._again("PutRecord", work, (row,), answer)
                return rows[number:]
            self._take(1, answer)
            if not answer.is_ok:
                work.refused.append(Refused(row, answer.code, answer.message))
        return ()

    # Answers

    def _take(self, records: int, answer: Reply) -> None:
        """AWS has answered for so many rows."""
        self._moved = self._clock()
        self.taken += records
        self.note = ""
        self._pace.taken(records)
        if self.started is None:
            self.started = self._server_time(answer) - timedelta(seconds=self._moved - self._began)

    @staticmethod
    def _server_time(answer: Reply) -> datetime:
        try:
            return parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return datetime.now(UTC)

    @staticmethod
    def _is_at_fault(answer: Reply) -> bool:
        return answer.code in AT_FAULT and not any(text in answer.message for text in NOT_YET)

    def _again(self, call: str, work: _Work, rows: Sequence[int], answer: Reply | Cut) -> Sequence[int]:
        """The same rows, if another attempt may help; raises `AwsFailed` if not."""
        waited_s = self._clock() - self._moved
        if isinstance(answer, Cut):
            if answer.may_have_worked:
                work.repeated.update(rows)
            is_over = waited_s > self._patience_s
            return self._unless_hopeless(call, rows, "ConnectionBroken", str(answer), is_over=is_over)
        if answer.status >= 500 and not answer.is_throttled:
            work.repeated.update(rows)
        settles = answer.is_expired or answer.code == "ResourceNotFound" or answer.code in AT_FAULT
        limit_s = min(SETTLE_S, self._patience_s) if settles else self._patience_s
        is_over = waited_s > limit_s if settles or answer.is_passing else True
        return self._unless_hopeless(call, rows, answer.code, answer.message, is_over=is_over)

    def _unless_hopeless(
        self, call: str, rows: Sequence[int], code: str, message: str, *, is_over: bool
    ) -> Sequence[int]:
        if is_over:
            raise AwsFailed(call, self._form.group, code, message, _hint(call, code))
        self.note = f"{code}: trying again"
        return rows


def _hint(call: str, code: str) -> str:
    rest = "What was written is kept in a journal: the same ingest sends only the rest."
    if code in DENIED:
        return f"The credentials in use lack sagemaker:{call}: add it to their policy. {rest}"
    if code in EXPIRED:
        return f"The credentials have expired: sign in again (for instance `aws sso login`). {rest}"
    return rest
