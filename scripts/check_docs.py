#!/usr/bin/env python3
"""Rules of the documents, as a test: links, and the size of what must stay short.

usage: check_docs.py [ROOT]; prints each break as FILE:LINE: what, and ends with status 1.
"""

import pathlib
import re
import sys

MOST_CELL = 160  # characters in a cell of docs/LIMITS.md
MOST_README_LINES = 60
MOST_TERMS = 30

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`]*`")
CELL_BORDER = re.compile(r"(?<!\\)\|")


def text_lines(path):
    """Numbered lines without code blocks; code in a line is blanked."""
    fenced = False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith("    "):
            yield number, CODE.sub("", line)


def anchor(heading):
    """As GitHub and most renderers make it."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def anchors(path):
    return {anchor(line.lstrip("#").replace("`", ""))
            for line in path.read_text().splitlines() if line.startswith("#")}


def check_links(path):
    for number, line in text_lines(path):
        for link in LINK.findall(line):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, fragment = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            if not target.exists():
                yield number, f"the link {link} leads to no file"
            elif fragment and fragment not in anchors(target):
                yield number, f"the link {link} leads to no heading"


def cells(line):
    return [cell.strip() for cell in CELL_BORDER.split(line)[1:-1]]


def check_cells(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.startswith("|"):
            continue
        if len(cells(line)) != 3:
            yield number, "a row has three cells: limit, effect, what to do"
        for cell in cells(line):
            if len(cell) > MOST_CELL:
                yield number, f"a cell has {len(cell)} characters, more than {MOST_CELL}"


def check_readme(path):
    count = len(path.read_text().splitlines())
    if count > MOST_README_LINES:
        yield count, f"more than {MOST_README_LINES} lines"


def check_glossary(path):
    terms = [n for n, line in enumerate(path.read_text().splitlines(), 1)
             if line.startswith("| **")]
    if len(terms) > MOST_TERMS:
        yield terms[MOST_TERMS], f"more than {MOST_TERMS} terms"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    documents = [root / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    documents += sorted((root / "docs").rglob("*.md"))
    checks = [(document, check_links) for document in documents]
    checks += [(root / "docs" / "LIMITS.md", check_cells), (root / "README.md", check_readme),
               (root / "docs" / "GLOSSARY.md", check_glossary)]
    broken = False
    for path, check in checks:
        for number, what in check(path.resolve()):
            print(f"{path.relative_to(root)}:{number}: {what}")
            broken = True
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
