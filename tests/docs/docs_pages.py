"""The pages of the documentation: their fenced blocks, headings, links and tables."""

import re
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^(?P<ticks>```+)(?P<language>[\w-]*)\n(?P<text>.*?)^(?P=ticks)$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^(?P<level>#{1,6}) (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: what is in it, and where it stands."""

    page: str
    line: int
    language: str
    text: str

    @property
    def file(self):
        """The file that the block is, or changes, where its first line is a comment with a path."""
        named = re.match(r"# ([\w./-]+\.(?:py|toml|csv))\n", self.text)
        return named[1] if named else None

    @property
    def body(self):
        return self.text.partition("\n")[2] if self.file else self.text

    def __str__(self):
        return f"{self.page}:{self.line}"


def pages():
    """Every Markdown page a reader may come to, by its path from the top of the repository."""
    found = [*HOME.glob("*.md"), *HOME.glob("docs/**/*.md")]
    return {path.relative_to(HOME).as_posix(): path for path in sorted(found)}


def text_of(page):
    return (HOME / page).read_text(encoding="utf-8")


def prose_of(page):
    """A page without its fenced blocks."""
    return _FENCE.sub("", text_of(page))


def blocks(*languages, of=None):
    """The fenced blocks in these languages, of one page or of all."""
    found = []
    for page in [of] if of else pages():
        text = text_of(page)
        for fence in _FENCE.finditer(text):
            if fence["language"] in languages:
                line = text[: fence.start()].count("\n") + 1
                found.append(Block(page, line, fence["language"], fence["text"]))
    return found


def sections(page, level):
    """Title and text of each section of a level, in order; the text holds its fenced blocks."""
    text = text_of(page)
    fenced = [range(*fence.span()) for fence in _FENCE.finditer(text)]
    heads = [h for h in _HEADING.finditer(text) if not any(h.start() in span for span in fenced)]
    ends = [h.start() for h in heads[1:]] + [len(text)]
    return {h["title"]: text[h.end() : end] for h, end in zip(heads, ends, strict=True) if len(h["level"]) == level}


def anchors(page):
    """The anchors GitHub gives to the headings of a page."""
    found = set()
    for heading in _HEADING.finditer(prose_of(page)):
        plain = re.sub(r"[^\w\- ]", "", heading["title"].lower()).replace(" ", "-")
        found.add(plain)
    return found


def links(page):
    return [link["target"] for link in _LINK.finditer(prose_of(page))]


def fenced(text):
    """Language and text of the fenced blocks in a piece of a page."""
    return [(fence["language"], fence["text"]) for fence in _FENCE.finditer(text)]


def rows(text):
    """The cells of every table row in a piece of a page, without its rules."""
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines]
    return [row for row in cells if not all(set(cell) <= set("-: ") for cell in row)]


def patched(text, diff):
    """A text with a small edit: lines of the diff with a blank or `-` before them are there, once."""
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")

    assert text.count(before) == 1, f"the edit fits {text.count(before)} times:\n{diff}"
    return text.replace(before, after)
