"""The reports of libjudge.so (tests/bench/judge_report.h), and names for the addresses in them."""

import bisect
import functools
import glob
import os
import re
import struct
import subprocess

COUNTS = ["ticks", "skipped", "whole", "truncated", "their_whole", "their_faulted", "equal", "frames",
          "pcs_met", "cold_rows", "cold_ns", "probed"]
REGISTERS = ["rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12",
             "r13", "r14", "r15", "rip"]
PCS = 1 << 16
STACK_WORDS = 64
MAX_DEPTH = 1024


class Maps:
    """Where addresses belong: the objects of all moments that were noted, the last one first."""

    def __init__(self, path):
        self.rows = set()
        if not os.path.exists(path):
            return
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                match = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+ +(\S.*)$", line)
                if match:
                    low, high, rights, offset, name = match.groups()
                    self.rows.add((int(low, 16), int(high, 16), rights, int(offset, 16), name))

    def code_files(self):
        return {row[4] for row in self.rows if "x" in row[2] and row[4].startswith("/")}

    def name(self, pc):
        for low, high, _, offset, path in self.rows:
            if low <= pc < high:
                return name_in_file(path, pc - low + offset)
        return f"{pc:#x}"


def tool_lines(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


@functools.lru_cache(None)
def segments(path):
    rows = []
    for line in tool_lines("readelf", "-lW", path):
        words = line.split()
        if words[:1] == ["LOAD"]:
            rows.append((int(words[1], 16), int(words[2], 16), int(words[4], 16)))
    return rows


@functools.lru_cache(None)
def symbols(path):
    found = {}
    for line in tool_lines("readelf", "-sW", path):
        words = line.split()
        if len(words) >= 8 and words[3] in ("FUNC", "IFUNC", "NOTYPE") and words[6] not in ("UND", "ABS"):
            size = int(words[2], 0)
            found[int(words[1], 16)] = (size, words[7])
    starts = sorted(found)
    return starts, found


@functools.lru_cache(None)
def name_in_file(path, offset):
    base = os.path.basename(path)
    address = offset
    for start, virtual, size in segments(path):
        if start <= offset < start + size:
            address = offset - start + virtual
    starts, found = symbols(path)
    at = bisect.bisect_right(starts, address) - 1
    if at >= 0:
        size, name = found[starts[at]]
        if address < starts[at] + max(size, 1):
            return f"{base}+{address:#x} ({name}+{address - starts[at]:#x})"
    return f"{base}+{address:#x}"


@functools.lru_cache(None)
def unwind_bytes(path):
    for line in tool_lines("readelf", "-SW", path):
        match = re.search(r"\] \.eh_frame +\S+ +\S+ +\S+ +([0-9a-f]+)", line)
        if match:
            return int(match.group(1), 16)
    return 0


class Report:
    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            data = file.read()
        if data[:8] != b"JUDGE 1\0":
            raise ValueError(path)
        count, ends, kept, kept_size = struct.unpack_from("<4Q", data, 8)
        at = 40
        self.counts = dict(zip(COUNTS, struct.unpack_from(f"<{count}Q", data, at)))
        at += 8 * count
        self.ends = [struct.unpack_from("<QQ", data, at + 16 * i) for i in range(ends)]
        self.ends = [(pc, times) for pc, times in self.ends if times]
        at += 16 * ends + 8 * PCS
        self.kept = []
        for i in range(kept):
            if struct.unpack_from("<Q", data, at + kept_size * i)[0]:
                self.kept.append(Kept(data, at + kept_size * i))
        self.maps = Maps(path + ".maps")


class Kept:
    """A stack that is not whole, or not equal."""

    def __init__(self, data, at):
        self.times, self.flags, self.their_end, mine, their = struct.unpack_from("<QQqQQ", data, at)
        at += 40
        self.registers = struct.unpack_from(f"<{len(REGISTERS)}Q", data, at)
        at += 8 * len(REGISTERS)
        self.stack = struct.unpack_from(f"<{STACK_WORDS}Q", data, at)
        at += 8 * STACK_WORDS
        self.ours = struct.unpack_from(f"<{mine}Q", data, at)
        self.theirs = struct.unpack_from(f"<{their}Q", data, at + 8 * MAX_DEPTH)

    def kind(self):
        whole = ["whole", "cut short", "not whole"][min(self.flags, 2)]
        if self.ours == self.theirs:
            return f"ours {whole}, libunwind ends with {self.their_end}: equal"
        same = 0
        while same < min(len(self.ours), len(self.theirs)) and self.ours[same] == self.theirs[same]:
            same += 1
        if same == len(self.ours):
            how = "libunwind goes on"
        elif same == len(self.theirs):
            how = "ours goes on"
        else:
            how = "another address"
        return f"ours {whole}, libunwind ends with {self.their_end}: {how} after {same} frames"

    def lines(self, maps):
        pc, sp = self.registers[16], self.registers[7]
        yield f"{self.times} x {self.kind()}, at {maps.name(pc)}"
        yield "  " + " ".join(f"{n}={v:x}" for n, v in zip(REGISTERS, self.registers))
        for i in range(max(len(self.ours), len(self.theirs))):
            mine = maps.name(self.ours[i]) if i < len(self.ours) else "-"
            their = maps.name(self.theirs[i]) if i < len(self.theirs) else "-"
            yield f"  {i:3} {mine}" + ("" if mine == their else f"   | {their}")
            if i > 40:
                yield "  ..."
                break
        for i in range(0, STACK_WORDS, 4):
            words = " ".join(f"{w:16x}" for w in self.stack[i:i + 4])
            yield f"  [rsp{(i * 8 - 128):+4}] {words}"
        yield f"  rsp={sp:x}"


def read_all(directory, prefix):
    """The reports of the processes whose name begins so and that were ticked."""
    reports = []
    for path in sorted(glob.glob(os.path.join(directory, prefix + "*"))):
        if not path.endswith(".maps"):
            report = Report(path)
            if report.counts["ticks"]:
                reports.append(report)
    return reports
