#include "collectors/cpu/cpu_account.h"

#include <sys/resource.h>
#include <sys/syscall.h>

#include "collectors/timers/tick_timer.h"
#include "env/sys/arch.h"

namespace cpu_account {

namespace {

uint64_t process_before_ns, system_before_ns;
std::atomic<uint64_t> given_ns;

uint64_t used_by_process() {
  return tick_timer::cpu_time_of_process_ns() - process_before_ns;
}

uint64_t system_time_ns() {
  rusage usage{};
  arch::syscall(SYS_getrusage, RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_stime.tv_sec) * 1000000000 +
         static_cast<uint64_t>(usage.ru_stime.tv_usec) * 1000;
}

}  // namespace

void write_seconds(text::Builder& out, uint64_t ns) {
  const uint64_t ms = (ns + 500000) / 1000000;
  out << ms / 1000 << (ms % 1000 < 10 ? ".00" : ms % 1000 < 100 ? ".0" : ".") << ms % 1000 << " s";
}

void begin() {
  process_before_ns = tick_timer::cpu_time_of_process_ns();
  system_before_ns = system_time_ns();
  given_ns.store(0, std::memory_order_relaxed);
}

void open(Thread& thread, uint64_t first_ns) {
  of(thread).next_ns.store(first_ns, std::memory_order_relaxed);
  if (of(thread).open.exchange(true, std::memory_order_acq_rel)) return;
  of(thread).before_ns = tick_timer::cpu_time_ns(thread);
  of(thread).accounted_ns.store(0, std::memory_order_relaxed);
}

bool close(Thread& thread) {
  return of(thread).open.exchange(false, std::memory_order_acq_rel);
}

uint64_t of_ticks(Thread& thread, uint32_t ticks, uint64_t period_ns) {
  // Relaxed: this thread is the only writer; rest_of reads them when the timer is gone.
  const uint64_t ns = of(thread).next_ns.load(std::memory_order_relaxed) + (ticks - 1) * period_ns;
  of(thread).next_ns.store(period_ns, std::memory_order_relaxed);
  of(thread).accounted_ns.fetch_add(ns, std::memory_order_relaxed);
  return ns;
}

void gave(uint64_t ns) {
  given_ns.fetch_add(ns, std::memory_order_relaxed);
}

uint64_t rest_of(const Thread& thread) {
  const uint64_t now = tick_timer::cpu_time_ns(thread);
  const uint64_t accounted =
      of(thread).before_ns + of(thread).accounted_ns.load(std::memory_order_relaxed);
  return now > accounted ? now - accounted : 0;
}

uint64_t rest_of_process(uint64_t settled_ns) {
  const uint64_t used = used_by_process();
  const uint64_t recorded = given_ns.load(std::memory_order_relaxed) + settled_ns;
  // The clocks were not read at one moment.
  return used < recorded + 5000000 + used / 200 ? 0 : used - recorded;
}

void note(text::Builder& out) {
  const uint64_t used = used_by_process();
  const uint64_t now = system_time_ns();
  const uint64_t in_kernel = now > system_before_ns ? now - system_before_ns : 0;
  out << "CPU time: ";
  write_seconds(out, used);
  out << ", of it in the kernel (system time): ";
  write_seconds(out, in_kernel < used ? in_kernel : used);
  out << "\n";
}

bool has_raw_threads(uint64_t period_ns) {
  const uint64_t used = used_by_process();
  const uint64_t given = given_ns.load(std::memory_order_relaxed);
  const uint64_t known = threads::high_water();
  const uint64_t between_ticks = (known < 16 ? known : 16) * period_ns + 50000000;
  return used > given + used / 50 + between_ticks;
}

}  // namespace cpu_account
