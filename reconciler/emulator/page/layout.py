"""What all pages share: head, foot, tables, numbers and times."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from reconciler.emulator import clock
from reconciler.emulator.http.request_log import as_size
from reconciler.emulator.page.html import Html, element, join

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.emulator.embedded import Emulator

FILES = "/_emulator/files/"


class Page(NamedTuple):
    """What differs from page to page."""

    title: str
    body: Html


def whole(emulator: Emulator, page: Page) -> str:
    """The document."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{page.title} · Feature Store emulator" if page.title else "Feature Store emulator"),
        element("link", rel="icon", href=f"{FILES}icon.svg"),
        element("link", rel="stylesheet", href=f"{FILES}page.css"),
        element("script", src=f"{FILES}page.js", defer=True),
    )
    body = element("body", _banner(emulator), element("main", page.body))
    return f"<!doctype html>{element('html', head, body, lang='en')}"


def _banner(emulator: Emulator) -> Html:
    time = emulator.clock()
    stands = element("span", "clock stands", class_="mark warn") if time["frozen"] else None
    count = emulator.faults.count()
    faults = element("a", f"{count} fault{'s' * (count != 1)} on request", class_="mark warn", href="/#faults")
    return element(
        "header",
        element("a", "Feature Store emulator", href="/", class_="home"),
        element("span", stands, faults if count else None, moment(time["epoch_seconds"]), id="state", data_live=True),
    )


def section(name: str, title: str, *inside: object, note: str = "", is_live: bool = True) -> Html:
    """A part of a page under its own heading; a live one is read again while the page is looked at."""
    said = element("span", note, class_="note") if note else None
    return element("section", element("h2", title, said), *inside, id=name, data_live=is_live)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], **attributes: str) -> Html:
    """A column whose name begins with # is of numbers."""
    numeric = [name.startswith("#") for name in columns]
    head = element("tr", *(_cell("th", name.lstrip("#"), is_number) for name, is_number in zip(columns, numeric)))  # noqa: B905
    # A row may have more cells than there are columns: those without a heading are left out.
    body = join(
        element("tr", *(_cell("td", value, is_number) for value, is_number in zip(row, numeric)))  # noqa: B905
        for row in rows
    )
    inside = element("table", element("thead", head), element("tbody", body), **attributes)
    return element("div", inside, class_="wide")


def facts(*pairs: tuple[str, object]) -> Html:
    """Names and values; those without a value are left out."""
    shown = [(name, value) for name, value in pairs if value not in {None, ""}]
    return element("dl", *(element("div", element("dt", name), element("dd", value)) for name, value in shown))


def nothing(text: str) -> Html:
    return element("p", text, class_="nothing")


def status(word: str) -> Html:
    """A state, with a colour that says how things are."""
    good, bad = {"Created", "Active", "SUCCEEDED"}, {"CreateFailed", "DeleteFailed", "Blocked", "FAILED"}
    kind = "good" if word in good else "bad" if word in bad else "warn"
    return element("span", word, class_=f"mark {kind}")


def number(value: int) -> str:
    return f"{value:,}"


def size(value: int) -> str:
    return as_size(value)


def moment(value: float | None) -> Html | str:
    """To the second, in UTC."""
    if value is None:
        return ""
    text = clock.iso(value)
    return element("time", f"{text[:10]} {text[11:19]} UTC", datetime=text)


def place(*names: str) -> str:
    """The path of a page."""
    return "/_emulator/" + "/".join(quote(name, safe="") for name in names)


def _cell(name: str, value: object, is_number: bool) -> Html:  # noqa: FBT001 - a column's nature, said at its head
    return element(name, value, class_="number" if is_number else None)
