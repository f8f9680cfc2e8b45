"""What a comparison of the online store with the offline store found, as a value, as JSON and as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from reconciler.datasets.serving.online import Value

FORMAT_VERSION: Final = "1"


class Finding(StrEnum):
    """What became of one record. The last seven are skew; the others are as they should be."""

    SAME = "same"
    ABSENT = "absent"
    DELETED = "deleted"
    EXPIRED = "expired"
    WAITING = "waiting"
    DELETE_WAITING = "delete_waiting"
    DIFFERS = "differs"
    ONLINE_NEWER = "online_newer"
    ONLINE_OLDER = "online_older"
    ONLY_ONLINE = "only_online"
    ONLY_OFFLINE = "only_offline"
    STILL_ONLINE = "still_online"
    UNREADABLE = "unreadable"

    @property
    def is_skew(self) -> bool:
        """A model would be served something else than it is trained on."""
        return self in _SKEW

    @property
    def sentence(self) -> str:
        """What it means, with the way out where there is one."""
        return _SENTENCES[self]


_SKEW: Final = frozenset(list(Finding)[-7:])
_SENTENCES: Final[Mapping[Finding, str]] = {
    Finding.SAME: "the same in both stores",
    Finding.ABSENT: "in neither store",
    Finding.DELETED: "deleted in both",
    Finding.EXPIRED: "expired online, as the time to live says",
    Finding.WAITING: "newer online, by an event time so recent that the row may be on its way offline",
    Finding.DELETE_WAITING: "deleted online, the marker not offline yet",
    Finding.DIFFERS: "of the same event time, with other values",
    Finding.ONLINE_NEWER: "newer online, and should be offline by now: written late, or to one store alone",
    Finding.ONLINE_OLDER: "newer offline: the newest row never went online (a backfill writes offline alone)",
    Finding.ONLY_ONLINE: "not offline at all, and should be by now: written late, or to one store alone",
    Finding.ONLY_OFFLINE: "not online, and nothing says deleted or expired",
    Finding.STILL_ONLINE: "online, and deleted according to the offline store",
    Finding.UNREADABLE: "with a value online that is not of its feature's type",
}


@dataclass(frozen=True, slots=True)
class Example:
    """One record at odds, with its event times as they are written; None where a store has none."""

    record_id: str
    finding: Finding
    online_event: str | float | None
    offline_event: str | float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ValueExample:
    """One value that differs."""

    record_id: str
    online: Value
    offline: Value


@dataclass(frozen=True, slots=True)
class FeatureSkew:
    """One feature, over the records whose event time is the same in both stores.

    Of those that differ, `null_online` have a value offline alone and `null_offline` online alone.
    """

    feature: str
    type: str
    compared: int
    differ: int
    null_online: int
    null_offline: int
    examples: tuple[ValueExample, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupSkew:
    """One feature group. `counts` add up to `records`.

    `ahead` are records online whose event time is yet to come, which are served as null. `newest_write` is when the
    newest row was written offline, where the engine says so; `unreadable` rows there have no readable identifier or
    event time.
    """

    group: str
    name: str
    records: int
    counts: Mapping[Finding, int]
    features: tuple[FeatureSkew, ...]
    examples: tuple[Example, ...] = ()
    ahead: int = 0
    newest_write: datetime | None = None
    unreadable: int = 0

    @property
    def skewed(self) -> int:
        """How many records are at odds."""
        return sum(count for finding, count in self.counts.items() if finding.is_skew)


@dataclass(frozen=True, slots=True)
class SkewReport:
    """The groups of a dataset. `sample` is how many records were drawn from each store, None where all were looked at
    or they were named."""

    dataset: str
    environment: str
    engine: str
    at: datetime
    groups: tuple[GroupSkew, ...]
    sample: int | None = None
    seed: int = 0

    @property
    def is_skewed(self) -> bool:
        """Any record is at odds."""
        return any(group.skewed for group in self.groups)

    @property
    def exit_code(self) -> int:
        """What the command line ends with: 1 where there is skew."""
        return int(self.is_skewed)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return {
            "format_version": FORMAT_VERSION,
            "dataset": self.dataset,
            "environment": self.environment,
            "engine": self.engine,
            "at": self.at.isoformat(),
            "sample": self.sample,
            "seed": self.seed,
            "is_skewed": self.is_skewed,
            "groups": [_group_json(group) for group in self.groups],
        }

    def as_text(self) -> str:
        """The report for people: a paragraph for each group."""
        drawn = f", up to {self.sample:,} records of each store" if self.sample is not None else ""
        head = f"{self.dataset} in {self.environment} at {self.at.isoformat(timespec='seconds')}{drawn}"
        return "\n\n".join([head, *("\n".join(_lines(group)) for group in self.groups)])


def _group_json(group: GroupSkew) -> dict[str, Any]:
    return {
        "group": group.group,
        "name": group.name,
        "records": group.records,
        "skewed": group.skewed,
        "counts": {finding.value: group.counts.get(finding, 0) for finding in Finding},
        "ahead": group.ahead,
        "newest_write": group.newest_write and group.newest_write.isoformat(),
        "unreadable": group.unreadable,
        "features": [
            {
                "feature": one.feature,
                "type": one.type,
                "compared": one.compared,
                "differ": one.differ,
                "null_online": one.null_online,
                "null_offline": one.null_offline,
                "examples": [
                    {"record_id": e.record_id, "online": _plain(e.online), "offline": _plain(e.offline)}
                    for e in one.examples
                ],
            }
            for one in group.features
        ],
        "examples": [
            {
                "record_id": e.record_id,
                "finding": e.finding.value,
                "online_event": e.online_event,
                "offline_event": e.offline_event,
                "note": e.note,
            }
            for e in group.examples
        ],
    }


def _plain(value: Value) -> Value:
    """A value that JSON has: what is no finite number becomes its text."""
    is_odd = isinstance(value, float) and (value != value or value in (float("inf"), float("-inf")))  # noqa: PLR0124
    return str(value) if is_odd else value


def _lines(group: GroupSkew) -> list[str]:
    verdict = f"{group.skewed:,} at odds" if group.skewed else "none at odds"
    lines = [f"{group.group}: {_count(group.records, 'record')}, {verdict}"]
    width = max((len(f"{count:,}") for count in group.counts.values()), default=1)
    for finding in Finding:
        count = group.counts.get(finding, 0)
        if count:
            mark = "!" if finding.is_skew else " "
            lines.append(f"{mark} {count:>{width},} {finding.sentence}")
    if group.ahead:
        lines.append(f"  {group.ahead:,} online with an event time that is yet to come, served as null")
    if group.unreadable:
        rows = _count(group.unreadable, "row")
        lines.append(f"  {rows} offline without a readable identifier or event time")
    if group.newest_write is not None:
        lines.append(f"  the newest row offline was written at {group.newest_write.isoformat(timespec='seconds')}")
    lines += [
        f"! {one.feature}: {one.differ:,} of {_count(one.compared, 'value')} at odds{_examples(one)}"
        for one in group.features
        if one.differ
    ]
    for example in group.examples:
        events = f"online {example.online_event or 'none'}, offline {example.offline_event or 'none'}"
        lines.append(f"  {example.record_id!r} {example.finding.value}: {example.note or events}")
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _examples(one: FeatureSkew) -> str:
    shown = (f"{e.record_id!r} online {e.online!r}, offline {e.offline!r}" for e in one.examples[:3])
    text = "; ".join(shown)
    return f" ({text})" if text else ""
