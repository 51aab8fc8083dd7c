"""For so many seconds of CPU: exceptions, recursion, C code that calls back, two threads."""

import json
import re
import sys
import threading
import time

END = time.process_time() + float(sys.argv[1])


def dig(levels):
    if levels == 0:
        raise KeyError(levels)
    try:
        return dig(levels - 1)
    except ValueError:
        return None


def work():
    while time.process_time() < END:
        try:
            dig(60)
        except KeyError:
            pass
        json.loads(json.dumps({str(i): [i] * 5 for i in range(200)}))
        sorted(range(2000), key=lambda i: -i * 7919 % 1009)
        re.sub(r"(a+)b", lambda m: m.group(1), "aaaab" * 300)


threading.Thread(target=work).start()
work()
