#!/usr/bin/env python3
"""Chooses from libFuzzer's merge control file the inputs that cover most.

usage: choose.py CONTROL_FILE COUNT; prints the paths of at most COUNT inputs, best first.
"""

import sys


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = file.read().splitlines()
    paths = lines[2:2 + int(lines[0])]
    features = {}
    for line in lines:
        kind, *numbers = line.split()
        if kind == "FT":
            features[int(numbers[0])] = set(numbers[1:])
    covered = set()
    for _ in range(int(sys.argv[2])):
        # The first of equal inputs is the smallest.
        best = max(features, key=lambda i: (len(features[i] - covered), -i))
        if not features[best] - covered:
            break
        covered |= features[best]
        print(paths[best])


if __name__ == "__main__":
    main()
