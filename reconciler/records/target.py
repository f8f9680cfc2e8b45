"""The live feature group that rows go to or come from."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.contract import Contract
from reconciler.state import Live


@dataclass(frozen=True, slots=True)
class Target:
    """A contract and the group that carries it in one environment. `name` has the environment's prefix.

    `live` is what DescribeFeatureGroup said. All that writes in bulk has it; plain reads do not ask.
    """

    contract: Contract
    name: str
    live: Live | None = None
