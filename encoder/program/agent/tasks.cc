#include "encoder/program/agent/tasks.h"

#include <charconv>
#include <filesystem>
#include <fstream>

#include "encoder/program/clock.h"
#include "encoder/program/process_stat.h"

namespace program {
namespace {

std::string folder_of(int pid) {
  return "/proc/" + std::to_string(pid) + "/task";
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
  const std::optional<ProcessStat> stat = stat_of(folder);
  if (!stat) return {};
  Task task{stat->name, stat->state};
  const uint64_t now_ns = clock_ns(CLOCK_BOOTTIME);
  task.life_ns = now_ns > stat->birth_ns ? now_ns - stat->birth_ns : 0;
  std::ifstream(folder + "/schedstat") >> task.cpu_ns >> task.runnable_ns;
  return task;
}

}  // namespace program
