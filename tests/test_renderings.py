"""Plans as people and machines read them. The golden files are reviewed like code.

After a change that is meant: UPDATE_GOLDEN=1 pytest tests/test_renderings.py
"""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from builders import (
    a_feature,
    a_group,
    a_live,
    a_registry,
    a_retirement,
    a_spec,
    an_offline_group,
    codes,
    planned,
    with_online,
)
from hypothesis import given
from hypothesis import strategies as st
from rich_plan import rich_plan
from strategies import registries

from reconciler.errors import AwsFailed, Fault
from reconciler.plan import Outcome
from reconciler.plan.codec import plan_as_json
from reconciler.render import annotations, outcome
from reconciler.render.escape import code, command_message, command_property, markdown, terminal
from reconciler.render.markdown import as_markdown
from reconciler.render.text import as_text
from reconciler.state import Health, Source

GOLDEN = Path(__file__).with_name("golden")
PLANS = {
    "rich": rich_plan,
    "empty": lambda: planned([a_group()], [a_group()]),
    "blocked": lambda: planned(
        [a_group("weather", a_feature("temp_f", "String"))], [a_group("weather", a_feature()), a_group("plane")]
    ),
}


def as_json(plan):
    return json.dumps(plan_as_json(plan), indent=2, ensure_ascii=False) + "\n"


FORMATS = {"txt": as_text, "md": as_markdown, "json": as_json}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", PLANS)
def test_a_plan_reads_as_it_was_reviewed(name, form):
    file = GOLDEN / f"plan-{name}.{form}"
    said = FORMATS[form](PLANS[name]())
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(said, encoding="utf-8")

    assert said == file.read_text(encoding="utf-8")


# Text


def test_lines_keep_to_80_columns_where_their_words_allow():
    too_long = [line for line in as_text(rich_plan()).splitlines() if len(line) > 80]

    assert all("feature(default=None" in line for line in too_long)


@given(wanted=registries(), live=registries(), width=st.integers(60, 120))
def test_any_plan_keeps_to_any_width_where_its_words_allow(wanted, live, width):
    plan = planned(wanted, [spec.group for spec in live])

    for line in as_text(plan, width=width).splitlines():
        pasted = "feature(default=None" in line or "retire(" in line
        assert len(line) <= width or pasted or len(max(line.split(), key=len)) > width // 3, line


def test_what_destroys_is_read_first_and_the_verdict_last():
    text = as_text(rich_plan())

    assert text.index("- doomed  delete") < text.index("! guarded") < text.index("+ broken")
    assert text.rstrip().splitlines()[-1].startswith("Digest sha256:")


def test_colour_goes_where_it_is_asked_for_and_nowhere_else():
    coloured = as_text(rich_plan(), lambda text, colour: f"<{colour}>{text}</>")

    assert "<red>  - doomed  delete</>" in coloured
    assert "<green>  + memory  create</>" in coloured
    assert "<yellow>  ~ paid  add_features</>" in coloured
    assert re.sub(r"<\w+>|</>", "", coloured) == as_text(rich_plan())


# Markdown


def test_the_verdict_comes_first_in_markdown():
    assert as_markdown(rich_plan()).startswith("## Blocked: 9 refusals (")
    assert as_markdown(PLANS["empty"]()).startswith("## Nothing to change\n")
    assert as_markdown(planned([a_group()])).startswith("## Ready to apply\n")
    deletion = planned(a_registry(a_retirement(), a_group("plane")), [a_group(), a_group("plane")])
    assert as_markdown(deletion).startswith("## Deletes 1 live feature group\n")


def a_huge_plan():
    return planned([a_group(f"g{n}", *(a_feature(f"f{m}", about="x" * 200) for m in range(60))) for n in range(60)])


@pytest.mark.parametrize("size", [1_000, 5_000, 60_000])
def test_markdown_keeps_to_its_size_and_says_how_much_is_missing(size):
    plan = a_huge_plan()

    said = as_markdown(plan, size)

    assert len(said) <= size
    assert re.search(r"\d+ more lines are in the full plan\.", said)
    assert plan.digest in said


def test_markdown_that_fits_is_whole():
    assert "more lines" not in as_markdown(rich_plan())


# Hostile words

HOSTILE = [
    "<script>alert(1)</script>",
    "<!-- hidden -->",
    "@everyone",
    "@acme/admins",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "https://evil.example",
    "**bold** _it_ ~~no~~ `code` ``two``",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "a | b",
    "| a | b |",
    "--- ===",
    "&lt;b&gt; &#64;here",
    "\\*escaped\\*",
    "line\nbreak\r\nand\ttab",
    "::error file=x::gotcha",
    "::stop-commands::token",
    "\n::add-mask::x",
    "##[add-mask]x",
    "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "\u202egnp.exe",
    "zero\u200bwidth\u2066x\u2069",
    "\x00\x07\x08\x7f\x9b31m",
    "GH-1 #1 acme/repo#1",
    ":smile:",
]
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def a_hostile_plan(word):
    """The word wherever a person's own words get into a plan."""
    wanted = [
        a_spec(a_group("fresh", a_feature(about=word, parameters={word: word}), tags={word: word})),
        a_spec(a_group("known", a_feature(about=word), tags={"team": word}), deprecated={}),
        replace(a_spec(with_online(a_group("moved"), ttl_s=60)), source=Source(f"registry/{word}.py", 1)),
        a_spec(a_group("theirs")),
        a_retirement("doomed", word),
    ]
    live = [
        a_group("known", a_feature(about="Air."), tags={"team": "ops", word: word}),
        a_group("moved"),
        a_group("theirs", owner=word or None),
        a_live(an_offline_group("doomed"), data_uri=word),
        a_live(a_group("gone"), health=Health("Created", "", "Failed", word, "Blocked", word)),
    ]
    return planned(a_registry(*wanted), live)


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_do_nothing_in_markdown(word):
    said = as_markdown(a_hostile_plan(word))

    outside_code = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", said)
    assert not UNSEEN.search(said)
    assert "<" not in outside_code
    assert not re.search(r"@(?!&#8203;)", outside_code)
    assert not re.search(r"\\#(?!&#8203;)", outside_code)
    assert not re.search(r"(?<!\\)\]\(|(?<!\\)!\[|(?<!\\)\[", outside_code)
    assert not re.search(r"(?<!\\)://", outside_code)
    assert not re.search(r"(?<!\\)~~|[^\\*]\*\*[^\n`*]*\*\*(?! )", re.sub(r"\*\*(FS\d+)?\*\*", "", outside_code))
    # Only lines of ours: headings, bullets, the environment, the digest.
    assert all(re.match(r"(## |### |- |  - |Environment |Digest |$)", line) for line in said.splitlines())
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in said.splitlines())


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_do_nothing_on_a_terminal_or_in_a_log(word):
    said = as_text(a_hostile_plan(word))

    assert not UNSEEN.search(said)
    assert not any(line.lstrip().startswith("::") for line in said.splitlines())
    assert "##[" not in said


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_do_nothing_in_annotations(word):
    faults = [Fault(f"registry/{word}.py", 1, word, word, word, word, word)]

    lines = [*annotations.of_plan(a_hostile_plan(word)), *annotations.of_faults(faults)]

    assert lines
    for line in lines:
        assert "\n" not in line
        assert "\r" not in line
        assert not UNSEEN.search(line)
        properties = line.removeprefix("::error ").partition("::")[0]
        assert re.fullmatch(r"(\w+=[^,:]*)(,\w+=[^,:]*)*", properties)


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_do_nothing_in_an_outcome(word):
    [change] = planned([a_group()]).changes
    failed = Outcome((), ((change, AwsFailed("CreateFeatureGroup", "weather", "CreateFailed", word)),), ())

    assert not UNSEEN.search(outcome.as_text(failed))
    assert not any(line.lstrip().startswith("::") for line in outcome.as_text(failed).splitlines())
    assert "<" not in outcome.as_markdown(failed).replace("&lt;", "")
    assert outcome.as_json(failed)["failed"][0]["message"] == word


@given(st.text(max_size=40))
def test_escaped_markdown_reads_as_the_text_it_was(text):
    said = markdown(text)

    plain = re.sub(r"\\([\\`*_{}\[\]()#+\-.!|~:])", r"\1", said)
    for entity, mark in (("&#8203;", ""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        plain = plain.replace(entity, mark)
    assert plain == UNSEEN.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split()))


@given(st.text("`a ", max_size=12))
def test_a_code_span_ends_where_it_should(text):
    said = code(text)

    fence = re.match(r"`+", said)[0]
    assert said.endswith(fence)
    assert fence not in re.findall(r"`+", said[len(fence) : -len(fence)])


@given(st.text(max_size=40))
def test_terminal_text_changes_only_what_is_unseen_or_commands(text):
    if "::" not in text and "##[" not in text:
        assert terminal(text) == UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


@given(st.text(max_size=40))
def test_workflow_commands_stay_on_their_line(text):
    assert "\n" not in command_message(text)
    assert not {"\n", ":", ","} & set(command_property(text))


# Outcomes


def test_an_outcome_says_what_is_done_what_failed_and_what_was_not_begun():
    first, second = planned([a_group("weather", a_feature(about="Air."))]).changes
    partly = Outcome((), ((first, AwsFailed("CreateFeatureGroup", "weather", "CreateFailed", "No role.")),), (second,))

    assert outcome.as_text(partly) == (
        "Applied: 0 done, 1 failed, 1 not begun.\n"
        "  failed     weather  create\n"
        "             CreateFeatureGroup for weather failed: CreateFailed: No role.\n"
        "  not begun  weather  update_metadata\n"
        "Run apply again when the cause is gone: it does the rest.\n"
    )
    assert outcome.as_markdown(partly).splitlines()[0] == "## Applied in part"
    assert outcome.as_json(partly)["complete"] is False


def test_an_outcome_that_is_whole_is_one_line():
    done = Outcome(planned([a_group()]).changes, (), ())

    assert outcome.as_text(done) == "Applied: 1 done.\n"
    assert outcome.as_markdown(done) == "## Applied\n\n- done: `weather` `create`\n"


def test_every_refusal_of_a_plan_is_an_annotation_on_the_line_of_its_spec():
    lines = list(annotations.of_plan(rich_plan()))

    assert len(lines) == len(codes(rich_plan()))
    assert any(line.startswith("::error file=registry/nobody.py,line=13,title=FS102 refused::") for line in lines)
