"""From runs to tables: medians, paired ratios, their intervals, and the goals beside them."""

import math
import statistics
from typing import Callable, NamedTuple

MEMORY_GOAL_KIB = 3 * 1024
FEW = 6


class Figure(NamedTuple):
    title: str
    value: Callable  # of a Used


class Estimate(NamedTuple):
    median: float
    low: float
    high: float
    count: int


NS = Figure("ns", lambda used: used.printed[0])
CPU = Figure("CPU ms", lambda used: used.cpu_us / 1e3)
WALL = Figure("wall ms", lambda used: used.wall_us / 1e3)
RSS = Figure("peak KiB", lambda used: used.rss_kib)


def estimate(values):
    """The median and its interval of 95 % confidence, from the order of the values alone: the median
    lies below the k-th of n with the probability that a coin falls k times or less often on one side.
    Fewer than FEW values have no such interval: all of them are within."""
    ordered = sorted(values)
    n = len(ordered)
    out = 0  # values left out at either end
    while 2 * sum(math.comb(n, i) for i in range(out + 1)) / 2**n <= 0.05:
        out += 1
    lowest = max(out - 1, 0)
    return Estimate(statistics.median(ordered), ordered[lowest], ordered[n - 1 - lowest], n)


def pairs(taken, variant, value):
    return [(value(used), value(base)) for used, base in taken[variant.name]]


def ratio(taken, variant, figure):
    return estimate([a / b for a, b in pairs(taken, variant, figure.value)])


def added(taken, variant, figure):
    return estimate([a - b for a, b in pairs(taken, variant, figure.value)])


def interval_name(rounds):
    return "95 % interval" if rounds >= FEW else "least to most"


def verdict(found, goal):
    """Met or missed only where the whole interval is on that side of the goal."""
    if found.count < FEW:
        return f"goal {goal:g}"
    word = "met" if found.high <= goal else "missed" if found.low > goal else "unclear"
    return f"goal {goal:g} {word}"


def show_interval(e, digits=3, sign=""):
    return f"{e.median:{sign}.{digits}f} ({e.low:{sign}.{digits}f} to {e.high:{sign}.{digits}f})"


def row(variant, taken, figures, goals, memory_goal):
    cells = [f"  {variant.name:20}"]
    for figure in figures:
        cells.append(f"{statistics.median(figure.value(used) for used, _ in taken[variant.name]):10.2f}")
        text = show_interval(ratio(taken, variant, figure)) if variant.base else ""
        cells.append(f"{text:24}")
    if variant.base:
        memory = added(taken, variant, RSS)
        cells.append(f"{memory.median:+9.0f}")
        if variant.name in goals:
            cells.append(verdict(ratio(taken, variant, figures[0]), goals[variant.name]) + ",")
        if variant.name.startswith("ours") and memory_goal:
            cells.append("memory " + verdict(memory, memory_goal))
    return " ".join(cells).rstrip()


def print_table(title, variants, taken, failed, figures, goals=None, memory_goal=MEMORY_GOAL_KIB):
    print(f"\n{title}")
    interval = interval_name(len(taken[variants[0].name]))
    head = "".join(f" {f.title:>10} {f'ratio ({interval})':24}" for f in figures)
    print(f"  {'':20}{head} {'KiB added':>9}")
    for variant in variants:
        if variant.name in failed:
            print(f"  {variant.name:20} failed: {failed[variant.name]}")
        elif taken[variant.name]:
            print(row(variant, taken, figures, goals or {}, memory_goal), flush=True)
