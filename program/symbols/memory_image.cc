#include "program/symbols/memory_image.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

namespace program {
namespace {

constexpr uint64_t kMostBytes = uint64_t{1} << 30;  // of one segment
constexpr uint64_t kPage = 4096;
constexpr size_t kBlock = 1 << 20;

class Image {
 public:
  Image(int memory, int file, const MappedFile& mapped)
      : memory_(memory), file_(file), mapped_(mapped) {}

  bool build() {
    const MappedFile::Part& first = mapped_.parts[0];
    if (first.offset != 0 || !read(first.start, &header_, sizeof header_)) return false;
    const bool is_usual = std::equal(ELFMAG, ELFMAG + SELFMAG, header_.e_ident) &&
                          header_.e_ident[EI_CLASS] == ELFCLASS64 &&
                          header_.e_phentsize == sizeof(Elf64_Phdr) && header_.e_phnum < 1000;
    if (!is_usual) return false;
    segments_.resize(header_.e_phnum);
    const uint64_t headers_size = segments_.size() * sizeof(Elf64_Phdr);
    if (!read(first.start + header_.e_phoff, segments_.data(), headers_size)) return false;
    for (const Elf64_Phdr& s : segments_) {
      if (s.p_type != PT_LOAD || s.p_offset / kPage != 0) continue;
      bias_ = first.start - s.p_vaddr / kPage * kPage;
      break;
    }
    for (const Elf64_Phdr& s : segments_) {
      const bool is_fixed = s.p_type == PT_LOAD && (s.p_flags & PF_W) == 0;
      if (is_fixed && !copy(s)) return false;
    }
    // After the copies: the first segment has the header as it was.
    header_.e_shoff = 0;
    header_.e_shnum = header_.e_shstrndx = 0;
    return write(&header_, sizeof header_, 0) &&
           write(segments_.data(), headers_size, header_.e_phoff) && write_dynamic();
  }

 private:
  bool read(uint64_t address, void* to, size_t size) const {
    const ssize_t n = pread(memory_, to, size, static_cast<off_t>(address));
    return n >= 0 && static_cast<size_t>(n) == size;
  }
  bool write(const void* from, size_t size, uint64_t offset) const {
    const ssize_t n = pwrite(file_, from, size, static_cast<off_t>(offset));
    return n >= 0 && static_cast<size_t>(n) == size;
  }

  // All of [begin, end) is mapped from the file, and cannot be written.
  bool is_of_file(uint64_t begin, uint64_t end) const {
    for (const MappedFile::Part& part : mapped_.parts) {
      if (begin < part.start || begin >= part.end || part.is_writable) continue;
      if (end <= part.end) return true;
      begin = part.end;
    }
    return false;
  }

  bool copy(const Elf64_Phdr& segment) const {
    const uint64_t from = bias_ + segment.p_vaddr;
    if (segment.p_filesz > kMostBytes || !is_of_file(from, from + segment.p_filesz)) return false;
    std::vector<char> block(std::min<uint64_t>(kBlock, segment.p_filesz));
    for (uint64_t done = 0; done < segment.p_filesz;) {
      const size_t size = std::min<uint64_t>(block.size(), segment.p_filesz - done);
      if (!read(from + done, block.data(), size)) return false;
      if (!write(block.data(), size, segment.p_offset + done)) return false;
      done += size;
    }
    return true;
  }

  // glibc has turned what it needs itself into addresses in memory, musl nothing.
  bool write_dynamic() const {
    for (const Elf64_Phdr& s : segments_) {
      if (s.p_type != PT_DYNAMIC) continue;
      std::vector<Elf64_Dyn> entries(std::min<uint64_t>(s.p_filesz, kBlock) / sizeof(Elf64_Dyn));
      const size_t size = entries.size() * sizeof(Elf64_Dyn);
      if (!read(bias_ + s.p_vaddr, entries.data(), size)) return false;
      for (Elf64_Dyn& entry : entries) {
        const bool is_in_memory = bias_ != 0 && mapped_.holds(entry.d_un.d_ptr);
        if (is_in_memory) entry.d_un.d_ptr -= bias_;
      }
      return write(entries.data(), size, s.p_offset);
    }
    return true;
  }

  int memory_, file_;
  const MappedFile& mapped_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_;
  uint64_t bias_ = 0;
};

}  // namespace

int memory_image(pid_t process, const MappedFile& file) {
  if (file.parts.empty()) return -1;
  const std::string path = "/proc/" + std::to_string(process) + "/mem";
  const int memory = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (memory < 0) return -1;
  int image = memfd_create("object", MFD_CLOEXEC);
  if (image >= 0 && !Image(memory, image, file).build()) {
    close(image);
    image = -1;
  }
  close(memory);
  return image;
}

}  // namespace program
