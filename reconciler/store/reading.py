"""Records out of a store: one, many, as columns, and their identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, overload

from reconciler.contract import Contract
from reconciler.errors import Usage
from reconciler.records.target import Target
from reconciler.store.opened import Named, Opened, many

if TYPE_CHECKING:
    from reconciler.records.decoding import Stored
    from reconciler.spec import GroupSpec

R = TypeVar("R")
_Wanted: TypeAlias = Sequence[tuple[Any, Sequence[Any]]]


class Reading(Opened):
    """The methods that read the online store."""

    @overload
    def get(self, group: type[R], record_id: Any, *, expires_at: Literal[False] = False) -> R | None: ...
    @overload
    def get(self, group: Named, record_id: Any, *, expires_at: Literal[True]) -> Stored | None: ...
    @overload
    def get(self, group: GroupSpec | Contract, record_id: Any) -> dict[str, Any] | None: ...
    def get(self, group: Any, record_id: Any, *, expires_at: bool = False) -> Any:
        """The latest record of an identifier; None where it was never written, is deleted, or has expired.

        AWS answers the same to all three. With `expires_at` a `Stored` comes back: the record, and when it expires. A
        feature that was added after the row was written is None.
        """
        from reconciler.records.reading import get  # noqa: PLC0415

        found = get(self._runtime, self._target(group), record_id, expires_at=expires_at)
        return found if expires_at or found is None else found.record

    async def aget(self, group: Any, record_id: Any, *, expires_at: bool = False) -> Any:
        """`get` on the running event loop, without a thread."""
        from reconciler.records.reading import aget  # noqa: PLC0415

        found = await aget(self._runtime, self._target(group), record_id, expires_at=expires_at)
        return found if expires_at or found is None else found.record

    @overload
    def get_many(
        self, group: type[R], record_ids: Iterable[Any], *, expires_at: Literal[False] = False
    ) -> dict[Any, R | None]: ...
    @overload
    def get_many(self, group: Named, record_ids: Iterable[Any], *, expires_at: bool = False) -> dict[Any, Any]: ...
    @overload
    def get_many(
        self, group: Mapping[Any, Iterable[Any]], *, expires_at: bool = False
    ) -> dict[Any, dict[Any, Any]]: ...
    def get_many(self, group: Any, record_ids: Iterable[Any] = (), *, expires_at: bool = False) -> Any:
        """The records of identifiers, in their order: `{identifier: record or None}`.

        Several groups are read in one go by `{Weather: ["JFK"], Plane: ["N10156"]}`, which gives
        `{Weather: {...}, Plane: {...}}`.
        """
        from reconciler.records.batches import get_many  # noqa: PLC0415

        wanted = _wanted(group, record_ids)
        found = get_many(self._runtime, self._pairs(wanted), expires_at=expires_at)
        return _arranged(group, wanted, found, expires_at=expires_at)

    async def aget_many(self, group: Any, record_ids: Iterable[Any] = (), *, expires_at: bool = False) -> Any:
        """`get_many` on the running event loop."""
        from reconciler.records.batches import aget_many  # noqa: PLC0415

        wanted = _wanted(group, record_ids)
        found = await aget_many(self._runtime, self._pairs(wanted), expires_at=expires_at)
        return _arranged(group, wanted, found, expires_at=expires_at)

    def get_frame(
        self,
        group: Named,
        record_ids: Iterable[Any],
        *,
        features: Iterable[Any] | None = None,
        expires_at: bool = False,
    ) -> Any:
        """The records as a pandas DataFrame: a row for each identifier, in their order, empty where there is none.

        `features` are those to read, as `Weather.temp_f` or by name; the record identifier is always among them.
        """
        from reconciler.records.frames import get_frame  # noqa: PLC0415 - heavy

        target = self._target(group)
        names = None if features is None else [_feature_name(target.contract, one) for one in features]
        return get_frame(self._runtime, target, many(record_ids), features=names, expires_at=expires_at)

    def list(self, group: Named, *, include_deleted: bool = False) -> Iterator[Any]:
        """The record identifiers in the online store, page by page, in no order.

        `include_deleted` also lists those that were deleted softly.
        """
        from reconciler.records.listing import list_ids  # noqa: PLC0415

        return list_ids(self._runtime, self._target(group), include_deleted=include_deleted)

    def _pairs(self, wanted: _Wanted) -> Sequence[tuple[Target, Any]]:
        return [(self._target(group), record_id) for group, ids in wanted for record_id in ids]


def _feature_name(contract: Contract, feature: Any) -> str:
    if isinstance(feature, str):
        return feature
    group, name = getattr(feature, "group", None), getattr(feature, "name", None)
    if group != contract.group or not isinstance(name, str):
        raise Usage(f"{feature!r} is no feature of {contract.group}: give Weather.temp_f, or its name.")
    return name


def _wanted(group: Any, record_ids: Iterable[Any]) -> _Wanted:
    given = group.items() if isinstance(group, Mapping) else [(group, record_ids)]
    return [(one, list(dict.fromkeys(many(ids)))) for one, ids in given]


def _arranged(group: Any, wanted: _Wanted, found: Sequence[Stored | None], *, expires_at: bool) -> Any:
    """What was found, by group and identifier as they were asked for."""
    rest = iter(found if expires_at else (one and one.record for one in found))
    read = [(one, {record_id: next(rest) for record_id in ids}) for one, ids in wanted]
    return dict(read) if isinstance(group, Mapping) else read[0][1]
