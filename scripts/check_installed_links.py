#!/usr/bin/env python3
"""Checks that each link of an installed document leads to an installed file. Argument: the build directory."""
import json
import pathlib
import posixpath
import re
import subprocess
import sys

LINK = re.compile(r"\]\(([^)#\s]+)")


def installed(build):
    """Path of the source for each installed path; directories file by file."""
    listed = json.loads(subprocess.check_output(["meson", "introspect", build, "--installed"]))
    files = {}
    for source, target in listed.items():
        source = pathlib.Path(source)
        if source.is_dir():
            files.update({posixpath.join(target, str(each.relative_to(source))): each
                          for each in source.rglob("*")})
        files[target] = source
    return files


def main():
    files = installed(sys.argv[1])
    broken = []
    for target, source in files.items():
        if source.suffix != ".md":
            continue
        for link in LINK.findall(source.read_text()):
            place = posixpath.normpath(posixpath.join(posixpath.dirname(target), link))
            if "://" not in link and place not in files:
                broken.append(f"{source.name}: {link} is not installed")
    print("\n".join(broken))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
