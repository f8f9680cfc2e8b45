"""A local file as an object of the group: in one request where it is small, in parts where it is not."""

from __future__ import annotations

from pathlib import Path

from reconciler.records.offline.place import Place
from reconciler.records.offline.sinks import PART_BYTES, S3Sink


def upload(place: Place, path: Path, uri: str, etag: str = "") -> None:
    """Put the file, encrypted as the group's files are.

    With an `etag` only that very content is replaced: AwsFailed with code PreconditionFailed once it is another.
    """
    if path.stat().st_size <= PART_BYTES:
        place.objects.put(uri, path.read_bytes(), kms_key=place.kms_key, etag=etag)
        return
    upload_id, parts = S3Sink(place.objects, place.kms_key).stage(path, uri)
    try:
        place.objects.complete(uri, upload_id, parts, etag=etag)
    except BaseException:
        place.objects.abort(uri, upload_id)
        raise
