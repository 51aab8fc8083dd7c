// What a thread is, and what signals are its own.
#include "tests/e2e/reliability/judge.h"

namespace e2e {
namespace {

constexpr const char* kGroup = "Threads and signals";
const Environment kFast = {{"PROFILER_CPU_HZ", "1000"}, {"PROFILER_WALL_HZ", "1000"}};

Command limited(const std::vector<std::string>& arguments, int limit_s = 10) {
  Command command{arguments};
  command.limit_s = limit_s;
  return command;
}

void fast(Judge& judge, const Command& command, size_t files, const std::string& modes = "cpu") {
  judge.same(command, modes, kFast);
  judge.want_files(files);
}

void ends_late(Judge& judge) {
  judge.same({{target("thread_exit")}});
  judge.want_objects("site_of_key", 4);
  judge.want_objects("site_of_object", 1);
  judge.want_files(1);
}

void leaves_waits(Judge& judge) {
  judge.same(limited({target("leaves_waits"), "300"}, 30), "cpu,heap,block,mutex",
             {{"PROFILER_BLOCK_RATE", "1ns"}});
  for (const ProfileFile& file : judge.profiles("block")) {
    judge.want(file.at_leaf("contentions", "last_wait") == 1, "the last wait is not there");
  }
  judge.want_files(4);
}

// The limit counts the signals of the user's other processes too.
void queues(Judge& judge, bool one_after_another) {
  Command command = judge.alone({"--sigpending=100", target("queues_signals"), "40"});
  if (command.arguments.empty()) return;
  if (one_after_another) command.arguments.emplace_back("returns");
  judge.same(command, "cpu", {{"PROFILER_ONLY", "target_queues_signals"}});
  for (const ProfileFile& file : judge.profiles("cpu")) {
    const bool said =
        file.all_comments().find("one timer for the whole process") != std::string::npos;
    judge.want(said != one_after_another, said ? "its timers are used up" : "it does not say so");
  }
  judge.want_files(1);
}

void to_limit(Judge& judge) {
  const Command command = judge.alone({"--nproc=12", target("threads_to_limit")});
  if (command.arguments.empty()) return;
  judge.same(command, "cpu,heap,wall,threads", {{"PROFILER_ONLY", "target_threads_to_limit"}});
  judge.want_files(4);
}

// A tick that comes in the middle of a sample, on four threads that hand each other blocks.
void ticks_in_samples(Judge& judge) {
  const Command command = limited({target("exchange_blocks"), "1", "8"}, 20);
  const Outcome bare = run(command), ours = judge.run_ours(command, "cpu,heap", kFast);
  judge.host = bare.end();
  judge.want(ours.end() == bare.end(), "it ends by " + ours.end());
  judge.want(ours.out == bare.out, "its output is another");
  for (const ProfileFile& file : judge.profiles("heap")) {
    const int64_t ours_alone = file.containing("alloc_objects", "[unknown]");
    judge.want(ours_alone == 0, std::to_string(ours_alone) + " stacks are torn");
    judge.want(file.containing("inuse_objects", "allocate_block") == 0, "freed blocks are live");
  }
  judge.want_files(2);
}

void strangers(Judge& judge) {
  const Outcome ours = judge.run_ours({{target("strangers")}}, "cpu");
  judge.host = ours.end();
  judge.want(ours.end() == "exit 0", "it ends by " + ours.end());
  for (const char* burn : {"by_clone", "that_ended", "by_call"}) judge.want_cpu(burn, 200000000);
  judge.want_files(1);
}

void blocks_all(Judge& judge, const char* name, int64_t least_ns) {
  judge.same(limited({target(name)}, 20), "cpu");
  judge.want_cpu("masked_burn", least_ns);
  judge.want_files(1);
}

void next_mask(Judge& judge, const std::string& how) {
  Environment more = kFast;
  more["PROFILER_ONLY"] = "target_older_signals";
  judge.same({{target("older_signals"), how}}, "cpu,wall", more);
  judge.want_whole();
}

}  // namespace

void add_rows_of_threads(std::vector<Row>& rows) {
  const auto add = [&](const char* way, const char* protection, std::function<void(Judge&)> judge) {
    rows.push_back({kGroup, way, protection, std::move(judge)});
  };
  const auto plain = [&](const char* way, const char* protection, const Command& command,
                         size_t files, const char* modes = "cpu") {
    add(way, protection, [=](Judge& judge) { fast(judge, command, files, modes); });
  };
  add("a thread that allocates in destructors, while another begins",
      "who has no record is sampled too", ends_late);
  plain("`pthread_getattr_np`, which allocates under the thread's lock",
        "a stack's bounds are known from the start", limited({target("asks_for_stack")}), 1,
        "heap");
  plain("a program that takes every key", "no key is taken", {{target("all_keys")}}, 1, "heap");
  plain("a program of one thread: `unshare`, and libc without locks", "no thread of ours",
        limited({target("one_thread")}), 2, "cpu,wall");
  plain("`pthread_exit` of main, under all clocks", "no thread of ours",
        limited({target("main_leaves")}), 2, "cpu,wall");
  add("as many threads as the user may have (RLIMIT_NPROC)", "no thread of ours", to_limit);
  add("600 waits left by cancellation and by `siglongjmp`", "nothing is borrowed across a wait",
      leaves_waits);
  const char* running = "ticks come to threads that run";
  plain("each call that waits, under ticks of a millisecond", running,
        limited({target("early_returns"), "1", "plain"}, 30), 2, "cpu,wall");
  plain("each call that waits, beside the program's own signals", running,
        limited({target("early_returns"), "1", "signals"}, 30), 2, "cpu,wall");
  add("threads that block every signal and wait for all of them", "ticks are not blocked",
      [](Judge& judge) { blocks_all(judge, "masks", 700000000); });
  plain("a program that takes the ticks' signal for itself, 100 times",
        "timers go before the signal", limited({target("takes_signals"), "100"}, 30), 2,
        "cpu,wall");
  plain("`sighold`, `sigset`, `bsd_signal` and their like", "older calls for signals",
        {{target("older_signals"), "calls"}}, 2, "cpu,wall");
  for (const auto& [way, how] :
       {std::pair{"the mask of the next program, by `exec`", "exec"},
        {"the mask of the next program, by `fork` and `exec`", "fork"},
        {"the mask of the next program, by `vfork` and `exec`", "vfork"}}) {
    add(way, "the next program has the host's mask",
        [how = std::string(how)](Judge& judge) { next_mask(judge, how); });
  }
  add("200 threads, where the user may have 100 signals queued", "half of the limit is the host's",
      [](Judge& judge) { queues(judge, false); });
  add("200 threads one after another, under that limit", "a thread gives its timer back",
      [](Judge& judge) { queues(judge, true); });
  add("ticks of a millisecond in the middle of samples, in eight threads",
      "a walk's room is one thread's", ticks_in_samples);
  add("threads made by `clone` and by the system call",
      "threads that nobody told us of are looked for", strangers);
}

}  // namespace e2e
