"""Suites that are run by hand: one executable each, in a directory of the command that runs them."""

import os
import re
import subprocess
import sys

SCRIPTS = os.path.dirname(os.path.abspath(__file__))


def suites_in(directory):
    names = sorted(os.listdir(os.path.join(SCRIPTS, directory)))
    return [name for name in names if os.access(os.path.join(SCRIPTS, directory, name), os.X_OK)]


def first_sentence(path):
    """Of a script's head: its docstring, or the comment below its first line."""
    with open(path, encoding="utf-8") as file:
        text = file.read(2000)
    found = re.search(r'"""(.*?)(?:\n\n|""")', text, re.DOTALL)
    head = found.group(1) if found else " ".join(re.findall(r"^# (.*)$", text, re.MULTILINE))
    return re.match(r".*?[.:](?:\s|$)|.*", " ".join(head.split())).group(0).strip().rstrip(":.")


def main(directory):
    """Without words the list; one suite with its arguments, or several suites one after another."""
    command, words, names = os.path.basename(sys.argv[0]), sys.argv[1:], suites_in(directory)
    if not words or words[0] in ("-h", "--help"):
        print(f"usage: {command} SUITE [ARGUMENT]... | {command} SUITE...\n")
        for name in names:
            print(f"  {name:14} {first_sentence(os.path.join(SCRIPTS, directory, name))}")
        return 0
    if words[0] not in names:
        print(f"{command}: no suite {words[0]}; there are {', '.join(names)}", file=sys.stderr)
        return 2
    several = all(word in names for word in words)
    runs = [[word] for word in words] if several else [words]
    statuses = [subprocess.run([os.path.join(SCRIPTS, directory, run[0]), *run[1:]], check=False).returncode
                for run in runs]
    return next((status for status in statuses if status != 0), 0)
