#include "collectors/unwind/debug_frame.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>

#include "env/sys/arch.h"

namespace debug_frame {

namespace {

// 1 MiB of index; a larger program is left without.
constexpr uint32_t kMaxEntries = 1u << 16;
// The id of a CIE.
constexpr uint64_t kCie = ~uint64_t{0};

struct IndexRow {
  uint64_t start;   // as in the file
  uint64_t record;  // offset of its FDE in the section
};

struct Bytes {
  const uint8_t* data;
  uint64_t size;
  bool holds(uint64_t at, uint64_t length) const { return at <= size && length <= size - at; }
};

Bytes section;
uint64_t load_bias;
IndexRow* rows;
uint32_t row_count;

// One CIE or FDE: `body` behind its id, which for an FDE is where its CIE is.
bool next_of_section(ByteReader& r, ByteReader* body, uint64_t* id) {
  bool is_wide;
  if (!next_record(r, body, &is_wide)) return false;
  *id = is_wide ? body->read<uint64_t>() : body->read<uint32_t>();
  if (!is_wide && *id == 0xffffffff) *id = kCie;
  return !body->failed;
}

bool take_cie(uint64_t offset, UnwindEntry* entry) {
  if (!section.holds(offset, 4)) return false;
  ByteReader r{section.data + offset, section.data + section.size};
  ByteReader body{nullptr, nullptr};
  uint64_t id = 0;
  bool has_augmentation_data;
  return next_of_section(r, &body, &id) && id == kCie &&
         read_cie(body, entry, &has_augmentation_data) && !has_augmentation_data;
}

void make_index() {
  for (ByteReader r{section.data, section.data + section.size};
       !r.done() && row_count < kMaxEntries;) {
    const uint64_t offset = static_cast<uint64_t>(r.at - section.data);
    ByteReader body{nullptr, nullptr};
    uint64_t id = 0;
    if (!next_of_section(r, &body, &id)) break;
    if (id != kCie) rows[row_count++] = {body.read<uint64_t>(), offset};
  }
  std::sort(rows, rows + row_count,
            [](const IndexRow& a, const IndexRow& b) { return a.start < b.start; });
}

Bytes map(long fd, uint64_t offset, uint64_t size) {
  const uint64_t skipped = offset & 4095;
  const long at = arch::syscall(SYS_mmap, 0, static_cast<long>(size + skipped), PROT_READ,
                                MAP_PRIVATE, fd, static_cast<long>(offset - skipped));
  if (arch::is_error(at)) return {nullptr, 0};
  return {reinterpret_cast<const uint8_t*>(at) + skipped, size};
}

void unmap(Bytes bytes) {
  const uint64_t start = reinterpret_cast<uint64_t>(bytes.data) & ~uint64_t{4095};
  const uint64_t end = reinterpret_cast<uint64_t>(bytes.data) + bytes.size;
  arch::syscall(SYS_munmap, static_cast<long>(start), static_cast<long>(end - start));
}

// Where the section is in the file; size 0: nowhere.
IndexRow locate(Bytes file) {
  const auto& header = *reinterpret_cast<const Elf64_Ehdr*>(file.data);
  if (!file.holds(0, sizeof header) || !file.holds(header.e_shoff, 0) || header.e_shoff % 8 != 0 ||
      header.e_shentsize != sizeof(Elf64_Shdr) ||
      !file.holds(header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr)) ||
      header.e_shstrndx >= header.e_shnum) {
    return {0, 0};
  }
  const auto* sections = reinterpret_cast<const Elf64_Shdr*>(file.data + header.e_shoff);
  const Elf64_Shdr& names = sections[header.e_shstrndx];
  constexpr char kName[] = ".debug_frame";
  for (unsigned i = 0; i < header.e_shnum; i++) {
    const Elf64_Shdr& s = sections[i];
    const uint64_t name = names.sh_offset + s.sh_name;
    if (!file.holds(name, sizeof kName) || (s.sh_flags & SHF_COMPRESSED) != 0) continue;
    if (__builtin_memcmp(file.data + name, kName, sizeof kName) != 0) continue;
    if (file.holds(s.sh_offset, s.sh_size)) return {s.sh_offset, s.sh_size};
  }
  return {0, 0};
}

void open_file(long fd) {
  struct stat status {};
  if (arch::is_error(arch::syscall(SYS_fstat, fd, &status)) || status.st_size < 64) return;
  const Bytes file = map(fd, 0, static_cast<uint64_t>(status.st_size));
  if (file.data == nullptr) return;
  const auto [offset, size] = locate(file);
  unmap(file);
  if (size == 0) return;
  section = map(fd, offset, size);
  if (section.data == nullptr) return;
  // An FDE has at least 20 bytes.
  const uint64_t room = std::min<uint64_t>(size / 20 + 1, kMaxEntries) * sizeof(IndexRow);
  const long at = arch::syscall(SYS_mmap, 0, static_cast<long>(room), PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (arch::is_error(at)) return unmap(section);
  rows = reinterpret_cast<IndexRow*>(at);
  make_index();
}

}  // namespace

void open(uint64_t bias) {
  if (rows != nullptr) return;  // a forked child has its parent's
  load_bias = bias;
  const long fd = arch::syscall(SYS_open, "/proc/self/exe", O_RDONLY | O_CLOEXEC, 0);
  if (arch::is_error(fd)) return;
  open_file(fd);
  arch::syscall(SYS_close, fd);
}

bool find(uint64_t pc, UnwindEntry* entry) {
  const uint64_t wanted = pc - load_bias;
  const IndexRow* above =
      std::upper_bound(rows, rows + row_count, wanted,
                       [](uint64_t address, const IndexRow& row) { return address < row.start; });
  if (above == rows) return false;
  ByteReader r{section.data + above[-1].record, section.data + section.size};
  ByteReader body{nullptr, nullptr};
  uint64_t cie = 0;
  if (!next_of_section(r, &body, &cie) || !take_cie(cie, entry)) return false;
  entry->start = body.read<uint64_t>() + load_bias;
  entry->end = entry->start + body.read<uint64_t>();
  entry->program = body.at;
  entry->program_end = body.end;
  return !body.failed && pc >= entry->start && pc < entry->end;
}

}  // namespace debug_frame
