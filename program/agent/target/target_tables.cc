#include "program/agent/target/target_tables.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "env/modes.h"
#include "tables/recording.h"

namespace program {
namespace {

constexpr uint64_t kMostBytes = uint64_t{32} << 30;

}  // namespace

void wake(std::atomic<uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

TargetTables::~TargetTables() {
  if (fd_ >= 0) close(fd_);
}

bool TargetTables::open(int descriptor, int origin, std::string* problem) {
  const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
  char path[PATH_MAX];
  const ssize_t size = readlink(name.c_str(), path, sizeof path);
  fd_ = ::open(name.c_str(), O_RDWR | O_CLOEXEC);
  close(descriptor);
  if (size > 0) path_.assign(path, static_cast<size_t>(size));
  const bool done = map(problem) && read_origin(origin, problem);
  if (origin >= 0) close(origin);
  return done;
}

bool TargetTables::open(const std::string& path, std::string* problem) {
  path_ = path;
  fd_ = ::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  return map(problem) && read_origin(-1, problem);
}

bool TargetTables::read_origin(int descriptor, std::string* problem) {
  struct stat status {};
  if (fstat(fd_, &status) != 0) {
    *problem = strerror(errno);
    return false;
  }
  return descriptor >= 0 ? origin_.read(descriptor, status, problem)
                         : origin_.read_beside(path_, status, problem);
}

bool TargetTables::map(std::string* problem) {
  struct stat status {};
  if (fd_ < 0 || fstat(fd_, &status) != 0) {
    *problem = strerror(errno);
    return false;
  }
  if (!S_ISREG(status.st_mode) || status.st_uid != geteuid()) {
    *problem = "it is no file of this user";
    return false;
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size < sizeof(layout::Header) || size > kMostBytes) {
    *problem = "it holds no tables";
    return false;
  }
  if (!mapping_.map(fd_, size)) {
    *problem = strerror(errno);
    return false;
  }
  const char* why = nullptr;
  if (view_.open(mapping_.base(), size, &why)) return true;
  *problem = why;
  return false;
}

layout::Control& TargetTables::control() const {
  return reinterpret_cast<layout::Header*>(mapping_.base())->control;
}

bool TargetTables::claim() const {
  uint32_t free = layout::kNoAgent;
  return control().agent.compare_exchange_strong(free, layout::kAgentAttached);
}

void TargetTables::ask_to_look() const {
  control().requests.fetch_add(1);
  wake(control().requests);
}

unsigned TargetTables::mode_count() const {
  return std::min(encoder::once(header().mode_count), layout::kMaxModes);
}

std::string TargetTables::mode_name(unsigned mode) const {
  return std::string(view_.mode_name(mode));
}

int TargetTables::find_mode(const std::string& name) const {
  options::Mode known{};
  const bool is_known = options::find_mode(name, known);
  const std::string wanted(is_known ? options::name(known) : std::string_view(name));
  for (unsigned i = 0; i < mode_count(); i++) {
    if (mode_name(i) == wanted) return static_cast<int>(i);
  }
  return -1;
}

std::string TargetTables::text(layout::Ref ref) const {
  uint64_t bad = 0;
  return std::string(view_.text(ref, &bad));
}

bool TargetTables::is_running() const {
  const auto state = header().state.load(std::memory_order_acquire);
  return state == static_cast<uint32_t>(layout::State::kRecording) &&
         control().end.load() == layout::kEndOpen && !is_left();
}

uint32_t TargetTables::call_threads(unsigned mode, RowValues* before) const {
  std::atomic<uint32_t>& whose = control().call_rows;
  uint32_t expected = layout::kRowsFree;
  if (!whose.compare_exchange_strong(expected, layout::kRowsEmptied)) return 0;
  *before = take_rows(mode);
  control().call_kind.store(layout::kCallThreads);
  // Before the rows are free: a process that keeps them then ends this call.
  const uint32_t number = control().calls_wanted.fetch_add(1) + 1;
  uint32_t ours = layout::kRowsEmptied;
  return whose.compare_exchange_strong(ours, layout::kRowsFree) ? number : 0;
}

uint32_t TargetTables::call_times(uint64_t since_ns) const {
  control().call_kind.store(layout::kCallTimes);
  control().call_since_ns.store(since_ns);
  return control().calls_wanted.fetch_add(1) + 1;
}

RowValues TargetTables::take_rows(unsigned mode) const {
  RowValues rows;
  encoder::Budget budget = view_.budget();
  uint64_t bad = 0;
  view_.each_in_table<layout::Sample>(
      header().samples, budget, &bad, [&](layout::Ref ref, const layout::Sample& row) {
        if (encoder::once(row.mode) != mode || row.value[0].load() == 0) return;
        auto& values = rows.add(ref);
        for (unsigned i = 0; i < layout::kMaxValues; i++) {
          values.at(i) = const_cast<layout::Sample&>(row).value[i].exchange(0);
        }
      });
  rows.settle();
  return rows;
}

void TargetTables::put_back(const RowValues& rows) const {
  for (const auto& [ref, values] : rows) {
    const auto* row = view_.at<layout::Sample>(ref);
    for (unsigned i = 0; row != nullptr && i < layout::kMaxValues; i++) {
      const_cast<layout::Sample*>(row)->value[i].store(values.at(i));
    }
  }
}

bool TargetTables::is_recording() const {
  return recording::is_on(control());
}

// What threads wait for at this moment is recorded up to it, or, while nothing is recorded, left
// out.
void TargetTables::set_recording(bool on) {
  constexpr uint64_t kNotLong_ns = 250000000;
  const int wall = find_mode("wall");
  if (wall >= 0 && is_wanted(static_cast<unsigned>(wall))) {
    desk_.record_times(*this, monotonic_ns(), {monotonic_ns() + kNotLong_ns});
  }
  recording::set(control(), on, monotonic_ns());
  recording::arm(*reinterpret_cast<layout::Header*>(mapping_.base()));
}

void TargetTables::want(unsigned mode, int by) {
  recording::want(*reinterpret_cast<layout::Header*>(mapping_.base()), mode, by);
}

bool TargetTables::is_left() const {
  return flock(fd_, LOCK_EX | LOCK_NB) == 0;
}

std::string TargetTables::directory() const {
  const bool is_named = path_.starts_with('/') && !path_.starts_with("/memfd:");
  return is_named ? path_.substr(0, path_.rfind('/')) : "";
}

bool TargetTables::is_removed() const {
  struct stat status {};
  return !directory().empty() && fstat(fd_, &status) == 0 && status.st_nlink == 0;
}

void TargetTables::remove() const {
  struct stat now {};
  if (lstat(path_.c_str(), &now) != 0 || now.st_dev != device_ || now.st_ino != inode_) return;
  unlink(path_.c_str());
  unlink(origin_path(path_).c_str());
}

}  // namespace program
