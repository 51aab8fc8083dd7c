// CPU profiles against what the program measured of itself: totals against getrusage, shares
// against the CPU clock around each function.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <set>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"
#include "tests/e2e/sites.h"

using namespace e2e;

namespace {

constexpr double kSigmas = 6;
constexpr double kPeriodNs = 1e7;  // 100 Hz
constexpr double kTickNs = 4e6;

struct Figures {
  int64_t samples = 0;
  double total_ratio = 0;  // profile / getrusage
  double worst = 0;        // deviation of a share, in standard errors
  double allowed_total = 0;
};

Figures measure(int threads, int seconds, const Environment& more) {
  TemporaryDirectory output;
  Command command = {{target("cpu_shares"), std::to_string(threads), std::to_string(seconds)}};
  command.limit_s = 60 + 4 * seconds;
  const Outcome ours = run(profiled(command, "cpu", output, more));
  REQUIRE(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("cpu")));
  Figures f;
  f.samples = profile.total("samples");
  const double cpu = static_cast<double>(number_after(ours.out, "cpu"));
  f.total_ratio = static_cast<double>(profile.total("cpu")) / cpu;
  // 2 %, and what the last period of each thread can hide.
  f.allowed_total = 0.02 + (threads + 1) * kPeriodNs / cpu;
  // The process timer lives on ticks (4 ms), getrusage does not: a program that has a share p of a
  // contended processor gets n(1-p) of variance in its number of ticks.
  const double p = std::min(1.0, cpu / static_cast<double>(number_after(ours.out, "wall")));
  if (threads == 1) f.allowed_total += kSigmas * std::sqrt((1 - p) * kTickNs / cpu);
  double burnt = 0, seen = 0;
  for (int percent = 10; percent <= 40; percent += 10) {
    const std::string name = "burn_" + std::to_string(percent);
    burnt += static_cast<double>(number_after(ours.out, name));
    seen += static_cast<double>(profile.at_leaf("cpu", name));
  }
  const double n = seen / kPeriodNs;
  std::string shares;
  for (int percent = 10; percent <= 40; percent += 10) {
    const std::string name = "burn_" + std::to_string(percent);
    const double truth = static_cast<double>(number_after(ours.out, name)) / burnt;
    const double share = static_cast<double>(profile.at_leaf("cpu", name)) / seen;
    const double z = (share - truth) / std::sqrt(truth * (1 - truth) / n);
    if (std::abs(z) > std::abs(f.worst)) f.worst = z;
    char text[64];
    snprintf(text, sizeof text, " %.2f%% (%.2f%%, %+.2f s.e.)", 100 * share, 100 * truth, z);
    shares += text;
  }
  figure("cpu, %d thread(s), %d s: %lld samples, total %.4f of getrusage, shares%s", threads,
         seconds, static_cast<long long>(f.samples), f.total_ratio, shares.c_str());
  CHECK(seen / static_cast<double>(profile.total("cpu")) > 0.95);
  return f;
}

void compare(int threads, int seconds, double sigmas, const Environment& more = {}) {
  const Figures f = measure(threads, seconds, more);
  INFO(threads << " thread(s)");
  CHECK(std::abs(f.total_ratio - 1) < f.allowed_total);
  CHECK(std::abs(f.worst) < sigmas);
}

}  // namespace

TEST_CASE("one busy thread: total and shares are the truth") {
  compare(1, 10, kSigmas);
}
TEST_CASE("two busy threads: total and shares are the truth") {
  compare(2, 10, kSigmas);
}
TEST_CASE("four busy threads: total and shares are the truth") {
  compare(4, 10, kSigmas);
}

TEST_CASE("per-thread timers from the start give the truth too") {
  compare(2, 6, kSigmas, {{"PROFILER_CPU_CLOCK", "thread"}});
}

TEST_CASE("the process timer gives the truth for one thread") {
  compare(1, 6, kSigmas, {{"PROFILER_CPU_CLOCK", "itimer"}});
}

TEST_CASE("20,000 samples at 1, 2 and 4 threads: within three standard errors", "[.acceptance]") {
  int64_t samples = 0;
  for (const int threads : {1, 2, 4}) {
    const Figures f = measure(threads, 70, {});
    CHECK(std::abs(f.total_ratio - 1) < 0.02);
    CHECK(std::abs(f.worst) < 3);
    samples += f.samples;
  }
  CHECK(samples >= 20000);
}

TEST_CASE("the cpu profile says what it is, and which threads ran") {
  TemporaryDirectory output;
  run(profiled({{target("cpu_shares"), "2", "1"}}, "cpu", output, {{"PROFILER_CPU_HZ", "50"}}));
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(profile.sample_types() == std::vector<std::string>{"samples/count", "cpu/nanoseconds"});
  CHECK(profile.default_sample_type() == "cpu");
  CHECK(profile.text(profile.proto().period_type().type()) == "cpu");
  CHECK(profile.text(profile.proto().period_type().unit()) == "nanoseconds");
  CHECK(profile.proto().period() == 20000000);
  CHECK(profile.proto().time_nanos() > 0);
  CHECK(profile.proto().duration_nanos() > 0);
  std::set<int64_t> numbers;
  for (const auto& sample : profile.proto().sample()) {
    // One count a period; a part of a period (a thread's first tick, its rest) is rounded.
    CHECK(std::abs(sample.value(1) - 20000000 * sample.value(0)) <= 10000000);
    CHECK(profile.string_label(sample, "thread") == "target_cpu_shar");  // 15 bytes, as the kernel
    numbers.insert(profile.number_label(sample, "tid"));
  }
  // Threads with equal names differ by their numbers.
  CHECK(numbers.size() >= 2);
  CHECK(numbers.count(0) == 0);
}

TEST_CASE("the cpu profile says how much of its time was system time") {
  TemporaryDirectory output;
  run(profiled({{target("reads_zeros")}}, "cpu", output));
  const ProfileFile profile(only(output.profiles("cpu")));
  double used = 0, in_kernel = 0;
  for (const std::string& line : profile.comments()) {
    std::sscanf(line.c_str(), "CPU time: %lf s, of it in the kernel (system time): %lf s", &used,
                &in_kernel);
  }
  CHECK(used == Approx(static_cast<double>(profile.total("cpu")) / 1e9).margin(0.02));
  CHECK(in_kernel > 0.5 * used);
  CHECK(in_kernel <= used);
  CHECK_THAT(profile.all_comments(),
             Catch::Contains("# CPU time of the loader before the recording"));
}

TEST_CASE("threads that come and go are counted to the end of each") {
  for (const std::string ms : {"20", "5"}) {
    TemporaryDirectory output;
    const std::string count = ms == "20" ? "100" : "400";
    const Outcome ours = run(profiled({{target("cpu_short_threads"), count, ms}}, "cpu", output));
    REQUIRE(ours.end() == "exit 0");
    const ProfileFile profile(only(output.profiles("cpu")));
    const double ratio = static_cast<double>(profile.total("cpu")) /
                         static_cast<double>(number_after(ours.out, "cpu"));
    const double named = profile.share("cpu", "short_life");
    figure("%s threads of %s ms: total %.3f of getrusage, %.3f of it in their function",
           count.c_str(), ms.c_str(), ratio, named);
    CHECK(ratio > 0.9);
    CHECK(ratio < 1.1);
  }
}

TEST_CASE("a thread that blocks every signal is in the total, and main's poll sleeps on") {
  TemporaryDirectory output;
  same_as_bare({{target("masked_thread")}}, "cpu", output);
  const ProfileFile profile(only(output.profiles("cpu")));
  const double seconds = static_cast<double>(profile.total("cpu")) / 1e9;
  figure("1 s behind a full signal mask: %.3f s, of which [lost] %.3f s", seconds,
         static_cast<double>(profile.containing("cpu", "[lost]")) / 1e9);
  CHECK(seconds > 0.9);
  CHECK(seconds < 1.1);
}

TEST_CASE(
    "a host that blocks every signal is sampled, and reads and gets what it would without us") {
  const std::string kind = GENERATE("urgent", "realtime");
  INFO(kind);
  TemporaryDirectory output;
  const Outcome ours = same_as_bare({{target("masks"), kind}}, "cpu", output);
  CHECK(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(profile.share("cpu", "[lost]") < 0.01);
  CHECK(static_cast<double>(profile.containing("cpu", "masked_burn")) ==
        Approx(950e6).epsilon(0.05));
}

TEST_CASE("threads that were made past the threads library are sampled, with their stacks") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("strangers")}}, "cpu", output));
  REQUIRE(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("cpu")));
  const double used = std::stod(words_of(lines_of(ours.out).front())[1]);
  // Before our clock began: the loader's time.
  CHECK(static_cast<double>(profile.total("cpu")) == Approx(used).epsilon(0.02).margin(5e6));
  for (const char* burn : {"by_clone", "that_ended", "by_call"}) {
    INFO(burn);
    // The last is found only after a while; what it had used by then has no stack.
    CHECK(static_cast<double>(profile.containing("cpu", burn)) > 0.3e9);
  }
}

TEST_CASE("work in a thread's destructors is sampled where it lasts for long") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("slow_ends"), "6"}}, "cpu", output));
  REQUIRE(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("cpu")));
  // By the second look at the latest, of six.
  CHECK(profile.containing("cpu", "burn_at_end") > 300000000);
}

TEST_CASE(
    "a small limit of queued signals is not used up: one timer for the process, which is said") {
  TemporaryDirectory output;
  const Command command{{"/usr/bin/prlimit", "--sigpending=20", target("cpu_shares"), "16", "1"}};
  const Outcome ours =
      run(profiled(command, "cpu", output, {{"PROFILER_ONLY", "target_cpu_shares"}}));
  REQUIRE(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK_THAT(profile.all_comments(), Catch::Contains("ticks: one timer for the whole process"));
  CHECK(profile.total("cpu") > 100000000);
}
