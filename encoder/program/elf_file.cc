#include "encoder/program/elf_file.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "encoder/program/hexadecimal.h"

namespace program {
namespace {

// Debug information beside the file, below /usr/lib/debug, by build id, debuglink and altlink.
const Dwfl_Callbacks kCallbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = nullptr,
};

int open_regular(const std::string& path, std::string* error) {
  // O_NONBLOCK: a profile may name a FIFO or a device.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status {};
  if (fd < 0 || fstat(fd, &status) != 0) {
    *error = strerror(errno);
  } else if (!S_ISREG(status.st_mode)) {
    *error = "not a regular file";
  } else {
    return fd;
  }
  if (fd >= 0) close(fd);
  return -1;
}

}  // namespace

ElfFile::~ElfFile() {
  dwfl_end(dwfl_);
}

bool ElfFile::open(const std::string& path, std::string* error) {
  path_ = path;
  const int fd = open_regular(path, error);
  if (fd < 0) return false;
  *error = "not a program or shared object that elfutils can read";
  dwfl_ = dwfl_begin(&kCallbacks);
  if (dwfl_ != nullptr) {
    dwfl_report_begin(dwfl_);
    module_ = dwfl_report_elf(dwfl_, path.c_str(), path.c_str(), fd, 0, true);
    dwfl_report_end(dwfl_, nullptr, nullptr);
  }
  if (module_ == nullptr) {
    close(fd);
    return false;
  }
  elf_ = dwfl_module_getelf(module_, &bias_);
  GElf_Ehdr header;
  if (elf_ == nullptr || gelf_getehdr(elf_, &header) == nullptr) return false;
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return false;
  const void* id = nullptr;
  const ssize_t size = dwelf_elf_gnu_build_id(elf_, &id);
  if (size > 0) build_id_ = hexadecimal({static_cast<const char*>(id), static_cast<size_t>(size)});
  read_code_ranges();
  error->clear();
  return true;
}

std::string ElfFile::base_name() const {
  return path_.substr(path_.rfind('/') + 1);
}

std::optional<uint64_t> ElfFile::address_of_offset(uint64_t offset) const {
  std::optional<uint64_t> found;
  size_t count = 0;
  if (elf_getphdrnum(elf_, &count) != 0) return found;
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf_, static_cast<int>(i), &segment) == nullptr) break;
    if (segment.p_type != PT_LOAD || offset < segment.p_offset) continue;
    if (offset - segment.p_offset >= segment.p_filesz) continue;
    found = segment.p_vaddr + (offset - segment.p_offset);
    if (segment.p_flags & PF_X) break;
  }
  return found;
}

uint64_t ElfFile::code_end(uint64_t address) const {
  const auto* range = code_.find(address);
  return range == nullptr ? 0 : range->end;
}

void ElfFile::read_code_ranges() {
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf_, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    constexpr uint64_t kCode = SHF_ALLOC | SHF_EXECINSTR;
    if ((header.sh_flags & kCode) != kCode) continue;
    code_.add(header.sh_addr, header.sh_addr + header.sh_size, 0);
  }
  size_t count = 0;
  if (!code_.empty() || elf_getphdrnum(elf_, &count) != 0) count = 0;
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf_, static_cast<int>(i), &segment) == nullptr) break;
    if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X)) continue;
    code_.add(segment.p_vaddr, segment.p_vaddr + segment.p_memsz, 0);
  }
  code_.sort();
}

}  // namespace program
