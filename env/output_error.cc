#include "env/output_error.h"

#include <cerrno>

#include "env/sys/text.h"

namespace output_file {

namespace {

constexpr struct {
  int number;
  const char* words;
} kErrorWords[] = {
    {ENOENT, "no such directory"},
    {EACCES, "permission denied"},
    {EPERM, "permission denied"},
    {ENOSPC, "no space left"},
    {EDQUOT, "over the disk quota"},
    {EROFS, "read-only file system"},
    {EFBIG, "over the file size limit"},
    {ENAMETOOLONG, "name too long"},
    {ENOTDIR, "a part of the path is not a directory"},
    {EISDIR, "it is a directory"},
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

std::string_view owner_note(uint32_t user, unsigned file_mode, char (&bytes)[kOwnerNote]) {
  if ((file_mode & 04) != 0) return {};
  text::Builder note(bytes);
  note << " (mode ";
  for (const int shift : {6, 3, 0}) note << uint64_t{file_mode >> shift & 7};
  note << ", user " << uint64_t{user} << ')';
  return note.view();
}

}  // namespace output_file
