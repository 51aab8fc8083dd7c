// What `profiler merge`, `symbolize` and `report` read: a pprof file of any origin.
#include "program/profiles/profile_file.h"
#include "program/profiles/profile_merger.h"
#include "tests/fuzz/harnesses.h"
#include "tests/fuzz/temporary_file.h"

namespace fuzz {

// The bytes are the file. One that passes is merged with itself, and what comes out passes too.
void profile(const uint8_t* data, size_t size) {
  static const TemporaryFile file;
  file.fill(data, size);
  program::ProfileFile read;
  std::string error;
  const bool good = read.read(file.path(), &error);
  require(good == error.empty(), "good, or a sentence");
  if (!good) return;
  require(program::fault_of(read.profile()).empty(), "what was read keeps the rules");
  program::ProfileMerger merger;
  for (int i = 0; i < 2; i++) {
    if (!merger.add(read.profile(), &error))
      return require(!error.empty(), "refused in a sentence");
  }
  require(program::fault_of(merger.finish()).empty(), "what was merged keeps the rules");
}

}  // namespace fuzz
