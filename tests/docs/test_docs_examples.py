"""What the documentation shows is what happens."""

import ast
import json
import re

import pytest
from docs_pages import blocks, pages, text_of
from docs_sessions import Session, masked, steps

from reconciler.load import load

_TRANSCRIPTS = sorted({block.page for block in blocks("console")})
_SPECS = [block for block in blocks("python") if "reconciler.spec" in block.text]
_PROGRAMS = [block for block in blocks("python") if "reconciler.spec" not in block.text and not block.file]


@pytest.mark.parametrize("page", _TRANSCRIPTS)
def test_a_transcript_is_what_the_program_prints(page, tmp_path):
    session = Session(tmp_path)
    shown = [(str(block), masked(block.text), session.do(block)) for block in steps(page)]

    written = [(block, text) for block, text, output in shown if output is not None]
    assert written == [(block, masked(output)) for block, _, output in shown if output is not None]


def test_the_readme_has_a_transcript():
    assert "README.md" in _TRANSCRIPTS


@pytest.mark.parametrize("block", _SPECS, ids=str)
def test_a_spec_in_the_documentation_can_be_loaded(block, tmp_path):
    file = tmp_path / (block.file or "registry/example.py")
    file.parent.mkdir()
    file.write_text(block.body)

    registry = load(tmp_path)

    assert registry.groups or registry.retired


@pytest.mark.parametrize("block", _PROGRAMS, ids=str)
def test_a_program_in_the_documentation_runs(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    exec(compile(block.text, str(block), "exec"), {"__name__": "example"})


def test_blocks_of_python_are_python_and_blocks_of_json_are_json():
    for block in blocks("python"):
        ast.parse(block.text, str(block))
    for block in blocks("json"):
        json.loads(block.text)


def test_a_fence_has_a_language_that_is_checked():
    known = {"console", "csv", "diff", "json", "python", "sh", "text", "toml", "yaml"}
    for page in pages():
        opened = re.findall(r"^```(\S*)$", text_of(page), re.MULTILINE)
        assert set(opened[::2]) <= known, page
