// The modes of PROFILER_MODE, from options.def.
#pragma once

#include <cstdint>
#include <string_view>

#include "env/sys/text.h"

namespace options {

enum class Mode : unsigned {
#define MODE_NAME(enumerator, ...) enumerator,
#include "env/options.def"
};

struct ModeName {
  std::string_view name;
  std::string_view aliases;
  std::string_view meaning;
};
constexpr ModeName kModeNames[] = {
#define MODE_NAME(enumerator, name, aliases, meaning) {name, aliases, meaning},
#include "env/options.def"
};
constexpr unsigned kModeCount = sizeof kModeNames / sizeof kModeNames[0];

constexpr std::string_view name(Mode mode) {
  return kModeNames[static_cast<unsigned>(mode)].name;
}
// By name or alias; false if it is none.
bool find_mode(std::string_view name_or_alias, Mode& mode);

// A set of modes.
struct Modes {
  uint64_t bits = 0;
  constexpr bool has(Mode mode) const { return (bits >> static_cast<unsigned>(mode) & 1) != 0; }
  constexpr bool empty() const { return bits == 0; }
  constexpr unsigned count() const { return static_cast<unsigned>(__builtin_popcountll(bits)); }
  bool operator==(const Modes&) const = default;
};

// Reads a comma list. Items that are no mode are passed over and named in `problem`.
Modes read_modes(std::string_view list, text::Builder& problem);
// The names of all modes with their aliases; of the modes of a set, "none" if it is empty.
void list_all_modes(text::Builder& out);
void list_modes(Modes modes, text::Builder& out);

}  // namespace options
