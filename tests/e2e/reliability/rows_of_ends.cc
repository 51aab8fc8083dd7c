// Ways to end a process.
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "tests/e2e/kill_once_told.h"
#include "tests/e2e/reliability/judge.h"

namespace e2e {
namespace {

constexpr const char* kAsked = "Ends in which libc is asked";
constexpr const char* kKilled = "Ends in which no handler runs";
constexpr const char* kAtOnce = "At the same time";

// The files are there when the process is gone.
Row asked(const char* way, const std::string& how, const char* protection, int64_t objects = 1) {
  return {kAsked, way, protection, [how, objects](Judge& judge) {
            judge.same({{target("ends"), how}});
            judge.want_files(1);
            judge.want_objects("site_of_ends", objects);
            judge.want(judge.spool.files().empty(), "tables are left");
          }};
}

// The death is the host's own, and what it leaves becomes the files.
Row killed(const char* way, const std::string& how) {
  return {kKilled, way, "tables that outlive the process", [how](Judge& judge) {
            judge.same({{target("ends"), how}});
            judge.want(judge.output.files().empty(), "it has written a file");
            judge.recover();
            judge.want_files(1);
            judge.want_objects("site_of_ends", 1);
          }};
}

// A cgroup of its own; where none can be made, nothing is said of the row.
void out_of_memory(Judge& judge) {
  const std::string group = "/sys/fs/cgroup/memory/profiler-" + std::to_string(getpid());
  const std::string words = "mkdir " + group + " && echo 24M >" + group +
                            "/memory.limit_in_bytes && echo $$ >" + group + "/tasks && exec " +
                            target("ends") + " memory";
  if (run({{"mkdir", group}}).end() != "exit 0") {
    return judge.not_checked("the OOM killer of a memory cgroup", "no cgroup can be made");
  }
  run({{"rmdir", group}});
  const Command command{{"sh", "-c", words}};
  const Outcome bare = run(command);
  run({{"rmdir", group}});
  const Outcome ours = judge.run_ours(command, "heap", {{"PROFILER_ONLY", "target_ends"}});
  run({{"rmdir", group}});
  judge.host = bare.end();
  judge.want(ours.end() == bare.end() && bare.end() == "signal 9", "it ends by " + ours.end());
  judge.recover();
  judge.want_files(1);
  judge.want_objects("site_of_ends", 1);
}

void run_recovers(Judge& judge) {
  const Command bare{{target("ends"), "sigkill"}};
  const Command ours{{program(), "run", "--quiet", "--mode", "heap", "--heap-rate", "1", "--spool",
                      judge.spool.path(), "--output", judge.output.path() + "/", "--",
                      target("ends"), "sigkill"}};
  const Outcome plain = run(bare), seen = run(ours);
  judge.host = plain.end();
  judge.want(seen.end() == plain.end(), "it ends by " + seen.end());
  judge.want(seen.out == plain.out && seen.err == plain.err, "its output is another");
  judge.want_files(1);
  judge.want_objects("site_of_ends", 1);
  judge.want(judge.spool.files().empty(), "tables are left");
}

void run_is_killed(Judge& judge) {
  const TemporaryDirectory marks;
  const std::string reported = marks / "reported";
  const Outcome ours = run(killed_once_told(
      reported, {program(), "run", "--mode", "cpu", "--spool", judge.spool.path(), "--output",
                 judge.output.path() + "/", "--", target("cpu_shares"), "1", "30", reported}));
  judge.host = ours.end();
  judge.want(ours.end() == "signal 9", "it ends by " + ours.end());
  for (int tries = 0; tries < 400 && !judge.spool.files().empty(); tries++) usleep(50000);
  judge.want(judge.spool.files().empty(), "tables are left");
  judge.want_files(1);
  judge.want_cpu("burn_40", 100000000);  // it has reported 300 ms
}

void ends_together(Judge& judge, const std::string& how) {
  judge.same({{target("ends"), how}});
  judge.want_files(1);
  judge.want_objects("site_of_ends", 1);
}

// The names are looked up by a program beside the library, which here takes some seconds.
Environment with_slow_names(const TemporaryDirectory& directory, const std::string& seconds) {
  std::filesystem::copy_file(library(), directory / "libprofiler.so");
  std::filesystem::copy_file(target("names_slowly"), directory / "profiler");
  write_file(directory / "profiler.seconds", seconds);
  return {{"LD_PRELOAD", directory / "libprofiler.so"}, {"PROFILER_SYMBOLIZE_TIME", "20s"}};
}

void ends_while_one_writes_for_long(Judge& judge) {
  const TemporaryDirectory directory;
  const Outcome ours =
      judge.same({{target("ends"), "_exit_together"}}, "heap", with_slow_names(directory, "6"));
  judge.want(ours.seconds < 5, "it takes " + std::to_string(ours.seconds) + " s");
  judge.want_files(1);
}

// The bare program has ended long before its alarm.
void alarm_at_end(Judge& judge, const std::string& how) {
  const TemporaryDirectory directory;
  judge.same({{target("alarm_at_end"), how}}, "cpu,heap", with_slow_names(directory, "1"));
  judge.want_files(2);
}

// Whichever thread is first: the first image has its file, and the next one too if it came to be.
void exec_beside_exit(Judge& judge) {
  for (int times = 0; times < 10; times++) {
    const Outcome ours = judge.run_ours({{target("exec_beside_exit"), target("ends"), "exit"}});
    judge.want(ours.end() == "exit 7" || ours.end() == "exit 3", "it ends by " + ours.end());
  }
  judge.host = "exit 7, or 3";
  judge.want_objects("site_before_exec", 1, 10);
  judge.profile = "a file each";
}

void forks_beside_exit(Judge& judge) {
  const TemporaryDirectory directory;
  judge.same({{target("forks_at_end"), directory / "children"}});
  int children = 0;
  const std::string bytes = read_file(directory / "children");
  if (bytes.size() == sizeof children) memcpy(&children, bytes.data(), sizeof children);
  int written = 0;
  for (const ProfileFile& file : judge.profiles("heap"))
    written += file.has_function("site_of_child");
  judge.want(children > 0, "no child was made");
  // One that was born when the parent's recording was over has none of its own.
  judge.want(written >= children - 1, std::to_string(children - written) + " of " +
                                          std::to_string(children) + " children have no file");
  judge.profile = "parent and children";
}

}  // namespace

void add_rows_of_ends(std::vector<Row>& rows) {
  const char* const last = "a destructor";
  rows.push_back(asked("`return` from main", "return", last));
  rows.push_back(asked("`exit`", "exit", last));
  rows.push_back(asked("`exit` in another thread", "thread", last));
  rows.push_back(asked("`pthread_exit` of main, then the last thread", "main_leaves", last, 2));
  rows.push_back(asked("`_exit`", "_exit", "`_exit`, `_Exit`, `quick_exit` interposed"));
  rows.push_back(asked("`_Exit`", "_Exit", "`_exit`, `_Exit`, `quick_exit` interposed"));
  rows.push_back(asked("`quick_exit`", "quick_exit", "`_exit`, `_Exit`, `quick_exit` interposed"));
  rows.push_back(asked("`syscall(SYS_exit_group)`", "exit_group", "`syscall` interposed"));
  rows.push_back(killed("`abort`", "abort"));
  rows.push_back(killed("SIGTERM", "sigterm"));
  rows.push_back(killed("SIGINT", "sigint"));
  rows.push_back(killed("SIGSEGV", "segv"));
  rows.push_back(killed("SIGSEGV at the end of the stack", "deep"));
  rows.push_back(killed("SIGKILL", "sigkill"));
  rows.push_back(killed("exit_group, past libc", "raw"));
  rows.push_back({kKilled, "the OOM killer", "tables that outlive the process", out_of_memory});
  rows.push_back({kKilled, "SIGKILL, below `profiler run`", "`run` recovers", run_recovers});
  rows.push_back({kKilled,
                  "SIGKILL to the group of `profiler run -- server`, as by `timeout -s KILL`",
                  "a process beside `run`", run_is_killed});
  rows.push_back({kAtOnce, "`_exit` in four threads", "one writer, the others wait",
                  [](Judge& judge) { ends_together(judge, "_exit_together"); }});
  rows.push_back({kAtOnce, "`exit` in four threads", "a second `exit` writes too",
                  [](Judge& judge) { ends_together(judge, "exit_together"); }});
  rows.push_back({kAtOnce, "`_exit` in four threads, one of them in the writer for long",
                  "waits have a limit", ends_while_one_writes_for_long});
  for (const auto& [way, how] : {std::pair{"an alarm while the files are written", "return"},
                                 {"the same, after `_exit`", "_exit"},
                                 {"the same, in `quick_exit`", "quick_exit"},
                                 {"the same, whose handler would `_exit`", "handled"}}) {
    rows.push_back({kAtOnce, way, "signals wait for the files",
                    [how = std::string(how)](Judge& judge) { alarm_at_end(judge, how); }});
  }
  rows.push_back({kAtOnce, "the same, for another thread", "no thread ends by a signal meanwhile",
                  [](Judge& judge) { alarm_at_end(judge, "beside"); }});
  rows.push_back(
      {kAtOnce, "`exec` beside `exit`", "one writer, the others wait", exec_beside_exit});
  rows.push_back({kAtOnce, "`fork` beside `exit`", "a child has no writer", forks_beside_exit});
}

}  // namespace e2e
