#include "tests/e2e/harness.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tables/spool_name.h"
#include "tests/e2e/profile_file.h"

namespace e2e {

namespace {

using Clock = std::chrono::steady_clock;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_of(const Command& command) {
  Environment all = command.environment;
  const char* home = getenv("HOME");
  all.try_emplace("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
  all.try_emplace("HOME", home != nullptr ? home : "/");
  all.try_emplace("LANG", "C");
  // No file can be made there: a test finds its own names.
  all.try_emplace("XDG_CACHE_HOME", "/proc");
  all.try_emplace("GOCACHE", all["HOME"] + "/.cache/go-build");
  std::vector<std::string> result;
  for (const auto& [name, value] : all) result.push_back(name + "=" + value);
  return result;
}

[[noreturn]] void become(const Command& command, const int in, const int out, const int err) {
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> environment = environment_of(command);
  setpgid(0, 0);
  dup2(in, 0), dup2(out, 1), dup2(err, 2);
  close_range(3, ~0u, 0);
  const std::string directory = command.directory.empty()
                                    ? std::filesystem::temp_directory_path().string()
                                    : command.directory;
  if (chdir(directory.c_str()) != 0) _exit(127);
  for (std::string& variable : environment) putenv(variable.data());  // PATH, for the search
  execvpe(arguments[0].c_str(), pointers(arguments).data(), pointers(environment).data());
  dprintf(2, "cannot execute %s\n", arguments[0].c_str());
  _exit(127);
}

// Reads both pipes until they are closed; false when the time is over first.
bool drain(int out, int err, Clock::time_point deadline, Outcome& outcome) {
  struct pollfd ends[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  std::string* texts[2] = {&outcome.out, &outcome.err};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    if (poll(ends, 2, static_cast<int>(left.count())) <= 0) continue;
    for (int i = 0; i < 2; i++) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      char buffer[65536];
      const ssize_t size = read(ends[i].fd, buffer, sizeof buffer);
      if (size > 0) texts[i]->append(buffer, static_cast<size_t>(size));
      if (size == 0) ends[i].fd = -1;
    }
  }
  return true;
}

// Waits for the process itself: pipes may be held longer by its children, or shorter by itself.
bool reap(pid_t pid, Clock::time_point deadline, int* status) {
  for (;;) {
    const pid_t ended = waitpid(pid, status, WNOHANG);
    if (ended == pid) return true;
    if (Clock::now() >= deadline) return false;
    usleep(500);
  }
}

// Tables in shared memory whose template names the directory: no process will recover them.
void remove_tables_of(const std::string& directory) {
  std::error_code error;
  std::filesystem::directory_iterator at("/dev/shm", error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    uint64_t pid = 0;
    const std::string path = at->path().string();
    if (!spool::read_name(at->path().filename().string(), &pid)) continue;
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) continue;
    std::string front(16 << 10, '\0');  // the header's texts are behind it
    const ssize_t size = read(fd, front.data(), front.size());
    const bool ours = size > 0 && front.find(directory) != std::string::npos;
    if (ours && flock(fd, LOCK_EX | LOCK_NB) == 0) unlink(path.c_str());
    close(fd);
  }
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "e2e-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory: " + name);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  remove_tables_of(path_);
}

std::vector<std::string> TemporaryDirectory::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> TemporaryDirectory::tables() const {
  std::vector<std::string> paths;
  for (const std::string& name : files()) {
    if (name.ends_with(".tables")) paths.push_back(path_ + "/" + name);
  }
  return paths;
}

std::vector<std::string> TemporaryDirectory::profiles(const std::string& m) const {
  std::vector<std::string> paths;
  for (const std::string& name : files()) {
    const bool is_one = name.find("." + m + ".pb.gz") != std::string::npos ||
                        name.find("." + m + ".pftrace") != std::string::npos;
    if (is_one) paths.push_back(path_ + "/" + name);
  }
  return paths;
}

std::string Outcome::end() const {
  if (timed_out) return "time limit";
  if (WIFSIGNALED(wait_status)) return "signal " + std::to_string(WTERMSIG(wait_status));
  return "exit " + std::to_string(WEXITSTATUS(wait_status));
}

std::vector<std::string> Outcome::error_lines() const {
  return lines_of(err);
}

Outcome run(const Command& command) {
  Outcome outcome;
  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  FILE* input = tmpfile();
  fwrite(command.input.data(), 1, command.input.size(), input);
  rewind(input);
  const auto start = Clock::now();
  const auto deadline = start + std::chrono::seconds(command.limit_s);
  const pid_t child = fork();
  if (child == 0) become(command, fileno(input), out[1], err[1]);
  outcome.pid = child;
  close(out[1]), close(err[1]), fclose(input);
  outcome.timed_out =
      !drain(out[0], err[0], deadline, outcome) || !reap(child, deadline, &outcome.wait_status);
  outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (outcome.timed_out) {
    kill(-child, SIGKILL);
    waitpid(child, &outcome.wait_status, 0);
  }
  close(out[0]), close(err[0]);
  return outcome;
}

Command profiled(Command command, const std::string& modes, const TemporaryDirectory& output,
                 const Environment& more) {
  command.environment["LD_PRELOAD"] = library();
  command.environment["PROFILER_MODE"] = modes;
  command.environment["PROFILER_OUTPUT"] = output.path() + "/";
  for (const auto& [name, value] : more) command.environment[name] = value;
  return command;
}

Outcome same_as_bare(const Command& command, const std::string& modes,
                     const TemporaryDirectory& output, const Environment& more) {
  INFO("command: " << command.arguments[0]);
  const Outcome bare = run(command);
  REQUIRE(bare.end() != "time limit");
  const Outcome ours = run(profiled(command, modes, output, more));
  CHECK(ours.end() == bare.end());
  CHECK(ours.out == bare.out);
  CHECK(ours.err == bare.err);
  for (const std::string& name : output.files()) check_rules(output / name);
  return ours;
}

std::string target(const std::string& name) {
  return TEST_TARGETS "/target_" + name;
}
std::string source(const std::string& path) {
  return TEST_SOURCES "/" + path;
}
// Another build of the two can be judged: scripts/reliability --without.
std::string built(const char* path, const char* usual) {
  const char* build = getenv("TEST_BUILD");
  return build == nullptr ? usual : std::string(build) + path;
}
std::string library() {
  return built("/preload/libprofiler.so", TEST_LIBRARY);
}
std::string program_directory() {
  return TEST_PROGRAM_DIRECTORY;
}

std::string program() {
  return built("/program/profiler", TEST_PROGRAM);
}
bool can_execute(const std::string& path) {
  return access(path.c_str(), X_OK) == 0;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream stream(line);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

void figure(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char line[1024];
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  printf("figure: %s\n", line);
  fflush(stdout);
}

void skip(const std::string& what, const std::string& why) {
  printf("not checked here: %s (%s)\n", what.c_str(), why.c_str());
  fflush(stdout);
}

}  // namespace e2e
