"""docs/refusals.md has every refusal, and its examples are refused as it says."""

import pytest
from docs_pages import sections
from docs_refusals import PAGE, SCOPE, edited, examples, files, live_of, refusal_shown, registry_of, situation
from docs_sessions import masked

from reconciler.plan import make_plan
from reconciler.rules import CODES
from reconciler.state.limits import KEEPABLE

_EXAMPLES = examples()


def test_every_code_has_a_section_with_its_title_and_there_are_no_others():
    titles = [title for title in sections(PAGE, 2) if title.startswith("FS")]

    assert titles == [f"{code}: {title}" for code, title in CODES.items()]


@pytest.mark.parametrize("code", CODES)
def test_the_example_is_refused_with_the_text_that_is_shown(code, tmp_path):
    diffs, (shown,) = _EXAMPLES[code]
    if diffs:
        live = live_of(registry_of(files(), tmp_path))
        desired = registry_of(edited(diffs[0]), tmp_path)
    else:
        desired, live = situation(code, tmp_path)

    assert masked(refusal_shown(desired, live, code)) == masked(shown)


@pytest.mark.parametrize(
    ("code", "way_out"), [(code, diff) for code, (diffs, _) in _EXAMPLES.items() for diff in diffs[1:]]
)
def test_a_way_out_that_is_shown_is_one(code, way_out, tmp_path):
    live = live_of(registry_of(files(), tmp_path))
    desired = registry_of(edited(way_out), tmp_path)

    plan = make_plan(desired, live, SCOPE)

    assert not plan.refusals


def test_every_name_that_keep_live_takes_is_on_the_page():
    text = "".join(sections(PAGE, 1).values())

    assert [name for name in KEEPABLE if f"`{name}`" not in text] == []
