"""What may still hold rows when the files are gone: versions that S3 keeps, files without an owner, begun uploads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from reconciler.aws.objects import Version
from reconciler.errors import AwsFailed
from reconciler.records.offline.erasure import Remaining
from reconciler.records.offline.glue_files import every_file
from reconciler.records.offline.holding import Wanted, held, held_in, in_parallel
from reconciler.records.offline.iceberg_files import reachable
from reconciler.records.offline.place import Place

OLD_ENOUGH = timedelta(days=3)
"""A file that no snapshot names may be about to be named by somebody's commit, unless it is this old (the age from
which Iceberg's own remove_orphan_files takes one to be forgotten)."""


class Leftovers(NamedTuple):
    """What still holds rows, and how many things were purged."""

    remaining: tuple[Remaining, ...] = ()
    purged: int = 0


def find(place: Place, wanted: Wanted, *, purge: bool) -> Leftovers:
    """Look for leftovers, and with `purge` remove those that can be removed."""
    found = [_versions(place, wanted, purge=purge), _uploads(place, purge=purge)]
    if place.is_iceberg:
        found.insert(0, _unowned(place, wanted, purge=purge))
    return Leftovers(tuple(one for part in found for one in part.remaining), sum(part.purged for part in found))


def _versions(place: Place, wanted: Wanted, *, purge: bool) -> Leftovers:
    """Versions that are not the latest, and the markers above those whose object is deleted."""
    try:
        if not place.objects.keeps_versions(place.data):
            return Leftovers()
        versions = list(place.objects.versions(place.data))
    except AwsFailed as failed:
        return Leftovers((_not_looked_at("version", place.data, failed),))
    old = [version for version in versions if not version.is_latest and not version.is_marker and version.size]
    looked = in_parallel(lambda v: (v, held_in(place.objects, wanted, v.uri, v.version_id)), old)
    holding = [(version, found) for version, found in looked if found.rows or found.unreadable]
    uris = {version.uri for version, _ in holding}
    markers = [version for version in versions if version.is_marker and version.uri in uris]
    named = [_version(v, f"it holds {f.rows:,} rows" if f.rows else f.unreadable) for v, f in holding]
    named += [_marker(marker) for marker in markers]
    if not purge or not named:
        return Leftovers(tuple(named))
    # A file that cannot be read may be anybody's: it is named, and stays.
    sure = [version for version, found in holding if found.rows]
    doubts = tuple(_version(v, f.unreadable) for v, f in holding if not f.rows)
    kept = {version.uri for version, found in holding if not found.rows}
    going = [*sure, *(marker for marker in markers if marker.uri not in kept)]
    try:
        place.objects.delete_versions(going)
    except AwsFailed as failed:
        return Leftovers((*named, _not_purged(place.data, failed)))
    return Leftovers(doubts, len(going))


def _version(version: Version, what: str) -> Remaining:
    return Remaining(
        "version",
        f"{version.uri} version {version.version_id}",
        f"the bucket keeps old versions, and {what}",
        "Erase again with the purging of versions, or let a lifecycle rule end noncurrent versions.",
    )


def _marker(version: Version) -> Remaining:
    return Remaining(
        "delete marker",
        f"{version.uri} version {version.version_id}",
        "it hides versions that hold rows; without it they would be seen again",
        "It goes with them when versions are purged.",
    )


def _not_purged(where: str, failed: AwsFailed) -> Remaining:
    return Remaining(
        "version",
        where,
        f"not all versions could be deleted: {failed.code}: {failed.message}",
        "Allow s3:DeleteObjectVersion, or wait until the object lock ends, and erase again.",
    )


def _not_looked_at(kind: str, where: str, failed: AwsFailed) -> Remaining:
    fix = failed.hint or "Allow it, and erase again."
    return Remaining("version" if kind == "version" else "upload", where, f"nobody could look: {failed.code}", fix)


def _unowned(place: Place, wanted: Wanted, *, purge: bool) -> Leftovers:
    """Files below the table that no snapshot names."""
    owned = reachable(place.table())
    modified = {item.uri: item.modified for item in place.objects.list(place.data)}
    strays = [uri for uri in every_file(place) if uri not in owned]
    holding = [one for one in held(place.objects, wanted, strays) if one.rows]
    newest = max(modified.values(), default=datetime.now(UTC))
    old = {one.uri for one in holding if modified.get(one.uri, newest) < max(newest, datetime.now(UTC)) - OLD_ENOUGH}
    going = sorted(old) if purge else []
    place.objects.delete(going)
    return Leftovers(tuple(_stray(one.uri, one.rows) for one in holding if one.uri not in going), len(going))


def _stray(uri: str, rows: int) -> Remaining:
    return Remaining(
        "unowned file",
        uri,
        f"no snapshot of the table names it, and it holds {rows:,} rows; somebody may be about to commit it",
        f"Erase again with the purging of versions when it is {OLD_ENOUGH.days} days old.",
    )


def _uploads(place: Place, *, purge: bool) -> Leftovers:
    """Uploads that were begun: what is in their parts nobody can read."""
    try:
        begun = list(place.objects.started(place.data))
    except AwsFailed as failed:
        return Leftovers((_not_looked_at("upload", place.data, failed),))
    now = datetime.now(UTC)
    old = [one for one in begun if purge and one.began < now - OLD_ENOUGH]
    for one in old:
        place.objects.abort(one.uri, one.upload_id)
    return Leftovers(tuple(_upload(one.uri, one.upload_id) for one in begun if one not in old), len(old))


def _upload(uri: str, upload_id: str) -> Remaining:
    return Remaining(
        "upload",
        f"{uri} upload {upload_id}",
        "it was begun and not completed, and S3 lets nobody look into its parts",
        "Let the run that began it end, or abort it (s3:AbortMultipartUpload); "
        f"the purging of versions does when it is {OLD_ENOUGH.days} days old.",
    )
