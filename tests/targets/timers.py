# Timers and handlers of its own, and what came of them.
import signal, time

calls = {signal.SIGPROF: 0, signal.SIGALRM: 0, signal.SIGVTALRM: 0}

def handler(number, frame):
    calls[number] += 1

before = [signal.signal(number, handler) == signal.SIG_DFL for number in calls]
signal.setitimer(signal.ITIMER_PROF, 0.02, 0.02)
signal.setitimer(signal.ITIMER_VIRTUAL, 0.02, 0.02)
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
start, cpu = time.monotonic(), time.process_time()
while time.process_time() - cpu < 1:
    sum(range(1000))
used, took = time.process_time() - cpu, time.monotonic() - start
intervals = [round(signal.getitimer(t)[1], 6) for t in (signal.ITIMER_PROF, signal.ITIMER_VIRTUAL, signal.ITIMER_REAL)]
for timer in signal.ITIMER_PROF, signal.ITIMER_VIRTUAL, signal.ITIMER_REAL:
    signal.setitimer(timer, 0)
start = time.monotonic()
time.sleep(0.1)
print(before, intervals, time.monotonic() - start >= 0.1)
# Of those due, in percent.
print("figures prof %.1f virtual %.1f real %.1f" % (calls[signal.SIGPROF] * 2 / used, calls[signal.SIGVTALRM] * 2 / used,
                                                     calls[signal.SIGALRM] * 2 / took))
