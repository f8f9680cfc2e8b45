"""The SQL that reads a table's files with DuckDB, typed as the catalogue says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.emulator.athena.digits import whole
from reconciler.emulator.athena.failures import failed
from reconciler.emulator.athena.types import engine_type, literal, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.emulator.athena.engine import Engine

# A file's name is a pattern to DuckDB; these marks would match others.
_PATTERN_MARKS = str.maketrans({"*": "[*]", "?": "[?]", "[": "[[]"})
_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
_TEXT = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_JSON = ("org.openx.data.jsonserde.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe")
_PARQUET = "parquet"
_NO_NULL = "\x01\x02"
"""A text that no file holds: OpenCSVSerde has no nulls."""


PATH = "$path"
"""The hidden column that says which file a row is from (Athena user guide)."""


class Files(NamedTuple):
    """Files that share the values of their partitions, or carry them in their names (`values` is None then)."""

    paths: tuple[str, ...]
    values: tuple[str | None, ...] | None = None


class Layout(NamedTuple):
    """How a table's files are to be read."""

    columns: Sequence[tuple[str, str]]
    """Names and types of the catalogue, partitions left out."""
    partitions: Sequence[tuple[str, str]]
    serde: str
    serde_properties: Mapping[str, str]
    properties: Mapping[str, str]


def layout(table: Mapping[str, Any]) -> Layout:
    """From the catalogue's entry."""
    storage = table.get("StorageDescriptor", {})
    serde = storage.get("SerdeInfo", {})
    return Layout(
        [(column["Name"].lower(), column.get("Type", "string")) for column in storage.get("Columns", [])],
        [(column["Name"].lower(), column.get("Type", "string")) for column in table.get("PartitionKeys", [])],
        serde.get("SerializationLibrary") or storage.get("InputFormat", ""),
        serde.get("Parameters", {}),
        {**table.get("Parameters", {}), **storage.get("Parameters", {})},
    )


def query(engine: Engine, shape: Layout, groups: Sequence[Files], root: str | None = None) -> str:
    """A SELECT of all columns, partitions last; with `root`, where buckets lie, also the file of each row."""
    parts = [_group(engine, shape, files, root) for files in groups if files.paths]
    hidden = [] if root is None else [(PATH, "string")]
    return " UNION ALL ".join(parts) if parts else nothing([*shape.columns, *shape.partitions, *hidden])


def nothing(columns: Sequence[tuple[str, str]]) -> str:
    """No rows of these columns."""
    typed = ", ".join(f"CAST(NULL AS {engine_type(kind)}) AS {quoted(name)}" for name, kind in columns)
    return f"SELECT {typed or 'NULL AS none'} WHERE false"


def paths_literal(paths: Sequence[str]) -> str:
    return f"[{', '.join(literal(path.translate(_PATTERN_MARKS)) for path in paths)}]"


def _group(engine: Engine, shape: Layout, files: Files, root: str | None) -> str:
    hive = bool(shape.partitions) and files.values is None
    kinds = ", ".join(f"{quoted(name)}: {engine_type(kind)}" for name, kind in shape.partitions)
    naming = f"hive_partitioning = true, hive_types = {{{kinds}}}" if hive else "hive_partitioning = false"
    if root is not None:
        naming += f", filename = {literal(PATH)}"
    if _PARQUET in shape.serde.lower():
        source, columns = parquet(engine, files.paths, shape.columns, naming)
    elif shape.serde == _CSV:
        source, columns = _csv(shape, files.paths, naming)
    elif shape.serde in _JSON:
        source, columns = _json(shape, files.paths, naming)
    elif shape.serde == _TEXT or not shape.serde:
        source, columns = _text(shape, files.paths, naming)
    else:
        raise failed("NOT_SUPPORTED", f"The emulator cannot read tables of the SerDe {shape.serde}")
    hidden = [] if root is None else [f"replace({quoted(PATH)}, {literal(root)}, 's3:/') AS {quoted(PATH)}"]
    return f"SELECT {', '.join([*columns, *_partition_columns(shape, files), *hidden])} FROM {source}"


def _partition_columns(shape: Layout, files: Files) -> list[str]:
    if files.values is None:
        # DuckDB leaves the value of a null partition as Hive writes it.
        return [
            f"{quoted(name)}"
            if kind != "string"
            else f"nullif({quoted(name)}, '__HIVE_DEFAULT_PARTITION__') AS {quoted(name)}"
            for name, kind in shape.partitions
        ]
    return [
        f"CAST({'NULL' if value is None else literal(value)} AS {engine_type(kind)}) AS {quoted(name)}"
        for (name, kind), value in zip(shape.partitions, files.values, strict=True)
    ]


def parquet(
    engine: Engine, paths: Sequence[str], columns: Sequence[tuple[str, str]], options: str
) -> tuple[str, list[str]]:
    """Columns are found by name, whatever its case; what no file has is NULL."""
    source = f"read_parquet({paths_literal(paths)}, union_by_name = {str(len(paths) > 1).lower()}, {options})"
    found = engine.relation(f"SELECT * FROM {source}")
    present = {name.lower(): str(kind) for name, kind in zip(found.columns, found.types, strict=True)}
    return source, [_parquet_column(name, engine_type(kind), present.get(name)) for name, kind in columns]


def _parquet_column(name: str, wanted: str, found: str | None) -> str:
    if found is None:
        return f"CAST(NULL AS {wanted}) AS {quoted(name)}"
    if found == wanted:
        return f"{quoted(name)} AS {quoted(name)}"
    if found == "TIMESTAMPTZ_NS":  # which DuckDB casts to nothing but its own kind
        return f"CAST(CAST({quoted(name)} AS TIMESTAMPTZ) AS {wanted}) AS {quoted(name)}"
    return f"CAST({quoted(name)} AS {wanted}) AS {quoted(name)}"


def _csv(shape: Layout, paths: Sequence[str], naming: str) -> tuple[str, list[str]]:
    """OpenCSVSerde: everything is text first; what cannot be the declared type fails the query."""
    given = shape.serde_properties
    marks = {
        "delim": given.get("separatorChar", ","),
        "quote": given.get("quoteChar", '"'),
        "escape": given.get("escapeChar", "\\"),
    }
    source = _delimited(shape, paths, naming, marks, null=_NO_NULL)
    columns = []
    for at, (name, kind) in enumerate(shape.columns):
        columns.append(f"{_strict(_text_of(name), engine_type(kind), at)} AS {quoted(name)}")
    return source, columns


def _text_of(name: str) -> str:
    """A column as text. DuckDB would let its reader cast a bare column, and fail where TRY_CAST makes NULL."""
    return f"substr({quoted(name)}, 1)"


def _strict(text: str, kind: str, field: int) -> str:
    if kind == "VARCHAR":
        return text
    if kind == "TIMESTAMP":
        value = f"make_timestamp(TRY_CAST({text} AS BIGINT) * 1000)"
    elif kind == "DATE":
        value = f"coalesce(DATE '1970-01-01' + TRY_CAST({text} AS INTEGER), TRY_CAST({text} AS DATE))"
    else:
        value = f"TRY_CAST({text} AS {kind})"
    sentence = (
        f"'HIVE_BAD_DATA: Error parsing field value ''' || {text} || ''' for field {field}: "
        f"For input string: \"' || {text} || '\"'"
    )
    return (
        f"CASE WHEN {text} IS NOT NULL AND {value} IS NULL THEN CAST(CAST({sentence} AS INTEGER) AS VARCHAR)::{kind} "
        f"ELSE {value} END"
    )


def _text(shape: Layout, paths: Sequence[str], naming: str) -> tuple[str, list[str]]:
    """LazySimpleSerDe: no quotes; what cannot be the declared type is NULL."""
    given = shape.serde_properties
    null = given.get("serialization.null.format", "\\N")
    escape = given.get("escape.delim", "")
    marks = {"delim": given.get("field.delim", "\x01"), "quote": "", "escape": "" if escape in null else escape}
    source = _delimited(shape, paths, naming, marks, null=null)
    return source, [
        f"TRY_CAST({_text_of(name)} AS {engine_type(kind)}) AS {quoted(name)}" for name, kind in shape.columns
    ]


def _delimited(shape: Layout, paths: Sequence[str], naming: str, marks: Mapping[str, str], *, null: str) -> str:
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name, _ in shape.columns)
    options = ", ".join(f"{name} = {literal(mark)}" for name, mark in marks.items())
    skip = shape.properties.get("skip.header.line.count", "0")
    return (
        f"read_csv({paths_literal(paths)}, header = false, auto_detect = false, columns = {{{columns}}}, {options}, "
        f"skip = {whole(skip) or 0}, nullstr = {literal(null)}, allow_quoted_nulls = false, "
        f"null_padding = true, strict_mode = false, {naming})"
    )


def _json(shape: Layout, paths: Sequence[str], naming: str) -> tuple[str, list[str]]:
    columns = ", ".join(f"{quoted(name)}: {literal(engine_type(kind))}" for name, kind in shape.columns)
    lenient = shape.serde_properties.get("ignore.malformed.json", "").lower() == "true"
    source = (
        f"read_json({paths_literal(paths)}, format = 'newline_delimited', columns = {{{columns}}}, "
        f"ignore_errors = {str(lenient).lower()}, {naming})"
    )
    return source, [quoted(name) for name, _ in shape.columns]
