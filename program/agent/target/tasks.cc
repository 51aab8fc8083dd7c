#include "program/agent/target/tasks.h"

#include <charconv>
#include <filesystem>
#include <fstream>

#include "program/system/clock.h"
#include "program/system/process_stat.h"

namespace program {
namespace {

std::string directory_of(int pid) {
  return "/proc/" + std::to_string(pid) + "/task";
}

// The numbers that a directory of /proc has as names.
std::set<int64_t> numbers_in(const std::string& directory, std::error_code& error) {
  std::set<int64_t> numbers;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename();
    int64_t number = -1;
    std::from_chars(name.data(), name.data() + name.size(), number);
    if (number >= 0) numbers.insert(number);
  }
  return numbers;
}

}  // namespace

std::set<int64_t> threads_of(int pid) {
  std::error_code error;
  return numbers_in(directory_of(pid), error);
}

std::optional<uint64_t> open_descriptors_of(int pid) {
  std::error_code error;
  const size_t count = numbers_in("/proc/" + std::to_string(pid) + "/fd", error).size();
  return error ? std::nullopt : std::optional<uint64_t>(count);
}

std::optional<Task> task_of(int pid, int64_t tid) {
  const std::string directory = directory_of(pid) + "/" + std::to_string(tid);
  const std::optional<ProcessStat> stat = stat_of(directory);
  if (!stat) return {};
  Task task{stat->name, stat->state};
  const uint64_t now_ns = clock_ns(CLOCK_BOOTTIME);
  task.life_ns = now_ns > stat->birth_ns ? now_ns - stat->birth_ns : 0;
  std::ifstream(directory + "/schedstat") >> task.cpu_ns >> task.runnable_ns;
  return task;
}

}  // namespace program
