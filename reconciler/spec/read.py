"""Words judged: what can be used goes on, what cannot becomes a finding, and reading never stops at the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from reconciler.spec.words import NOT_GIVEN, Offline, OnDemand, Online, Provisioned, Words
from reconciler.state import model

Finding: TypeAlias = tuple[str, str, str, str]
"""Field, value, reason, what works."""


class Reader:
    """Reads the words of one group; `findings` is what was wrong with them.

    Where a word is at fault something harmless takes its place, so that the rest can be checked all the same.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def wrong(self, field: str, value: object, reason: str, fix: str) -> None:
        """Note one thing that cannot be used."""
        self.findings.append((field, _short(value), reason, fix))

    def text(self, field: str, value: object, fix: str = "Write it as text, in quotes.") -> str | None:
        """A text, or None."""
        if value is None or isinstance(value, str):
            return None if value is None else str(value)
        self.wrong(field, value, f"A text is wanted here, not {_kind(value)}.", fix)
        return None

    def flag(self, field: str, value: object) -> bool | None:
        """True, False, or None."""
        if value is None or isinstance(value, bool):
            return value
        self.wrong(field, value, f"True or False is wanted here, not {_kind(value)}.", "Write True or False.")
        return None

    def texts(self, field: str, value: object) -> dict[str, str]:
        """A dict of texts, sorted: its order means nothing."""
        if not isinstance(value, Mapping):
            self.wrong(field, value, f"A dict is wanted here, not {_kind(value)}.", 'Write {"key": "value"}.')
            return {}
        good = {}
        for key, item in value.items():
            if isinstance(key, str) and isinstance(item, str):
                good[str(key)] = str(item)
            else:
                odd = key if not isinstance(key, str) else item
                self.wrong(
                    field, {key: item}, f"{_short(odd)} is no text.", "Keys and values are texts: put it in quotes."
                )
        return dict(sorted(good.items()))

    def names(self, field: str, value: object) -> frozenset[str]:
        """A set of texts; lists and tuples are fine too."""
        fix = f'Write {field}={{"role_arn"}}.'
        if isinstance(value, str) or not isinstance(value, Iterable):
            self.wrong(field, value, f"A set of names is wanted here, not {_kind(value)}.", fix)
            return frozenset()
        items = list(value)
        for item in items:
            if not isinstance(item, str):
                self.wrong(field, item, "A name is a text.", fix)
        return frozenset(str(item) for item in items if isinstance(item, str))

    def unknown(self, field: str, given: Iterable[tuple[str, object]], known: Iterable[str]) -> None:
        """Words that do not exist, with the one that was probably meant."""
        for word, value in given:
            from difflib import get_close_matches  # noqa: PLC0415  (only who makes a mistake waits for it)

            words = list(known)
            close = get_close_matches(word, words, 1)
            fix = f"Did you mean {close[0]}=?" if close else f"Use {', '.join(words)}." if words else "Leave it out."
            self.wrong(f"{field}.{word}" if field else word, value, "There is no such word.", fix)

    def small(self, field: str, value: object, kinds: tuple[type[Words], ...], fix: str) -> Mapping[str, Any] | None:
        """The words inside of Online(...), Offline(...) and the like; None where it is something else."""
        if not isinstance(value, kinds):
            self.wrong(field, value, f"{_kind(value)} does not belong here.", fix)
            return None
        self.unknown(field, value.unknown.items(), value.given)
        return value.given

    def online(self, value: object) -> model.Online | None:
        """The online store as AWS will see it."""
        if value is None:
            return None
        fix = "Use online=Online(), or online=None for a group without an online store."
        if (words := self.small("online", value, (Online,), fix)) is None:
            return model.Online()
        storage = self.text("online.storage_type", words["storage_type"], 'Use "Standard".')
        key = self.text("online.kms_key", words["kms_key"], "Write the key's ARN.")
        return model.Online(storage or "Standard", self._ttl(words["ttl"]), key)

    def _ttl(self, ttl: object) -> int | None:
        if ttl is None:
            return None
        if not isinstance(ttl, timedelta):
            fix = "Write ttl=timedelta(days=7)."
            self.wrong("online.ttl", ttl, f"A timedelta is wanted here, not {_kind(ttl)}.", fix)
        elif ttl <= timedelta(0):
            self.wrong("online.ttl", ttl, "A lifetime is longer than nothing.", "Leave ttl out to keep records.")
        elif ttl % timedelta(seconds=1):
            self.wrong("online.ttl", ttl, "AWS counts whole seconds.", "Round it.")
        else:
            return ttl // timedelta(seconds=1)
        return None

    def offline(self, value: object) -> model.Offline | None:
        """The offline store as AWS will see it."""
        if value is None:
            return None
        fix = "Use offline=Offline(), or offline=None for a group without an offline store."
        if (words := self.small("offline", value, (Offline,), fix)) is None:
            return model.Offline()
        # "Default" is in AWS's enumeration and means Glue.
        table_format = self.text("offline.table_format", words["table_format"], 'Use "Glue" or "Iceberg".') or "Glue"
        create = self.flag("offline.create_table", words["create_table"])
        return model.Offline(
            self.text("offline.s3_uri", words["s3_uri"], "Write s3://bucket/prefix."),
            "Glue" if table_format == "Default" else table_format,
            self.text("offline.kms_key", words["kms_key"], "Write the key's ARN."),
            create_table=create is not False,
            catalog=self._catalog(words["database"], words["table"]),
        )

    def _catalog(self, database: object, table: object) -> model.Catalog | None:
        if (database is None) != (table is None):
            field, other = ("offline.database", "table") if table is None else ("offline.table", "database")
            shown = database if table is None else table
            self.wrong(field, shown, f"There is no {other}=.", "Give both, or neither: AWS then makes up the names.")
            return None
        names = self.text("offline.database", database), self.text("offline.table", table)
        return model.Catalog(names[0], names[1]) if names[0] is not None and names[1] is not None else None

    def throughput(self, value: object) -> model.Throughput:
        """How capacity is paid for."""
        fix = "Use throughput=OnDemand(), or Provisioned(read=..., write=...)."
        words = self.small("throughput", value, (OnDemand, Provisioned), fix)
        if not words:
            return model.Throughput()
        units = [self._units(f"throughput.{word}", words[word]) for word in ("read", "write")]
        # A unit at fault would be reported a second time, as one that is missing.
        return model.Throughput() if None in units else model.Throughput("Provisioned", units[0], units[1])

    def _units(self, field: str, value: object) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        reason = "It has to be said." if value is NOT_GIVEN else f"A whole number is wanted here, not {_kind(value)}."
        self.wrong(field, value, reason, "Write Provisioned(read=100, write=50).")
        return None


def _kind(value: object) -> str:
    if value is None or value is NOT_GIVEN:
        return repr(value)
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _short(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  (an author's __repr__ may do anything)
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 80 else f"{text[:77]}..."
