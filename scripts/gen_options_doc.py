#!/usr/bin/env python3
"""Writes docs/reference/options.md from env/options.def; with --check only compares, and fails when stale."""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "env" / "options.def"
TARGET = ROOT / "docs" / "reference" / "options.md"

TOKEN = re.compile(r'\s+|//[^\n]*|"(?:[^"\\]|\\.)*"|[(),]|[^\s(),"]+')
UNITS = {"size": ", in B, K, M, G", "duration": ", in ns, us, ms, s, m", "integer": "",
         "octal": ", octal"}
# What a kind of value accepts where the row does not say it (describe_accepted() in env/values.cc).
ACCEPTED = {
    "mode_list": "the modes below",
    "file_template": "text with the conversions",
    "flag": "0, 1",
    "signal_name": "a signal: `SIGUSR2`, `USR2`, `RTMIN+1`, 12",
    "address": "`HOST:PORT`, `:PORT`, `PORT`, `[IPv6]:PORT`, `unix:/PATH`",
    "url": "`http://HOST...`, `https://HOST...`",
    "label_list": "`k=v,k=v`",
    "program_globs": "a comma list of globs without `/`",
}


def rows(text, macro):
    """The arguments of each call of a macro: a text for strings, (function, arguments) for calls."""
    tokens = [t for t in TOKEN.findall(text) if not t.isspace() and not t.startswith("//")]
    for i, token in enumerate(tokens):
        if token == macro and tokens[i - 1] not in ("#define", "#ifndef", "#undef"):
            yield arguments(tokens, i + 1)[0]


def arguments(tokens, at):
    """Reads from an opening to its closing parenthesis; also says where that was."""
    result, item = [], None
    while True:
        at += 1
        token = tokens[at]
        if token == "(":
            inner, at = arguments(tokens, at)
            item = (item, inner)
        elif token in ",)":
            if item is not None:
                result.append(item)
            item = None
            if token == ")":
                return result, at
        elif token.startswith('"'):
            item = (item or "") + token[1:-1].replace('\\"', '"')
        else:
            item = token


def accepted(check):
    kind, given = check
    if kind in UNITS:
        return f"{given[0]} to {given[1]}{UNITS[kind]}"
    if kind == "choice":
        return ", ".join(f"`{word}`" for word in given[0].split(", "))
    if kind == "directory":
        return "an absolute path, " + ", ".join(f"`{word}`" for word in given[1].split(", "))
    return given[1] if kind == "any_text" else ACCEPTED[kind]


def cell(text):
    return text.replace("|", "\\|")


def document(text):
    lines = [
        "# The environment variables",
        "",
        "Made by scripts/gen_options_doc.py from env/options.def; do not edit.",
        "",
        "Sizes are 1024-based (`KiB` too, lower case too; no unit is bytes). Durations need a unit.",
        "A bad value counts as not set: the default is used and one line on stderr says so. An empty",
        "value is as not set, and `none` is a value where it is the default.",
        "",
        "| variable | default | accepted | meaning |",
        "|---|---|---|---|",
    ]
    for _, name, _, default, check, meaning in rows(text, "OPTION"):
        shown = default if " " in default else f"`{default}`"
        lines.append(f"| PROFILER_{name} | {shown} | {cell(accepted(check))} | {cell(meaning)} |")
    lines += ["", "## Modes", "", "| mode | aliases | what is recorded |", "|---|---|---|"]
    for _, name, aliases, meaning in rows(text, "MODE_NAME"):
        lines.append(f"| `{name}` | {aliases} | {cell(meaning)} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 when stale")
    check_only = parser.parse_args().check
    wanted = document(SOURCE.read_text())
    if not check_only:
        TARGET.write_text(wanted)
    elif not TARGET.exists() or TARGET.read_text() != wanted:
        print(f"{TARGET} is stale: run scripts/gen_options_doc.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
