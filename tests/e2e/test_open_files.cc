// PROFILER_MODE=fd: which stacks opened what is open.
#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

// What the program found open at its end, by asking the kernel.
int64_t open_in(const std::string& out) {
  const std::vector<std::string> lines = lines_of(out);
  return std::count_if(lines.begin(), lines.end(),
                       [](const std::string& line) { return line.find("open ") == 0; });
}

Outcome open_files(const std::string& what, const TemporaryDirectory& output,
                   const std::string& more = {}) {
  const Outcome ours = same_as_bare({{target("open_files"), what, more}}, "fd", output);
  CHECK(ours.end() == "exit 0");
  return ours;
}

// The file of this process, where children wrote theirs too.
std::string of_process(const TemporaryDirectory& output, int pid, const std::string& program = {}) {
  std::vector<std::string> found;
  for (const std::string& path : output.profiles("fd")) {
    if (path.find(program + "." + std::to_string(pid) + ".") != std::string::npos) {
      found.push_back(path);
    }
  }
  return only(found);
}

struct Labelled {
  std::string kind, path;
};
Labelled labels_at(const ProfileFile& profile, const std::string& site) {
  for (int i = 0; i < profile.proto().sample_size(); i++) {
    if (profile.frames(i).front().function != site) continue;
    const auto& sample = profile.proto().sample(i);
    return {profile.string_label(sample, "kind"), profile.string_label(sample, "path")};
  }
  return {};
}

bool missing(const std::string& program) {
  if (run({{"bash", "-c", "command -v " + program}}).end() == "exit 0") return false;
  skip(program, "it is not installed");
  return true;
}

}  // namespace

TEST_CASE("each way to open a descriptor is seen where it was done, and nothing else is open") {
  TemporaryDirectory output, directory;
  const Outcome ours = open_files("all", output, directory.path());
  const ProfileFile profile(of_process(output, ours.pid));
  CHECK(profile.sample_types() == std::vector<std::string>{"fd/count"});
  CHECK(profile.text(profile.proto().period_type().type()) == "fd");
  CHECK(profile.proto().period() == 1);
  CHECK(profile.total("fd") == open_in(ours.out));
  for (const char* site :
       {"site_open",     "site_openat",   "site_creat",   "site_socket",  "site_dup",
        "site_dup2",     "site_dup3",     "site_fcntl",   "site_eventfd", "site_epoll",
        "site_timerfd",  "site_signalfd", "site_inotify", "site_memfd",   "site_fopen",
        "site_freopen",  "site_opendir",  "site_popen",   "site_mkstemp", "site_tmpfile",
        "site_shm_open", "site_mq_open",  "site_accept"}) {
    INFO(site);
    CHECK(profile.at_leaf("fd", site) == 1);
  }
  for (const char* site : {"site_pipe", "site_pipe2", "site_socketpair", "site_openpty"}) {
    INFO(site);
    CHECK(profile.at_leaf("fd", site) == 2);
  }
  // What the kernel alone was asked for has no stack, but is there.
  CHECK(profile.at_leaf("fd", "site_raw") == 0);
  CHECK(profile.at_leaf("fd", "[unknown]") == open_in(ours.out) - 31);
}

TEST_CASE("a descriptor says what it is and, where it is a file, which") {
  TemporaryDirectory output, directory;
  const Outcome ours = open_files("all", output, directory.path());
  const ProfileFile profile(of_process(output, ours.pid));
  CHECK(labels_at(profile, "site_open").kind == "file");
  CHECK(labels_at(profile, "site_open").path == "/etc/passwd");
  CHECK(labels_at(profile, "site_freopen").path == "/etc/group");
  CHECK(labels_at(profile, "site_opendir").kind == "directory");
  CHECK(labels_at(profile, "site_accept").kind == "socket");
  CHECK(labels_at(profile, "site_accept").path.empty());
  CHECK(labels_at(profile, "site_pipe2").kind == "pipe");
  CHECK(labels_at(profile, "site_openpty").kind == "device");
  CHECK(labels_at(profile, "site_memfd").path == "/memfd:some (deleted)");
  for (const char* kind : {"eventfd", "epoll", "timerfd", "signalfd", "inotify", "memfd"}) {
    CHECK(labels_at(profile, std::string("site_") + kind).kind == kind);
  }
}

TEST_CASE("what was closed in any way is not shown as leaked") {
  TemporaryDirectory output;
  const Outcome ours = open_files("closed", output);
  const ProfileFile profile(of_process(output, ours.pid));
  CHECK(profile.total("fd") == open_in(ours.out));
  CHECK(!profile.has_function("site_closed"));
}

TEST_CASE("another file under a number that was closed unseen has not the first one's stack") {
  TemporaryDirectory output;
  const Outcome ours = open_files("swapped", output);
  const ProfileFile profile(of_process(output, ours.pid));
  CHECK(profile.total("fd") == open_in(ours.out));
  CHECK(!profile.has_function("site_swapped"));
}

TEST_CASE("a vfork child that opens and closes changes nothing of its parent's") {
  TemporaryDirectory output;
  const Outcome ours = open_files("vfork", output);
  const ProfileFile profile(of_process(output, ours.pid));
  CHECK(profile.total("fd") == open_in(ours.out));
  CHECK(profile.at_leaf("fd", "site_open") == 1);
}

TEST_CASE(
    "a forked child has what it inherited by its parent's stacks, whatever the parent closes") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("open_files"), "fork"}}, "fd", output));
  CHECK(ours.end() == "exit 0");
  REQUIRE(output.profiles("fd").size() == 2);
  int64_t open = 0;
  for (const std::string& path : output.profiles("fd")) {
    const ProfileFile profile(path);
    open += profile.total("fd");
    CHECK(profile.at_leaf("fd", "site_open") + profile.at_leaf("fd", "site_pipe") >= 2);
    if (path == of_process(output, ours.pid)) {
      CHECK(profile.at_leaf("fd", "site_eventfd") == 1);
    } else {
      CHECK(profile.at_leaf("fd", "site_open") == 1);
      CHECK(profile.at_leaf("fd", "site_pipe") == 2);
      CHECK(profile.at_leaf("fd", "site_socket") == 1);
      CHECK(profile.at_leaf("fd", "site_eventfd") == 0);
    }
  }
  CHECK(open == open_in(ours.out));
}

TEST_CASE(
    "descriptors opened and closed by four threads and a signal handler leave nothing behind") {
  TemporaryDirectory output;
  const Outcome ours = open_files("threads", output);
  const ProfileFile profile(of_process(output, ours.pid));
  CHECK(profile.total("fd") == open_in(ours.out));
  CHECK(profile.at_leaf("fd", "[unknown]") == open_in(ours.out));
}

TEST_CASE("a program that leaked until its limit still gets its file") {
  TemporaryDirectory output;
  const Outcome ours = open_files("limit", output);
  const ProfileFile profile(of_process(output, ours.pid));
  CHECK(profile.total("fd") == open_in(ours.out));
  CHECK(profile.at_leaf("fd", "site_open") >= 50);
}

TEST_CASE("open descriptors of a program that was killed are recovered, those that it opened") {
  TemporaryDirectory output, spool;
  const Outcome ours = run(profiled({{target("open_files"), "killed"}}, "fd", output,
                                    {{"PROFILER_SPOOL", spool.path()}}));
  CHECK(ours.end() == "signal 9");
  CHECK(run({{program(), "recover", spool.path()}}).end() == "exit 0");
  const ProfileFile profile(of_process(output, ours.pid));
  CHECK(profile.total("fd") == 2);
  CHECK(labels_at(profile, "site_socket").kind == "socket");
}

// What target_exit_on_signal saw open when it ended the process; and that the profile has the same.
void check_as_seen(const ProfileFile& profile, const std::string& seen) {
  std::vector<std::string> paths, shown;
  const std::vector<std::string> links = lines_of(seen);
  std::copy_if(links.begin(), links.end(), std::back_inserter(paths),
               [](const std::string& link) { return link.find("/") == 0; });
  int64_t sockets = 0;
  for (const auto& sample : profile.proto().sample()) {
    const std::string path = profile.string_label(sample, "path");
    if (!path.empty()) shown.insert(shown.end(), static_cast<size_t>(sample.value(0)), path);
    if (profile.string_label(sample, "kind") == "socket") sockets += sample.value(0);
  }
  std::sort(paths.begin(), paths.end());
  std::sort(shown.begin(), shown.end());
  CHECK(profile.total("fd") == static_cast<int64_t>(links.size()));
  CHECK(shown == paths);
  CHECK(sockets == std::count_if(links.begin(), links.end(), [](const std::string& link) {
          return link.find("socket:") == 0;
        }));
}

TEST_CASE(
    "redis-server's open descriptors are those that the kernel has, by the stack that accepted "
    "them") {
  if (missing("redis-server") || missing("redis-cli")) return;
  TemporaryDirectory output, directory;
  const std::string socket = directory / "s";
  const std::string script =
      "redis-server --unixsocket " + socket + " --port 0 --save '' --dir " + directory.path() +
      " >/dev/null & server=$!; for i in {1..100}; do [ -S " + socket +
      " ] && break; sleep 0.05; done; unset LD_PRELOAD PROFILER_MODE; clients=; "
      "for i in {1..20}; do redis-cli -s " +
      socket +
      " ping >/dev/null; done; "
      "for i in 1 2 3 4 5; do redis-cli -s " +
      socket +
      " blpop none 0 >/dev/null 2>&1 & clients+=\" $!\"; done; for i in {1..100}; do "
      "[ $(redis-cli -s " +
      socket +
      " client list | grep -c blpop) = 5 ] && break; sleep 0.05; "
      "done; kill -$(($(kill -l RTMIN) + 3)) $server; wait $server; echo $? $server; "
      "kill $clients 2>/dev/null; wait";
  const Outcome ours = run(profiled({{"bash", "-c", script}}, "fd", output,
                                    {{"LD_PRELOAD", library() + ":" + target("exit_on_signal.so")},
                                     {"DESCRIPTORS", directory / "open"}}));
  const std::vector<std::string> said = words_of(ours.out);
  REQUIRE(said.size() == 2);
  CHECK(said[0] == "0");
  const ProfileFile profile(of_process(output, std::stoi(said[1]), "redis-server"));
  check_as_seen(profile, read_file(directory / ("open." + said[1])));
  CHECK(profile.at_leaf("fd", "anetUnixAccept") >= 5);
  figure("fd: redis-server has %d descriptors open, %d of them [unknown], as the kernel has them",
         static_cast<int>(profile.total("fd")),
         static_cast<int>(profile.at_leaf("fd", "[unknown]")));
}
