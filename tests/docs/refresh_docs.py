"""Writes what the program prints now into the documentation: `python tests/docs/refresh_docs.py`.

Review the difference as you would review code: the tests beside this file only see to it that both agree.
"""

import re
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2])]

from docs_commands import PAGE as COMMANDS  # noqa: E402 - run as a script
from docs_commands import help_shown  # noqa: E402
from docs_pages import HOME, sections, text_of  # noqa: E402
from docs_refusals import PAGE as REFUSALS  # noqa: E402
from docs_refusals import edited, examples, files, live_of, refusal_shown, registry_of, situation  # noqa: E402
from docs_sessions import Session, masked, steps  # noqa: E402

TRANSCRIPTS = (
    "README.md",
    "docs/planning.md",
    "docs/specs.md",
    "docs/configuration.md",
    "docs/records.md",
    "docs/datasets.md",
)


def main():
    for page in TRANSCRIPTS:
        _rewrite(page, _transcripts(page))
    _rewrite(REFUSALS, _refusals())
    _rewrite(COMMANDS, _commands())


def _rewrite(page, swaps):
    text = text_of(page)
    for old, new in swaps:
        assert text.count(old) == 1, f"{page}: not once: {old!r}"
        text = text.replace(old, new)
    (HOME / page).write_text(text, encoding="utf-8")


def _transcripts(page):
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder))
        for block in steps(page):
            shown = session.do(block)
            if shown is not None and masked(shown) != masked(block.text):
                yield f"```console\n{block.text}```", f"```console\n{shown}\n```"


def _refusals():
    for code, (diffs, (shown,)) in examples().items():
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            if diffs:
                live = live_of(registry_of(files(), root))
                found = refusal_shown(registry_of(edited(diffs[0]), root), live, code)
            else:
                found = refusal_shown(*situation(code, root), code)
        section = next(t + text for t, text in sections(REFUSALS, 2).items() if t.startswith(code))
        yield section, section.replace(f"```text\n{shown}```", f"```text\n{found}\n```")


def _commands():
    for title, text in sections(COMMANDS, 2).items():
        if re.fullmatch(r"`reconciler( [a-z]+)*`", title):
            shown = text.partition("```text\n")[2].partition("```")[0]
            now = help_shown(title.strip("`"))
            yield f"{title}{text}", f"{title}{text}".replace(f"```text\n{shown}```", f"```text\n{now}\n```")


if __name__ == "__main__":
    main()
