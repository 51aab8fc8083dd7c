// Limits, sandboxes, and what becomes of the output in them.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/e2e/reliability/judge.h"

namespace e2e {
namespace {

constexpr const char* kGroup = "Limits, sandboxes, output";
constexpr const char* kEvery = "cpu,heap,allocs,block,mutex,wall,threads,threadcreate,fd,custom";

// The program as it would end; what there is of files is whole.
void quietly(Judge& judge, const std::string& limit, const Environment& more = {}) {
  Environment all = {{"PROFILER_LOG", "quiet"}, {"PROFILER_ONLY", "target_ends"}};
  for (const auto& [name, value] : more) all[name] = value;
  judge.same({{"bash", "-c", limit + "; exec " + target("ends") + " exit"}}, "heap", all);
}

void little_memory(Judge& judge) {
  quietly(judge, "ulimit -v 60000");
  judge.want_files(1);
  judge.want_objects("site_of_ends", 1);
}

// What is shared does not count there.
void little_data(Judge& judge) {
  quietly(judge, "ulimit -d 60000", {{"PROFILER_SPOOL", "none"}});
  judge.want_files(1);
  judge.want_objects("site_of_ends", 1);
}

// More than half of what it may map is its own.
void large_buffer(Judge& judge, const std::string& limit, const Environment& more) {
  Environment all = {{"PROFILER_LOG", "quiet"}, {"PROFILER_ONLY", "dd"}};
  all.insert(more.begin(), more.end());
  judge.same(
      {{"bash", "-c", limit + "; exec dd bs=34M count=1 if=/dev/zero of=/dev/null status=none"}},
      "heap", all);
  judge.want_files(1);
}

// As a user without any other process.
void no_process_more(Judge& judge) {
  const Command command = judge.alone({"--nproc=1", target("ends"), "exit"});
  if (command.arguments.empty()) return;
  const Outcome ours =
      judge.same(command, "heap", {{"PROFILER_ONLY", "target_ends"}, {"PROFILER_LOG", "quiet"}});
  judge.want(ours.seconds < 4, "it takes " + std::to_string(ours.seconds) + " s");
  judge.want_files(1);
}

void locks_all(Judge& judge) {
  const Command command = judge.alone({"--memlock=8388608", target("locks_all")});
  if (command.arguments.empty()) return;
  judge.same(command, kEvery, {{"PROFILER_ONLY", "target_locks_all"}});
  judge.want_whole();
}

void sandboxed(Judge& judge, const std::string& way) {
  const Outcome ours = judge.same({{target("seccomp_filter"), way}}, kEvery);
  judge.want(ours.out == "alive\n", "it does not live");
  for (const ProfileFile& file : judge.profiles("heap")) {
    judge.want(file.total("inuse_space") >= 1009, "what came before is not there");
  }
  judge.want_whole();
}

void strictly(Judge& judge) {
  judge.same({{target("seccomp_strict")}}, kEvery);
  judge.want_whole();
}

void without_children(Judge& judge) {
  const Command command{{target("no_children"), target("errno_keeper")}};
  judge.same(command, "heap",
             {{"PROFILER_ONLY", "target_errno_keeper"}, {"PROFILER_SYMBOLIZE", "none"}});
  judge.want_files(1);
}

void shut_in(Judge& judge) {
  if (geteuid() != 0) return judge.not_checked("chroot and setuid", "needs root");
  const TemporaryDirectory directory;
  judge.same({{target("shuts_itself_in"), directory.path()}}, "heap", {{"PROFILER_LOG", "quiet"}});
  judge.want(directory.files().empty(), "something is in its new root");
  judge.recover();
  judge.want_files(1);
  judge.want_objects("site_of_shut_in", 1);
}

void many_stacks(Judge& judge) {
  Command command{{target("many_stacks"), "16"}};
  command.limit_s = 20;
  judge.same(command, "heap", {{"PROFILER_MEMORY", "1M"}});
  for (const ProfileFile& file : judge.profiles("heap")) {
    const int64_t objects = file.total("alloc_objects");
    judge.want(objects >= 65536 && objects < 65536 + 100, std::to_string(objects) + " of 65536");
    judge.want(file.has_function("[lost]"), "nothing says that stacks are lost");
  }
  judge.want_files(1);
}

void full_table(Judge& judge) {
  judge.same({{target("open_files"), "limit"}}, "fd");
  for (const ProfileFile& file : judge.profiles("fd")) {
    judge.want(file.at_leaf("fd", "site_open") >= 50, "what it opened is not there");
  }
  judge.want_files(1);
}

void swapped(Judge& judge, const std::string& how) {
  judge.same({{target("open_files"), how}}, "fd");
  for (const ProfileFile& file : judge.profiles("fd")) {
    judge.want(!file.has_function("site_" + how), "a descriptor has another's stack");
  }
  judge.want_files(1);
}

void outside(Judge& judge) {
  const std::string inner = judge.output / "inner";
  std::filesystem::create_directory(inner);
  const Environment more = {{"PROFILER_OUTPUT", inner + "/%q{COLOUR}.pb.gz"}, {"COLOUR", "/../up"}};
  judge.same({{target("ends"), "exit"}}, "heap", more);
  judge.want(judge.output.files().size() == 1, "a file is outside of its directory");
  judge.want(!std::filesystem::is_empty(inner), "no file is in its directory");
  judge.profile = "1 file, inside";
}

void planted(Judge& judge) {
  const std::string victim = judge.output / "victim", link = judge.output / "x.pb.gz";
  write_file(victim, "untouched");
  if (symlink(victim.c_str(), link.c_str()) != 0) return;
  judge.same({{target("ends"), "exit"}}, "heap", {{"PROFILER_OUTPUT", link}});
  judge.want(read_file(victim) == "untouched", "what the link leads to is overwritten");
  judge.want(!std::filesystem::is_symlink(link), "the link is still there");
  judge.profile = "1 file, in the link's place";
}

// Its tables hold paths and arguments.
void kept_private(Judge& judge) {
  judge.same({{target("ends"), "sigkill"}});
  const std::vector<std::string> left = judge.spool.files();  // the tables and their origin
  struct stat st {};
  judge.want(left.size() == 2, "it leaves no tables");
  for (const std::string& name : left) {
    judge.want(stat((judge.spool / name).c_str(), &st) == 0 && (st.st_mode & 077) == 0,
               "others can read its tables");
  }
  judge.recover();
}

// The library where the loader finds it for privileged programs too.
void privileged(Judge& judge) {
  const std::string place = "/usr/lib/x86_64-linux-gnu/libBrokenLocale.so.1";
  const TemporaryDirectory directory;
  const std::string host = directory / "set_uid", copy = directory / "library";
  write_file(host, read_file(target("ends"))), write_file(copy, read_file(library()));
  if (run({{"unshare", "-m", "true"}}).end() != "exit 0" || read_file(place).empty() ||
      chown(host.c_str(), 65534, 65534) != 0 || chmod(host.c_str(), 06755) != 0 ||
      chmod(copy.c_str(), 04755) != 0) {
    return judge.not_checked("a set-uid program that loads us",
                             "needs root, mounts, and a directory of libc");
  }
  chmod(directory.path().c_str(), 0755), chmod(judge.output.path().c_str(), 0777);
  const std::string words = "mount --bind " + copy + " " + place + " && " + host + " exit";
  const Command command{{"unshare", "-m", "sh", "-c", words}};
  const Outcome bare = run(command);
  Command ours = profiled(command, "heap", judge.output, {{"PROFILER_LOG", "quiet"}});
  ours.environment["LD_PRELOAD"] = "libBrokenLocale.so.1";
  const Outcome seen = run(ours);
  judge.host = bare.end();
  judge.want(bare.end() == "exit 3" && seen.end() == bare.end(), "it ends by " + seen.end());
  judge.want(seen.out == bare.out && seen.err == bare.err, "its output is another: " + seen.err);
  judge.want(judge.output.files().empty(), "it has written a file");
  judge.profile = "none";
}

// A program beside the library that others could have written.
void untrusted(Judge& judge) {
  const TemporaryDirectory directory;
  const std::string copy = directory / "libprofiler.so", beside = directory / "profiler";
  write_file(copy, read_file(library()));
  std::filesystem::copy_file(target("marks_its_place"), beside);
  chmod(beside.c_str(), 0777);
  judge.same({{target("ends"), "exit"}}, "heap", {{"LD_PRELOAD", copy}, {"PROFILER_LOG", "quiet"}});
  judge.want(directory.files().size() == 2, "it was executed");
  judge.want_files(1);
}

// The library's directory is its user's; others could have placed the program that belongs to it.
void badly_placed(Judge& judge) {
  const TemporaryDirectory directory;
  const std::string copy = directory / "preload/libprofiler.so";
  const std::string place = directory / "program";
  std::filesystem::create_directories(directory / "preload");
  std::filesystem::create_directories(place);
  write_file(copy, read_file(library()));
  std::filesystem::copy_file(target("marks_its_place"), place + "/profiler");
  chmod(place.c_str(), 0757);
  judge.same({{target("ends"), "exit"}}, "heap", {{"LD_PRELOAD", copy}, {"PROFILER_LOG", "quiet"}});
  judge.want(!std::filesystem::exists(place + "/profiler.executed"), "it was executed");
  judge.want_files(1);
}

}  // namespace

void add_rows_of_limits(std::vector<Row>& rows) {
  const auto add = [&](const char* way, const char* protection, std::function<void(Judge&)> judge) {
    rows.push_back({kGroup, way, protection, std::move(judge)});
  };
  add("`ulimit -f 0`, and tables that have a file", "a file's limit is asked for first",
      [](Judge& judge) {
        quietly(judge, "ulimit -f 0");
        judge.profile = "none";
      });
  add("`ulimit -f 0`, and a profile to write", "SIGXFSZ is blocked", [](Judge& judge) {
    quietly(judge, "ulimit -f 0", {{"PROFILER_SPOOL", "none"}});
    judge.profile = "none";
  });
  add("`ulimit -v 60000`", "tables as large as may be", little_memory);
  add("`ulimit -d 60000`, and tables without a file", "tables as large as may be", little_data);
  const char* share = "an eighth of the host's limits";
  add("`ulimit -v 60000`, and a program that wants 34 MiB", share,
      [](Judge& judge) { large_buffer(judge, "ulimit -v 60000", {}); });
  add("`ulimit -d 60000`, the same, and tables without a file", share, [](Judge& judge) {
    large_buffer(judge, "ulimit -d 60000", {{"PROFILER_SPOOL", "none"}});
  });
  add("`mlockall`, where the user may lock 8 MiB", "our memory is not locked for the host",
      locks_all);
  add("one process more than the user may have (RLIMIT_NPROC)",
      "a process that cannot be made is not waited for", no_process_more);
  add("65,536 stacks, and room for some thousand", "what is lost is counted", many_stacks);
  add("a full table of descriptors", "room for a descriptor", full_table);
  add("standard descriptors closed, and threads that write to them", "descriptors above 2",
      [](Judge& judge) {
        judge.same({{target("closed_standard")}}, kEvery);
        judge.want_whole();
      });
  add("another file under a number that was closed unseen", "files are known by their inode",
      [](Judge& judge) { swapped(judge, "swapped"); });
  add("`chroot` into an empty directory, then `setuid`",
      "tables stay where a file could not be written", shut_in);
  add("main returns while eight threads allocate and lock", "tables stay mapped", [](Judge& judge) {
    judge.same({{target("returns_amid")}}, kEvery);
    judge.want_whole();
  });
  add("a seccomp filter, by `prctl`", "`prctl` interposed",
      [](Judge& judge) { sandboxed(judge, "prctl"); });
  add("a seccomp filter, by the system call", "`syscall` interposed",
      [](Judge& judge) { sandboxed(judge, "syscall"); });
  add("seccomp's strict mode", "no clock is read once nothing is recorded", strictly);
  add("a filter that forbids children", "PROFILER_SYMBOLIZE=none makes no child", without_children);
  add("a name from the environment that leads elsewhere", "foreign words are one name", outside);
  add("a link planted at the profile's name", "a name is taken, not opened", planted);
  add("tables that others would read", "tables are their user's", kept_private);
  add("a set-uid program that loads us", "AT_SECURE is obeyed", privileged);
  add("a `profiler` beside us that others can write", "only what is trusted is executed",
      untrusted);
  add("a `profiler` in a directory that others can write, the library's is not",
      "its directory is as protected as the library's", badly_placed);
}

}  // namespace e2e
