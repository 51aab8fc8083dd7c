// Debug sections that are compressed by zstd. elfutils reads them from 0.189 on, if it was built
// so; here they are decompressed before it sees the file.
#pragma once

#include <string>

#include "program/system/file_source.h"

namespace program {

// Takes the descriptor of an ELF file. Gives that of a copy in memory that has the sections plain,
// or the same one if no section is so compressed. *problem says what could not be decompressed;
// such a section stays as it is, and is not read.
int with_plain_sections(int fd, FileSource* files, std::string* problem);

}  // namespace program
