#include "program/symbols/plain_sections.h"

#include <elf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cstring>
#include <vector>

#include "program/system/memory_file.h"

namespace program {
namespace {

constexpr uint32_t kZstd = 2;  // ELFCOMPRESS_ZSTD, from glibc 2.37 on in elf.h
constexpr uint64_t kAlignment = 16;
constexpr uint64_t kMostSectionBytes = uint64_t{4} << 30;

uint64_t aligned(uint64_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

class MappedBytes {
 public:
  explicit MappedBytes(int fd) {
    struct stat status {};
    if (fstat(fd, &status) != 0 || status.st_size <= 0) return;
    void* place = mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
    if (place == MAP_FAILED) return;
    bytes_ = static_cast<const char*>(place);
    size_ = static_cast<uint64_t>(status.st_size);
  }
  ~MappedBytes() {
    if (bytes_ != nullptr) munmap(const_cast<char*>(bytes_), size_);
  }
  MappedBytes(const MappedBytes&) = delete;
  MappedBytes& operator=(const MappedBytes&) = delete;

  bool holds(uint64_t offset, uint64_t size) const {
    return size <= size_ && offset <= size_ - size;
  }
  template <typename T>
  T at(uint64_t offset) const {
    T value;
    memcpy(&value, bytes_ + offset, sizeof value);
    return value;
  }
  const char* bytes() const { return bytes_; }
  uint64_t size() const { return size_; }

 private:
  const char* bytes_ = nullptr;
  uint64_t size_ = 0;
};

struct Compressed {
  uint64_t header;  // where its section header stands
  Elf64_Shdr section;
  Elf64_Chdr how;
};

std::vector<Compressed> compressed_sections(const MappedBytes& file) {
  std::vector<Compressed> found;
  if (!file.holds(0, sizeof(Elf64_Ehdr))) return found;
  const auto header = file.at<Elf64_Ehdr>(0);
  const bool is_read =
      memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
      header.e_ident[EI_DATA] == ELFDATA2LSB && header.e_shentsize == sizeof(Elf64_Shdr);
  if (!is_read || !file.holds(header.e_shoff, sizeof(Elf64_Shdr))) return found;
  uint64_t count = header.e_shnum;
  if (count == 0) count = file.at<Elf64_Shdr>(header.e_shoff).sh_size;  // more than fit there
  for (uint64_t i = 1; i < count; i++) {
    const uint64_t place = header.e_shoff + i * sizeof(Elf64_Shdr);
    if (!file.holds(place, sizeof(Elf64_Shdr))) break;
    const auto section = file.at<Elf64_Shdr>(place);
    const bool is_compressed = (section.sh_flags & SHF_COMPRESSED) != 0 &&
                               section.sh_type != SHT_NOBITS &&
                               section.sh_size >= sizeof(Elf64_Chdr);
    if (!is_compressed || !file.holds(section.sh_offset, section.sh_size)) continue;
    const auto how = file.at<Elf64_Chdr>(section.sh_offset);
    if (how.ch_type == kZstd) found.push_back({place, section, how});
  }
  return found;
}

bool decompress(const MappedBytes& file, const Compressed& from, char* to) {
  const size_t size = ZSTD_decompress(to, from.how.ch_size,
                                      file.bytes() + from.section.sh_offset + sizeof(Elf64_Chdr),
                                      from.section.sh_size - sizeof(Elf64_Chdr));
  return ZSTD_isError(size) == 0 && size == from.how.ch_size;
}

}  // namespace

int with_plain_sections(int fd, FileSource* files, std::string* problem) {
  const MappedBytes file(fd);
  const std::vector<Compressed> sections = compressed_sections(file);
  if (sections.empty()) return fd;
  uint64_t size = aligned(file.size());
  for (const Compressed& section : sections) {
    if (section.how.ch_size > kMostSectionBytes) {
      *problem = "a section compressed by zstd is longer than 4 GiB";
      return fd;
    }
    size += aligned(section.how.ch_size);
  }
  MemoryFile copy(files, size);
  if (copy.bytes() == nullptr) {
    *problem = "sections compressed by zstd cannot be read: " + copy.problem();
    return fd;
  }
  memcpy(copy.bytes(), file.bytes(), file.size());
  uint64_t end = aligned(file.size());
  for (const Compressed& from : sections) {
    if (!decompress(file, from, copy.bytes() + end)) {
      *problem = "a section compressed by zstd is damaged";
      continue;
    }
    Elf64_Shdr section = from.section;
    section.sh_flags &= ~uint64_t{SHF_COMPRESSED};
    section.sh_offset = end;
    section.sh_size = from.how.ch_size;
    section.sh_addralign = from.how.ch_addralign;
    memcpy(copy.bytes() + from.header, &section, sizeof section);
    end += aligned(section.sh_size);
  }
  close(fd);
  return copy.take();
}

}  // namespace program
