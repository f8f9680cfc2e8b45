"""Rows of one partition that repeat another one: found by their keys first, then, of those few, by all values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.aws.ranged import Ranged
from reconciler.records.offline.holding import in_parallel
from reconciler.records.offline.keys import COLUMNS, key_table
from reconciler.records.offline.place import INVOKED, WRITE_TIME, Place
from reconciler.records.offline.reading import as_parquet, microseconds, named, named_in

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_FILE, _ROW, _SET = "reconciler_file", "reconciler_row", "reconciler_set"


@dataclass(slots=True)
class Part:
    """A partition: its visible rows, the positions of repeats by file, and what these files were when read."""

    rows: int = 0
    going: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)


class _Keys(NamedTuple):
    uri: str
    etag: str
    keys: pa.Table


def repeats(place: Place, files: Mapping[str, Sequence[int]]) -> Part:
    """Look at the files of a partition; `files` says which positions deletes hide. FileNotFoundError if one is gone."""
    import pyarrow as pa  # noqa: PLC0415 - heavy

    looked = list(in_parallel(lambda uri: _keys(place, uri, files[uri]), files))
    part = Part(sum(len(one.keys) for one in looked), etags={one.uri: one.etag for one in looked})
    numbered = [
        one.keys.append_column(_FILE, pa.array([number] * len(one.keys), pa.int32()))
        for number, one in enumerate(looked)
    ]
    suspects = _suspects(pa.concat_tables(numbered)) if numbered else None
    if suspects is None or not len(suspects):
        return part
    for number, positions in _going(place, looked, suspects):
        part.going[looked[number].uri] = positions
    return part


def _keys(place: Place, uri: str, hidden: Sequence[int]) -> _Keys:
    """Identifiers and event times of the rows that are seen, with their positions."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    source = Ranged(place.objects, uri)
    names = [place.record_id, place.event_time]
    with as_parquet(source) as file:
        rows = file.read(named(file, uri, names), use_threads=False).rename_columns(names)
    keys = key_table(rows[place.record_id], rows[place.event_time])
    positions = np.arange(len(keys), dtype=np.int64)
    keys = keys.append_column(_ROW, pa.array(positions))
    return _Keys(uri, source.etag, keys.filter(pa.array(~np.isin(positions, hidden))) if len(hidden) else keys)


def _suspects(keys: pa.Table) -> pa.Table:
    """The rows whose key is there more than once."""
    import pyarrow.compute as pc  # noqa: PLC0415

    counted = keys.group_by(COLUMNS, use_threads=False).aggregate([(_ROW, "count")])
    several = counted.filter(pc.greater(counted[f"{_ROW}_count"], 1)).select(COLUMNS)
    if not len(several):
        return several
    return keys.join(several, keys=COLUMNS, join_type="inner", use_threads=False)


def _going(place: Place, looked: Sequence[_Keys], suspects: pa.Table) -> Iterable[tuple[int, np.ndarray[Any, Any]]]:
    """Of the rows that are alike in everything, all but the first that was received."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    numbers = suspects[_FILE].unique().to_pylist()

    def read(number: int) -> pa.Table:
        of = suspects.filter(pc.equal(suspects[_FILE], number))
        return _values(place, looked[number].uri, np.sort(of[_ROW].to_numpy()), number)

    rows = pa.concat_tables(list(in_parallel(read, numbers)), promote_options="default")
    order = [(INVOKED, "ascending"), (WRITE_TIME, "ascending"), (_FILE, "ascending"), (_ROW, "ascending")]
    rows = rows.sort_by(order)
    values = [name for name in rows.column_names if name not in (_FILE, _ROW, INVOKED, WRITE_TIME)]
    rows = rows.append_column(_SET, pa.array(np.arange(len(rows))))
    firsts = rows.group_by(values, use_threads=False).aggregate([(_SET, "min")])[f"{_SET}_min"]
    going = rows.filter(pc.invert(pc.is_in(rows[_SET], value_set=firsts.combine_chunks())))
    for number in going[_FILE].unique().to_pylist():
        yield number, np.sort(going.filter(pc.equal(going[_FILE], number))[_ROW].to_numpy())


def _values(place: Place, uri: str, positions: np.ndarray[Any, Any], number: int) -> pa.Table:
    """Whole rows of a file, by their positions, in a form that can be compared."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    taken, first = [], 0
    with as_parquet(Ranged(place.objects, uri)) as file:
        for group in range(file.metadata.num_row_groups):
            size = file.metadata.row_group(group).num_rows
            inside = positions[(positions >= first) & (positions < first + size)] - first
            if len(inside):
                taken.append(file.read_row_group(group, use_threads=False).take(pa.array(inside)))
            first += size
    rows = pa.concat_tables(taken).replace_schema_metadata(None)
    columns = {name.lower(): rows[name] for name in rows.column_names}
    moment = key_table(rows[named_in(rows, place.record_id)], rows[named_in(rows, place.event_time)])
    del columns[place.event_time.lower()]
    columns |= {"seconds of reconciler": moment["seconds"], "nanos of reconciler": moment["nanos"]}
    columns |= {name: microseconds(columns[name]) for name in (INVOKED, WRITE_TIME)}
    columns |= {_FILE: pa.array(np.full(len(rows), number, np.int32)), _ROW: pa.array(positions)}
    return pa.table(columns)
