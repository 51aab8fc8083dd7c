#!/usr/bin/env python3
"""The arrow of includes and the sizes of files (CONTRIBUTING.md), as a test.

usage: check_layers.py [ROOT]; prints each break as FILE:LINE: what, and ends with status 1.
"""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import draw_layers  # noqa: E402  pylint: disable=wrong-import-position

# A directory, with what is below it, and the other directories that it may include.
MAY_INCLUDE = {
    "include": [],
    "env/sys": [],
    "tables": ["env/sys"],
    "env": ["tables", "env/sys"],
    "collectors": ["env", "tables", "env/sys"],
    "encoder": ["tables", "env/sys"],
    "preload": ["include", "encoder", "collectors", "env", "tables", "env/sys"],
    "program": ["encoder", "env", "tables", "env/sys"],
}

TOPS = ["include", "env", "tables", "collectors", "encoder", "preload", "program", "tests", "scripts", "docs"]
SOURCES = (".h", ".cc", ".c", ".inc", ".def", ".in")
FUZZER_INPUTS = ("tests/fuzz/corpus/", "tests/fuzz/found/")
HARD_LIMIT = 300
LONG_NAMES = re.compile(r"(^|_)(util|utils|common|manager|helper|helpers|impl)(_|\.|$)")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def files_below(root):
    for top in TOPS:
        for directory, names, files in os.walk(os.path.join(root, top)):
            names[:] = [n for n in names if n != "__pycache__"]
            for name in sorted(files):
                yield os.path.relpath(os.path.join(directory, name), root)


def layer_of(path):
    """The longest of the directories above that a file lies in; empty for tests and scripts."""
    above = [layer for layer in MAY_INCLUDE if path.startswith(layer + "/")]
    return max(above, key=len, default="")


def is_allowed(path, included):
    here, there = layer_of(path), layer_of(included)
    return here == "" or here == there or there in MAY_INCLUDE[here]


def check_includes(root, path, lines):
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        included = match.group(2)
        is_ours = included.split("/")[0] in TOPS
        is_beside = os.path.exists(os.path.join(root, os.path.dirname(path), included))
        if match.group(1) == '"' and not is_ours and is_beside and not path.startswith("tests/"):
            yield number, f'"{included}" is not named from the top of the tree'
        elif is_ours and not is_allowed(path, included):
            allowed = ", ".join(MAY_INCLUDE[layer_of(path)]) or "nothing"
            yield number, f'includes "{included}": {layer_of(path)} may include {allowed}'


def check_file(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        lines = file.read().splitlines()
    if len(lines) > HARD_LIMIT and not path.startswith("docs/"):
        yield len(lines), f"{len(lines)} lines, more than {HARD_LIMIT}"
    if LONG_NAMES.search(os.path.basename(path)):
        yield 1, "a file is named for what it does, not util, common, manager, helper or impl"
    if path.endswith(SOURCES):
        yield from check_includes(root, path, lines)
    # What other programs include has the guard that every compiler knows.
    once = "#ifndef PROFILER_H" if path == "include/profiler.h" else "#pragma once"
    if path.endswith(".h") and not any(line.strip() == once for line in lines):
        yield 1, f"no {once}"


def check_circles(root):
    for circle in draw_layers.circles(draw_layers.directories_of(root)):
        yield "directories include each other: " + ", ".join(circle)
    files = {}
    for path, included in draw_layers.includes_of(root):
        files.setdefault(path, set()).add(included)
    for circle in draw_layers.circles(files):
        yield "files include each other: " + ", ".join(circle)


def check_modes(root):
    """Each source of collectors/ is a mode, and each mode one source."""
    directory = os.path.join(root, "collectors")
    with open(os.path.join(directory, "meson.build"), encoding="utf-8") as file:
        row = re.search(r"^collector_names = \[([^]]*)\]", file.read(), re.MULTILINE).group(1)
    modes = sorted(re.findall(r"'(\w+)'", row))
    sources = sorted(name[:-3] for name in os.listdir(directory) if name.endswith(".cc"))
    if modes != sources:
        yield f"collectors/*.cc are {', '.join(sources)}; the modes are {', '.join(modes)}"


def self_test():
    """Breaks of each kind that must be seen, so that a silent checker is noticed."""
    cases = [("env/sys/a.h", "env/options.h", False), ("env/sys/x86_64/a.h", "env/sys/a.h", True),
             ("env/a.cc", "env/sys/log.h", True), ("env/a.cc", "tables/spool.h", True),
             ("tables/a.cc", "env/options.h", False), ("tables/a.cc", "env/sys/text.h", True),
             ("collectors/a.cc", "encoder/encode.h", False), ("collectors/unwind/a.cc", "env/options.h", True),
             ("encoder/a.cc", "env/options.h", False), ("encoder/pprof/a.cc", "collectors/heap.h", False),
             ("preload/recorder/a.cc", "program/profiles/profile.h", False),
             ("preload/hooks/a.cc", "collectors/heap.h", True),
             ("program/a.cc", "preload/recorder/recorder.h", False), ("program/a.cc", "collectors/heap.h", False),
             ("program/agent/a.cc", "program/profiles/profile.h", True),
             ("tests/unit/program/a.cc", "program/profiles/profile.h", True)]
    for path, included, expected in cases:
        assert is_allowed(path, included) == expected, (path, included)
    assert draw_layers.circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c"]]
    assert not draw_layers.circles({"a": {"b", "c"}, "b": {"c"}, "c": set()})


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(__file__)) or "."
    self_test()
    breaks = files = 0
    for path in files_below(root):
        if path.endswith((".pb.gz", ".pyc", ".png")) or path.startswith(FUZZER_INPUTS):
            continue
        files += 1
        for line, what in check_file(root, path):
            print(f"{path}:{line}: {what}")
            breaks += 1
    for what in [*check_circles(root), *check_modes(root)]:
        print(what)
        breaks += 1
    print(f"{files} files, {breaks} breaks of the layers")
    return 1 if breaks or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
