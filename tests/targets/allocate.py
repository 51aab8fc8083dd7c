"""Allocation-heavy, single-threaded, and always the same output."""


def make_table(size):
    return {str(i): [j * 1.5 for j in range(i % 50)] for i in range(size)}


def join_all(table):
    return sum(len(",".join(map(str, row))) for row in table.values())


total = 0
for turn in range(8):
    total += join_all(make_table(20000))
print(total)
