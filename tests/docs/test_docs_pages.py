"""The pages hang together."""

import re
import tomllib

import pytest
from docs_pages import HOME, anchors, links, pages, prose_of, text_of

_PAGES = pages()


@pytest.mark.parametrize("page", _PAGES)
def test_every_link_leads_somewhere(page):
    here = _PAGES[page]
    for target in links(page):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        there = (here.parent / file).resolve() if file else here

        assert there.exists(), f"{page}: {target}"
        if anchor:
            assert anchor in anchors(there.relative_to(HOME).as_posix()), f"{page}: {target}"


def test_every_page_can_be_reached_from_the_readme():
    linked = {file for page in _PAGES for file in _reached(page)}
    decisions = {page for page in _PAGES if page.startswith("docs/decisions/")}

    assert _PAGES.keys() - linked - decisions - {"README.md"} == set()


def _reached(page):
    for target in links(page):
        there = (_PAGES[page].parent / target.partition("#")[0]).resolve()
        if there.is_relative_to(HOME):
            yield there.relative_to(HOME).as_posix()


@pytest.mark.parametrize("page", _PAGES)
def test_no_page_knows_the_machine_it_was_written_on(page):
    text = text_of(page)

    assert re.findall(r"(?<![\w.~])/(?:home|Users|root|work|tmp|var)/\S*|[A-Z]:\\\S*", text) == []


@pytest.mark.parametrize("page", _PAGES)
def test_the_prose_of_a_page_fits_a_line(page):
    long = [line for line in prose_of(page).splitlines() if len(line) > 120 and not line.startswith("|")]

    assert long == []


def test_decisions_are_numbered_without_a_gap():
    names = sorted(page.rpartition("/")[2] for page in _PAGES if page.startswith("docs/decisions/"))

    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    for name in names:
        assert text_of(f"docs/decisions/{name}").startswith(f"# {int(name[:4])}. ")


def test_a_decision_has_its_three_parts():
    for page in _PAGES:
        if page.startswith("docs/decisions/"):
            assert re.findall(r"^## (.+)$", text_of(page), re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_the_first_screen_of_the_readme_has_the_two_commands():
    first = text_of("README.md").splitlines()[:12]

    assert "make demo" in first
    assert "make test" in first


def test_the_readme_says_the_version_and_the_licence_of_the_package():
    project = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]

    assert f"version {project['version']}" in text_of("README.md")
    assert project["license"] == "Apache-2.0"
    assert "Apache License 2.0" in text_of("README.md")
