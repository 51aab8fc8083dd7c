#include "program/report/runs_in_turn.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "program/profiles/runs.h"
#include "program/system/console.h"

namespace program {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kLastLines = 10;

std::string number_text(size_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

int64_t ns_of(const timeval& time) {
  return time.tv_sec * int64_t{1'000'000'000} + time.tv_usec * 1000;
}

// The wait status, or -1 with errno. Output goes to the file, input comes from nowhere.
int run_into(const std::string& file, const std::vector<std::string>& words,
             const std::string& output, RunCost* cost) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  const Clock::time_point start = Clock::now();
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, file.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  errno = error;
  if (error != 0) return -1;
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) return -1;
  }
  cost->elapsed_ns = std::chrono::nanoseconds(Clock::now() - start).count();
  cost->cpu_ns = ns_of(usage.ru_utime) + ns_of(usage.ru_stime);
  return status;
}

std::string end_text(int status) {
  if (status == -1) return strerror(errno);
  if (WIFSIGNALED(status)) return std::string("ended by signal ") + strsignal(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

std::string last_lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
    if (lines.size() > kLastLines) lines.erase(lines.begin());
  }
  std::string text;
  for (const std::string& line : lines) text += "\n  " + line;
  return text;
}

class Turns {
 public:
  Turns(const TurnsOptions& options, TurnsCosts* costs) : options_(options), costs_(*costs) {}

  bool run() {
    for (size_t pair = 1; pair <= options_.pairs; pair++) {
      const bool base_first = pair % 2 == 1;
      if (!run_one(base_first, pair) || !run_one(!base_first, pair)) return false;
    }
    show_progress("");
    return true;
  }

 private:
  bool run_one(bool is_base, size_t pair) {
    show_turn();
    done_++;
    const std::string side = is_base ? "base" : "new";
    const std::string directory = options_.directory + "/" + side + "/" + number_text(pair);
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    const std::string output = directory + "/output.txt";
    const auto& command = is_base ? options_.base : options_.fresh;
    RunCost& cost = (is_base ? costs_.base : costs_.fresh).emplace_back();
    const int status =
        is_base && options_.is_base_bare
            ? run_into(command[0], command, output, &cost)
            : run_into("/proc/self/exe", profiled(command, directory), output, &cost);
    const bool is_bare = is_base && options_.is_base_bare;
    const bool has_profile = is_bare || !files_in(directory, kProfileEnd).empty();
    if (status == 0 && has_profile) return true;
    show_progress("");
    const std::string why = status == 0 ? "wrote no profile" : end_text(status);
    say(Level::kError, "compare: run " + std::to_string(pair) + " of " + side + " " + why +
                           "; there is no verdict. The end of " + output + ":");
    fprintf(stderr, "%s\n", last_lines(output).c_str());
    return false;
  }

  std::vector<std::string> profiled(const std::vector<std::string>& command,
                                    const std::string& directory) const {
    std::vector<std::string> words = {"profiler", "run", "--complete", "--output", directory + "/"};
    words.insert(words.end(), options_.run_options.begin(), options_.run_options.end());
    words.push_back("--");
    words.insert(words.end(), command.begin(), command.end());
    return words;
  }

  void show_turn() const {
    const size_t all = 2 * options_.pairs;
    std::string text = "run " + std::to_string(done_ + 1) + " of " + std::to_string(all);
    if (done_ > 1) {
      const auto taken = std::chrono::duration<double>(Clock::now() - start_).count();
      const double left = taken / static_cast<double>(done_) * static_cast<double>(all - done_);
      text += ", some " + std::to_string(static_cast<long>(left) + 1) + " s left";
    }
    show_progress(text);
  }

  const TurnsOptions& options_;
  TurnsCosts& costs_;
  const Clock::time_point start_ = Clock::now();
  size_t done_ = 0;
};

}  // namespace

bool run_in_turn(const TurnsOptions& options, TurnsCosts* costs) {
  return Turns(options, costs).run();
}

}  // namespace program
