// A directory of its own for a test, with a compiler in it; and profiles as the host writes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "program/profiles/frame.h"
#include "program/profiles/profile.h"

class Workshop {
 public:
  Workshop();
  ~Workshop();
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  // Runs a shell command in the directory; throws if it fails. Returns what it printed.
  std::string shell(const std::string& command) const;

  // Writes the text to a file; returns its path.
  std::string write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const;

  // Address of a symbol, as the linker gave it.
  uint64_t address(const std::string& file, const std::string& symbol) const;

 private:
  std::string directory_;
};

// The profile of a program that was sampled once at each of these addresses (the linker's), loaded
// at `base`, with the build id the file has now.
program::Profile profile_of(const std::string& file, const std::vector<uint64_t>& addresses,
                            uint64_t base = 0x7f3a00000000);

// Adds a string to a profile's table.
int64_t add_text(program::Profile* profile, const std::string& text);

// The frames of the location with this index, leaf-most first.
std::vector<program::Frame> frames_of(const program::Profile& profile, int location);

// What the worker does, in this process.
bool add_names(program::Profile* profile, const std::string& perf_map = "");

// "leaf < middle < outer"
std::string names_of(const program::Profile& profile, int location);
