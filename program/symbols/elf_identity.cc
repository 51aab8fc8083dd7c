#include "program/symbols/elf_identity.h"

#include <elfutils/libdwelf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>

namespace program {

BuildId build_id_of(Elf* elf) {
  const void* id = nullptr;
  const ssize_t size = dwelf_elf_gnu_build_id(elf, &id);
  return size > 0 ? BuildId(static_cast<const char*>(id), static_cast<size_t>(size)) : BuildId();
}

bool has_build_id(int fd, const BuildId& wanted) {
  Elf* elf = elf_begin(fd, ELF_C_READ_MMAP, nullptr);
  const bool same = elf != nullptr && build_id_of(elf) == wanted;
  elf_end(elf);
  return same;
}

// The sum is zlib's.
bool has_crc(int fd, uint32_t wanted) {
  struct stat status {};
  if (fstat(fd, &status) != 0 || status.st_size <= 0) return false;
  const auto size = static_cast<size_t>(status.st_size);
  void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (bytes == MAP_FAILED) return false;
  const uLong sum = crc32_z(0, static_cast<const Bytef*>(bytes), size);
  munmap(bytes, size);
  return sum == wanted;
}

}  // namespace program
