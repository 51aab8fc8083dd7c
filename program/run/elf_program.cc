#include "program/run/elf_program.h"

#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace program {
namespace {

class HeaderReader {
 public:
  HeaderReader(int fd, Elf* elf) : fd_(fd), elf_(elf) {
    if (elf_getphdrnum(elf, &segments_) != 0) segments_ = 0;
  }

  ElfProgram read(const GElf_Ehdr& header) const {
    ElfProgram program;
    const bool wide = header.e_ident[EI_CLASS] == ELFCLASS64;
    program.is_x86_64 = wide && header.e_machine == EM_X86_64;
    program.kind =
        (wide ? "64-bit, machine " : "32-bit, machine ") + std::to_string(header.e_machine);
    for (size_t i = 0; i < segments_; i++) {
      GElf_Phdr segment;
      if (gelf_getphdr(elf_, static_cast<int>(i), &segment) == nullptr) break;
      if (segment.p_type == PT_INTERP) program.interpreter = text_at(segment.p_offset);
      if (segment.p_type == PT_DYNAMIC) read_dynamic(segment, &program);
    }
    return program;
  }

 private:
  // A string in the file; by pread, since a file that shrinks while it is mapped would kill us.
  std::string text_at(uint64_t offset) const {
    char text[4096];
    const ssize_t n = pread(fd_, text, sizeof text, static_cast<off_t>(offset));
    const size_t size = n < 0 ? 0 : static_cast<size_t>(n);
    const size_t length = strnlen(text, size);
    return length == size ? "" : std::string(text, length);
  }

  // Where in the file the loaded address stands; 0 if nowhere.
  uint64_t offset_of(uint64_t address) const {
    for (size_t i = 0; i < segments_; i++) {
      GElf_Phdr segment;
      if (gelf_getphdr(elf_, static_cast<int>(i), &segment) == nullptr) break;
      if (segment.p_type != PT_LOAD || address < segment.p_vaddr) continue;
      const uint64_t distance = address - segment.p_vaddr;
      if (distance < segment.p_filesz) return segment.p_offset + distance;
    }
    return 0;
  }

  void read_dynamic(const GElf_Phdr& dynamic, ElfProgram* program) const {
    std::vector<uint64_t> offsets;
    uint64_t strings = 0, own_name = 0;
    Elf_Data* data = elf_getdata_rawchunk(elf_, static_cast<int64_t>(dynamic.p_offset),
                                          dynamic.p_filesz, ELF_T_DYN);
    GElf_Dyn entry;
    for (int i = 0; data != nullptr && gelf_getdyn(data, i, &entry) != nullptr; i++) {
      if (entry.d_tag == DT_NULL) break;
      if (entry.d_tag == DT_NEEDED) offsets.push_back(entry.d_un.d_val);
      if (entry.d_tag == DT_SONAME) own_name = entry.d_un.d_val;
      if (entry.d_tag == DT_STRTAB) strings = offset_of(entry.d_un.d_ptr);
    }
    if (strings == 0) return;
    for (const uint64_t offset : offsets) program->needed.push_back(text_at(strings + offset));
    if (own_name != 0) program->own_name = text_at(strings + own_name);
  }

  int fd_;
  Elf* elf_;
  size_t segments_ = 0;
};

}  // namespace

std::optional<ElfProgram> read_elf_program(const std::string& file) {
  elf_version(EV_CURRENT);
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status {};
  std::optional<ElfProgram> program;
  if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    Elf* elf = elf_begin(fd, ELF_C_READ, nullptr);
    GElf_Ehdr header;
    if (elf != nullptr && gelf_getehdr(elf, &header) != nullptr)
      program = HeaderReader(fd, elf).read(header);
    elf_end(elf);
  }
  if (fd >= 0) close(fd);
  return program;
}

}  // namespace program
