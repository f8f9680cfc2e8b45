"""Which records two stores are compared by: those that labels name, a sample of each store, or all of both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reconciler.aws.runtime import Runtime
from reconciler.datasets.progress import Progress, Tell
from reconciler.datasets.question import Engine, Join, Listing, Moments, Question, arrow_type
from reconciler.records.listing import list_texts
from reconciler.records.target import Target

if TYPE_CHECKING:
    import pyarrow as pa

LEAST_LISTED: Final = 10_000
"""So many identifiers are listed online in any case: of a small store all, its softly deleted records among them."""

_TOLD_EVERY: Final = 10_000


class Drawn(NamedTuple):
    """Identifiers in order, each once, and those that the online store lists, softly deleted records included."""

    ids: pa.Array
    listed: frozenset[str]


def draw(
    runtime: Runtime,
    engine: Engine,
    join: Join,
    target: Target,
    *,
    sample: int | None,
    seed: int,
    tell: Tell | None = None,
) -> Drawn:
    """So many records of each store, each as likely as any other; all of both for None.

    The online store lists in an order of its own: of a large one, the first are drawn from.
    """
    import numpy as np  # noqa: PLC0415 - heavy
    import pyarrow as pa  # noqa: PLC0415 - heavy

    random, kind = np.random.default_rng(seed), arrow_type(join.key.type)
    listed = _listed(runtime, target, None if sample is None else max(sample, LEAST_LISTED), tell)
    online, offline = _Lots(sample, random, kind), _Lots(sample, random, kind)
    online.add(pa.array(_typed(sorted(listed), join.key.type), kind))
    for batch in engine.list(Listing(replace(join, columns=())), tell).batches:
        offline.add(batch.column(0).cast(kind))
    return Drawn(_each_once([online.drawn, offline.drawn], kind), listed)


def named(runtime: Runtime, question: Question, join: Join, target: Target, moments: Moments) -> Drawn:
    """The records of a group that labels name, under whichever key."""
    kind = arrow_type(join.key.type)
    names = dict.fromkeys(question.key_name(one) for one in question.joins if one.group == join.group)
    chunks = [chunk for name in names for chunk in moments.table[name].cast(kind).chunks]
    return Drawn(_each_once(chunks, kind), _listed(runtime, target, LEAST_LISTED, None))


def _each_once(chunks: list[pa.Array], kind: pa.DataType) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    return pc.unique(pa.chunked_array(chunks, kind)).drop_null().sort()


def _listed(runtime: Runtime, target: Target, limit: int | None, tell: Tell | None) -> frozenset[str]:
    found = set[str]()
    for text in list_texts(runtime, target, include_deleted=True, limit=limit):
        found.add(text)
        if tell and len(found) % _TOLD_EVERY == 0:
            tell(Progress(f"listing {target.contract.group}", len(found), None, "records"))
    return frozenset(found)


def _typed(texts: Iterable[str], kind: str) -> Iterator[int | float | str]:
    """Identifiers as the offline store has them; those that are none there are left out."""
    read: Any = {"Integral": int, "Fractional": float}.get(kind, str)
    for text in texts:
        try:
            yield read(text)
        except ValueError:
            continue


class _Lots:
    """So many of a stream of identifiers: those that draw the lowest numbers."""

    def __init__(self, size: int | None, random: Any, kind: pa.DataType) -> None:
        import numpy as np  # noqa: PLC0415
        import pyarrow as pa  # noqa: PLC0415

        self._size, self._random = size, random
        self._lots = np.empty(0)
        self._chunks = [pa.array([], kind)]

    def add(self, ids: pa.Array) -> None:
        """More of the stream."""
        import numpy as np  # noqa: PLC0415
        import pyarrow as pa  # noqa: PLC0415

        if self._size is None:
            self._chunks.append(ids)
            return
        lots = np.concatenate([self._lots, self._random.random(len(ids))])
        pool = pa.concat_arrays([*self._chunks, ids])
        kept = np.argsort(lots, kind="stable")[: self._size]
        self._lots, self._chunks = lots[kept], [pool.take(pa.array(kept))]

    @property
    def drawn(self) -> pa.Array:
        """What was drawn so far."""
        import pyarrow as pa  # noqa: PLC0415

        return pa.concat_arrays(self._chunks)
