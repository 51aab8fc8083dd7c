// Whether the process that made tables lives. The lock on the file says so on every local file
// system and in every container; this is for those that keep no lock (NFS), and for the moment
// before the lock is taken.
#pragma once

#include <cstdint>
#include <string>

namespace program {

bool process_exists(int pid);

// Whether that process has the file mapped. By the file's unguessable name in its list of mappings;
// where that list may not be read, by its birth: a process born after `start_monotonic_ns`, when
// the tables were begun, only has the number.
bool maps_file(int pid, const std::string& file_name, uint64_t start_monotonic_ns);

}  // namespace program
