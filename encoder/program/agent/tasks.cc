#include "encoder/program/agent/tasks.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "encoder/program/clock.h"

namespace program {
namespace {

std::string folder_of(int pid) {
  return "/proc/" + std::to_string(pid) + "/task";
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream all;
  all << file.rdbuf();
  return all.str();
}

uint64_t start_ns(const std::string& behind_the_name) {
  std::istringstream fields(behind_the_name);
  std::string skipped;
  // starttime is the 22nd field, the state the third.
  for (int i = 3; i < 22; i++) fields >> skipped;
  uint64_t ticks = 0;
  fields >> ticks;
  static const auto per_second = static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
  return ticks * (1000000000 / per_second);
}

}  // namespace

std::set<int64_t> threads_of(int pid) {
  std::set<int64_t> tids;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder_of(pid), error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename();
    int64_t tid = 0;
    std::from_chars(name.data(), name.data() + name.size(), tid);
    if (tid > 0) tids.insert(tid);
  }
  return tids;
}

std::optional<Task> task_of(int pid, int64_t tid) {
  const std::string folder = folder_of(pid) + "/" + std::to_string(tid);
  // "TID (NAME) STATE ...", where the name may hold anything.
  const std::string line = contents(folder + "/stat");
  const size_t from = line.find('('), to = line.rfind(')');
  if (from == std::string::npos || to == std::string::npos || line.size() < to + 3) return {};
  Task task{line.substr(from + 1, to - from - 1), line[to + 2]};
  const uint64_t now_ns = clock_ns(CLOCK_BOOTTIME), begun_ns = start_ns(line.substr(to + 2));
  task.life_ns = now_ns > begun_ns ? now_ns - begun_ns : 0;
  std::istringstream(contents(folder + "/schedstat")) >> task.cpu_ns >> task.runnable_ns;
  return task;
}

}  // namespace program
