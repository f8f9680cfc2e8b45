"""What an emulator holds, for a person, on 80 columns unless a name alone is longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from reconciler.render.counts import count

_LOCAL_ACCOUNT = "000000000000"
_USUAL_DATABASE = "sagemaker_featurestore."
_LONG = 40
_BAD = ("CreateFailed", "DeleteFailed")


def lines(found: dict[str, Any], paint: Callable[[str, str], str]) -> Iterator[str]:
    """Groups, buckets, and what is out of the ordinary."""
    groups, buckets = found["groups"], found["buckets"]
    yield f"{found['directory']}: {count(len(groups), 'feature group')}, {size(found['bytes'])}"
    for group in groups:
        yield from _group(group, paint)
    if buckets:
        yield ""
    for bucket in buckets:
        yield f"  s3://{bucket['name']}  {count(bucket['objects'], 'object')}, {size(bucket['bytes'])}"
    yield from _rest(found, paint)


def _group(group: dict[str, Any], paint: Callable[[str, str], str]) -> Iterator[str]:
    state = paint(group["status"], "red") if group["status"] in _BAD else group["status"]
    place = group["region"] if group["account"] == _LOCAL_ACCOUNT else f"{group['account']} {group['region']}"
    what = f"{state}  {place}  {count(group['features'], 'feature')}"
    yield ""
    yield from [f"  {group['name']}  {what}"] if len(group["name"]) < _LONG else [f"  {group['name']}", f"    {what}"]
    if group.get("failure"):
        yield f"    {group['failure']}"
    if group["records"] is not None:
        yield f"    online   {count(group['records'], 'record')}, {size(group['online_bytes'])}"
    offline = group["offline"]
    if offline:
        waiting = f"; {count(group['pending'], 'row')} not written yet" if group["pending"] else ""
        yield f"    offline  {count(offline['files'], 'file')}, {size(offline['bytes'])}{waiting}"
        if offline["table"]:
            yield f"    table    {offline['table'].removeprefix(_USUAL_DATABASE)}"


def _rest(found: dict[str, Any], paint: Callable[[str, str], str]) -> Iterator[str]:
    said = []
    if found.get("queries"):
        said.append(f"{found['queries']:,} Athena {'query' if found['queries'] == 1 else 'queries'}")
    if found.get("faults"):
        said.append(paint(f"{count(found['faults'], 'fault')} on request", "yellow"))
    if found.get("clock", {}).get("frozen"):
        said.append(paint(f"the clock stands at {found['clock']['now']}", "yellow"))
    if said:
        yield ""
        yield f"  {'; '.join(said)}"


def size(number: int) -> str:
    """Bytes for people."""
    if number < 1000:
        return count(number, "byte")
    amount, unit = number / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if amount < 999.95:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f} {unit}"
