"""What may be set about the emulator; the defaults make a laptop feel instant."""

from __future__ import annotations

from typing import Any, NamedTuple


class Settings(NamedTuple):
    """Limits and durations; the numbers of AWS are in the developer guide's quotas page."""

    account: str = "000000000000"
    max_groups: int = 10_000
    """AWS starts every account with 100; the default here stays out of the way of large registries."""
    parallel_creations: int = 4
    create_s: float = 0.0
    create_offline_s: float = 0.0
    create_in_memory_s: float = 0.0
    update_s: float = 0.0
    delete_s: float = 0.0
    delete_in_memory_s: float = 0.0
    max_body_bytes: int = 10_000_000
    """Of a request; what is put into S3 may be larger."""
    max_object_bytes: int = 5 * 2**30
    """Of one PutObject or UploadPart (Amazon S3 user guide)."""
    offline_delay_s: float = 0.0
    """How long after a write it becomes visible offline; AWS says within 15 minutes. 0: at once."""
    query_s: float = 0.0
    """How long a query of Athena is seen running at least, by the emulator's clock."""
    sleep_limit_s: float = 60.0
    """No latency fault holds a call longer than this."""


# Durations seen on live AWS by the acceptance tests of terraform-provider-aws, rounded; quota of the developer guide.
REALISTIC: dict[str, Any] = {
    "max_groups": 100,
    "create_s": 30.0,
    "create_offline_s": 45.0,
    "create_in_memory_s": 720.0,
    "update_s": 60.0,
    "delete_s": 25.0,
    "delete_in_memory_s": 720.0,
}
