"""The examples of docs/refusals.md, planned for real: no AWS, no emulator, only values."""

from dataclasses import replace

from docs_pages import HOME, blocks, fenced, patched, sections

from reconciler.config import LOCAL_DEFAULTS, Environment, Overrides
from reconciler.diff import standing_alone
from reconciler.load.specs import checked
from reconciler.placement import place
from reconciler.plan import Scope, make_plan
from reconciler.render.text import as_text
from reconciler.rules.brakes import Limits
from reconciler.spec import Feature, GroupSpec
from reconciler.state import Asked, Dataset, Live, Registry, Retirement, Source
from reconciler.state.model import Health

PAGE = "docs/refusals.md"
OWNER = "acme/flights@prod"
PROD = Environment(
    "prod",
    account="123456789012",
    region="eu-central-1",
    defaults=Overrides(
        role_arn=LOCAL_DEFAULTS["role_arn"].replace("000000000000", "123456789012"),
        s3_uri="s3://acme-features/prod",
        protected=False,
    ),
)
SCOPE = Scope(OWNER, "acme/flights", "prod", "123456789012/eu-central-1", Limits(0.25, 0.5, 10, "prod"))


def files():
    """The specs that the page begins with."""
    return {block.file: block.body for block in blocks("python", of=PAGE) if block.file}


def examples():
    """Code to the diffs of its section and to the refusal that it shows."""
    found = {}
    for title, text in sections(PAGE, 2).items():
        if title.startswith("FS"):
            inside = fenced(text)
            diffs = [body for language, body in inside if language == "diff"]
            shown = [body for language, body in inside if language == "text"]
            found[title.partition(":")[0]] = (diffs, shown)
    return found


def edited(diff):
    """The page's specs with the edit of one example, or with all of a file's."""
    file, body = diff.split("\n", 1)
    file = file.removeprefix("# ")
    given = files()
    return {**given, file: patched(given[file], body)}


def registry_of(texts, folder):
    """What some spec files declare, placed in the page's environment."""
    groups, retired = {}, {}
    for file, text in texts.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        names = {"__name__": path.stem}
        exec(compile(text, str(path), "exec"), names)
        for value in names.values():
            if isinstance(
                spec := vars(value).get("__feature_group__") if isinstance(value, type) else value, GroupSpec
            ):
                desired = spec.desired()
                source = desired.source
                there = replace(source, file=source.file.removeprefix(f"{folder}/").removeprefix(f"{HOME}/"))
                groups[spec.name] = replace(desired, source=there)
    return placed(Registry(groups, retired))


def placed(registry):
    return place(checked(registry, ()), PROD, OWNER)


def live_of(registry, **more):
    """A store in which all of it is live, made as the specs say."""
    return {name: Live(standing_alone(want), **more) for name, want in registry.groups.items()}


def a_row_of(count, **more):
    """As many groups as that, made by a loop in a registry file."""
    features = [Feature("id", str), Feature("at", str), *more.get("features", ())]
    specs = [GroupSpec(name=f"g{n:02}", record_id="id", event_time="at", features=features) for n in range(count)]
    return {spec.name: replace(spec.desired(), source=Source("registry/all.py", 9)) for spec in specs}


def retirement(name, line=3):
    return Retirement(name, "Nobody reads it.", Source("registry/retired.py", line))


def training_set():
    """The dataset that uses the temperature of the page's weather."""
    lines = {"features": 9, "temp_f": 9}
    source = Source("registry/departures.py", 7, lines)
    return Dataset("departure-delay", (Asked("temp_f", "weather", "temp_f", "origin"),), "scheduled_at", source=source)


def refusal_shown(desired, live, code):
    """The part of a plan's text that is the first refusal with this code; empty where there is none."""
    text = as_text(make_plan(desired, live, SCOPE))
    parts = text.split("\n\n")
    return next((part for part in parts if f"  {code} refused" in part.splitlines()[0]), "")


def situation(code, folder):
    """Desired and live of a refusal that no edit of one spec brings about."""
    base = registry_of(files(), folder)
    live = live_of(base)
    weather = live["weather"]
    without = Registry({"products": base.groups["products"]}, {})
    retired = replace(without, retired={"weather": retirement("weather")})
    unowned = {**live, "weather": replace(weather, group=replace(weather.group, owner=None))}
    match code:
        case "FS105" | "FS214" | "FS406":
            return situation_of_a_dataset(code, base, live, retired)
        case "FS213":
            failed = Health("DeleteFailed", failure="Insufficient Lake Formation permission(s)")
            return base, {**live, "weather": replace(weather, health=failed)}
        case "FS301":
            many = placed(Registry(a_row_of(12), {}))
            some = {name: want for name, want in many.groups.items() if name >= "g04"}
            return Registry(some, {f"g{n:02}": retirement(f"g{n:02}") for n in range(4)}), live_of(many)
        case "FS302":
            grown = a_row_of(7, features=[Feature("x", float)])
            now = placed(Registry(a_row_of(12) | grown, {}))
            return now, live_of(placed(Registry(a_row_of(12), {})))
        case "FS303":
            return Registry({}, {}), live
        case "FS304":
            return Registry({}, {name: retirement(name) for name in live}), live
        case "FS401":
            theirs = replace(weather, group=replace(weather.group, owner="globex/ml@prod"))
            return base, {**live, "weather": theirs}
        case "FS402":
            return without, live
        case "FS403":
            return retired, {**live, "weather": replace(weather, group=replace(weather.group, protected=True))}
        case "FS404":
            features = tuple(
                f._replace(type="String") if f.name == "temp_f" else f for f in unowned["weather"].group.features
            )
            other = replace(unowned["weather"], group=replace(unowned["weather"].group, features=features))
            return base, {**live, "weather": other}
        case "FS405":
            return retired, unowned
        case _:
            raise AssertionError(f"show {code} with a diff of one of the page's specs, or add its situation here")


def situation_of_a_dataset(code, base, live, retired):
    """Desired and live where a dataset asks for what is not there, or is to go."""
    used = {"departure-delay": training_set()}
    weather = base.groups["weather"]
    if code == "FS105":
        old = replace(weather, deprecated={"temp_f": "The sensor is gone."})
        groups = {**base.groups, "weather": old}
        return replace(base, groups=groups, datasets=used), live_of(replace(base, groups=groups))
    if code == "FS214":
        kept = replace(weather, keep_live=frozenset({"offline"}))
        there = replace(live["weather"], group=replace(live["weather"].group, offline=None))
        return replace(base, groups={**base.groups, "weather": kept}, datasets=used), {**live, "weather": there}
    return replace(retired, datasets=used), live
