#!/usr/bin/env python3
"""Files as C++ strings, for the program to carry: NAME=FILE,FILE ... to stdout."""

import sys

PIECE = 8000  # compilers bound the length of a literal


def main():
    print("#pragma once\n")
    for argument in sys.argv[1:]:
        name, paths = argument.split("=", 1)
        text = ""
        for path in paths.split(","):
            with open(path, encoding="utf-8") as file:
                text += file.read()
        pieces = [text[i:i + PIECE] for i in range(0, len(text), PIECE)] or [""]
        print(f"inline constexpr char {name}[] =")
        print("\n".join(f'R"_text({piece})_text"' for piece in pieces) + ";\n")


if __name__ == "__main__":
    main()
