#!/usr/bin/env python3
"""Small .eh_frame images for the fuzzer, out of real objects.

usage: make_seeds.py DIRECTORY OBJECT...

Takes from each object some FDEs whose instructions differ in kind, with their CIEs and a search
table, as fuzz_unwind_tables reads them. Each expression among them is a seed for fuzz_expression,
too.
"""

import hashlib
import os
import struct
import sys

CODE = 1 << 20  # from the header to the code that a seed speaks of
FDES_PER_SEED = 6


def section(elf, wanted):
    offset, = struct.unpack_from("<Q", elf, 40)
    size, count, names = struct.unpack_from("<HHH", elf, 58)
    rows = [struct.unpack_from("<IIQQQQ", elf, offset + i * size) for i in range(count)]
    for name, _, _, _, start, length in rows:
        at = rows[names][4] + name
        if elf[at:elf.index(b"\0", at)] == wanted:
            return elf[start:start + length]
    return b""


def uleb(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def instructions(program):
    """(operation, expression or None) of each; operands only as far as needed to step over them."""
    at = 0
    while at < len(program):
        op = program[at]
        at += 1
        expression = None
        if op >> 6 == 2:
            _, at = uleb(program, at)
            op = 0x80
        elif op >> 6 != 0:
            op &= 0xc0
        elif op in (2, 3, 4):
            at += 1 << (op - 2)
        elif op in (5, 9, 0x0c, 0x11, 0x12, 0x14, 0x15):
            at = uleb(program, uleb(program, at)[1])[1]
        elif op in (6, 7, 8, 0x0d, 0x0e, 0x13, 0x2e):
            at = uleb(program, at)[1]
        elif op in (0x0f, 0x10, 0x16):
            if op != 0x0f:
                at = uleb(program, at)[1]
            size, at = uleb(program, at)
            expression = program[at:at + size]
            at += size
        yield op, expression


def records(frame):
    """(cie, fde), each without its length."""
    at, cies = 0, {}
    while at + 8 <= len(frame):
        length, = struct.unpack_from("<I", frame, at)
        if length == 0:
            break
        body = frame[at + 4:at + 4 + length]
        back, = struct.unpack_from("<I", body)
        if back == 0:
            cies[at] = body
        elif at + 4 - back in cies:
            yield cies[at + 4 - back], body
        at += 4 + length


def record(body):
    return struct.pack("<I", len(body)) + body


def image(chosen):
    table = 12 + 8 * len(chosen)
    data, rows, places = b"", [], {}
    start = CODE
    for cie, fde in chosen:
        if cie not in places:
            places[cie] = table + len(data)
            data += record(cie)
        at = table + len(data)
        data += record(struct.pack("<Ii", at + 4 - places[cie], start - (at + 8)) + fde[8:])
        rows.append(struct.pack("<ii", start, at))
        start += struct.unpack_from("<I", fde, 8)[0]
    return b"\1\x1b\3\x3b" + struct.pack("<iI", table - 4, len(chosen)) + b"".join(rows) + data


def write(directory, data):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, hashlib.sha1(data).hexdigest()), "wb") as file:
        file.write(data)


def main():
    directory, objects = sys.argv[1], sys.argv[2:]
    expressions = set()
    for path in objects:
        with open(path, "rb") as file:
            elf = file.read()
        seen, chosen = set(), []
        for cie, fde in records(section(elf, b".eh_frame")):
            found = list(instructions(fde[13 + fde[12]:]))
            shape = (frozenset(op for op, _ in found), cie)
            expressions.update(e for _, e in found if e)
            if shape not in seen:
                seen.add(shape)
                chosen.append((cie, fde))
        for i in range(0, len(chosen), FDES_PER_SEED):
            write(os.path.join(directory, "unwind_tables"), bytes(4) + image(chosen[i:i + FDES_PER_SEED]))
    for expression in expressions:
        write(os.path.join(directory, "expression"), bytes(24) + expression)


if __name__ == "__main__":
    main()
