"""Many blocks of many sizes, the same ones each time: what bench_real.py runs under python3."""

import json
import sys


def main(rounds):
    total = 0
    for turn in range(rounds):
        records = [{"id": i, "name": f"record {i}", "body": "x" * (500 + i * 37 % 3000),
                    "numbers": list(range(i % 90))} for i in range(2000)]
        text = json.dumps(records)
        again = json.loads(text)
        again.sort(key=lambda r: (len(r["body"]), r["id"]))
        index = {r["name"] + str(turn): bytearray(r["body"], "ascii") for r in again}
        total += sum(len(b) for b in index.values()) + len(text.split(","))
    return total


if __name__ == "__main__":
    print(main(int(sys.argv[1])))
