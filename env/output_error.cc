#include "env/output_error.h"

#include <cerrno>

namespace output_file {

namespace {

constexpr struct {
  int number;
  const char* words;
} kErrorWords[] = {
    {ENOENT, "no such folder"},
    {EACCES, "permission denied"},
    {EPERM, "permission denied"},
    {ENOSPC, "no space left"},
    {EDQUOT, "over the disk quota"},
    {EROFS, "read-only file system"},
    {EFBIG, "over the file size limit"},
    {ENAMETOOLONG, "name too long"},
    {ENOTDIR, "a part of the path is not a folder"},
    {EISDIR, "it is a folder"},
    {EEXIST, "the name is taken"},
    {ELOOP, "too many symbolic links"},
    {EMFILE, "too many open files"},
    {ENFILE, "too many open files"},
    {EBADF, "the program closed our file"},
    {EIO, "input/output error"},
    {ENOMEM, "out of memory"},
};

}  // namespace

std::string_view error_words(int number) {
  for (const auto& known : kErrorWords) {
    if (known.number == number) return known.words;
  }
  return "error";
}

}  // namespace output_file
