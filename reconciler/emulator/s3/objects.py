"""Objects as files: where they lie, and how they are written, read, listed and removed by this process itself."""

from __future__ import annotations
