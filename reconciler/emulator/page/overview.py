"""The first page: groups, buckets, queries, faults, and the latest requests as they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator.page.html import Html, element, join
from reconciler.emulator.page.layout import Page, nothing, number, place, section, size, status, table
from reconciler.emulator.page.queries import recent
from reconciler.emulator.status import describe

if TYPE_CHECKING:
    from reconciler.emulator.admin import OwnSide
    from reconciler.emulator.faults import Fault

_EXPORTS = """export AWS_ENDPOINT_URL={url}
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1
aws sagemaker list-feature-groups"""


def page(side: OwnSide) -> Page:
    """All of it on one page: a laptop's store is small."""
    found = describe(side.emulator.store)
    queries = recent(side.emulator.store)
    return Page(
        "",
        join(
            [
                _groups(found),
                _requests(),
                _buckets(found),
                section("queries", "Athena queries", queries) if queries else None,
                _faults(side),
            ]
        ),
    )


def _groups(found: dict[str, Any]) -> Html:
    groups = found["groups"]
    if not groups:
        return section("groups", "Feature groups", nothing("There are none yet. To point a client here:"), _how_to())
    columns = ("Group", "Region", "Status", "#Features", "#Records online", "#Files offline", "#Bytes", "#Waiting")
    return section("groups", "Feature groups", table(columns, map(_row, groups)), note=size(found["bytes"]))


def _row(group: dict[str, Any]) -> tuple[object, ...]:
    offline = group["offline"] or {}
    return (
        element("a", group["name"], href=place("groups", group["account"], group["region"], group["name"])),
        group["region"],
        status(group["status"]),
        number(group["features"]),
        "" if group["records"] is None else number(group["records"]),
        number(offline["files"]) if offline else "",
        size(offline["bytes"]) if offline else "",
        number(group["pending"]) if group["pending"] else "",
    )


def _how_to() -> Html:
    return element("pre", _EXPORTS.replace("{url}", "http://…"), id="how-to")


def _requests() -> Html:
    """Filled, and kept up to date, by the script."""
    columns = ("Time", "Status", "#ms", "#Bytes", "Request", "")
    return section(
        "requests",
        "Latest requests",
        table(columns, (), data_requests="100"),
        element("noscript", "They are shown where JavaScript is allowed; they also are at /_emulator/requests."),
        is_live=False,
    )


def _buckets(found: dict[str, Any]) -> Html | None:
    if not found["buckets"]:
        return None
    rows = (
        (
            element("a", f"s3://{bucket['name']}", href=place("buckets", bucket["name"])),
            number(bucket["objects"]),
            size(bucket["bytes"]),
        )
        for bucket in found["buckets"]
    )
    return section("buckets", "Buckets", table(("Bucket", "#Objects", "#Bytes"), rows))


def _faults(side: OwnSide) -> Html | None:
    faults = side.emulator.faults
    rows = [
        (fault.kind, fault.service or "", fault.operation, fault.group or "", _times(fault), number(faults.hits(key)))
        for key, fault in faults.all().items()
    ]
    if not rows:
        return None
    columns = ("Kind", "Service", "Operation", "Group", "#Times", "#Hits")
    return section("faults", "Faults on request", table(columns, rows))


def _times(fault: Fault) -> str:
    return "" if fault.times is None else number(fault.times)
