"""The total of each sample type of a pprof file."""

import gzip

from trace_decode import fields, signed, varint


def packed(value):
    if isinstance(value, int):
        return [value]
    numbers, at = [], 0
    while at < len(value):
        number, at = varint(value, at)
        numbers.append(number)
    return numbers


def totals(path):
    """{(type, unit): total}"""
    with gzip.open(path) as file:
        profile = list(fields(file.read()))
    strings = [value.decode() for number, value in profile if number == 6]
    kinds = [dict(fields(value)) for number, value in profile if number == 1]
    sums = [0] * len(kinds)
    for number, sample in profile:
        if number != 2:
            continue
        values = [each for field, value in fields(sample) if field == 2 for each in packed(value)]
        sums = [total + signed(value) for total, value in zip(sums, values)]
    return {(strings[kind.get(1, 0)], strings[kind.get(2, 0)]): total for kind, total in zip(kinds, sums)}
