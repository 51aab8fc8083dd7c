#include "program/system/memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace program {

int make_memory_file(uint64_t size, std::string* problem) {
  constexpr uint64_t kMostBytes = uint64_t{2} << 30;
  if (size > kMostBytes) {
    *problem = "it needs more than 2 GiB";
    return -1;
  }
  const int fd = memfd_create("profiler-debug-information", MFD_CLOEXEC);
  if (fd >= 0 && ftruncate(fd, static_cast<off_t>(size)) == 0) return fd;
  *problem = strerror(errno);
  if (fd >= 0) close(fd);
  return -1;
}

MemoryFile::MemoryFile(FileSource* files, uint64_t size) : size_(size) {
  const OpenedFile opened = files->open({FileKind::kMemory, "", "", static_cast<int64_t>(size)});
  fd_ = opened.fd;
  problem_ = opened.problem;
  if (fd_ < 0) return;
  void* place = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (place != MAP_FAILED) bytes_ = static_cast<char*>(place);
  if (bytes_ == nullptr) problem_ = strerror(errno);
}

MemoryFile::~MemoryFile() {
  if (bytes_ != nullptr) munmap(bytes_, size_);
  if (fd_ >= 0) close(fd_);
}

int MemoryFile::take() {
  return std::exchange(fd_, -1);
}

}  // namespace program
