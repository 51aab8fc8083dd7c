#include "collectors/fd.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include "collectors/collector.h"
#include "collectors/counts/open_descriptors.h"
#include "collectors/counts/sample_table.h"
#include "collectors/unwind/capture.h"
#include "env/sys/arch.h"
#include "env/sys/text.h"
#include "tables/tables.h"

namespace fd {

using descriptor_table::Word;

namespace {

uint32_t mode_index;
std::atomic<int> recording_pid;            // 0: none
const inherited_sample::Parents* parents;  // for a forked child's start
bool proc_was_read = true;

constexpr const char* kKindNames[] = {"other",   "file",    "directory", "device",  "socket",
                                      "pipe",    "eventfd", "epoll",     "timerfd", "signalfd",
                                      "inotify", "memfd",   "queue"};
static_assert(sizeof kKindNames / sizeof *kKindNames == static_cast<size_t>(Kind::kCount));

// Only its number distinguishes a vfork child.
bool is_here() {
  const int pid = recording_pid.load(std::memory_order_relaxed);
  return pid != 0 && tables::is_open() && pid == static_cast<int>(arch::syscall(SYS_getpid));
}

layout::Ref name_of(Kind kind) {
  return tables::text(kKindNames[static_cast<uint32_t>(kind)]);
}

// What a number stands for: shows whether it was closed and opened again unseen.
struct File {
  uint32_t identity;  // 0: it is not open
  Kind kind;
};

File file_of(int number) {
  struct stat st;
  if (arch::syscall(SYS_fstat, number, &st) != 0) return {0, Kind::kOther};
  const uint64_t words[3] = {st.st_dev, st.st_ino, st.st_mode & S_IFMT};
  Kind kind = Kind::kOther;
  if (S_ISREG(st.st_mode)) kind = Kind::kFile;
  if (S_ISDIR(st.st_mode)) kind = Kind::kDirectory;
  if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) kind = Kind::kDevice;
  if (S_ISFIFO(st.st_mode)) kind = Kind::kPipe;
  if (S_ISSOCK(st.st_mode)) kind = Kind::kSocket;
  return {tables::hash_words(words, 3, 0) | 1, kind};
}

// A sample without values: its count is that of the descriptors that refer to it.
void enter(int number, uint32_t identity, layout::Ref kind, layout::Ref stack) {
  const layout::Ref sample = sample_table::add({mode_index, stack, 0, kind}, nullptr, 0);
  if (!descriptor_table::put(number, {sample, identity}) && sample != 0) {
    sample_table::lose(mode_index, nullptr, 0);
  }
}

}  // namespace

void opened(int number, Kind kind, const Caller& caller) {
  if (!is_here()) return;
  const arch::CleanState clean;
  const File file = file_of(number);
  if (file.identity == 0) return;
  // What opens files opens directories and devices too.
  if (kind == Kind::kOther || kind == Kind::kFile) kind = file.kind;
  enter(number, file.identity, name_of(kind), capture::caller(caller));
}

void duplicated(int from, int number, const Caller& caller) {
  if (number == from || !is_here()) return;
  const arch::CleanState clean;
  const File file = file_of(number);
  if (file.identity == 0) return;
  const Word original = descriptor_table::get(from);
  const auto* sample = tables::at<layout::Sample>(original.sample);
  const layout::Ref kind = sample != nullptr && original.identity == file.identity
                               ? static_cast<layout::Ref>(sample->detail)
                               : name_of(file.kind);
  enter(number, file.identity, kind, capture::caller(caller));
}

void closing_known(int number) {
  if (is_here()) descriptor_table::clear(number);
}

void closing_range(unsigned first, unsigned last) {
  if (first > last || !is_here()) return;
  descriptor_table::for_each(first, [&](int number, Word) {
    if (static_cast<unsigned>(number) <= last) descriptor_table::clear(number);
  });
}

bool is_recording() {
  return recording_pid.load(std::memory_order_relaxed) != 0;
}

namespace {

Kind kind_of_link(std::string_view link, Kind otherwise) {
  constexpr struct {
    std::string_view link;
    Kind kind;
  } kKnown[] = {{"anon_inode:[eventfd]", Kind::kEventfd},
                {"anon_inode:[eventpoll]", Kind::kEpoll},
                {"anon_inode:[timerfd]", Kind::kTimerfd},
                {"anon_inode:[signalfd]", Kind::kSignalfd},
                {"anon_inode:inotify", Kind::kInotify}};
  for (const auto& known : kKnown) {
    if (link == known.link) return known.kind;
  }
  return text::starts_with(link, "/memfd:") ? Kind::kMemfd : otherwise;
}

// Names of files are kept while there is room for what is counted.
layout::Ref path_of(std::string_view link) {
  const tables::Bounds& b = tables::bounds;
  const bool roomy = b.used.load(std::memory_order_relaxed) < b.size / 2;
  return roomy && text::starts_with(link, "/") ? tables::text(link) : 0;
}

// An open descriptor as /proc has it: one that is not known is entered without a stack, one that is
// gets the name of its file.
void seen(int number, std::string_view link) {
  const Word before = descriptor_table::get(number);
  if (before.identity != 0 && before.sample == 0) return;
  SampleKey key{mode_index, 0, 0, 0};
  uint32_t identity = before.identity;
  if (before.identity == 0) {
    const File file = file_of(number);
    if (file.identity == 0) return;
    identity = file.identity;
    key.stack = capture::unknown();
    key.detail = name_of(kind_of_link(link, file.kind));
  } else {
    const auto* sample = tables::at<layout::Sample>(before.sample);
    if (sample == nullptr) return;
    key.stack = sample->stack;
    key.detail = sample->detail & 0xffffffff;
  }
  key.detail |= uint64_t{path_of(link)} << 32;
  const layout::Ref row = sample_table::row(key);
  if (row != 0 && row != before.sample) descriptor_table::replace(number, before, {row, identity});
}

// The words of the process's own memory are the parent's, as they were at the fork, and refer to
// its tables.
void bring_over(int number, Word word) {
  const layout::Ref row = word.sample == 0 || parents == nullptr
                              ? 0
                              : inherited_sample::bring_over(*parents, word.sample, mode_index);
  if (row == 0 || !descriptor_table::put(number, {row, word.identity})) {
    descriptor_table::clear(number);  // found again at the dump
  }
}

// Removes numbers that are no longer open, or are another file; then reads the list in /proc.
void look() {
  if (!is_here()) return;
  descriptor_table::for_each(0, [](int number, Word word) {
    if (file_of(number).identity != word.identity) {
      descriptor_table::replace(number, word, {0, 0});
    }
  });
  proc_was_read = open_descriptors::each(seen);
}

void note(text::Builder& out) {
  if (proc_was_read) return;
  out << "fd: /proc/self/fd cannot be read: what the program did not open itself is missing\n";
}

bool start(uint32_t mode, const options::Options&) {
  mode_index = mode;
  if (tables::header().descriptors.load(std::memory_order_relaxed) == 0) {
    if (!descriptor_table::open()) return false;
    descriptor_table::for_each(0, bring_over);
  }
  recording_pid.store(static_cast<int>(arch::syscall(SYS_getpid)), std::memory_order_relaxed);
  return true;
}

void stop() {
  recording_pid.store(0, std::memory_order_relaxed);
}

}  // namespace

void inherit_from(const inherited_sample::Parents* tables) {
  parents = tables;
}

}  // namespace fd

extern const Collector fd_collector;
const Collector fd_collector = {
    .name = "fd",
    .values = {{"fd", "count"}},
    .live_from = 0,
    .period_type = {"fd", "count"},
    .detail_kind = layout::DetailKind::kText,
    .detail_key = "kind",
    .detail_unit = "path",
    .start = fd::start,
    .at_end = fd::look,
    .stop = fd::stop,
    .note = fd::note,
    .live_kind = layout::LiveKind::kDescriptors,
};
