#include "env/image_start.h"

#include <fcntl.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>

#include "env/sys/arch.h"
#include "env/sys/own_process.h"
#include "env/sys/text.h"

namespace image_start {

namespace {

constexpr uint64_t kNotKnown = UINT64_MAX;

uint64_t reads_at_begin;

uint64_t cpu_time_ns() {
  timespec time{};
  arch::syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
}

uint64_t reads_so_far() {
  char bytes[512];
  const long fd = arch::syscall(SYS_openat, AT_FDCWD, "/proc/self/io", O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return kNotKnown;
  const long size = arch::syscall(SYS_read, fd, bytes, sizeof bytes);
  arch::syscall(SYS_close, fd);
  if (size <= 0) return kNotKnown;
  constexpr std::string_view kReads = "\nsyscr: ";
  const std::string_view all(bytes, static_cast<size_t>(size));
  const size_t at = text::find(all, kReads);
  if (at == text::kNowhere) return kNotKnown;
  std::string_view rest = text::part(all, at + kReads.size());
  uint64_t reads = 0;
  return text::take_number(rest, reads) ? reads : kNotKnown;
}

// Hashes the last part of a path; 0 for none. The kernel gives the next image the path as it was
// named.
uint64_t hash_of_name(const char* path) {
  if (path == nullptr) return 0;
  const std::string_view whole(path);
  const size_t slash = text::find_last(whole, '/');
  uint64_t hash = 0;
  for (const char c : slash == text::kNowhere ? whole : text::part(whole, slash + 1)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u + 1;
  }
  return hash;
}

struct Objects {
  uint64_t count = 0, with_many_headers = 0;
  bool is_preloaded = false;  // this library stands before the loader
  bool has_loader = false;
};

// The loader reads so much of a file at once. Where the program headers do not fit in, it reads
// them twice more, and a note.
constexpr unsigned kHeadersRead = 13;

int count(dl_phdr_info* info, size_t, void* to) {
  auto& objects = *static_cast<Objects*>(to);
  objects.count++;
  if (info->dlpi_phnum > kHeadersRead) objects.with_many_headers++;
  if (info->dlpi_addr != 0 && info->dlpi_addr == getauxval(AT_BASE)) objects.has_loader = true;
  const auto own = reinterpret_cast<uint64_t>(&reads_at_begin);
  for (unsigned i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    const uint64_t start = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && own - start < segment.p_memsz) {
      objects.is_preloaded = !objects.has_loader;
    }
  }
  return 0;
}

bool is_marked_for(const layout::ExecMark& mark) {
  const uint64_t executed = hash_of_name(reinterpret_cast<const char*>(getauxval(AT_EXECFN)));
  return mark.cpu_ns != 0 && mark.reads != kNotKnown &&
         (mark.name_hash == 0 || mark.name_hash == executed);
}

}  // namespace

bool are_of_loader(uint64_t reads, uint64_t objects, uint64_t objects_with_many_headers) {
  // By the kernel, of the program and the loader. Each script before the program is one more.
  constexpr uint64_t kByKernel = 5;
  // The program, the loader and the vdso are not opened.
  constexpr uint64_t kNotOpened = 3;
  // For another kernel or libc. Another dynamic program reads nine times before it does anything.
  constexpr uint64_t kMore = 3;
  return reads + kNotOpened <= kByKernel + kMore + objects + 3 * objects_with_many_headers;
}

void begins() {
  reads_at_begin = reads_so_far();
}

Before look(const layout::ExecMark& mark) {
  Before before;
  before.used_ns = cpu_time_ns();
  const bool has_mark = mark.birth_ticks != 0 && mark.birth_ticks == process::birth_ticks();
  if (reads_at_begin == kNotKnown || (has_mark && !is_marked_for(mark))) return before;
  const layout::ExecMark from = has_mark ? mark : layout::ExecMark{};
  Objects objects;
  dl_iterate_phdr(count, &objects);
  if (!objects.is_preloaded || from.cpu_ns > before.used_ns || from.reads > reads_at_begin ||
      from.unsaid_ns > from.cpu_ns) {
    return before;
  }
  before.is_known =
      are_of_loader(reads_at_begin - from.reads, objects.count, objects.with_many_headers);
  before.loader_ns = before.used_ns - from.cpu_ns;
  before.unsaid_ns = from.unsaid_ns;
  return before;
}

void leave(layout::ExecMark& mark, const char* executed, bool has_file) {
  mark.name_hash = hash_of_name(executed);
  mark.reads = reads_so_far();
  // Read last: what comes after it is the loader's.
  mark.cpu_ns = cpu_time_ns();
  mark.unsaid_ns = has_file ? 0 : mark.cpu_ns;
}

}  // namespace image_start
