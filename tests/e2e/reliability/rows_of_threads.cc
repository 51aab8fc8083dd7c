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

void raw_threads(Judge& judge) {
  const Outcome ours = judge.run_ours({{target("strangers")}}, "cpu");
  judge.host = ours.end();
  judge.want(ours.end() == "exit 0", "it ends by " + ours.end());
  for (const char* burn : {"by_clone", "that_ended", "by_call"}) judge.want_cpu(burn, 200000000);
  judge.want_files(1);
}

void blocks_all(Judge& judge, const char* kind) {
  judge.same(limited({target("masks"), kind}, 20), "cpu");
  judge.want_cpu("masked_burn", 900000000);
  judge.want_files(1);
}

void resets(Judge& judge, const std::string& how, const char* burns) {
  Environment more = kFast;
  more["PROFILER_ONLY"] = "target_resets_actions";
  judge.same(limited({target("resets_actions"), how}, 20), "cpu", more);
  judge.want_cpu(burns, 150000000);
  judge.want_files(1);
}

void in_gdb(Judge& judge) {
  Command command{{"gdb", "-nx", "-batch", "-ex", "set startup-with-shell off"}};
  const Environment ours = {{"LD_PRELOAD", library()},
                            {"PROFILER_MODE", "cpu,heap"},
                            {"PROFILER_HEAP_RATE", "1"},
                            {"PROFILER_SPOOL", judge.spool.path()},
                            {"PROFILER_OUTPUT", judge.output.path() + "/"}};
  for (const auto& [name, value] : ours) {
    const std::string set = "set environment " + name + " " + value;
    command.arguments.insert(command.arguments.end(), {"-ex", set});
  }
  command.arguments.insert(command.arguments.end(),
                           {"-ex", "run", "--args", target("resets_actions"), "call"});
  const std::string session = run(command).out;
  if (session.find("alive") == std::string::npos && session.find("received") == std::string::npos) {
    return judge.not_checked("a session in gdb", "it runs no program here");
  }
  judge.host = "exit 4, in gdb";
  judge.want(session.find("exited with code 04]") != std::string::npos, "its exit is not seen");
  judge.want(session.find("received signal") == std::string::npos, "it stops");
  judge.want(session.find("New ") == std::string::npos, "a thread appears");
  judge.want_files(2);
}

void next_mask(Judge& judge, const std::string& how) {
  Environment more = kFast;
  more["PROFILER_ONLY"] = "target_older_signals";
  judge.same({{target("older_signals"), how}}, "cpu,wall", more);
  judge.want_whole();
}

// A timer's handler jumps out of the profiler's own work.
void jumps_out(Judge& judge) {
  const Command command{{target("leaves_by_jump"), "custom"}};
  judge.host = run(command).end();
  const Outcome ours = judge.run_ours(command, "heap,custom,cpu");
  judge.want(ours.end() == judge.host, "it ends by " + ours.end());
  int64_t added = 0;
  for (const ProfileFile& file : judge.profiles("things")) {
    added += file.containing("things", "site_added");
  }
  judge.want(added == 1000, std::to_string(added) + " of 1000 additions have their stack");
  judge.profile = "whole files";
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
      "a thread without a record is sampled too", ends_late);
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
  add("600 jumps of a handler out of our work", "what a frame borrows comes back when it is gone",
      jumps_out);
  const char* running = "ticks come to threads that run";
  plain("each call that waits, under ticks of a millisecond", running,
        limited({target("early_returns"), "1", "plain"}, 30), 2, "cpu,wall");
  plain("each call that waits, beside the program's own signals", running,
        limited({target("early_returns"), "1", "signals"}, 30), 2, "cpu,wall");
  add("threads that block every signal and wait for all of them", "ticks are not blocked",
      [](Judge& judge) { blocks_all(judge, "realtime"); });
  add("the same, whose `signalfd` and `sigwait` get the ticks' signal",
      "what is awaited makes ticks move on", [](Judge& judge) { blocks_all(judge, "urgent"); });
  add("every action set to the default by an instruction of the program's own",
      "a signal whose default is harmless",
      [](Judge& judge) { resets(judge, "instruction", "burn_before"); });
  add("the same by `syscall`", "`syscall` sees actions",
      [](Judge& judge) { resets(judge, "call", "burn_after"); });
  add("a session in gdb: stops, threads, the exit", "a signal whose default is harmless", in_gdb);
  add("the same, when files are written", "no tracer takes our children for the host's", in_gdb);
  plain("a program that takes the ticks' signal for itself, 30 times",
        "timers go before the signal", limited({target("takes_signals"), "30"}, 30), 2, "cpu,wall");
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
  add("threads made by `clone` and by the system call", "threads that no hook saw are looked for",
      raw_threads);
}

}  // namespace e2e
