#!/usr/bin/env python3
"""The picture of the directories and their arrows in docs/ARCHITECTURE.md, made of the includes.

usage: draw_layers.py [--write | --check]   (without: prints the picture)
"""

import os
import re
import sys

TOPS = ["include", "env", "tables", "collectors", "encoder", "preload", "program"]
SOURCES = (".h", ".cc", ".c", ".def", ".in")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
PLACE = "docs/ARCHITECTURE.md"
BEGIN, END = "<!-- made by scripts/draw_layers.py -->\n", "<!-- end -->\n"


def files_of(root):
    for top in TOPS:
        for directory, names, files in os.walk(os.path.join(root, top)):
            names.sort()
            for name in sorted(files):
                if name.endswith(SOURCES):
                    yield os.path.relpath(os.path.join(directory, name), root)


def includes_of(root):
    """(file, file that it includes), of ours alone."""
    for path in files_of(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            for included in INCLUDE.findall(file.read()):
                if included.split("/")[0] in TOPS:
                    yield path, included


def directories_of(root):
    """{directory: the other directories that its files include}."""
    graph = {os.path.dirname(path): set() for path in files_of(root)}
    for path, included in includes_of(root):
        here, there = os.path.dirname(path), os.path.dirname(included)
        if here != there:
            graph.setdefault(here, set()).add(there)
            graph.setdefault(there, set())
    return graph


def circles(graph):
    """The groups of nodes that can all be reached from each other."""
    number, low, stack, found = {}, {}, [], []

    def visit(node):
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in number:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == number[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return found


def reachable(graph, node, seen):
    for other in graph[node]:
        if other not in seen:
            seen.add(other)
            reachable(graph, other, seen)
    return seen


def direct(graph, node):
    """The arrows of a node that do not follow from its others."""
    return sorted(there for there in graph[node]
                  if not any(there in reachable(graph, other, set()) for other in graph[node] if other != there))


def height(graph, node, known):
    if node not in known:
        known[node] = 1 + max((height(graph, other, known) for other in graph[node]), default=-1)
    return known[node]


def picture(root):
    graph = directories_of(root)
    if circles(graph):
        return "".join(f"a circle: {', '.join(circle)}\n" for circle in circles(graph))
    known = {}
    rows = sorted(graph, key=lambda node: (TOPS.index(node.split("/")[0]), height(graph, node, known), node))
    wide = max(len(node) for node in rows)
    lines, top = [], ""
    for node in rows:
        if node.split("/")[0] != top:
            top = node.split("/")[0]
            lines += [""] if lines else []
        arrows = direct(graph, node)
        lines.append(f"    {node:{wide}}" + (" ─▶ " + ", ".join(arrows) if arrows else " stands on nothing"))
    return "\n".join(lines) + "\n"


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    drawn = picture(root)
    if len(sys.argv) < 2:
        sys.stdout.write(drawn)
        return 0
    place = os.path.join(root, PLACE)
    with open(place, encoding="utf-8") as file:
        text = file.read()
    if BEGIN not in text or END not in text:
        print(f"{PLACE}: no place for the picture of the layers")
        return 1
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    fresh = before + BEGIN + drawn + END + after
    if sys.argv[1] == "--write":
        with open(place, "w", encoding="utf-8") as file:
            file.write(fresh)
        return 0
    if fresh != text:
        print(f"{PLACE}: the picture of the layers is not that of the includes: scripts/draw_layers.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
