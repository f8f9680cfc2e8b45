"""A wanted feature group against what AWS accepts: every fault at once, before any call is made.

boto3 checks almost none of this: bad enums, bad names and 101 additions all leave the client (probed on boto3
1.44.5), and some combinations answer with `CreateFailed` minutes later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from reconciler.errors import Fault
from reconciler.state import feature_checks, limits
from reconciler.state.dataset_checks import check_datasets
from reconciler.state.feature_checks import Finding, name_rule, one_of
from reconciler.state.model import Desired, Registry


def check(registry: Registry) -> Iterator[Fault]:
    """Every fault of every group and dataset, and those that only show between them."""
    for desired in registry.groups.values():
        yield from check_group(desired)
    yield from _names_that_differ_in_case(registry)
    for name in registry.groups.keys() & registry.retired.keys():
        line = registry.retired[name].source
        yield Fault(
            line.file,
            line.line,
            name,
            "retire",
            "",
            "The group is declared and retired at once.",
            "Remove its spec to delete the group, or remove the retire line to keep it.",
        )
    for retired in registry.retired.values():
        if not retired.reason.strip():
            yield Fault(
                retired.source.file,
                retired.source.line,
                retired.name,
                "reason",
                repr(retired.reason),
                "Retiring a group needs a reason.",
                "Say why the group may go: reviewers read it in the plan.",
            )
    yield from check_datasets(registry)


def beside(known: Iterable[Fault], found: Iterable[Fault]) -> list[Fault]:
    """What was found beside faults that are known already.

    What stands in for a word at fault may look wrong in turn: one fault of a word is enough.
    """
    words = {(fault.group, _word(fault)) for fault in known}
    return [fault for fault in found if (fault.group, _word(fault)) not in words]


def _word(fault: Fault) -> str:
    return fault.field.split(".")[0].split("[")[0]


def check_group(desired: Desired) -> Iterator[Fault]:
    """Every fault of one group, at the line of the field it is about."""
    source = desired.source
    for rule in _RULES:
        for field, value, reason, fix in rule(desired):
            head = field.split(".")[0]
            yield Fault(source.file, source.line_of(head), desired.group.name, field, value, reason, fix)


def _name(desired: Desired) -> Iterator[Finding]:
    name = desired.group.name
    if not limits.NAME.fullmatch(name) or len(name) > limits.NAME_LENGTH:
        yield "name", repr(name), "AWS does not accept this name.", name_rule(name)


def _description(desired: Desired) -> Iterator[Finding]:
    text = desired.group.description or ""
    if len(text) > limits.DESCRIPTION_LENGTH:
        yield (
            "description",
            f"{len(text)} characters",
            f"AWS accepts at most {limits.DESCRIPTION_LENGTH}.",
            "Shorten the docstring's first paragraph, or give description=.",
        )


def _online(desired: Desired) -> Iterator[Finding]:
    group, online = desired.group, desired.group.online
    if online is None:
        if group.offline is None:
            yield (
                "online",
                "None",
                "Both stores are off.",
                "Give online=Online(), offline=Offline(), or both.",
            )
        return
    if online.storage_type not in limits.STORAGE_TYPES:
        yield (
            "online.storage_type",
            repr(online.storage_type),
            "There is no such storage type.",
            one_of(limits.STORAGE_TYPES),
        )
    if online.storage_type == "InMemory" and group.offline is not None:
        yield (
            "online.storage_type",
            "'InMemory'",
            "An in-memory group has no offline store on AWS.",
            "Say offline=None, or use the Standard storage type.",
        )
    if online.ttl_s is not None and not 1 <= online.ttl_s <= limits.TTL_VALUE:
        yield "online.ttl", f"{online.ttl_s} s", "A lifetime is at least one second.", "Give a longer ttl."
    yield from _key("online.kms_key", online.kms_key)


def _offline(desired: Desired) -> Iterator[Finding]:
    offline = desired.group.offline
    if offline is None:
        return
    if offline.table_format not in limits.TABLE_FORMATS:
        yield (
            "offline.table_format",
            repr(offline.table_format),
            "There is no such table format.",
            one_of(limits.TABLE_FORMATS),
        )
    if not offline.create_table and offline.table_format == "Iceberg":
        yield (
            "offline.create_table",
            "False",
            "AWS makes the table of an Iceberg group itself.",
            'Leave create_table out, or use table_format="Glue".',
        )
    if offline.s3_uri is not None and (
        not limits.S3_URI.fullmatch(offline.s3_uri) or len(offline.s3_uri) > limits.S3_URI_LENGTH
    ):
        yield "offline.s3_uri", repr(offline.s3_uri), "This is no S3 URI.", "Write s3://bucket/prefix."
    yield from _key("offline.kms_key", offline.kms_key)
    if offline.catalog:
        yield from _glue_name("offline.database", offline.catalog.database, limits.GLUE_DATABASE_LENGTH)
        yield from _glue_name("offline.table", offline.catalog.table, limits.GLUE_TABLE_LENGTH)


def _glue_name(field: str, name: str, length: int) -> Iterator[Finding]:
    if not limits.GLUE_NAME.fullmatch(name) or len(name) > length:
        yield (
            field,
            repr(name),
            "Athena cannot read a table so named.",
            f"Use up to {length} lower-case letters, digits and underscores, not beginning with a digit.",
        )


def _key(field: str, key: str | None) -> Iterator[Finding]:
    if key is not None and not limits.KMS_KEY.fullmatch(key):
        # AWS may echo an alias as something else, which would then look like a change for ever.
        yield (
            field,
            repr(key),
            "This is not the ARN of a KMS key.",
            "Write arn:aws:kms:REGION:ACCOUNT:key/ID.",
        )


def _role(desired: Desired) -> Iterator[Finding]:
    role = desired.group.role_arn
    if role is not None and (not limits.ROLE_ARN.fullmatch(role) or not 20 <= len(role) <= limits.ROLE_ARN_LENGTH):
        yield (
            "role_arn",
            repr(role),
            "This is not the ARN of a role.",
            "Write arn:aws:iam::ACCOUNT:role/NAME.",
        )


def _throughput(desired: Desired) -> Iterator[Finding]:
    group, throughput = desired.group, desired.group.throughput
    if throughput.mode not in limits.THROUGHPUT_MODES:
        yield (
            "throughput.mode",
            repr(throughput.mode),
            "There is no such mode.",
            one_of(limits.THROUGHPUT_MODES),
        )
    if throughput.mode != "Provisioned":
        return
    if group.online and group.online.storage_type != "Standard":
        yield (
            "throughput",
            "Provisioned",
            f"AWS provisions throughput for Standard storage, not for {group.online.storage_type}.",
            "Use OnDemand(), or the Standard storage type.",
        )
    for field in ("read_units", "write_units"):
        units = getattr(throughput, field)
        if units is None or not 0 <= units <= limits.CAPACITY_UNITS:
            yield (
                f"throughput.{field}",
                str(units),
                f"AWS accepts 0 to {limits.CAPACITY_UNITS:,} units.",
                "Give read and write units: Provisioned(read=..., write=...).",
            )


def _tags(desired: Desired) -> Iterator[Finding]:
    tags = desired.group.tags
    room = limits.TAGS - 2
    if len(tags) > room:
        yield "tags", f"{len(tags)} tags", f"AWS accepts {limits.TAGS}, and two are ours.", f"Keep {room}."
    for key, value in tags.items():
        if key.startswith((*limits.FOREIGN_TAG_PREFIXES, limits.OWN_TAG_PREFIX)):
            yield "tags", repr(key), "This prefix belongs to AWS or to this tool.", "Choose another key."
        elif not 1 <= len(key) <= limits.TAG_KEY_LENGTH or not limits.TAG_TEXT.fullmatch(key):
            yield "tags", repr(key), "AWS does not accept this tag key.", _TAG_RULE
        if len(value) > limits.TAG_VALUE_LENGTH or not limits.TAG_TEXT.fullmatch(value):
            yield "tags", f"{key}={value!r}", "AWS does not accept this tag value.", _TAG_RULE


_TAG_RULE = (
    f"Use up to {limits.TAG_KEY_LENGTH} characters in a key and {limits.TAG_VALUE_LENGTH} in a value: "
    "letters, digits, spaces and . : / = + - @ _."
)


def _keep_live(desired: Desired) -> Iterator[Finding]:
    for name in sorted(desired.keep_live - limits.KEEPABLE.keys()):
        yield "keep_live", repr(name), "There is no immutable field of this name.", one_of(limits.KEEPABLE)


def _names_that_differ_in_case(registry: Registry) -> Iterator[Fault]:
    seen: dict[str, Desired] = {}
    for desired in sorted(registry.groups.values(), key=lambda d: (d.source.file, d.source.line)):
        name, source = desired.group.name, desired.source
        other = seen.setdefault(name.lower(), desired)
        if other is not desired:
            yield Fault(
                source.file,
                source.line,
                name,
                "name",
                repr(name),
                f"It differs from {other.group.name!r} ({other.source.file}:{other.source.line}) only in case.",
                "AWS writes both names alike in ARNs and tables: rename one of them.",
            )


_RULES: tuple[Callable[[Desired], Iterator[Finding]], ...] = (
    _name,
    _description,
    feature_checks.features,
    feature_checks.keys,
    _online,
    feature_checks.collections,
    _offline,
    _role,
    _throughput,
    _tags,
    _keep_live,
)
