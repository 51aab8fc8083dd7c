// Ways to be loaded, and not to be.
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tests/e2e/reliability/judge.h"

namespace e2e {
namespace {

constexpr const char* kGroup = "Loading";

void copy_to(const std::string& root, const std::string& path) {
  std::filesystem::create_directories(root + std::filesystem::path(path).parent_path().string());
  write_file(root + path, read_file(path));
  chmod((root + path).c_str(), 0755);
}

// A root directory with a program, libc, the loader and the library: what a small container has.
void libc_alone(Judge& judge) {
  if (geteuid() != 0) return judge.not_checked("a root directory of libc alone", "needs root");
  const std::string root = judge.output / "root";
  for (const std::string& path :
       {std::string("/lib64/ld-linux-x86-64.so.2"), std::string("/lib/x86_64-linux-gnu/libc.so.6"),
        target("ends"), library()}) {
    copy_to(root, path);
  }
  std::filesystem::create_directories(root + "/out");
  judge.same({{"/usr/sbin/chroot", root, target("ends"), "exit"}}, "heap",
             {{"PROFILER_ONLY", "target_ends"},
              {"PROFILER_OUTPUT", "/out/"},
              {"PROFILER_SPOOL", "none"},
              {"PROFILER_SYMBOLIZE", "none"}});
  for (const auto& entry : std::filesystem::directory_iterator(root + "/out")) {
    std::filesystem::rename(entry.path(), judge.output / entry.path().filename().string());
  }
  std::filesystem::remove_all(root);
  judge.want_files(1);
  for (const ProfileFile& file : judge.profiles("heap")) {
    judge.want(file.total("alloc_space") >= 7001, "its block is gone");
  }
}

Command under_run(const Judge& judge, const std::vector<std::string>& command) {
  Command all{{program(), "run", "--mode", "cpu,heap", "--heap-rate", "1", "--spool",
               judge.spool.path(), "--output", judge.output.path() + "/", "--"}};
  all.arguments.insert(all.arguments.end(), command.begin(), command.end());
  return all;
}

// It runs as it would, and a line says why there is no profile.
void cannot_be_preloaded(Judge& judge, const std::string& path, const std::string& reason,
                         const Command& prefix = {}) {
  Command alone = prefix, under = prefix;
  alone.arguments.push_back(path);
  const Command profiled = under_run(judge, {path});
  under.arguments.insert(under.arguments.end(), profiled.arguments.begin(),
                         profiled.arguments.end());
  const Outcome bare = run(alone), ours = run(under);
  judge.host = bare.end();
  // Where its loader is not installed, `run` has an end for what cannot be started.
  if (bare.end() != "exit 127") judge.want(ours.end() == bare.end(), "it ends by " + ours.end());
  judge.want(ours.out == bare.out, "its output is another");
  judge.want(ours.err.find(reason) != std::string::npos, "no line says that it is " + reason);
  judge.profile = "none, which is said";
}

void set_uid_under_run(Judge& judge) {
  if (geteuid() != 0) return judge.not_checked("a set-uid program", "needs root to make one");
  const TemporaryDirectory directory;
  const std::string path = directory / "privileged";
  write_file(path, read_file(target("idle")));
  if (chown(path.c_str(), 65534, 65534) != 0 || chmod(path.c_str(), 04755) != 0) return;
  cannot_be_preloaded(judge, path, "set-uid");
}

void capable_under_run(Judge& judge) {
  const std::string row = "a program with file capabilities";
  if (geteuid() != 0) return judge.not_checked(row, "needs root to make one");
  const TemporaryDirectory directory;
  const std::string path = directory / "capable";
  write_file(path, read_file(target("idle")));
  Command as_other;
  if (!judge.has_others(row, &as_other)) return;
  for (const std::string& each : {directory.path(), judge.output.path(), judge.spool.path()}) {
    chmod(each.c_str(), 0777);
  }
  chmod(path.c_str(), 0755);
  // VFS_CAP_REVISION_2: a revision, then the permitted and the inheritable half twice.
  const uint32_t nice[] = {0x02000001, 1u << 23, 0, 0, 0};
  if (setxattr(path.c_str(), "security.capability", nice, sizeof nice, 0) != 0) {
    return judge.not_checked(row, "this file system keeps none");
  }
  cannot_be_preloaded(judge, path, "given file capabilities", as_other);
}

void plugin_apart(Judge& judge) {
  judge.same({{target("loads_plugin"), "apart"}}, "cpu,heap,block,mutex,wall,threads,fd,trace");
  judge.want_cpu("works_in_plugin", 250000000);
  judge.want_objects("site_of_host", 1);
  judge.want_files(8);
}

void sanitized(Judge& judge) {
  const Outcome bare = run({{target("with_asan")}});
  const Outcome ours = run(under_run(judge, {target("with_asan")}));
  judge.host = bare.end();
  judge.want(ours.end() == bare.end(), "it ends by " + ours.end());
  judge.want(ours.out == bare.out, "its output is another");
  if (ours.end() == bare.end()) judge.want_sites(ours.out);
}

void two_threads_take_turns(Judge& judge) {
  judge.same({{target("with_tsan")}}, "cpu,heap,block,mutex,wall,threads");
  judge.want_files(6);
}

// What is loaded beside an auditor is given 512 bytes for thread-local memory.
void audited(Judge& judge) {
  const Command command{{target("ends"), "exit"}, {{"LD_AUDIT", target("audit.so")}}};
  judge.same(command, "cpu,heap");
  judge.want_files(2);
  judge.want_objects("site_of_ends", 1);
}

void with_plugin(Judge& judge) {
  judge.same({{target("loads_plugin")}});
  judge.want_objects("site_of_host", 20000);
  judge.want_files(1);
}

// What one side frees past us stays in the table until its address comes back.
void bound_past(Judge& judge) {
  judge.same({{target("loads_plugin"), "deep"}});
  judge.want_objects("site_of_host", 20000);
  for (const ProfileFile& file : judge.profiles("heap")) {
    const int64_t live = file.containing("inuse_objects", "site_of_host");
    judge.want(live <= 1100, std::to_string(live) + " of 1000 blocks are live");
  }
  judge.want_files(1);
}

void environment(Judge& judge) {
  const Environment more = {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_LOG", "quiet"}};
  const Command all = profiled({{"env", "-0"}}, "heap", judge.output, more);
  const Outcome bare = run({{"env", "-0"}}), ours = run(all);
  judge.host = bare.end();
  judge.want(ours.end() == bare.end(), "it ends by " + ours.end());
  const auto variables = [](const std::string& out) {
    return std::count(out.begin(), out.end(), 0);
  };
  const auto more_of_them = static_cast<long>(all.environment.size());
  judge.want(variables(ours.out) == variables(bare.out) + more_of_them, "its number is another");
  for (const auto& [name, value] : all.environment) {
    std::string whole = name;
    whole.append("=").append(value).append(1, '\0');
    judge.want(ours.out.find(whole) != std::string::npos, name + " is not as it was");
  }
  judge.want_files(1);
}

void old_conditions(Judge& judge, const std::string& mode) {
  Command command{{target("old_conditions")}};
  command.limit_s = 10;
  judge.same(command, mode);
  judge.want_files(1);
}

void removed_from_libc(Judge& judge) {
  const Outcome ours = judge.same({{target("unloaded_by_libc")}});
  if (ours.out != "allocated\n") judge.not_checked("a converter that libc unloads", "it stays");
  judge.want_files(1);
}

}  // namespace

void add_rows_of_loading(std::vector<Row>& rows) {
  const auto add = [&](const char* way, const char* protection, std::function<void(Judge&)> judge) {
    rows.push_back({kGroup, way, protection, std::move(judge)});
  };
  const char* looks = "`run` looks at what it starts";
  add("a root directory that holds libc and the library alone", "nothing is linked but libc",
      libc_alone);
  add("a static program, under `profiler run`", looks,
      [](Judge& judge) { cannot_be_preloaded(judge, target("static"), "statically linked"); });
  add("a program of musl, under `profiler run`", looks,
      [](Judge& judge) { cannot_be_preloaded(judge, target("other_libc"), "musl"); });
  add("a set-uid program, under `profiler run`", looks, set_uid_under_run);
  add("a program with file capabilities, under `profiler run`", looks, capable_under_run);
  add("a program with AddressSanitizer, under `profiler run`", "its runtime comes first",
      sanitized);
  add("a program with ThreadSanitizer, whose threads share what we record",
      "bytes are copied by our own", two_threads_take_turns);
  add("LD_AUDIT", "128 bytes of thread-local memory", audited);
  add("`dlopen` of a name that the caller's RUNPATH finds", "`dlopen` is not wrapped", with_plugin);
  add("a plugin bound past us (RTLD_DEEPBIND) that frees our blocks", "an address is live once",
      bound_past);
  add("a plugin in a namespace of its own (dlmopen), with another libc",
      "objects are found wherever the loader has them", plugin_apart);
  add("a program that lists its environment", "the environment is read only", environment);
  add("conditions of before glibc 2.3.2", "older forms are found by their version",
      [](Judge& judge) { old_conditions(judge, "heap"); });
  add("conditions of before glibc 2.3.2, recorded", "older forms are found by their version",
      [](Judge& judge) { old_conditions(judge, "block"); });
  add("code in the place of an object that libc unloaded", "objects are asked for again",
      removed_from_libc);
}

}  // namespace e2e
