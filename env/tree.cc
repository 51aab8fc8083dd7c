#include "env/tree.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "env/mapped_names.h"
#include "env/options.h"
#include "env/sys/arch.h"
#include "env/sys/text.h"

namespace tree {

namespace {

constexpr int kMostAncestors = 64;
// Of all lists of mappings together: some 10,000 lines, which take 10 ms. A process below a larger
// one counts as the first of its tree; its agent finds the one above (decision 15, point 3).
constexpr size_t kMostBytes = size_t{1} << 20;

long open_of(int pid, const char* file, char (&bytes)[4096]) {
  text::Builder path(bytes);
  path << "/proc/";
  if (pid == 0) path << "self";
  if (pid != 0) path << static_cast<uint64_t>(pid);
  path << file;
  return arch::syscall(SYS_openat, AT_FDCWD, bytes, O_RDONLY | O_CLOEXEC, 0);
}

// `pid` 0: this process. False where it has ended.
bool relation_of(int pid, Relation* relation) {
  char bytes[4096];
  const long fd = open_of(pid, "/status", bytes);
  if (fd < 0) return false;
  const long size = arch::syscall(SYS_read, fd, bytes, sizeof bytes);
  arch::syscall(SYS_close, fd);
  return size > 0 && read_relation({bytes, static_cast<size_t>(size)}, relation);
}

bool has_our_variables(int pid, const char* const* environment) {
  char bytes[4096];
  const long fd = open_of(pid, "/environ", bytes);
  if (fd < 0) return false;
  SharedVariables shared(environment);
  size_t left = kMostBytes;
  long size;
  while (left > 0 && (size = arch::syscall(SYS_read, fd, bytes, sizeof bytes)) > 0) {
    shared.take({bytes, static_cast<size_t>(size)});
    left -= static_cast<size_t>(size) < left ? static_cast<size_t>(size) : left;
  }
  arch::syscall(SYS_close, fd);
  return shared.are_all();
}

}  // namespace

bool read_relation(std::string_view status, Relation* relation) {
  constexpr std::string_view kParent = "\nPPid:\t", kUsers = "\nUid:\t";
  const size_t parent_at = text::find(status, kParent), users_at = text::find(status, kUsers);
  if (parent_at == text::kNowhere || users_at == text::kNowhere) return false;
  std::string_view rest = text::part(status, parent_at + kParent.size());
  uint64_t parent = 0, real = 0;
  if (!text::take_number(rest, parent) || parent > INT32_MAX) return false;
  relation->parent = static_cast<int>(parent);
  // The real one, then the effective one.
  rest = text::part(status, users_at + kUsers.size());
  if (!text::take_number(rest, real) || !text::starts_with(rest, "\t")) return false;
  rest = text::part(rest, 1);
  return text::take_number(rest, relation->user);
}

SharedVariables::SharedVariables(const char* const* ours) : ours_(ours) {
  unsigned count = 0;
  for (unsigned i = 0; ours[i] != nullptr; i++) {
    if (text::starts_with(ours[i], options::kPrefix) && count < kMost) count++;
  }
  is_any_ = count > 0;
  missing_ = count == kMost ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

void SharedVariables::take(std::string_view piece) {
  for (const char byte : piece) {
    if (byte == '\0') {
      variable_ends();
    } else if (size_ < sizeof variable_) {
      variable_[size_++] = byte;
    }
  }
}

void SharedVariables::variable_ends() {
  const std::string_view variable(variable_, size_);
  size_ = 0;
  if (!text::starts_with(variable, options::kPrefix)) return;
  unsigned number = 0;
  for (unsigned i = 0; ours_[i] != nullptr && number < kMost; i++) {
    if (!text::starts_with(ours_[i], options::kPrefix)) continue;
    if (text::part(ours_[i], 0, sizeof variable_) == variable) missing_ &= ~(uint64_t{1} << number);
    number++;
  }
}

bool SharedVariables::are_all() const {
  return is_any_ && missing_ == 0;
}

Above look_above(const char* const* environment) {
  Above above;
  // The first of a pid namespace: its numbers begin here.
  if (arch::syscall(SYS_getppid) == 0) return above;
  // The parent's number as /proc counts, which may be mounted for another namespace.
  Relation own, one;
  if (!relation_of(0, &own)) return above;
  size_t budget = kMostBytes;
  int pid = own.parent;
  for (int steps = 0; pid > 0 && steps < kMostAncestors && budget > 0; steps++) {
    if (!relation_of(pid, &one)) break;
    const MappedNames names = one.user == own.user ? mapped_by(pid, &budget) : MappedNames();
    above.is_profiled = names.has_tables();
    const bool is_same =
        (names.has_library() || names.has_tables()) && has_our_variables(pid, environment);
    above.is_same_run = above.is_same_run || is_same;
    if (above.is_profiled && is_same)
      text::Builder(above.watched_directory) << names.tables_directory();
    if (above.is_profiled) break;
    pid = one.parent;
  }
  return above;
}

}  // namespace tree
