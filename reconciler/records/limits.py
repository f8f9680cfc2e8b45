"""What AWS takes of a value and of a record, and what is assumed where no source says."""

from __future__ import annotations

from typing import Final

LARGEST_RECORD: Final = 350 * 1024
"""Bytes of a record (developer guide, quotas). That names and values are what counts, in UTF-8, is UNVERIFIED."""

LONGEST_VALUE: Final = 358_400
"""Characters of a value (API reference, FeatureValue), and elements of a collection."""

LONGEST_ID: Final = 2048
"""Bytes of a record identifier (developer guide, quotas)."""

INT_MIN, INT_MAX = -(2**63), 2**63 - 1

EXACT: Final = 2**53
"""Whole numbers up to here are the same as a double; beyond, neighbours share one."""

LINE_BREAKS: Final = "\n\r\x85\u2028\u2029"
"""Characters that no value may have. UNVERIFIED: AWS's model gives values the pattern `.*`, and what a dot does not
match depends on the language; these are Java's. With "" any text is let through."""

FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
"""The years 0001 to 9999, in seconds since 1970. AWS takes the year 0000 too, which Python's datetime cannot hold."""
