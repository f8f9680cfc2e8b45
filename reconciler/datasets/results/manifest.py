"""What a built dataset was made of, as a file beside it: enough to build it again, and to see that it is the same."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import file_digest, sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reconciler.datasets.question import Join, Listing, Question
from reconciler.datasets.results.report import Report
from reconciler.errors import Usage

if TYPE_CHECKING:
    from reconciler.datasets.results.result import Result

FORMAT_VERSION: Final = "1"

IN_FOLDER: Final = "_manifest.json"
"""The manifest of a folder. Readers of Hive's layout pass over names that begin so."""

_PACKAGES = ("reconciler", "pyarrow", "numpy")
_OF_ENGINES: Mapping[str, str] = {"duckdb": "duckdb", "spark": "pyspark"}


class File(NamedTuple):
    """A file of the dataset, by its path from where the manifest lies."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One build. `file` is where the manifest lies.

    `definition` is what was asked, without what belongs to an environment or a moment, and `spec_digest` its checksum.
    `options` are those of the build: `as_of`, which is the moment that counts as the end of what was written offline,
    `ignore_deletes`, `drop_unmatched`, `partition_by` and `format`. `versions` are of what the files depend on.
    """

    file: Path
    dataset: str
    environment: str
    engine: str
    spec_digest: str
    definition: Mapping[str, Any]
    as_of: datetime | None
    ignore_deletes: bool
    drop_unmatched: str | None
    labels_digest: str
    labels_from: tuple[str, ...]
    time_zone: str
    format: str
    partition_by: tuple[str, ...]
    files: tuple[File, ...]
    report: Report
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows all files have."""
        return sum(file.rows for file in self.files)

    def as_json(self) -> dict[str, Any]:
        """The manifest as JSON has it."""
        return {
            "format_version": FORMAT_VERSION,
            "dataset": self.dataset,
            "environment": self.environment,
            "engine": self.engine,
            "versions": dict(self.versions),
            "spec_digest": self.spec_digest,
            "definition": self.definition,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "ignore_deletes": self.ignore_deletes,
            "drop_unmatched": self.drop_unmatched,
            "labels": {
                "digest": self.labels_digest,
                "from": list(self.labels_from),
                "time_zone": self.time_zone or None,
            },
            "format": self.format,
            "partition_by": list(self.partition_by),
            "files": [file._asdict() for file in self.files],
            "report": self.report.as_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any], file: Path) -> Manifest:
        """What `as_json` wrote; raises `Usage` for anything else."""
        try:
            given = dict(document)
            found = given.pop("format_version")
            if found != FORMAT_VERSION:
                raise Usage(f"{file} is of format {found!r}, and this version of reconciler reads {FORMAT_VERSION!r}.")
            labels = given.pop("labels")
            given["as_of"] = datetime.fromisoformat(given["as_of"]) if given["as_of"] else None
            given["partition_by"] = tuple(given["partition_by"])
            given["files"] = tuple(File(**one) for one in given["files"])
            given["report"] = Report.from_json(given["report"])
            given["time_zone"] = labels.get("time_zone") or ""
            return cls(file=file, labels_digest=labels["digest"], labels_from=tuple(labels["from"]), **given)
        except (AttributeError, KeyError, TypeError, ValueError) as wrong:
            raise Usage(f"{file} is no manifest of a dataset ({type(wrong).__name__}: {wrong}).") from None


def manifest_path(data: Path, *, is_folder: bool) -> Path:
    """Where the manifest of a file or a folder lies."""
    return data / IN_FOLDER if is_folder else data.with_name(f"{data.name}.manifest.json")


def read_manifest(path: str | Path) -> Manifest:
    """The manifest in a file, or that of a dataset: of its file, or of its folder. Raises `Usage`."""
    given = Path(path)
    if given.is_dir():
        given = manifest_path(given, is_folder=True)
    elif not given.name.endswith(".json"):
        given = manifest_path(given, is_folder=False)
    try:
        document = json.loads(given.read_bytes())
    except OSError as failed:
        raise Usage(f"The manifest cannot be read: {failed}.") from None
    except ValueError as wrong:
        raise Usage(f"{given} is no JSON: {wrong}.") from None
    return Manifest.from_json(document, given)


def manifest_of(
    result: Result, file: Path, form: str, partition_by: tuple[str, ...], files: tuple[File, ...]
) -> Manifest:
    """The manifest of a result that was written into files."""
    about, asked = result.about, result.question or result.listing
    definition = definition_of(asked, about.time)
    return Manifest(
        file=file,
        dataset=about.dataset,
        environment=about.environment,
        engine=about.engine,
        spec_digest=digest_of(definition),
        definition=definition,
        as_of=asked.as_of if asked else None,
        ignore_deletes=asked.ignore_deletes if asked else False,
        drop_unmatched=result.drop_unmatched,
        labels_digest=result.labels_digest,
        labels_from=about.labels_from,
        time_zone=about.time_zone,
        format=form,
        partition_by=partition_by,
        files=files,
        report=result.report,
        versions=versions(about.engine),
    )


def definition_of(asked: Question | Listing | None, time: str = "") -> dict[str, Any]:
    """What is asked, by the names in specs: the same in every environment, at every moment and wherever specs stand."""
    if isinstance(asked, Question):
        return {
            "time": time,
            "strict": asked.strict,
            "known_at": asked.known_at,
            "columns": [column.name for column in asked.columns],
            "joins": [_join(join) for join in asked.joins],
        }
    if isinstance(asked, Listing):
        start, end = (moment.isoformat() if moment else None for moment in (asked.start, asked.end))
        return {"start": start, "end": end, "known_at": asked.known_at, "joins": [_join(asked.join)]}
    return {}


def digest_of(definition: Mapping[str, Any]) -> str:
    """`sha256:...`."""
    return f"sha256:{sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()}"


def file_of(path: Path, home: Path, rows: int) -> File:
    """A file that was written, by its path from `home`."""
    with path.open("rb") as written:
        digest = file_digest(written, "sha256").hexdigest()
    return File(path.relative_to(home).as_posix(), rows, path.stat().st_size, digest)


def versions(engine: str) -> dict[str, str]:
    """What the bytes of the files depend on."""
    names = [*_PACKAGES, *([_OF_ENGINES[engine]] if engine in _OF_ENGINES else [])]
    return {"python": platform.python_version()} | {name: found for name in names if (found := _version(name))}


def damages(manifest: Manifest) -> Iterator[str]:
    """What is no longer as it was built, a sentence for each file."""
    home = manifest.file.parent
    for file in manifest.files:
        path = home / file.path
        if not path.is_file():
            yield f"{path} is gone."
        elif file_of(path, home, file.rows) != file:
            yield f"{path} was changed after it was built."


@dataclass(frozen=True, slots=True)
class Repeated:
    """What came of building a dataset again: nothing in `differences` where every file is the same to the byte."""

    manifest: Manifest
    differences: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Every file is the same to the byte."""
        return not self.differences


def repeat(manifest: Manifest, result: Result, folder: Path) -> Repeated:
    """Build a dataset again in an empty folder, and compare it with what the manifest says.

    `result` is asked with the manifest's own options. Raises `Usage` where it asks something else, or where no moment
    was fixed: then it could not be the same.
    """
    from reconciler.datasets.results.writing import write_dataset  # noqa: PLC0415 - heavy

    _check_same_question(manifest, result)
    name = manifest.file.name.removesuffix(".manifest.json") if manifest.file.name != IN_FOLDER else "data"
    again = write_dataset(result, folder / name, manifest.format, partition_by=manifest.partition_by)
    found = [*_differences(manifest, again)]
    if found:
        found += _other_versions(manifest, again)
    return Repeated(again, tuple(found))


def _check_same_question(manifest: Manifest, result: Result) -> None:
    asked = result.question or result.listing
    if manifest.as_of is None:
        raise Usage(f"{manifest.file} was built without as_of, so what was written since counts as well: give as_of.")
    if asked is None or asked.as_of != manifest.as_of:
        raise Usage(f"{manifest.file} was built as of {manifest.as_of.isoformat()}: ask for that.")
    options = {"ignore_deletes": asked.ignore_deletes, "drop_unmatched": result.drop_unmatched}
    for name, option in options.items():
        before = getattr(manifest, name)
        if option != before:
            raise Usage(f"{manifest.file} was built with {name}={before!r}, and not {option!r}: ask for that.")
    definition = definition_of(asked, result.about.time)
    if digest_of(definition) != manifest.spec_digest:
        names = [name for name, said in manifest.definition.items() if definition.get(name) != said]
        raise Usage(
            f"{manifest.dataset or 'The dataset'} is defined otherwise now than in {manifest.file}: "
            f"{', '.join(names) or 'its definition'} differ. Check out the commit that it was built from."
        )


def _differences(manifest: Manifest, again: Manifest) -> Iterator[str]:
    if again.labels_digest != manifest.labels_digest:
        yield "The labels are others than they were."
    now, before = ({file.path: file for file in one.files} for one in (again, manifest))
    for path in sorted(now.keys() | before.keys()):
        if path not in now:
            yield f"{path} did not come into being this time."
        elif path not in before:
            yield f"{path} was not there the first time."
        elif now[path] != before[path]:
            rows = f", and has {now[path].rows:,} rows instead of {before[path].rows:,}"
            yield f"{path} differs{rows if now[path].rows != before[path].rows else ''}."


def _other_versions(manifest: Manifest, again: Manifest) -> Iterator[str]:
    """What may be the reason that bytes differ where rows do not."""
    for name in sorted(manifest.versions.keys() & again.versions.keys()):
        before, now = manifest.versions[name], again.versions[name]
        if before != now:
            yield f"It was built with {name} {before}, and now with {now}, which may write the same rows otherwise."


def _join(join: Join) -> dict[str, Any]:
    return {
        "group": join.group,
        "key": list(join.key),
        "record_id": join.record_id,
        "event_time": [join.event_time, join.event_time_type],
        "columns": [list(column) for column in join.columns],
        "max_age": join.max_age.total_seconds() if join.max_age is not None else None,
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
