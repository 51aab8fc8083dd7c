// The files that a killed process would have written, made of its tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "program/recovery/spool_file.h"

namespace program {

// One file for each mode, named and placed by the template of the origin. A file that is there
// stays and the new one gets another name: which process made it is not known. `end_monotonic_ns`:
// when it was known to have ended, 0 if it is not known. All or none: false, and why with the path
// in *problem, if one of them could not be written.
bool write_profiles(const SpoolFile& spool, uint64_t end_monotonic_ns,
                    std::vector<std::string>* files, std::string* problem);

}  // namespace program
