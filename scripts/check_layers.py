#!/usr/bin/env python3
"""The arrow of includes and the sizes of files (CONTRIBUTING.md), as a test.

usage: check_layers.py [ROOT]; prints each break as FILE:LINE: what, and ends with status 1.
"""

import fnmatch
import os
import re
import sys

# (files, what of ours they may include, why). The first row whose pattern fits a file is its rule.
ENCODER_GROUND = ["tables/layout.h", "tables/trace_layout.h", "tables/weight.h", "env/sys/compiler/attributes.h", "tables/recording.h"]
RULES = [
    ("env/sys/*", ["env/sys/*"], "env/sys stands on nothing"),
    ("env/*", ["env/*"], "env includes nothing of ours but env"),
    ("collectors/*", ["collectors/*", "env/sys/*", "env/options.h"],
     "collectors see env/sys and env/options.h"),
    ("program/*", ["encoder/*", "tables/origin.h", "env/output_file.h", "env/output_folder.h", "env/output_name.h", "env/values.h", "env/spool*.h", "env/options.h", "env/modes.h", "env/sys/text.h"] +
     ENCODER_GROUND, "the program uses encoder, and names and finds files as the host does"),
    ("encoder/*", ["encoder/*"] + ENCODER_GROUND,
     "the encoder knows the layout of the tables, not the host"),
    ("preload/interpose_*", ["preload/*", "collectors/*", "env/sys/*"],
     "interposers see collectors and env/sys"),
    ("preload/*", ["preload/*", "collectors/*", "encoder/*", "env/*", "include/*"],
     "preload wires the others"),
    ("tests/*", ["*"], ""),
]
FORBIDDEN_EVERYWHERE = "program/*"  # but for itself and the tests

LAYERS = ["env", "collectors", "encoder", "preload", "include", "tests", "scripts", "docs"]
SOURCES = (".h", ".cc", ".c", ".inc", ".def", ".in")
FUZZER_INPUTS = ("tests/fuzz/corpus/", "tests/fuzz/found/")
HARD_LIMIT = 300
LONG_NAMES = re.compile(r"(^|_)(util|utils|common|manager|helper|helpers|impl)(_|\.|$)")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def files_below(root):
    for layer in LAYERS:
        for folder, names, files in os.walk(os.path.join(root, layer)):
            names[:] = [n for n in names if n != "__pycache__"]
            for name in sorted(files):
                yield os.path.relpath(os.path.join(folder, name), root)


def rule_of(path):
    for pattern, allowed, why in RULES:
        if fnmatch.fnmatch(path, pattern):
            return allowed, why
    return None, ""


def allowed_include(path, included, allowed):
    if fnmatch.fnmatch(included, FORBIDDEN_EVERYWHERE):
        return path.startswith(("program/", "tests/"))
    return any(fnmatch.fnmatch(included, pattern) for pattern in allowed)


def check_includes(root, path, lines):
    allowed, why = rule_of(path)
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if allowed is None or not match:
            continue
        included = match.group(2)
        top = included.split("/")[0]
        ours = top in LAYERS or os.path.exists(os.path.join(root, os.path.dirname(path), included))
        if match.group(1) == '"' and top not in LAYERS and ours and not path.startswith("tests/"):
            yield number, f'"{included}" is not named from the top of the tree'
        elif top in LAYERS and not allowed_include(path, included, allowed):
            yield number, f'includes "{included}": {why}'


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


def self_test():
    """Breaks of each kind that must be seen, so that a silent checker is noticed."""
    cases = [("env/sys/a.h", "env/options.h", False), ("env/a.cc", "env/sys/log.h", True),
             ("collectors/a.cc", "encoder/pprof/pprof.h", False), ("encoder/a.cc", "env/options.h", False),
             ("collectors/core/a.cc", "env/options.h", True),
             ("collectors/a.cc", "tables/spool.h", False),
             ("encoder/a.cc", "collectors/heap.h", False),
             ("preload/recorder/recorder.cc", "program/profiles/profile.h", False),
             ("preload/hooks/interpose_malloc.cc", "encoder/pprof/pprof.h", False),
             ("program/a.cc", "program/profiles/profile.h", True),
             ("tests/unit/program/a.cc", "program/profiles/profile.h", True)]
    for path, included, expected in cases:
        allowed, _ = rule_of(path)
        assert allowed_include(path, included, allowed) == expected, (path, included)


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
    print(f"{files} files, {breaks} breaks of the layers")
    return 1 if breaks or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
