"""Not written yet."""

from __future__ import annotations

from reconciler.emulator.calls import Service
from reconciler.emulator.wire.protocols import Json

SERVICE = Service(Json(), {})
