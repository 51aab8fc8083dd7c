// Ways to make children.
#include <unistd.h>

#include <algorithm>

#include "tests/e2e/reliability/judge.h"

namespace e2e {
namespace {

constexpr const char* kGroup = "Trees";

// Files of begets and of its child, none with the other's samples; and it was sampled to its end.
void parent_and_child(Judge& judge, const std::string& way, const std::string& child_site,
                      const std::vector<std::string>& program = {}) {
  Command command{{target("begets"), way}};
  command.arguments.insert(command.arguments.end(), program.begin(), program.end());
  judge.same(command, "cpu,heap");
  judge.want_objects("site_of_parent", 1);
  if (!child_site.empty()) judge.want_objects(child_site, 1);
  judge.want_cpu("burn_after_child", 40000000);
  judge.want_files(child_site.empty() ? 2 : 4);
  for (const ProfileFile& file : judge.profiles("heap")) {
    const bool mixed =
        !child_site.empty() && file.has_function("site_of_parent") && file.has_function(child_site);
    judge.want(!mixed, "a file holds two processes");
  }
}

// As above, under one name for all: each child's file has its number.
void named_by_number(Judge& judge, const std::string& way, size_t processes) {
  judge.same({{target("begets"), way, target("ends"), "exit"}}, "heap",
             {{"PROFILER_OUTPUT", judge.output / "one.pb.gz"}});
  const std::vector<std::string> files = judge.output.files();
  judge.want_files(processes);
  judge.want(std::count(files.begin(), files.end(), "one.pb.gz") == 1, "no file one.pb.gz");
  judge.want(std::count(files.begin(), files.end(), "one-2.pb.gz") == 0, "a child's has no number");
  int64_t ends = 0;
  for (const std::string& name : files) {
    const ProfileFile file(judge.output / name);
    ends += file.containing("alloc_objects", "site_of_ends");
    judge.want(file.has_function("site_of_parent") == (name == "one.pb.gz"),
               name + " is another's");
  }
  judge.want(ends == 1, "the child's samples are gone");
}

Row spawned(const char* words, const std::string& way, size_t processes) {
  return {kGroup, words, "a child's name has its number",
          [=](Judge& judge) { named_by_number(judge, way, processes); }};
}

// Relative names lead to the directory of the start, from wherever the daemon ends.
void daemon_leaves(Judge& judge) {
  Command command{{target("begets"), "daemon"}};
  command.directory = judge.output.path();
  const Outcome ours = judge.run_ours(command, "heap", {{"PROFILER_OUTPUT", "%e.%p.%m.pb.gz"}});
  judge.host = run(command).end();
  judge.want(ours.end() == judge.host, "it ends by " + ours.end());
  // Nothing tells when it has ended: its file has names a while after it is there.
  const auto is_named = [&] {
    judge.forget();
    const auto& files = judge.profiles("heap");
    return std::any_of(files.begin(), files.end(),
                       [](const ProfileFile& f) { return f.has_function("site_of_child"); });
  };
  for (int tries = 0; tries < 100 && !is_named(); tries++) usleep(20000);
  judge.want_objects("site_of_parent", 1);
  judge.want_objects("site_of_child", 1);
  judge.want_files(2);
  judge.want(judge.spool.files().empty(), "tables are left");
}

void raw_child(Judge& judge, bool by_libc) {
  Command command{{target("raw_fork")}};
  if (by_libc) command.arguments.push_back("_Fork");
  judge.same(command);
  judge.want_files(1);
  for (const ProfileFile& file : judge.profiles("heap")) {
    judge.want(file.total("inuse_space") >= 1009000, "the parent's blocks are gone");
    judge.want(file.total("alloc_space") < 1009000 + 500 * 7001, "the child's are there");
  }
}

void fork_in_handler(Judge& judge) {
  const Outcome ours = judge.same({{target("fork_in_handler")}});
  judge.want(ours.out == "0 children died\n", ours.out.substr(0, 40));
  judge.want(!judge.profiles("heap").empty(), "no file");
  judge.profile = "whole files";
}

void generations(Judge& judge) {
  judge.same({{target("generations"), "48"}});
  size_t right = 0;
  for (const ProfileFile& file : judge.profiles("heap")) {
    right += file.containing("alloc_objects", "site_of_the_last") == 100;
  }
  judge.want(right == 1, "the last one's samples are gone");
  judge.want_files(49);
}

void first_alone(Judge& judge, const std::string& way, const std::vector<std::string>& program) {
  Command command{{target("begets"), way}};
  command.arguments.insert(command.arguments.end(), program.begin(), program.end());
  judge.same(command, "heap", {{"PROFILER_CHILDREN", "0"}});
  judge.want_files(1);
  judge.want_objects("site_of_parent", 1);
}

void chosen_alone(Judge& judge) {
  judge.same({{target("begets"), "system", target("ends"), "exit"}}, "heap",
             {{"PROFILER_ONLY", "*_ends"}});
  judge.want_files(1);
  judge.want_objects("site_of_ends", 1);
}

// It has the variables and maps nothing of ours: the program below it is the first of its tree.
void below_launcher(Judge& judge) {
  judge.same({{target("launches_static"), "1", target("ends"), "exit"}}, "heap",
             {{"PROFILER_OUTPUT", judge.output / "one.pb.gz"}});
  judge.want_files(1);
  const std::vector<std::string> files = judge.output.files();
  const bool is_named = files == std::vector<std::string>{"one.pb.gz"};
  if (!judge.want(is_named, "its file's name has a number")) return;
  const ProfileFile file(judge.output / "one.pb.gz");
  judge.want(file.containing("alloc_objects", "site_of_ends") == 1, "its samples are gone");
}

// It has the library and all variables, and no tables: the agent is started by the program below
// it.
void by_the_clock(Judge& judge) {
  judge.same({{target("launches"), "1", target("steady_work"), "1000"}}, "cpu",
             {{"PROFILER_ONLY", "target_steady_work"}, {"PROFILER_INTERVAL", "200ms"}});
  const size_t files = judge.profiles("cpu").size();
  judge.want(files >= 3, std::to_string(files) + (files == 1 ? " file" : " files"));
  judge.profile = "a file each interval";
}

// Process ids come back within hours, or minutes of a build.
void number_comes_back(Judge& judge) {
  const std::string one =
      "sleep 0.05; echo 99 >/proc/sys/kernel/ns_last_pid && " + target("ends") + " exit; ";
  const Command command{{"unshare", "-mpf", "--mount-proc", "bash", "-c", one + one + "exit 0"}};
  if (run(command).out != "ends by exit\nends by exit\n") {
    return judge.not_checked("a process id that comes back",
                             "needs a pid namespace and its last pid");
  }
  judge.same(command, "heap", {{"PROFILER_ONLY", "target_ends"}});
  judge.want_files(2);
  judge.want_objects("site_of_ends", 1, 2);
}

}  // namespace

void add_rows_of_trees(std::vector<Row>& rows) {
  const std::vector<std::string> child = {target("ends"), "exit"};
  const auto pair = [&](const char* words, const std::string& way, const std::string& site,
                        const char* protection, const std::vector<std::string>& program = {}) {
    rows.push_back({kGroup, words, protection,
                    [=](Judge& judge) { parent_and_child(judge, way, site, program); }});
  };
  pair("`fork`, the child leaves by `_exit`", "fork", "site_of_child", "a child begins anew");
  pair("`fork`, the child leaves by `exit`", "fork_exit", "site_of_child", "a child begins anew");
  pair("`vfork`, the child leaves by `_exit`", "vfork", "", "a vfork child is known by its number");
  pair("`vfork`, the child becomes a program", "vfork", "site_of_ends",
       "a vfork child is known by its number", child);
  rows.push_back(spawned("`posix_spawn`", "spawn", 2));
  rows.push_back(spawned("`system`", "system", 3));  // the shell is an image too
  rows.push_back(spawned("`popen`", "popen", 3));
  rows.push_back({kGroup, "`daemon`", "`daemon` interposed", daemon_leaves});
  rows.push_back(
      {kGroup, "`daemon`, with relative names", "names from the start's directory", daemon_leaves});
  rows.push_back({kGroup, "`_Fork`", "a mark that no child inherits",
                  [](Judge& judge) { raw_child(judge, true); }});
  rows.push_back({kGroup, "`syscall(SYS_fork)`", "a mark that no child inherits",
                  [](Judge& judge) { raw_child(judge, false); }});
  rows.push_back({kGroup, "`fork` in a handler that interrupted `malloc`",
                  "blank memory in place of the parent's tables", fork_in_handler});
  rows.push_back({kGroup, "48 generations, each forked while 8 threads are in our hooks",
                  "a child frees what others held", generations});
  rows.push_back({kGroup, "`fork` under PROFILER_CHILDREN=0", "PROFILER_CHILDREN",
                  [](Judge& judge) { first_alone(judge, "fork", {}); }});
  rows.push_back({kGroup, "`system` under PROFILER_CHILDREN=0", "PROFILER_CHILDREN",
                  [child](Judge& judge) { first_alone(judge, "system", child); }});
  rows.push_back({kGroup, "`system` under PROFILER_ONLY", "PROFILER_ONLY", chosen_alone});
  rows.push_back({kGroup, "a launcher that is linked statically",
                  "an ancestor that counts maps our library", below_launcher});
  rows.push_back({kGroup, "a launcher that PROFILER_ONLY leaves out, and PROFILER_INTERVAL",
                  "an ancestor that has an agent maps tables", by_the_clock});
  rows.push_back({kGroup, "two processes that get the same number, one after the other",
                  "a session's files are no earlier run's", number_comes_back});
}

}  // namespace e2e
