#!/usr/bin/env python3
"""Every header compiles alone, as a test.

usage: check_headers.py ROOT COMPILER [ARGUMENT...]: the arguments go to the compiler as they are.
"""

import concurrent.futures
import os
import subprocess
import sys

DIRECTORIES = ["env", "tables", "collectors", "encoder", "preload", "program", "tests"]
# Written to be included in the middle of another file.
FRAGMENTS = (".inc", ".def")


def headers_below(root):
    for top in DIRECTORIES:
        for directory, _, files in os.walk(os.path.join(root, top)):
            for name in sorted(files):
                if name.endswith(".h") and not name.endswith(FRAGMENTS):
                    yield os.path.relpath(os.path.join(directory, name), root)


def compile_alone(command, header):
    # Twice, so that a missing include guard shows too.
    text = f'#include "{header}"\n#include "{header}"\n'
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return header, done.returncode, done.stderr


def main():
    root, compiler = sys.argv[1], sys.argv[2:]
    command = [*compiler, "-std=c++20", "-fsyntax-only", "-I", root, "-x", "c++", "-"]
    headers = list(headers_below(root))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, status, errors in pool.map(lambda h: compile_alone(command, h), headers):
            if status != 0:
                failed += 1
                print(f"{header} does not compile alone:\n{errors}")
    print(f"{len(headers)} headers, {failed} do not compile alone")
    return 1 if failed or not headers else 0


if __name__ == "__main__":
    sys.exit(main())
