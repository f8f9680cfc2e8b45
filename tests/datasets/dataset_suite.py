"""One suite for every engine: what it answers is held against the oracle, rows, order, values and types."""

import pyarrow as pa
from dataset_cases import visible
from dataset_oracle import answer, differences, listed, same

from reconciler.datasets.question import (
    Moments,
    answer_schema,
    arrow_type,
    event_name,
    listed_schema,
    status_name,
    value_name,
)

_BILLION = 10**9


def moments_of(question, labels):
    """Labels as engines get them."""
    columns = {"row": pa.array(range(len(labels)), pa.int64())}
    for number, key in enumerate(question.keys):
        columns[f"key_{number}"] = pa.array([label.keys[number] for label in labels], arrow_type(key.type))
    whole = [None if label.at is None else divmod(label.at * _BILLION // 1, _BILLION) for label in labels]
    columns["seconds"] = pa.array([at and int(at[0]) for at in whole], pa.int64())
    columns["nanos"] = pa.array([at and int(at[1]) for at in whole], pa.int32())
    if any(label.real is not None for label in labels):
        columns["real"] = pa.array([label.real for label in labels], pa.float64())
    return Moments(pa.table(columns))


def answered(engine, question, labels):
    """What an engine says, as tuples; its schema is the promised one, and the facts are complete."""
    found = engine.answer(question, moments_of(question, labels))
    assert found.schema.equals(answer_schema(question)), found.schema
    batches = list(found.batches)
    for batch in batches:
        assert batch.schema.equals(answer_schema(question)), batch.schema
    for facts in (found.facts.rows, found.facts.unreadable, found.facts.newest_write):
        assert len(facts) == len(question.joins)
    return _tuples(pa.Table.from_batches(batches, found.schema))


def check_answer(engine, question, files, labels):
    """An engine's answer is the oracle's."""
    stores = {name: visible(some) for name, some in files.items()}
    expected = answer(question, stores, labels)
    differ = differences(expected, answered(engine, question, labels))
    assert not differ, told(question, stores, labels, differ)


def check_listing(engine, listing, files):
    """A snapshot or a history is the oracle's."""
    rows = visible(files)
    found = engine.list(listing)
    assert found.schema.equals(listed_schema(listing)), found.schema
    batches = list(found.batches)
    assert all(batch.schema.equals(found.schema) for batch in batches)
    table = pa.Table.from_batches(batches, found.schema)
    for facts in (found.facts.rows, found.facts.unreadable, found.facts.newest_write):
        assert len(facts) == 1
    differ = differences(listed(listing, rows), _tuples(table))
    assert not differ, "\n".join([str(listing), *_lines(rows), *map(_line, differ[:5])])


def told(question, stores, labels, differ):
    """What differs, with all that bears on the first difference."""
    place, expected, found = differ[0]
    lines = [f"{len(differ)} of {len(labels)} rows differ", str(question)]
    if expected is None or found is None:
        return "\n".join([*lines, *map(_line, differ[:5])])
    names = [name for n in range(len(question.joins)) for name in (status_name(n), event_name(n))]
    names += [f"{value_name(n)} ({column.name})" for n, column in enumerate(question.columns)]
    lines += [f"label {place}: {labels[place]}, at {labels[place].at and float(labels[place].at)}"]
    pairs = zip(["row", *names], expected, found, strict=True)
    lines += [f"  {name}: expected {want!r}, found {have!r}" for name, want, have in pairs if not same(want, have)]
    for join in question.joins:
        key = labels[place].keys[question.keys.index(join.key)]
        lines += [f"rows of {join.name} with {key!r}:", *_lines(row for row in stores[join.name] if row.id == key)]
    return "\n".join(lines)


def _lines(rows):
    return [f"  {row}" for row in rows]


def _line(difference):
    place, expected, found = difference
    return f"row {place}: expected {expected}, found {found}"


def _tuples(table):
    """The rows; moments as microseconds, so that no time zone comes in between."""
    columns = [
        (column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_pylist()
        for column in table.columns
    ]
    return list(zip(*columns, strict=True)) if columns else []
