"""Many records at once: BatchGetRecord by the hundred, several at a time, until all of them are processed."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from reconciler.aws.errors import refused
from reconciler.aws.reply import THROTTLING, TRANSIENT
from reconciler.aws.runtime import Cut, Reply, Runtime
from reconciler.records.asking import NEW_LOOK_S, Tries, no_group, says_no_group, seconds_new, side_by_side
from reconciler.records.decoding import Stored, decoder_of
from reconciler.records.pace import Pace
from reconciler.records.reading import check_online
from reconciler.records.target import Target
from reconciler.records.values import id_text

MOST_IN_BATCH: Final = 100
"""Records in one BatchGetRecord, of all groups together (AWS's quotas)."""
CONNECTIONS: Final = 16
_FLOOR: Final = 1_000.0
"""Records a second that are asked for however much is refused; waits between attempts grow all the same."""
_PATIENCE: Final = 12
"""How often in a row a batch may come back without one more record being settled."""

Key: TypeAlias = tuple[str, str]
"""A group's name on AWS, and a record identifier as text."""
Found: TypeAlias = Mapping[str, Any]
"""One of the Records of a reply."""
Features: TypeAlias = Sequence[str] | Mapping[str, Sequence[str]] | None
"""Which features to read; all of them for None."""


def get_many(
    runtime: Runtime, wanted: Iterable[tuple[Target, Any]], *, expires_at: bool = False, connections: int = CONNECTIONS
) -> list[Stored | None]:
    """The records of pairs of group and record identifier, in their order; None where there is none.

    Groups may be mixed, and identifiers repeated.
    """
    return runtime.run(aget_many(runtime, wanted, expires_at=expires_at, connections=connections))


async def aget_many(
    runtime: Runtime, wanted: Iterable[tuple[Target, Any]], *, expires_at: bool = False, connections: int = CONNECTIONS
) -> list[Stored | None]:
    """As `get_many`, on the running event loop."""
    pairs = list(wanted)
    keys = [(target.name, id_text(target.contract, record_id)) for target, record_id in pairs]
    targets = {target.name: target for target, _ in pairs}
    read = await read_many(runtime, targets, keys, expires_at=expires_at, connections=connections)
    decoders = [decoder_of(target.contract) for target, _ in pairs]
    return [
        decoder.stored(found, text) if found else None
        for decoder, found, (_, text) in zip(decoders, read, keys, strict=True)
    ]


async def read_many(
    runtime: Runtime,
    targets: Mapping[str, Target],
    keys: Sequence[Key],
    *,
    features: Features = None,
    expires_at: bool = False,
    connections: int = CONNECTIONS,
) -> list[Found | None]:
    """What AWS says of each key, in their order; None where there is no record. Raises `AwsFailed`.

    `features` are names on AWS: the same for every group, or by the groups' names.
    """
    for target in targets.values():
        check_online(target)
    reading = _Reading(runtime, features, expires_at=expires_at)
    ordered = sorted(dict.fromkeys(keys))  # each once, and those of a group together
    chunks = deque(ordered[i : i + MOST_IN_BATCH] for i in range(0, len(ordered), MOST_IN_BATCH))
    await side_by_side(min(connections, len(chunks)), lambda: reading.work(chunks))
    return [reading.found.get(key) for key in keys]


class _Reading:
    """Batches under way, and what they have brought."""

    def __init__(self, runtime: Runtime, features: Features, *, expires_at: bool) -> None:
        self._runtime, self._features, self._expires_at = runtime, features, expires_at
        self._pace = Pace(slowest=_FLOOR)
        self._new_until: dict[str, float] = {}
        self.found: dict[Key, Found] = {}

    async def work(self, chunks: deque[list[Key]]) -> None:
        """Read one chunk after another, until none is left."""
        while chunks:
            await self._read(chunks.popleft())

    async def _read(self, keys: list[Key]) -> None:
        idle = 0
        while keys:
            reply = await self._ask(keys)
            left, wait_s = await self._settle(keys, reply)
            if not left:
                self._pace.taken(len(keys))
                return
            idle = 0 if wait_s or len(left) < len(keys) else idle + 1
            if idle >= _PATIENCE:
                said = f"{len(left)} of its records stay unprocessed, however often they are asked for"
                raise refused("BatchGetRecord", left[0][0], "Unprocessed", said)
            keys = left
            await asyncio.sleep(max(wait_s, self._pace.delay_s(idle)))

    async def _ask(self, keys: Sequence[Key]) -> Reply:
        groups = ", ".join(dict.fromkeys(name for name, _ in keys))
        body, tries = self._body(keys), Tries(self._runtime, "BatchGetRecord", groups)
        while True:
            await self._pace.turn(len(keys))
            outcome: Reply | Cut
            try:
                outcome = await self._runtime.call("POST", "/BatchGetRecord", body)
            except Cut as cut:
                outcome = cut
            else:
                if outcome.is_ok:
                    return outcome
                if outcome.is_throttled:
                    self._pace.refused(len(keys))
            wait_s = await asyncio.to_thread(tries.next_in, outcome)
            await asyncio.sleep(wait_s or 0.0)

    def _body(self, keys: Sequence[Key]) -> bytes:
        groups: dict[str, list[str]] = {}
        for name, text in keys:
            groups.setdefault(name, []).append(text)
        identifiers = [
            {"FeatureGroupName": name, "RecordIdentifiersValueAsString": texts, **self._more(name)}
            for name, texts in groups.items()
        ]
        expiry = {"ExpirationTimeResponse": "Enabled"} if self._expires_at else {}
        return json.dumps({"Identifiers": identifiers, **expiry}).encode()

    def _more(self, group: str) -> dict[str, list[str]]:
        features = self._features.get(group) if isinstance(self._features, Mapping) else self._features
        return {"FeatureNames": list(features)} if features is not None else {}

    async def _settle(self, keys: Sequence[Key], reply: Reply) -> tuple[list[Key], float]:
        """Keep what was found; answers the keys to ask for again, and how long to wait with it at least."""
        said = reply.document
        for one in said.get("Records", ()):
            self.found[_bare(one["FeatureGroupName"]), one["RecordIdentifierValueAsString"]] = one
        left = [
            (_bare(one["FeatureGroupName"]), text)
            for one in said.get("UnprocessedIdentifiers", ())
            for text in one["RecordIdentifiersValueAsString"]
        ]
        if left:
            self._pace.refused(len(left))
        wait_s, fatal = 0.0, []
        for error in said.get("Errors", ()):
            key = (_bare(error["FeatureGroupName"]), error["RecordIdentifierValueAsString"])
            code, message = error.get("ErrorCode", ""), error.get("ErrorMessage", "")
            if code in THROTTLING or code in TRANSIENT:
                left.append(key)
            elif says_no_group(code, message) and await self._is_new(key[0]):
                left.append(key)
                wait_s = NEW_LOOK_S
            else:
                fatal.append((key, code, message))
        if fatal:
            self._fail(fatal, len(keys))
        return left, wait_s

    def _fail(self, fatal: Sequence[tuple[Key, str, str]], asked: int) -> None:
        (group, text), code, message = fatal[0]
        if says_no_group(code, message):
            raise no_group("BatchGetRecord", group, code, message)
        said = f"{message} ({len(fatal)} of {asked} records; the first is {text[:100]!r})"
        raise refused("BatchGetRecord", group, code, said)

    async def _is_new(self, group: str) -> bool:
        now = asyncio.get_running_loop().time()
        if group not in self._new_until:
            self._new_until[group] = now + await asyncio.to_thread(seconds_new, self._runtime, group)
        return now < self._new_until[group]


def _bare(name_or_arn: str) -> str:
    return name_or_arn.rpartition("/")[2]
